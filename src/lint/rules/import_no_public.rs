use super::{BASIC, Check, File, Findings, LintRule, Rule, import_at, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "IMPORT_NO_PUBLIC",
        purpose: "Imports are not public.",
        docs: "\
## What it checks

No import is `public`. A public import passes the imported declarations on to every file that
imports this one.

## Why

With public imports, the dependencies of a file are no longer visible in the file. Several languages
do not support them, and removing one breaks unknown importers.

## Instead

Import each file where it is used. `lint --fix` leaves this to you, because it cannot know who
relies on the import.
",
        v1beta1: on(style::SENSIBLE),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    for index in &file.proto().public_dependency {
        let Some(path) = import_at(file, *index) else { continue };
        findings.on(file).part(&[tag::file::DEPENDENCY, *index]).report(
            format_args!("public import of {path}"),
            format_args!("imports `{path}` publicly."),
            "import it where it is used, without `public`",
        );
    }
}
