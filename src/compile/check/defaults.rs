//! Checks defaults of fields with a named type: a message has none, an enum one of its values or a
//! number. The parser has checked those of scalars.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Problem, problem};
use crate::schema::tag;
use crate::schema::{Enum, Field, FieldKind, File};

pub(super) fn check(file: File<'_>, problems: &mut Vec<Problem>) {
    let fields = file.all_messages().flat_map(|message| message.fields());
    let mut values = Values::default();
    for field in fields.chain(file.all_extensions()) {
        let Some(default) = field.proto().default_value.as_deref() else { continue };
        let wrong = match field.kind() {
            FieldKind::Message(_) => Some(of_message(field)),
            FieldKind::Enum(enumeration) if values.contains(enumeration, default) => None,
            FieldKind::Enum(enumeration) => Some(no_value(enumeration, default)),
            FieldKind::Scalar(_) | FieldKind::Missing => None,
        };
        let at = |message| problem(field.element_path(), &[tag::field::DEFAULT_VALUE], message);
        problems.extend(wrong.map(at));
    }
}

fn of_message(field: Field<'_>) -> String {
    format!("field `{}` holds a message, which has no default", field.name())
}

fn no_value(enumeration: Enum<'_>, default: &str) -> String {
    format!("the default `{default}` is no value of the enum `{}`", enumeration.full_name())
}

/// The names of the values of each enum for which a default was looked up.
#[derive(Default)]
struct Values<'s>(FxHashMap<&'s str, FxHashSet<&'s str>>);

impl<'s> Values<'s> {
    fn contains(&mut self, enumeration: Enum<'s>, default: &str) -> bool {
        let names = || enumeration.proto().value.iter().map(|value| value.name()).collect();
        let known = self.0.entry(enumeration.full_name()).or_insert_with(names);
        known.contains(default) || default.parse::<i32>().is_ok()
    }
}
