use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Findings, Method, Pair, Rule, Service, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RPC_NO_DELETE",
        purpose: "RPCs are not deleted.",
        docs: "\
## What it checks

Every RPC of the old service is in the new one under its name.

## Why

Clients in the field call `/package.Service/Method`. A server built from the new schema answers
those calls with `UNIMPLEMENTED`, and code that uses the stub's method no longer compiles.

## Instead

Leave the RPC, mark it `option deprecated = true;`, and keep serving it for as long as it has
clients.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Service(check),
}];

fn check(pair: Pair<Service<'_>>, findings: &mut Findings<'_>) {
    let new: FxHashSet<&str> = pair.new.methods().map(Method::name).collect();
    for old in pair.old.methods().filter(|old| !new.contains(old.name())) {
        findings.deleted(old, pair.new).report(
            "deleted",
            "was deleted: clients that call it get UNIMPLEMENTED.",
            "restore it, deprecate it, and serve it for as long as it has clients",
        );
    }
}
