use super::{BASIC, Check, File, Findings, Fix, LintRule, Rule, import_at, on, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "IMPORT_USED",
        purpose: "Imported files are used.",
        docs: "\
## What it checks

Every import declares something that the file names: a type, an extension, an option. A public
import is there for others and is never unused.

## Why

An import that nobody needs is compiled, generated and shipped by everyone all the same, and makes
two packages depend on each other that have nothing to do with each other.

## Instead

Delete the line. `wireproof lint --fix` does it, and takes along the comments that are the import's
own: in its line, and directly before it.
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
            format_args!("imports `{path}` and uses nothing of it."),
            "delete the line",
        );
    }
}
