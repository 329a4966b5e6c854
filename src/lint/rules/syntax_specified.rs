use super::{BASIC, Check, File, Findings, Fix, LintRule, Rule, on};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SYNTAX_SPECIFIED",
        purpose: "Files declare their syntax.",
        docs: "\
## What it checks

Every file begins with `syntax = …;` or `edition = …;`.

## Why

Without it the file is proto2, which few who leave it out know: presence, defaults, enums and UTF-8
work differently there.

## Instead

Write `syntax = \"proto2\";` to keep what is (`wireproof lint --fix` does it),
`syntax = \"proto3\";` in a new file.
",
        v1beta1: None,
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    if file.is_syntax_unspecified() {
        findings.on(file).fix(Fix::Prepend("syntax = \"proto2\";")).report(
            "no syntax",
            "does not say which syntax it is written in, so it is proto2.",
            "begin it with `syntax = \"proto2\";`",
        );
    }
}
