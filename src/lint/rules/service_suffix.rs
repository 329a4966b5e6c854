use super::{Check, Findings, LintRule, Rule, STANDARD, Service, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SERVICE_SUFFIX",
        purpose: "Service names end with a common suffix.",
        docs: "\
## What it checks

The name of a service ends with `Service`, or with the configured `service_suffix`.

## Why

Services and messages share one scope, and generators append `Client`, `Server` or `Stub`. The
suffix distinguishes them, and leaves `User` free for the message.

## Instead

Name it `UserService`. A published name is part of every route; keep it.
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
