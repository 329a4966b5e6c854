use std::collections::BTreeSet;

use super::{Check, CompatRule, EnumValue, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_VALUE_SAME_NAME",
        purpose: "An enum value keeps its name.",
        docs: "\
## What it checks

If a number is in both the old and the new enum, it keeps all of its old names. With
`option allow_alias = true;` a new name may be added.

## Why

JSON encodes the name: a reader that does not know it rejects the message, or reads a different
value if the name now belongs to another number. Code that uses the constant no longer compiles.

## Instead

Keep the old name. If you need a better one, add it as an alias of the same number after the old
one: serializers write the first name.
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
            format_args!("has a number that was previously named {was}."),
            format!("keep the old names of {}; add a new name as an alias", new.number()),
        );
    }
}
