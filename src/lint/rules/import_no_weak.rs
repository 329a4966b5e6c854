use super::{Check, LintRule, Rule, off};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "IMPORT_NO_WEAK",
        purpose: "Imports are not weak.",
        docs: "\
## What it checks

Nothing any more. The rule used to report `import weak`, which has no meaning in any released
compiler.

## Why

The rule is kept so that configurations that name it stay valid.

## Instead

Remove it from the configuration.
",
        v1beta1: off(&[]),
        v1: off(&[]),
        v2: off(&[]),
        deprecated: true,
        replacements: &[],
    },
    check: Check::Nothing,
}];
