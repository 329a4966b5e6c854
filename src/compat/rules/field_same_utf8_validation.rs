use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FieldType, Utf8Validation};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_UTF8_VALIDATION",
        purpose: "A string field keeps its UTF-8 validation.",
        docs: "\
## What it checks

A `string` field does not gain or lose UTF-8 validation by readers. Readers validate in proto3
files, but not in proto2 files; in editions they validate unless `features.utf8_validation = NONE`
is set. Keys and values of maps are fields, too.

## Why

If validation is added, readers reject whole messages that they accepted before. If it is removed,
writers may send strings that old readers reject.

## Instead

Keep the syntax of the file. When it moves from proto2 to an edition, set
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
            format_args!("was {old} for valid UTF-8 and is now {new}."),
            "keep the syntax of the file, or restore the old `features.utf8_validation`",
        );
    }
}

/// The descriptor path of `options.features.utf8_validation`.
const FEATURE: [i32; 3] =
    [tag::field::OPTIONS, tag::field_options::FEATURES, tag::feature_set::UTF8_VALIDATION];
