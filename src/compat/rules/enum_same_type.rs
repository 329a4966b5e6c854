use super::{Check, CompatRule, Enum, Findings, Pair, Rule, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_SAME_TYPE",
        purpose: "Enums stay open or closed.",
        docs: "\
## What it checks

Enums of proto2 files are closed, those of proto3 files and of editions are open unless
`features.enum_type = CLOSED` says otherwise. Neither becomes the other.

## Why

A reader keeps a number that it does not know as the value of an open enum, and puts it among the
unknown fields of a closed one, where the field then reads as unset or, in a list, is missing. Code
that handles one of the two does not handle the other, and many languages generate another type.

## Instead

Leave the file in its syntax. When a file moves to an edition, write down what held before:
`option features.enum_type = CLOSED;` for what was proto2.
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
            format_args!("was {old} and is {new}: numbers that a reader does not know are read differently."),
            format!("keep it {old}"),
        );
    }
}

/// The path of the feature in the descriptor.
const FEATURE: [i32; 3] =
    [tag::enumeration::OPTIONS, tag::enum_options::FEATURES, tag::feature_set::ENUM_TYPE];
