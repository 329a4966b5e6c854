use std::collections::BTreeSet;

use super::{Check, CompatRule, EnumValue, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_VALUE_SAME_NAME",
        purpose: "An enum value keeps its name.",
        docs: "\
## What it checks

A number that both enums list has, in the new one, all the names that it had. Another name may be
added to it with `option allow_alias = true;`.

## Why

JSON writes the name: a reader that does not know it rejects the message, and if the name stands
for another number now, reads another value. Code that uses the constant no longer compiles.

## Instead

Keep the old name. If a better one is needed, add it as an alias of the same number, and list the
old one first: the first name is the one that is written.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::EnumNumber(check),
}];

fn check(values: Pair<&[EnumValue<'_>]>, findings: &mut Findings<'_>) {
    let names = values.map(|side| side.iter().map(|value| value.name()).collect::<BTreeSet<_>>());
    if names.new.is_superset(&names.old) {
        return;
    }
    let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let (was, is) = (list(&names.old), list(&names.new));
    for &new in values.new {
        let same_name = values.old.iter().find(|old| old.name() == new.name());
        let draft = match same_name {
            Some(&old) => findings.on(Pair { old, new }),
            None => findings.added(new),
        };
        draft.part(&[tag::enum_value::NUMBER]).report(
            format_args!("{was} to {is}"),
            format_args!("stands for a number that was called {was} before."),
            format!("keep every old name of {}; add a new one as an alias", new.number()),
        );
    }
}
