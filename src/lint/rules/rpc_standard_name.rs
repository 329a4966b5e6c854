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

The request of `rpc GetUser` is named `GetUserRequest` and its response `GetUserResponse`. The name
of the service may come first: `UserServiceGetUserRequest`. `google.protobuf.Empty` is allowed if
`rpc_allow_google_protobuf_empty_requests` (or `…_responses`) is set.

## Why

If an RPC has its own types, you can add fields that only this RPC needs. With a shared type
(`User`, `Empty`) you cannot, and the next requirement breaks clients or leads to a second RPC.

## Instead

Give every RPC its own request and response from the start, even if they are empty. The types of a
published RPC are part of its contract: keep them and list the RPC under `ignore_only`.
";

/// The suffix of a type name, and its field number in `MethodDescriptorProto`.
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
        let discriminator = format!("{name} is not {short} or {long}");
        findings.on(method).part(&[number]).distinguished_by(discriminator).report(
            format_args!("name of the {word}"),
            format_args!("has a {word} named `{name}`."),
            format!("name it `{short}` or `{long}`"),
        );
    }
}
