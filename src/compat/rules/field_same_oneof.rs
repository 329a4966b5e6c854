use super::{Check, CompatRule, Field, Findings, Oneof, Pair, Rule, on};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_ONEOF",
        purpose: "A field does not move into, out of, or between oneofs.",
        docs: "\
## What it checks

A field stays in the oneof with the same name, or outside of any oneof. The synthetic oneof of a
proto3 `optional` field does not count. Extensions are never in a oneof.

## Why

Setting one member of a oneof clears the others. Fields that were independent now clear each other,
also when a reader merges or forwards data. Generated code has a different shape, too.

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
            format_args!("was in {old} and is now in {new}."),
            "move it back; to change its oneof, add a new field with a new number",
        );
    }
}

fn word(oneof: Option<&str>) -> String {
    oneof.map_or_else(|| "no oneof".to_owned(), |name| format!("oneof `{name}`"))
}
