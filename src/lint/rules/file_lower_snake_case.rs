use super::{Check, File, Findings, LintRule, Rule, STANDARD, names, on, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FILE_LOWER_SNAKE_CASE",
        purpose: "File names are lower_snake_case.",
        docs: "\
## What it checks

The name of a `.proto` file, without its directory, is lower-case words joined by `_`:
`UserService.proto` becomes `user_service.proto`.

## Why

Generators derive file, module and class names from it, and on case-insensitive file systems names
that differ only in case collide.

## Instead

Rename the file before others import it: its path is part of every import, and of generated names.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    let base = file.path().rsplit('/').next().unwrap_or_default();
    let (stem, extension) = match base.rfind('.') {
        Some(dot) => base.split_at(dot),
        None => (base, ""),
    };
    let expected = names::lower_snake_case(stem);
    if stem != expected {
        findings.on(file).report(
            "file name",
            "has a name that is not lower_snake_case.",
            format!("name it `{expected}{extension}`"),
        );
    }
}
