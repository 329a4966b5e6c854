//! Changes of a field.

use super::walk::{DATA, Walk};
use super::{Audience, Part, words};
use crate::schema::options::Kind as OptionsKind;
use crate::schema::pair::Pair;
use crate::schema::spelling::json_name;
use crate::schema::{Field, FieldKind};

const NAMES: &[Audience] = &[Audience::Json, Audience::GeneratedCode];

impl<'s> Walk<'_, 's> {
    /// Compares two fields with one number.
    pub(super) fn field(&mut self, pair: Pair<Field<'s>>) {
        let json = pair.map(|field| field.proto().json_name().to_owned());
        let is_derived = |field: Field<'_>| field.proto().json_name() == json_name(field.name());
        let has_derived = is_derived(pair.old) && is_derived(pair.new);
        let presence = pair.map(presence);
        let parts: [(&str, Pair<String>, &'static [Audience]); 7] = [
            ("name", pair.map(|field| field.name().to_owned()), NAMES),
            ("type", pair.map(words::type_of), DATA),
            ("label", pair.map(|field| words::label(field).to_owned()), DATA),
            ("presence", presence.map(str::to_owned), DATA),
            // The JSON name of a renamed field changes with it.
            (
                "JSON name",
                if has_derived { Pair { old: String::new(), new: String::new() } } else { json },
                &[Audience::Json],
            ),
            ("default", pair.map(|field| field.proto().default_value().to_owned()), DATA),
            ("oneof", pair.map(oneof), DATA),
        ];
        for (part, words, audience) in parts.into_iter().filter(|(_, words, _)| words.differs()) {
            let what = match (&*words.old, &*words.new) {
                // A map has neither label nor presence: its type says so.
                ("", _) | (_, "") if part == "label" || part == "presence" => continue,
                ("", new) => format!("{part} none → `{new}`"),
                (old, "") => format!("{part} `{old}` → none"),
                (old, new) => format!("{part} `{old}` → `{new}`"),
            };
            self.altered(pair, Part::Declaration, &what, audience);
            for entry in [pair.old, pair.new].into_iter().filter_map(entry) {
                // Rules report the type of a map on the fields of its entry.
                self.also(format!("{entry}.key"));
                self.also(format!("{entry}.value"));
            }
        }
        let encoded = pair.map(|field| field.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Field, encoded, &[Audience::GeneratedCode]);
    }
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

/// Returns the name of the oneof of a field; nothing if it is in none.
fn oneof(field: Field<'_>) -> String {
    field.oneof().map(|oneof| oneof.name().to_owned()).unwrap_or_default()
}

/// Returns the full name of the map entry of a field, if it is a map.
fn entry(field: Field<'_>) -> Option<&str> {
    field.is_map().then(|| field.type_name())
}
