use super::{BASIC, Check, File, Findings, Fix, LintRule, Rule, import_at, on, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "IMPORT_USED",
        purpose: "Imported files are used.",
        docs: "\
## What it checks

The file uses something from every import: a type, an extension, an option. Public imports exist for
other files and are never reported as unused.

## Why

Everyone still compiles, generates and ships an unused import, and it makes unrelated packages
depend on each other.

## Instead

Delete the line. `wireproof lint --fix` does it, together with the comments that belong to the
import: those on the same line, and the one directly before it.
",
        v1beta1: None,
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    for index in file.unused_imports() {
        let Some(path) = import_at(file, *index) else { continue };
        findings.on(file).part(&[tag::file::DEPENDENCY, *index]).fix(Fix::Delete).report(
            format_args!("unused import of {path}"),
            format_args!("imports `{path}` but does not use it."),
            "delete the import",
        );
    }
}
