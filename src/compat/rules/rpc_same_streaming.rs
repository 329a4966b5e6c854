//! Client and server streaming of RPCs.

use super::{Check, CompatRule, Findings, Method, Pair, Rule, on};

/// Declares the rule of one side.
macro_rules! same {
    ($id:literal, $side:literal, $what:literal, $verbs:expr, $reads:expr) => {
        CompatRule {
            rule: Rule {
                id: $id,
                purpose: concat!("An RPC keeps its ", $side, " streaming."),
                docs: concat!(
                    "## What it checks\n\nThe ", $side, " of an RPC keeps sending either one ",
                    $what, " or a stream of ", $what, "s.\n\n",
                    "## Why\n\nThe other side expects exactly one ", $what, " but may get many or \
                     none, or the other way round: the call fails, or everything after the first \
                     ", $what, " is lost. The generated methods differ, too.\n\n",
                    "## Instead\n\nAdd a new RPC with the new streaming mode and deprecate the old \
                     one.\n",
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
            format_args!("{} {old} and now {} {new}.", verbs.old, verbs.new),
            "keep it; add a new RPC with the new streaming mode",
        );
    }
}
