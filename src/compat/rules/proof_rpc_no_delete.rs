//! Methods that clients call and no server has any more.

use super::{Check, CompatRule, Findings, Rule};
use crate::compat::View;
use crate::finding::{Level, Surface};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_RPC_NO_DELETE",
        purpose: "A method that clients call is still there.",
        docs: "\
## What it checks

Every method of the old version exists in the new one, in a service with the same full name.

## Why

gRPC finds a method by its path, `/package.Service/Method`. A call of a deleted or renamed one fails
with UNIMPLEMENTED. buf's categories WIRE and WIRE_JSON look at messages only, and allow it.

## Instead

Keep the method until nobody calls it, and mark it `option deprecated = true;`. A renamed method is a
new one beside the old one.
",
        ..Rule::PLAIN
    },
    check: Check::Schema(check),
}];

fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    if !view.surfaces().contains(&Surface::Rpc) || view.fail_on() > Level::Breaks {
        return;
    }
    for service in view.old_files().flat_map(|file| file.services()) {
        let new = view.new_service(service.full_name());
        for old in service.methods() {
            let is_kept = |new: crate::schema::Service<'_>| {
                new.methods().any(|method| method.name() == old.name())
            };
            if new.is_some_and(is_kept) {
                continue;
            }
            let draft = match (new, view.new_file(service.file().path())) {
                (Some(new), _) => findings.deleted(old, new),
                (None, Some(file)) => findings.deleted(old, file),
                (None, None) => findings.deleted_with_file(old),
            };
            draft.report(
                "deleted",
                format_args!("was deleted: calls of it fail with UNIMPLEMENTED."),
                "keep the method until nobody calls it; mark it `option deprecated = true;`",
            );
        }
    }
}
