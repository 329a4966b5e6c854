use super::{Check, CompatRule, Findings, Rule, View, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FILE_NO_DELETE",
        purpose: "Files are not deleted.",
        docs: "\
## What it checks

Every file of the old schema exists in the new one with the same path. A file that moved or was
renamed counts as deleted.

## Why

Files that import it no longer compile. Generated code is organized by file, too: headers, modules
and classes disappear with it.

## Instead

Keep the file. If its content belongs elsewhere, move it there and let the old file re-export it
with `import public`. To be able to rearrange the files of a package, use the category PACKAGE.
",
        v1beta1: on(&["FILE"]),
        v1: on(&["FILE"]),
        v2: on(&["CSR", "FILE"]),
        ..Rule::PLAIN
    },
    check: Check::Schema(check),
}];

fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    for old in view.old_files().filter(|old| view.new_file(old.path()).is_none()) {
        findings.deleted_with_file(old).report(
            "file deleted",
            "was deleted: files that import it no longer compile.",
            "restore it; re-export what moved elsewhere with `import public`",
        );
    }
}
