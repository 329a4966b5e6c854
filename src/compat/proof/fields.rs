//! Fields in two versions: whether they differ, and how a schema declares them.

use crate::schema::descriptor::Utf8Validation;
use crate::schema::pair::Pair;
use crate::schema::{Container, Field, FieldKind, Message};

/// Returns the fields of a message that differ, without those that were only added and not required.
pub(super) fn changed_fields<'s>(pair: Pair<Message<'s>>) -> Vec<Pair<Option<Field<'s>>>> {
    let of_old = pair.fields_by_number().map(|(old, new)| Pair { old: Some(old), new });
    let added = pair.new.fields().filter(move |new| pair.old.field(new.number()).is_none());
    let added = added.filter(|new| new.is_required());
    of_old
        .filter(|pair| match *pair {
            Pair { old: Some(old), new: Some(new) } => differs(Pair { old, new }),
            _ => true,
        })
        .chain(added.map(|new| Pair { old: None, new: Some(new) }))
        .collect()
}

/// Whether two versions of a field differ in something that data can show.
pub(in crate::compat) fn differs(pair: Pair<Field<'_>>) -> bool {
    pair.map(Field::proto).differs() || pair.map(shape_of).differs()
}

/// Whether the number of a field has another name, and its old name another number.
pub(in crate::compat) fn takes_over(pair: Pair<Field<'_>>) -> bool {
    let Container::Message(new) = pair.new.container() else { return false };
    pair.map(Field::name).differs() && new.fields().any(|field| field.name() == pair.old.name())
}

/// Returns the type of a field as a schema declares it: `repeated int32`.
pub(in crate::compat) fn declared(field: Field<'_>) -> String {
    let name = match field.kind() {
        FieldKind::Scalar(scalar) => format!("{scalar:?}").to_lowercase(),
        _ => field.type_name().trim_start_matches('.').to_owned(),
    };
    let is_message = matches!(field.kind(), FieldKind::Message(_));
    let label = if field.is_map() {
        "map of "
    } else if field.is_repeated() {
        "repeated "
    } else if field.is_required() {
        "required "
    } else if field.has_presence() && !is_message {
        "optional "
    } else {
        ""
    };
    format!("{label}{name}")
}

/// Returns what the features say about a field.
fn shape_of(field: Field<'_>) -> (bool, bool, bool, bool, Utf8Validation) {
    (
        field.has_presence(),
        field.is_required(),
        field.is_packed(),
        field.is_delimited(),
        field.features().utf8_validation,
    )
}
