use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_NAME",
        purpose: "A field keeps its name.",
        docs: "\
## What it checks

Fields with the same number have the same name. Extensions of a message with the same number have
the same full name, including the scope.

## Why

Generated code uses the name of the field: code that uses the field no longer compiles. JSON, text
format and field masks identify it by name, too. And a new name for a number often comes with a new
meaning, which readers of old data cannot know.

## Instead

Keep the name. If the meaning of the field changes, add a new field with a new number and deprecate
the old one.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    if pair.old.is_extension() {
        let names = pair.map(Field::full_name);
        if names.old != names.new {
            report(pair, Pair { old: &names.old, new: &names.new }, findings);
        }
    } else if pair.map(Field::name).differs() {
        report(pair, pair.map(Field::name), findings);
    }
}

fn report(pair: Pair<Field<'_>>, names: Pair<&str>, findings: &mut Findings<'_>) {
    let Pair { old, new } = names;
    findings.on(pair).part(&[tag::NAME]).report(
        format_args!("{old} to {new}"),
        format_args!("was renamed from `{old}`."),
        format!("keep the name `{old}`; a new meaning needs a new number"),
    );
}
