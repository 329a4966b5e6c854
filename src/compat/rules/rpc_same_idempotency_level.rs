use super::{Check, CompatRule, Findings, Method, Pair, Rule, on, tag};
use crate::schema::descriptor::IdempotencyLevel;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RPC_SAME_IDEMPOTENCY_LEVEL",
        purpose: "An RPC keeps its idempotency level.",
        docs: "\
## What it checks

The option `idempotency_level` of an RPC stays the same. Leaving it unset is the same as setting
`IDEMPOTENCY_UNKNOWN`.

## Why

Clients and proxies retry idempotent calls, and may send calls without side effects as HTTP GET and
cache the responses. If the guarantee is withdrawn, existing clients still rely on it; if it is
added, existing servers do not provide it yet.

## Instead

Keep the option. If the behaviour of the RPC changes, add a new RPC alongside the old one.
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
            format_args!("changed its idempotency level from {old} to {new}."),
            format!("restore `option idempotency_level = {old};`"),
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

/// The descriptor path of `options.idempotency_level`.
const LEVEL: [i32; 2] = [tag::method::OPTIONS, tag::method_options::IDEMPOTENCY_LEVEL];
