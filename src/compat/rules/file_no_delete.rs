use super::{Check, CompatRule, Findings, Rule, View, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FILE_NO_DELETE",
        purpose: "Files are not deleted.",
        docs: "\
## What it checks

Every file of the old schema is in the new one under the same path. A file that moved or was
renamed counts as deleted.

## Why

Other files import it by its path and no longer compile. Generated code is laid out by it as well:
headers, modules and packages of stubs vanish with it.

## Instead

Leave the file. If its content has a better place, put it there and let the old file import it with
`import public`. To be free to arrange files within a package, use the category PACKAGE.
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
            "restore it; what moved can be reached from it with `import public`",
        );
    }
}
