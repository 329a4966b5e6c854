use super::{BASIC, Check, Findings, LintRule, Method, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "RPC_PASCAL_CASE",
        purpose: "RPC names are PascalCase.",
        docs: "\
## What it checks

The names of RPCs are words that begin with a capital, joined without anything between: `rpc
get_user` is `rpc GetUser`. Capitals in a row stay as they are, so `HTTPServer` is fine.

## Why

Generators turn names into the types of each language. From PascalCase every one of them makes the
name that its users expect; from anything else they guess, and differently.

## Instead

Choose the name before it is published. Afterwards renaming breaks generated code, and the route of
every call, so a name that clients know stays: write it down under `ignore_only`, with the reason.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Method(check),
}];

fn check(method: Method<'_>, findings: &mut Findings<'_>) {
    spelled(method, method.name(), names::pascal_case, "PascalCase", findings);
}
