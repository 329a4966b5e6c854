use super::{BASIC, Check, Findings, LintRule, Rule, Service, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SERVICE_PASCAL_CASE",
        purpose: "Service names are PascalCase.",
        docs: "\
## What it checks

Service names consist of words that begin with a capital letter, without separators:
`service user_service` becomes `service UserService`. Several capitals in a row are allowed, so
`HTTPServer` is fine.

## Why

Generators derive the type names of each language from these names. PascalCase gives users the name
that they expect in every language. Each generator converts other spellings in its own way.

## Instead

Choose the name before it is published. Renaming it later breaks generated code and the route of
every call, so keep a name that clients already use and list it under `ignore_only`, with the
reason.
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
