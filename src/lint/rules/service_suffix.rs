use super::{Check, Findings, LintRule, Rule, STANDARD, Service, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SERVICE_SUFFIX",
        purpose: "Service names end with a common suffix.",
        docs: "\
## What it checks

The name of a service ends with `Service`, or with what `service_suffix` names.

## Why

Services and messages share one scope, and generators add `Client`, `Server` or `Stub`: with the
suffix it is plain which is which, and `User` is free for the message.

## Instead

Name it `UserService`. The name is part of every route, so one that is published stays.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::Service(check),
}];

fn check(service: Service<'_>, findings: &mut Findings<'_>) {
    let suffix = &findings.options().service_suffix;
    if !service.name().ends_with(suffix.as_str()) {
        findings.on(service).part(&[tag::NAME]).report(
            "suffix",
            format_args!("has a name that does not end with `{suffix}`."),
            format!("name it `{}{suffix}`", service.name()),
        );
    }
}
