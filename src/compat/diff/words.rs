//! Words for elements and their parts.

use crate::compat::kinds::word;
use crate::schema::descriptor::Edition;
use crate::schema::{Field, FieldKind, File, Message, Method, Subject};

/// Returns the kind and name of an element, within a sentence: ``field `a` (1) of message `M` ``.
pub(super) fn subject(subject: &impl Subject) -> String {
    lower_first(&subject.describe())
}

/// Returns `text` with a lowercase first letter, unless it begins with an abbreviation.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next();
    match first {
        Some(first) if !chars.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// Returns the type of a field as in a `.proto` file, without its label: `map<string, int32>`.
pub(super) fn type_of(field: Field<'_>) -> String {
    match field.kind() {
        FieldKind::Message(entry) if field.is_repeated() && entry.is_map_entry() => {
            let part = |number| entry.field(number).map(plain_type).unwrap_or_default();
            format!("map<{}, {}>", part(1), part(2))
        }
        _ if field.is_delimited() => format!("{} {}", word(field), field.type_name()),
        _ => plain_type(field),
    }
}

fn plain_type(field: Field<'_>) -> String {
    match field.type_name() {
        "" => word(field).to_owned(),
        name => name.to_owned(),
    }
}

/// Returns the label of a field: `repeated`, `required` or `singular`; nothing for a map.
pub(super) fn label(field: Field<'_>) -> &'static str {
    if field.is_map() {
        ""
    } else if field.is_repeated() {
        "repeated"
    } else if field.is_required() {
        "required"
    } else {
        "singular"
    }
}

/// Returns the declaration of a field, as far as readers of a list of changes need it.
pub(super) fn declaration(field: Field<'_>) -> String {
    match label(field) {
        label @ ("repeated" | "required") => format!("{label} {}", type_of(field)),
        _ => type_of(field),
    }
}

/// Returns the signature of a method: `(stream a.Request) returns (a.Response)`.
pub(super) fn signature(method: Method<'_>) -> String {
    let stream = |is: bool| if is { "stream " } else { "" };
    let proto = method.proto();
    format!(
        "({}{}) returns ({}{})",
        stream(proto.client_streaming()),
        method.request_type(),
        stream(proto.server_streaming()),
        method.response_type()
    )
}

/// Returns the syntax of a file: `proto3`, `edition 2023`.
pub(super) fn syntax(file: File<'_>) -> String {
    match file.edition() {
        Edition::Proto2 => "proto2".to_owned(),
        Edition::Proto3 => "proto3".to_owned(),
        edition => format!("edition {}", format!("{edition:?}").trim_start_matches('E')),
    }
}

/// Returns `number` with `noun`, in the plural unless it is one.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns the number of fields of a message.
pub(super) fn fields(message: Message<'_>) -> String {
    counted(message.fields().len(), "field")
}
