use super::{Check, LintRule, Rule, off};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "IMPORT_NO_WEAK",
        purpose: "Imports are not weak.",
        docs: "\
## What it checks

Nothing any more. It used to find `import weak`, which no released compiler gives a meaning to.

## Why

The rule is kept so that a configuration that names it is understood.

## Instead

Take it out of the configuration.
",
        v1beta1: off(&[]),
        v1: off(&[]),
        v2: off(&[]),
        deprecated: true,
        replacements: &[],
    },
    check: Check::Nothing,
}];
