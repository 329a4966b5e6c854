use super::{BASIC, Check, Findings, LintRule, Rule, Service, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SERVICE_PASCAL_CASE",
        purpose: "Service names are PascalCase.",
        docs: "\
## What it checks

The names of services are words that begin with a capital, joined without anything between: `service
user_service` is `service UserService`. Capitals in a row stay as they are, so `HTTPServer` is fine.

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
    check: Check::Service(check),
}];

fn check(service: Service<'_>, findings: &mut Findings<'_>) {
    spelled(service, service.name(), names::pascal_case, "PascalCase", findings);
}
