//! Comparison of field types for three rules: same type, same wire encoding, same encoding on the
//! wire and in JSON.

use rustc_hash::FxHashMap;

use super::Findings;
use crate::schema::descriptor::FieldType;
use crate::schema::pair::Pair;
use crate::schema::{ElementPath, Enum, Field, FieldKind, tag};

/// Returns the type of a field by its encoding: a delimited message is a group.
pub(super) fn kind(field: Field<'_>) -> FieldType {
    match field.field_type() {
        FieldType::Message if field.is_delimited() => FieldType::Group,
        declared => declared,
    }
}

/// Compares the types of two fields, and reports a change that the rule does not allow.
///
/// - `allows_type` returns whether the new type may replace the old one: [`is_same_type`], or a
///   function that compares their encodings.
/// - `allows_enum` returns whether an enum with another full name may replace the old one:
///   [`no_other_enum`] or [`is_moved_enum`]. A message never may.
pub(super) fn compare(
    pair: Pair<Field<'_>>,
    findings: &mut Findings<'_>,
    allows_type: impl Fn(Pair<FieldType>) -> bool,
    allows_enum: impl Fn(Pair<Enum<'_>>) -> bool,
    help: &str,
) {
    let kinds = pair.map(kind);
    if !allows_type(kinds) {
        return report(pair, findings, pair.map(word), help);
    }
    let names = pair.map(Field::type_name);
    let has_name = matches!(kinds.new, FieldType::Message | FieldType::Group | FieldType::Enum);
    if !has_name || !names.differs() || enums(pair).is_some_and(allows_enum) {
        return;
    }
    report(pair, findings, names, help);
}

fn report(pair: Pair<Field<'_>>, findings: &mut Findings<'_>, words: Pair<&str>, help: &str) {
    let Pair { old, new } = words;
    findings.on(pair).at(pair.map(|field| Some(type_path(field)))).report(
        format_args!("{old} to {new}"),
        format_args!("changed type from `{old}` to `{new}`."),
        help,
    );
}

/// Returns the descriptor path of the type.
fn type_path(field: Field<'_>) -> ElementPath {
    let named = matches!(kind(field), FieldType::Message | FieldType::Group | FieldType::Enum);
    field.element_path().part(&[if named { tag::field::TYPE_NAME } else { tag::field::TYPE }])
}

fn enums(pair: Pair<Field<'_>>) -> Option<Pair<Enum<'_>>> {
    match (pair.old.kind(), pair.new.kind()) {
        (FieldKind::Enum(old), FieldKind::Enum(new)) => Some(Pair { old, new }),
        _ => None,
    }
}

/// Whether both types are the same.
pub(super) fn is_same_type(kinds: Pair<FieldType>) -> bool {
    !kinds.differs()
}

/// Whether an enum with another full name is compatible: never.
pub(super) fn no_other_enum(_: Pair<Enum<'_>>) -> bool {
    false
}

/// Whether an enum with another full name is compatible: it has the same short name, and all old
/// values with their names and numbers.
pub(super) fn is_moved_enum(pair: Pair<Enum<'_>>) -> bool {
    if pair.map(Enum::name).differs() {
        return false;
    }
    let new: FxHashMap<&str, i32> = pair.new.values().map(|v| (v.name(), v.number())).collect();
    pair.old.values().all(|old| new.get(old.name()) == Some(&old.number()))
}

/// Returns the keyword of a scalar type in `.proto` files, or `message`, `group` or `enum`.
pub(super) fn word(field: Field<'_>) -> &'static str {
    match kind(field) {
        FieldType::Double => "double",
        FieldType::Float => "float",
        FieldType::Int64 => "int64",
        FieldType::Uint64 => "uint64",
        FieldType::Int32 => "int32",
        FieldType::Fixed64 => "fixed64",
        FieldType::Fixed32 => "fixed32",
        FieldType::Bool => "bool",
        FieldType::String => "string",
        FieldType::Group if field.file().has_edition() => "message (delimited)",
        FieldType::Group => "group",
        FieldType::Message => "message",
        FieldType::Bytes => "bytes",
        FieldType::Uint32 => "uint32",
        FieldType::Enum => "enum",
        FieldType::Sfixed32 => "sfixed32",
        FieldType::Sfixed64 => "sfixed64",
        FieldType::Sint32 => "sint32",
        FieldType::Sint64 => "sint64",
    }
}
