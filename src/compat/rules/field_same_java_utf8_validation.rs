use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FieldType, JavaUtf8Validation, Utf8Validation};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_JAVA_UTF8_VALIDATION",
        purpose: "A string field keeps its UTF-8 validation in Java.",
        docs: "\
## What it checks

A `string` field does not gain or lose UTF-8 validation in Java. Java validates fields that all
languages validate (the default in proto3 and editions). It validates other fields if the file sets
`option java_string_check_utf8 = true;` or, in an edition,
`features.(pb.java).utf8_validation = VERIFY`.

## Why

If validation is added, Java servers reject messages that they accepted before. If it is removed,
they pass on strings that other languages reject.

## Instead

Keep the option. When the syntax of the file changes, keep the old behaviour with the option or the
feature.
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
    let checked = pair.map(is_checked);
    if !checked.differs() {
        return;
    }
    let Pair { old, new } = checked.map(|checked| if checked { "checked" } else { "not checked" });
    let option = pair.map(|field| Some(field.file().element_path().part(&FILE_OPTION)));
    findings.on(pair).at(option).part(&FEATURE).part(&FEATURE[..3]).part(&FEATURE[..2]).report(
        format_args!("{old} to {new}"),
        format_args!("was {old} for valid UTF-8 in Java and is now {new}."),
        "set `java_string_check_utf8`, or the feature, to keep the behaviour of Java",
    );
}

fn is_checked(field: Field<'_>) -> bool {
    let file = field.file();
    let features = field.features();
    let option = match file.proto().options {
        Some(_) => file.options().java_string_check_utf8,
        None => None,
    };
    let by_java = match option {
        Some(check) => check,
        None => features.java_utf8_validation == JavaUtf8Validation::Verify,
    };
    by_java || features.utf8_validation == Utf8Validation::Verify
}

/// The descriptor paths of `options.java_string_check_utf8` of the file and of
/// `options.features.(pb.java).utf8_validation` of the field.
const FILE_OPTION: [i32; 2] =
    [tag::file::OPTIONS, tag::file_options::JAVA_STRING_CHECK_UTF8];
const FEATURE: [i32; 4] = [tag::field::OPTIONS, tag::field_options::FEATURES, 1001, 2];
