//! Checks fields that need an open enum, since they do not distinguish unknown values: fields of
//! proto3 files, and in editions those with implicit presence.

use super::{Problem, problem};
use crate::schema::descriptor::{Edition, FieldType};
use crate::schema::tag;
use crate::schema::{Enum, Field, FieldKind};

/// Checks a field or an extension.
pub(super) fn check(field: Field<'_>, problems: &mut Vec<Problem>) {
    if let Some(closed) = closed_enum(field) {
        problems.push(problem(
            field.element_path(),
            &[tag::field::TYPE_NAME],
            refusal(field, closed),
        ));
    }
}

/// Checks the value of the map `map`, which has no source location of its own.
pub(super) fn check_map_value(value: Field<'_>, map: Field<'_>, problems: &mut Vec<Problem>) {
    if let Some(closed) = closed_enum(value) {
        problems.push(problem(map.element_path(), &[tag::field::TYPE_NAME], refusal(map, closed)));
    }
}

/// Returns the closed enum of a field that needs an open one.
fn closed_enum(field: Field<'_>) -> Option<Enum<'_>> {
    if field.field_type() != FieldType::Enum || !needs_open(field) {
        return None;
    }
    match field.kind() {
        FieldKind::Enum(enumeration) if enumeration.is_closed() => Some(enumeration),
        _ => None,
    }
}

fn needs_open(field: Field<'_>) -> bool {
    match field.file().edition() {
        Edition::Proto3 => true,
        Edition::Proto2 => false,
        _ => !field.is_repeated() && !field.has_presence(),
    }
}

fn refusal(field: Field<'_>, closed: Enum<'_>) -> String {
    let (name, closed) = (field.name(), closed.full_name());
    format!("field `{name}` cannot hold the enum `{closed}`, which is closed: it stems from proto2")
}
