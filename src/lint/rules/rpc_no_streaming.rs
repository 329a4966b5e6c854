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

No RPC declares `stream` for its request (RPC_NO_CLIENT_STREAMING) or for its response
(RPC_NO_SERVER_STREAMING).

## Why

Streams need HTTP/2 end to end, tie a connection to one server, and cannot simply be retried. Some
proxies, browsers and the plain REST gateway do not support them. These rules are for APIs without
streams, and are off by default.

## Instead

Take one request per call. Return long results in pages, each with a token for the next one.
";

fn client(method: Method<'_>, findings: &mut Findings<'_>) {
    if method.proto().client_streaming() {
        findings.on(method).report(
            "client streaming",
            "streams its requests.",
            "take one request per call",
        );
    }
}

fn server(method: Method<'_>, findings: &mut Findings<'_>) {
    if method.proto().server_streaming() {
        findings.on(method).report(
            "server streaming",
            "streams its responses.",
            "return pages, each with a token for the next one",
        );
    }
}
