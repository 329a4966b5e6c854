use super::{Check, Findings, LintRule, Method, Rule, STANDARD, names, on, style, tag};

const fn rule(id: &'static str, purpose: &'static str, check: Check) -> LintRule {
    LintRule {
        rule: Rule {
            id,
            purpose,
            docs: DOCS,
            v1beta1: on(style::STANDARD),
            v1: on(STANDARD),
            v2: on(STANDARD),
            ..Rule::PLAIN
        },
        check,
    }
}

pub(super) const RULES: &[LintRule] = &[
    rule(
        "RPC_REQUEST_STANDARD_NAME",
        "Request types are named after their RPC.",
        Check::Method(|method, findings| {
            let allowed = findings.options().rpc_allow_google_protobuf_empty_requests;
            standard(method, method.request_type(), REQUEST, allowed, findings);
        }),
    ),
    rule(
        "RPC_RESPONSE_STANDARD_NAME",
        "Response types are named after their RPC.",
        Check::Method(|method, findings| {
            let allowed = findings.options().rpc_allow_google_protobuf_empty_responses;
            standard(method, method.response_type(), RESPONSE, allowed, findings);
        }),
    ),
];

const DOCS: &str = "\
## What it checks

The request of `rpc GetUser` is called `GetUserRequest`, its response `GetUserResponse`, or with
the name of the service before it, `UserServiceGetUserRequest`. `google.protobuf.Empty` is let
through where `rpc_allow_google_protobuf_empty_requests` (or `…_responses`) is set.

## Why

A request that is a type of its own can be given fields that this call needs and no other. One
that is shared (`User`, `Empty`) cannot, so the next requirement breaks clients or makes a second
RPC.

## Instead

Give every RPC a request and a response of its own from the start, empty ones too. For an RPC
that is published the types are part of its contract: let them be, under `ignore_only`.
";

/// What a type is for: the end of its name, and where it stands in `MethodDescriptorProto`.
type Role = (&'static str, i32);

const REQUEST: Role = ("Request", tag::method::INPUT_TYPE);
const RESPONSE: Role = ("Response", tag::method::OUTPUT_TYPE);

fn standard(
    method: Method<'_>,
    full_name: &str,
    (role, number): Role,
    allows_empty: bool,
    findings: &mut Findings<'_>,
) {
    let full_name = full_name.trim_start_matches('.');
    if allows_empty && full_name == "google.protobuf.Empty" {
        return;
    }
    let name = full_name.rsplit('.').next().unwrap_or(full_name);
    let short = names::pascal_case(method.name()) + role;
    let long = names::pascal_case(method.service().name()) + &short;
    if name != short && name != long {
        let word = role.to_lowercase();
        let says = format!("{name} is not {short} or {long}");
        findings.on(method).part(&[number]).saying(says).report(
            format_args!("name of the {word}"),
            format_args!("has a {word} called `{name}`."),
            format!("name it `{short}` or `{long}`"),
        );
    }
}
