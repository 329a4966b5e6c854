use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FieldType, JavaUtf8Validation, Utf8Validation};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_JAVA_UTF8_VALIDATION",
        purpose: "A string field keeps its UTF-8 validation in Java.",
        docs: "\
## What it checks

Whether Java checks that a `string` field holds valid UTF-8 stays the same. It does where the field
is checked everywhere (proto3 and editions), and in proto2 where the file says
`option java_string_check_utf8 = true;` or, in an edition, `features.(pb.java).utf8_validation =
VERIFY`.

## Why

Where the check is new, Java servers reject messages that they took before. Where it is gone, they
pass on strings that other languages reject.

## Instead

Leave the option as it is. When a file changes its syntax, keep the old behaviour with the option
or the feature.
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
    let option = pair.map(|field| Some(field.file().spot().part(&FILE_OPTION)));
    findings.on(pair).at(option).part(&FEATURE).part(&FEATURE[..3]).part(&FEATURE[..2]).report(
        format_args!("{old} to {new}"),
        format_args!("was {old} for UTF-8 by Java and is {new} now."),
        "set `java_string_check_utf8`, or the feature, so that Java does as before",
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

/// `options.java_string_check_utf8` of the file, and `options.features.(pb.java).utf8_validation`
/// of the field.
const FILE_OPTION: [i32; 2] =
    [tag::file::OPTIONS, tag::file_options::JAVA_STRING_CHECK_UTF8];
const FEATURE: [i32; 4] = [tag::field::OPTIONS, tag::field_options::FEATURES, 1001, 2];
