//! Checks that fields and extensions share: the options that need a certain type, `packed`, `lazy`,
//! `unverified_lazy`, `jstype`.

use super::{Problem, openness, problem};
use crate::schema::Field;
use crate::schema::descriptor::FieldType;
use crate::schema::tag::{self, field_options};

/// Checks a field or an extension.
pub(super) fn check(field: Field<'_>, problems: &mut Vec<Problem>) {
    openness::check(field, problems);
    if field.proto().options.is_some() {
        check_options(field, problems);
    }
}

fn check_options(field: Field<'_>, problems: &mut Vec<Problem>) {
    let options = field.options();
    let mut refuse = |option: i32, text: &str| {
        let message = format!("field `{}` {text}", field.name());
        problems.push(problem(field.element_path(), &[tag::field::OPTIONS, option], message));
    };
    if options.packed() && !is_packable(field) {
        refuse(
            field_options::PACKED,
            "cannot be packed: only lists of numbers, bools and enums can",
        );
    }
    if options.lazy() && field.field_type() != FieldType::Message {
        refuse(
            field_options::LAZY,
            "cannot be lazy: only fields that hold a message can, groups cannot",
        );
    }
    if options.unverified_lazy() && field.field_type() != FieldType::Message {
        let text = "cannot be lazy: only fields that hold a message can, groups cannot";
        refuse(field_options::UNVERIFIED_LAZY, text);
    }
    if options.jstype.is_some() && !is_long(field.field_type()) {
        refuse(field_options::JSTYPE, "has a `jstype`, which is for integers of 64 bits only");
    }
}

fn is_packable(field: Field<'_>) -> bool {
    let unpackable = [FieldType::String, FieldType::Bytes, FieldType::Message, FieldType::Group];
    field.is_repeated() && !unpackable.contains(&field.field_type())
}

fn is_long(field_type: FieldType) -> bool {
    matches!(
        field_type,
        FieldType::Int64
            | FieldType::Uint64
            | FieldType::Sint64
            | FieldType::Fixed64
            | FieldType::Sfixed64
    )
}
