use super::{Check, CompatRule, Enum, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_SAME_TYPE",
        purpose: "Enums stay open or closed.",
        docs: "\
## What it checks

An open enum stays open and a closed enum stays closed. Enums are closed in proto2 files and open in
proto3 files; in editions they are open unless `features.enum_type = CLOSED` is set.

## Why

A parser keeps an unknown number as the value of an open enum. For a closed enum it moves the number
to the unknown fields: the field then reads as unset, or the element is missing from the list. Code
that handles one does not handle the other, and many languages generate different types.

## Instead

Keep the syntax of the file. When a proto2 file moves to an edition, keep its behaviour with
`option features.enum_type = CLOSED;`.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(pair: Pair<Enum<'_>>, findings: &mut Findings<'_>) {
    let closed = pair.map(Enum::is_closed);
    if closed.differs() {
        let Pair { old, new } = closed.map(|closed| if closed { "closed" } else { "open" });
        findings.on(pair).part(&FEATURE).part(&FEATURE[..2]).report(
            format_args!("{old} to {new}"),
            format_args!("changed from {old} to {new}: unknown numbers are read differently."),
            format!("keep it {old}"),
        );
    }
}

/// The descriptor path of the feature, relative to the enum.
const FEATURE: [i32; 3] =
    [tag::enumeration::OPTIONS, tag::enum_options::FEATURES, tag::feature_set::ENUM_TYPE];
