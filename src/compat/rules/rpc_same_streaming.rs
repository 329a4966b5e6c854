//! Whether an RPC streams, on either side.

use super::{Check, CompatRule, Findings, Method, Pair, Rule, on};

/// Declares the rule of one side.
macro_rules! same {
    ($id:literal, $side:literal, $what:literal, $verbs:expr, $reads:expr) => {
        CompatRule {
            rule: Rule {
                id: $id,
                purpose: concat!("An RPC keeps its ", $side, " streaming."),
                docs: concat!(
                    "## What it checks\n\nWhether the ", $side, " of an RPC sends a stream of ",
                    $what, "s or exactly one stays the same.\n\n",
                    "## Why\n\nThe other side waits for exactly one ", $what, " where it may get \
                     many or none, or the other way round: the call fails, or what comes after \
                     the first is lost. The stubs have other methods as well.\n\n",
                    "## Instead\n\nAdd an RPC of the new shape beside the old one and deprecate \
                     the old one.\n",
                ),
                v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                ..Rule::PLAIN
            },
            check: Check::Method(|pair, findings| check(pair, findings, $what, $verbs, $reads)),
        }
    };
}

pub(super) const RULES: &[CompatRule] = &[
    same!(
        "RPC_SAME_CLIENT_STREAMING", "client", "request", Pair { old: "took", new: "takes" },
        |method| method.proto().client_streaming()
    ),
    same!(
        "RPC_SAME_SERVER_STREAMING", "server", "response", Pair { old: "returned", new: "returns" },
        |method| method.proto().server_streaming()
    ),
];

fn check(
    pair: Pair<Method<'_>>,
    findings: &mut Findings<'_>,
    what: &str,
    verbs: Pair<&str>,
    streams: impl Fn(Method<'_>) -> bool,
) {
    let streams = pair.map(streams);
    if streams.differs() {
        let shape =
            |streams| if streams { format!("a stream of {what}s") } else { format!("one {what}") };
        let Pair { old, new } = streams.map(shape);
        findings.on(pair).report(
            format_args!("{old} to {new}"),
            format_args!("{} {old} and {} {new} now.", verbs.old, verbs.new),
            "add an RPC of the new shape beside it",
        );
    }
}
