use super::{Check, CompatRule, File, Findings, Pair, Rule, name_in, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_NO_DELETE",
        purpose: "Enums are not deleted from a file.",
        docs: "\
## What it checks

Every enum of the old file, including nested ones, still exists with the same name in the file with
the same path. An enum that moved to another file, or was renamed, counts as deleted.

## Why

Generated code refers to the enum by name, and in most languages the file decides where it is found:
which header to include, which module to import, which Java outer class. Code that uses it no longer
compiles.

## Instead

Keep the enum in its file and mark it `option deprecated = true;`. To be able to move types between
the files of a package, use the category PACKAGE: its rule searches the whole package.
",
        v1beta1: on(&["FILE"]),
        v1: on(&["FILE"]),
        v2: on(&["CSR", "FILE"]),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(files: Pair<File<'_>>, findings: &mut Findings<'_>) {
    let view = findings.view();
    for old in files.old.all_enums() {
        let new = view.new_enum(&name_in(old.full_name(), files));
        if new.is_none_or(|new| new.file().index() != files.new.index()) {
            findings.deleted(old, view.left_of(old.container(), files)).report(
                format_args!("enum {} deleted from file", old.nested_name()),
                format_args!("is no longer declared in `{}`.", files.new.path()),
                "restore it in this file and deprecate it instead",
            );
        }
    }
}
