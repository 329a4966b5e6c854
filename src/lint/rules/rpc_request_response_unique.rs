use std::collections::BTreeMap;

use super::{Check, Findings, LintRule, Method, Module, Rule, STANDARD, on, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "RPC_REQUEST_RESPONSE_UNIQUE",
        purpose: "RPCs do not share request or response types.",
        docs: "\
## What it checks

Each message is used once: as the request or as the response of one RPC. The options
`rpc_allow_same_request_response`, `rpc_allow_google_protobuf_empty_requests` and
`rpc_allow_google_protobuf_empty_responses` allow the exceptions that they name.

## Why

If two RPCs share a type, a field that one of them needs also appears in the other, where its
meaning is unclear. They cannot be separated while either RPC has clients.

## Instead

Give every RPC its own request and response, and move common fields into a message that both
contain. Keep published RPCs as they are and list them under `ignore_only`.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::Module(check),
}];

const EMPTY: &str = "google.protobuf.Empty";

/// The RPCs that use one type, each listed once.
#[derive(Default)]
struct Uses<'s> {
    all: Vec<Method<'s>>,
    requests: Vec<Method<'s>>,
    responses: Vec<Method<'s>>,
}

fn check(module: &Module<'_>, findings: &mut Findings<'_>) {
    let options = findings.options();
    let empty = (
        options.rpc_allow_google_protobuf_empty_requests,
        options.rpc_allow_google_protobuf_empty_responses,
    );
    for (name, uses) in uses(module) {
        if !options.rpc_allow_same_request_response && (name != EMPTY || empty != (true, true)) {
            for method in uses.requests.iter().filter(|method| request(**method) == response(**method))
            {
                findings.on(*method).report(
                    "same request and response",
                    format_args!("uses `{name}` as both request and response."),
                    "give it its own request and response",
                );
            }
        }
        if name != EMPTY || empty == (false, false) {
            shared(&uses.all, name, "request or response", findings);
            continue;
        }
        if !empty.0 {
            shared(&uses.requests, name, "request", findings);
        }
        if !empty.1 {
            shared(&uses.responses, name, "response", findings);
        }
    }
}

fn shared(methods: &[Method<'_>], name: &str, role: &str, findings: &mut Findings<'_>) {
    for method in methods.iter().filter(|_| methods.len() > 1) {
        findings.on(*method).distinguished_by(format!("{name} is shared as {role}")).report(
            format_args!("shared {name}"),
            format_args!("shares `{name}` as {role} with {}.", others(methods.len() - 1)),
            "give it its own request and response",
        );
    }
}

fn others(count: usize) -> String {
    if count == 1 { "1 other RPC".to_owned() } else { format!("{count} other RPCs") }
}

fn uses<'s>(module: &'s Module<'s>) -> BTreeMap<&'s str, Uses<'s>> {
    let mut uses = BTreeMap::<&str, Uses<'_>>::new();
    let services = module.files().iter().flat_map(|file| file.services());
    for method in services.flat_map(|service| service.methods()) {
        let (request, response) = (request(method), response(method));
        let by_request = uses.entry(request).or_default();
        by_request.requests.push(method);
        by_request.all.push(method);
        let by_response = uses.entry(response).or_default();
        by_response.responses.push(method);
        if request != response {
            by_response.all.push(method);
        }
    }
    uses
}

fn request(method: Method<'_>) -> &str {
    method.request_type().trim_start_matches('.')
}

fn response(method: Method<'_>) -> &str {
    method.response_type().trim_start_matches('.')
}
