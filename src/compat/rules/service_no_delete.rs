use super::{Check, CompatRule, Container, File, Findings, Pair, Rule, name_in, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "SERVICE_NO_DELETE",
        purpose: "Services are not deleted from a file.",
        docs: "\
## What it checks

Every service of the old file still exists with the same name in the file with the same path. A
service that moved to another file, or was renamed, counts as deleted.

## Why

Existing clients call `/package.Service/Method`. Without the service, a server built from the new
schema returns `UNIMPLEMENTED` for each of those calls, and code that uses the generated code of
this file no longer compiles.

## Instead

Keep the service, mark it `option deprecated = true;`, and keep serving it while it has clients. Put
its successor into a package of the next version.
",
        v1beta1: on(&["FILE"]),
        v1: on(&["FILE"]),
        v2: on(&["FILE"]),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(files: Pair<File<'_>>, findings: &mut Findings<'_>) {
    let view = findings.view();
    for old in files.old.services() {
        let new = view.new_service(&name_in(old.full_name(), files));
        if new.is_none_or(|new| new.file().index() != files.new.index()) {
            findings.deleted(old, Container::File(files.new)).report(
                format_args!("service {} deleted from file", old.name()),
                format_args!("is no longer declared in `{}`: client calls fail.", files.new.path()),
                "restore it in this file, deprecate it, and serve it while it has clients",
            );
        }
    }
}
