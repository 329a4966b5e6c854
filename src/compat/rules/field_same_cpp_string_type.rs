use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::compat::cardinality::is_in_map_entry;
use crate::schema::descriptor::{CType, CppStringType, Edition, FieldType};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_CPP_STRING_TYPE",
        purpose: "A string or bytes field keeps its C++ type.",
        docs: "\
## What it checks

A `string` or `bytes` field keeps the C++ type that `ctype` or the feature `(pb.cpp).string_type`
selects: `std::string`, `absl::Cord` or, from edition 2024 on, `absl::string_view`. Removing
`STRING_PIECE`, which has no effect outside of Google, is allowed.

## Why

The accessors of the field return and take another type: C++ code that uses them no longer compiles.
Other languages are not affected.

## Instead

Keep the option. If no C++ code uses the schema, list this rule under `except` in the configuration.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

/// The C++ type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StringType {
    /// The type that the feature, or the equivalent `ctype`, selects.
    Feature(CppStringType),
    /// The type of `ctype = STRING_PIECE`, which generates a string.
    Piece,
}

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let is_text = |field: Field<'_>| matches!(field.field_type(), FieldType::String | FieldType::Bytes);
    if !is_text(pair.old) || !is_text(pair.new) {
        return;
    }
    let types = pair.map(string_type);
    let given_up = types.old == StringType::Piece
        && types.new == StringType::Feature(CppStringType::String);
    if !types.differs() || given_up || is_in_map_entry(pair) {
        return;
    }
    let Pair { old, new } = types.map(word);
    findings.on(pair).part(&CTYPE).part(&FEATURE).part(&FEATURE[..3]).part(&FEATURE[..2]).report(
        format_args!("{old} to {new}"),
        format_args!("changed its C++ type from {old} to {new}."),
        "restore the old option",
    );
}

fn string_type(field: Field<'_>) -> StringType {
    let edition = field.file().edition();
    if field.proto().options.is_none() && !field.file().has_edition() {
        return StringType::Feature(CppStringType::String);
    }
    let options = field.options();
    match options.ctype.filter(|_| edition < Edition::E2024).map(CType::try_from) {
        Some(Ok(CType::Cord)) => StringType::Feature(CppStringType::Cord),
        Some(Ok(CType::StringPiece)) => StringType::Piece,
        Some(Ok(CType::String)) => StringType::Feature(CppStringType::String),
        _ => StringType::Feature(field.features().cpp_string_type),
    }
}

fn word(kind: StringType) -> &'static str {
    match kind {
        StringType::Piece => "STRING_PIECE",
        StringType::Feature(CppStringType::Cord) => "CORD",
        StringType::Feature(CppStringType::View) => "VIEW",
        StringType::Feature(_) => "STRING",
    }
}

/// The descriptor paths of `options.ctype` and `options.features.(pb.cpp).string_type`.
const CTYPE: [i32; 2] = [tag::field::OPTIONS, tag::field_options::CTYPE];
const FEATURE: [i32; 4] = [tag::field::OPTIONS, tag::field_options::FEATURES, 1000, 2];
