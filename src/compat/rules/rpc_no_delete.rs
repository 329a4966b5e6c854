use rustc_hash::FxHashSet;

use super::{Check, CompatRule, Findings, Method, Pair, Rule, Service, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RPC_NO_DELETE",
        purpose: "RPCs are not deleted.",
        docs: "\
## What it checks

Every RPC of the old service exists in the new one with the same name.

## Why

Existing clients call `/package.Service/Method`. A server built from the new schema returns
`UNIMPLEMENTED` for those calls, and code that calls the generated method no longer compiles.

## Instead

Keep the RPC, mark it `option deprecated = true;`, and keep serving it while it has clients.
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
            "restore it, deprecate it, and serve it while it has clients",
        );
    }
}
