use super::{Check, CompatRule, Findings, Method, Pair, Rule, on, tag};
use crate::schema::descriptor::IdempotencyLevel;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RPC_SAME_IDEMPOTENCY_LEVEL",
        purpose: "An RPC keeps its idempotency level.",
        docs: "\
## What it checks

The option `idempotency_level` of an RPC stays the same; not to set it and to set it to
`IDEMPOTENCY_UNKNOWN` are one.

## Why

Clients and proxies repeat calls that are idempotent, and fetch those without side effects by HTTP
GET, from caches where they can. If the promise is withdrawn, clients in the field still act on it;
if it is made, servers in the field do not keep it yet.

## Instead

Leave the option. If the RPC really behaves in another way now, it is another RPC: add it beside
the old one.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Method(check),
}];

fn check(pair: Pair<Method<'_>>, findings: &mut Findings<'_>) {
    if !pair.map(|method| &method.proto().options).differs() {
        return;
    }
    let levels = pair.map(|method| method.options().idempotency_level());
    if levels.differs() {
        let Pair { old, new } = levels.map(word);
        findings.on(pair).only_part(&LEVEL).report(
            format_args!("{old} to {new}"),
            format_args!("had the idempotency level {old} and has {new} now."),
            format!("set `option idempotency_level = {old};` again"),
        );
    }
}

fn word(level: IdempotencyLevel) -> &'static str {
    match level {
        IdempotencyLevel::IdempotencyUnknown => "IDEMPOTENCY_UNKNOWN",
        IdempotencyLevel::NoSideEffects => "NO_SIDE_EFFECTS",
        IdempotencyLevel::Idempotent => "IDEMPOTENT",
    }
}

/// `options.idempotency_level`.
const LEVEL: [i32; 2] = [tag::method::OPTIONS, tag::method_options::IDEMPOTENCY_LEVEL];
