use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_JSON_NAME",
        purpose: "A field keeps its JSON name.",
        docs: "\
## What it checks

The JSON name of a field stays the same. It is the value of `json_name` or, without that option, the
field's name in lowerCamelCase. Renaming `street_name` to `streetName` is therefore not reported by
this rule. Extensions have no JSON name of their own.

## Why

JSON identifies the field by this name. Readers reject unknown names or, if they are configured to
ignore them, lose the value. Browsers, gateways and stored documents use the old name.

## Instead

When you rename a field, keep its JSON name: `string family_name = 2 [json_name = \"lastName\"];`.
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
            format_args!("changed its JSON name from `{old}` to `{new}`."),
            format!("write `[json_name = \"{old}\"]`"),
        );
    }
}
