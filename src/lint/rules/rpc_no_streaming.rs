use super::{Check, Findings, LintRule, Method, Rule, off};

const fn rule(id: &'static str, purpose: &'static str, check: Check) -> LintRule {
    let membership = off(&["UNARY_RPC"]);
    LintRule {
        rule: Rule {
            id,
            purpose,
            docs: DOCS,
            v1beta1: membership,
            v1: membership,
            v2: membership,
            ..Rule::PLAIN
        },
        check,
    }
}

pub(super) const RULES: &[LintRule] = &[
    rule("RPC_NO_CLIENT_STREAMING", "RPCs do not stream requests.", Check::Method(client)),
    rule("RPC_NO_SERVER_STREAMING", "RPCs do not stream responses.", Check::Method(server)),
];

const DOCS: &str = "\
## What it checks

No RPC has `stream` before its request (RPC_NO_CLIENT_STREAMING) or before its response
(RPC_NO_SERVER_STREAMING).

## Why

Streams need HTTP/2 from end to end, keep a connection to one server busy, and cannot simply be
tried again. Some proxies, browsers and the plain REST gateway do not carry them. Where none are
wanted, these rules keep them out; they are off unless they are named.

## Instead

Answer in pages, or let the client ask again with a token that says how far it got.
";

fn client(method: Method<'_>, findings: &mut Findings<'_>) {
    if method.proto().client_streaming() {
        findings.on(method).report(
            "client streaming",
            "takes a stream of requests.",
            "take one request at a time",
        );
    }
}

fn server(method: Method<'_>, findings: &mut Findings<'_>) {
    if method.proto().server_streaming() {
        findings.on(method).report(
            "server streaming",
            "answers with a stream.",
            "answer in pages, with a token for the next one",
        );
    }
}
