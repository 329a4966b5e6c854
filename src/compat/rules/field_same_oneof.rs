use super::{Check, CompatRule, Field, Findings, Oneof, Pair, Rule, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_ONEOF",
        purpose: "A field does not move into, out of, or between oneofs.",
        docs: "\
## What it checks

A field is in a oneof of the same name as before, or in none as before. What `optional` makes of a
proto3 field does not count as a oneof. Extensions are never in one.

## Why

Setting one member of a oneof clears the others. Fields that were independent lose each other's
values when they are put together, also in data that a reader merges or passes on. Generated code
has another form, too.

## Instead

Add new fields for the new oneof and deprecate the old ones.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let oneofs = pair.map(|field| field.oneof().map(Oneof::name));
    if oneofs.differs() {
        let Pair { old, new } = oneofs.map(word);
        findings.on(pair).report(
            format_args!("{old} to {new}"),
            format_args!("was in {old} and is in {new} now."),
            "move it back; add a new field under a new number for the other place",
        );
    }
}

fn word(oneof: Option<&str>) -> String {
    oneof.map_or_else(|| "no oneof".to_owned(), |name| format!("oneof `{name}`"))
}
