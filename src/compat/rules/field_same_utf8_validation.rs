use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FieldType, Utf8Validation};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_UTF8_VALIDATION",
        purpose: "A string field keeps its UTF-8 validation.",
        docs: "\
## What it checks

Whether readers check that a `string` field holds valid UTF-8 stays the same. proto3 files and
editions check, proto2 files do not, and `features.utf8_validation` decides in an edition. Keys and
values of maps are fields, too.

## Why

Where the check is new, readers reject messages that were fine before, with all their other fields.
Where it is gone, writers may send what readers of the old version reject.

## Instead

Leave the file in its syntax. When it moves from proto2 to an edition, write
`option features.utf8_validation = NONE;`.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let is_string = pair.map(|field| field.field_type() == FieldType::String);
    if !is_string.old || !is_string.new {
        return;
    }
    let checked = pair.map(|field| field.features().utf8_validation == Utf8Validation::Verify);
    if checked.differs() {
        let Pair { old, new } =
            checked.map(|checked| if checked { "checked" } else { "not checked" });
        findings.on(pair).part(&FEATURE).part(&FEATURE[..2]).report(
            format_args!("{old} to {new}"),
            format_args!("was {old} for UTF-8 and is {new} now."),
            "leave the file in its syntax, or set `features.utf8_validation` to what held before",
        );
    }
}

/// `options.features.utf8_validation`.
const FEATURE: [i32; 3] =
    [tag::field::OPTIONS, tag::field_options::FEATURES, tag::feature_set::UTF8_VALIDATION];
