use super::{Check, Findings, LintRule, Rule, STANDARD, Service, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SERVICE_SUFFIX",
        purpose: "Service names end with a common suffix.",
        docs: "\
## What it checks

The name of a service ends with `Service`, or with the configured `service_suffix`.

## Why

The services and messages of a package share one scope, so a service `User` leaves no room for a
message `User`. Generators append `Client`, `Server` or `Stub` to the name; with the suffix, it is
clear that `UserServiceClient` belongs to a service.

## Instead

Name it `UserService`. Keep the name of a published service: it is part of the path of every call.
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
