//! Request and response types of RPCs.

use super::{Check, CompatRule, Findings, Method, Pair, Rule, on, tag};

/// Declares the rule of one direction.
macro_rules! same {
    ($id:literal, $what:literal, $type:ident, $reads:expr) => {
        CompatRule {
            rule: Rule {
                id: $id,
                purpose: concat!("An RPC keeps its ", $what, " type."),
                docs: concat!(
                    "## What it checks\n\nThe ", $what, " type of an RPC stays the same message, \
                     compared by full name.\n\n",
                    "## Why\n\nOne side sends the old type and the other reads it as the new one: \
                     fields are misread, lost or rejected, unless both messages happen to be \
                     compatible. Code that calls or implements the RPC no longer compiles.\n\n",
                    "## Instead\n\nAdd fields to the existing message, or add a new RPC with the \
                     new type alongside the old one. A separate ", $what, " message for each RPC \
                     leaves room for that.\n",
                ),
                v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
                ..Rule::PLAIN
            },
            check: Check::Method(|pair, findings| {
                check(pair, findings, $what, tag::method::$type, pair.map($reads));
            }),
        }
    };
}

pub(super) const RULES: &[CompatRule] = &[
    same!("RPC_SAME_REQUEST_TYPE", "request", INPUT_TYPE, Method::request_type),
    same!("RPC_SAME_RESPONSE_TYPE", "response", OUTPUT_TYPE, Method::response_type),
];

/// Compares the types of one direction; `number` is their field number in `MethodDescriptorProto`.
fn check(
    pair: Pair<Method<'_>>,
    findings: &mut Findings<'_>,
    what: &str,
    number: i32,
    types: Pair<&str>,
) {
    if types.differs() {
        let Pair { old, new } = types;
        findings.on(pair).part(&[number]).report(
            format_args!("{what} {old} to {new}"),
            format_args!("changed its {what} type from `{old}` to `{new}`."),
            format!("keep `{old}`; a new {what} type needs a new RPC"),
        );
    }
}
