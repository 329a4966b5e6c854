//! Defaults of fields whose type has a name: none for a message, for an enum one of its values.
//! Those of scalars the parser has read by their type already.

use super::{Problem, part, problem};
use crate::schema::{Enum, Field, FieldKind};

pub(super) fn check(field: Field<'_>, problems: &mut Vec<Problem>) {
    let Some(default) = field.proto().default_value.as_deref() else { return };
    let wrong = match field.kind() {
        FieldKind::Enum(enumeration) => not_a_value(enumeration, default),
        FieldKind::Message(_) => {
            Some(format!("field `{}` holds a message, which has no default", field.name()))
        }
        FieldKind::Scalar(_) | FieldKind::Missing => None,
    };
    problems.extend(wrong.map(|message| problem(field.spot(), &[part::FIELD_DEFAULT], message)));
}

/// What to say if `default` is neither a value of `enumeration` nor a number.
fn not_a_value(enumeration: Enum<'_>, default: &str) -> Option<String> {
    let known = enumeration.values().any(|value| value.name() == default);
    let enumeration = enumeration.full_name();
    (!known && default.parse::<i32>().is_err())
        .then(|| format!("the default `{default}` is no value of the enum `{enumeration}`"))
}
