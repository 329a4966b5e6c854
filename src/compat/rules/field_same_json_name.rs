use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_JSON_NAME",
        purpose: "A field keeps its JSON name.",
        docs: "\
## What it checks

The JSON name of a field, which is `json_name` or else the field's name in lowerCamelCase, stays
the same. Renaming `street_name` to `streetName` is therefore no finding here. Extensions have no
JSON name of their own.

## Why

JSON knows the field by this name. Readers reject a name that they do not know, or, where they are
told to ignore it, lose the value. Browsers, gateways and stored documents use the old name.

## Instead

When a field is renamed, write the old name: `string family_name = 2 [json_name = \"lastName\"];`.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let names = pair.map(|field| field.proto().json_name());
    if names.differs() && !pair.old.is_extension() {
        let Pair { old, new } = names;
        findings.on(pair).part(&[tag::field::JSON_NAME]).report(
            format_args!("{old} to {new}"),
            format_args!("was called `{old}` in JSON and is called `{new}` now."),
            format!("write `[json_name = \"{old}\"]`"),
        );
    }
}
