//! Changes of a field.

use super::walk::{DATA, Walk};
use super::{Audience, Part, words};
use crate::schema::options::Kind as OptionsKind;
use crate::schema::pair::Pair;
use crate::schema::spelling::json_name;
use crate::schema::{Container, Field, FieldKind};

const NAMES: &[Audience] = &[Audience::Json, Audience::GeneratedCode];

/// A part of a declaration, its words on both sides, and whom a difference concerns.
type Declared = (&'static str, Pair<String>, &'static [Audience]);

impl<'s> Walk<'_, 's> {
    /// Compares two fields with one number.
    pub(super) fn field(&mut self, pair: Pair<Field<'s>>) {
        for (part, words, audience) in parts(pair).into_iter().filter(|part| part.1.differs()) {
            let what = match (&*words.old, &*words.new) {
                // A map has neither label nor presence: its type says so.
                ("", _) | (_, "") if part == "label" || part == "presence" => continue,
                ("", new) => format!("{part} none → `{new}`"),
                (old, "") => format!("{part} `{old}` → none"),
                (old, new) => format!("{part} `{old}` → `{new}`"),
            };
            self.altered(pair, Part::Declaration, &what, audience);
            self.also(pair.old.full_name());
            self.also_entry(pair.old);
            self.also_entry(pair.new);
            if let (true, Container::Message(message)) = (is_required(&words), pair.new.container())
            {
                // Rules count the required fields of the message.
                self.also(message.full_name().to_owned());
            }
        }
        let encoded = pair.map(|field| field.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Field, encoded, &[Audience::GeneratedCode]);
    }

    /// Lets findings about the entry of a map refer to the last change, which is about its field.
    pub(super) fn also_entry(&mut self, field: Field<'_>) {
        if field.is_map() {
            let entry = field.type_name();
            self.also(entry.to_owned());
            self.also(format!("{entry}.key"));
            self.also(format!("{entry}.value"));
        }
    }
}

/// Returns the parts of the declarations of two fields.
fn parts(pair: Pair<Field<'_>>) -> [Declared; 7] {
    let own = |part: fn(Field<'_>) -> &str| pair.map(|field| part(field).to_owned());
    let is_derived = |field: Field<'_>| field.proto().json_name() == json_name(field.name());
    let json_name = match is_derived(pair.old) && is_derived(pair.new) {
        // The JSON name of a renamed field changes with it.
        true => own(|_| ""),
        false => own(|field| field.proto().json_name()),
    };
    [
        ("name", pair.map(name), NAMES),
        ("type", pair.map(words::type_of), DATA),
        ("label", own(words::label), DATA),
        ("presence", own(presence), DATA),
        ("JSON name", json_name, &[Audience::Json]),
        ("default", own(|field| field.proto().default_value()), DATA),
        ("oneof", own(|field| field.oneof().map(|oneof| oneof.name()).unwrap_or_default()), DATA),
    ]
}

/// Returns the name of a field; of an extension the full name, since its scope may change.
fn name(field: Field<'_>) -> String {
    if field.is_extension() { field.full_name() } else { field.name().to_owned() }
}

fn is_required(label: &Pair<String>) -> bool {
    label.old == "required" || label.new == "required"
}

/// Returns whether the presence of a singular scalar field is tracked; nothing for other fields,
/// whose type or oneof decides.
fn presence(field: Field<'_>) -> &'static str {
    let is_scalar = matches!(field.kind(), FieldKind::Scalar(_) | FieldKind::Enum(_));
    if !is_scalar || field.is_repeated() || field.is_required() || field.oneof().is_some() {
        ""
    } else if field.has_presence() {
        "explicit"
    } else {
        "implicit"
    }
}
