//! Counterexamples as findings.

use super::{Counterexample, Surface};
use crate::finding::{DETAIL, Finding, Place, ROUNDTRIP};
use crate::schema::{Lookup, Schema};

/// The longest text of a message or value in a finding, in characters.
const MAX_SHOWN: usize = 400;

impl Counterexample {
    /// Returns the counterexample as a finding about `schema`. `replay` is the command that finds it
    /// again.
    pub fn finding(&self, schema: &Schema, replay: &str) -> Finding {
        let Counterexample { surface, property, element, path, .. } = self;
        let mut message = format!("`{element}`: {}", self.summary());
        let mut line = |name: &str, text: &str| {
            if !text.is_empty() {
                message.push_str(&format!("{DETAIL}{name}: {}", cut(text)));
            }
        };
        line("change", &self.change);
        line("message", &format!("{} {{ {} }}", self.message, self.written));
        line("JSON", self.json.as_deref().unwrap_or_default());
        line("bytes", &crate::finding::hex(&self.bytes));
        // An error names the path itself.
        let is_error = self.effect == Some(crate::value::Effect::Fails);
        let at = if path.is_empty() || is_error { String::new() } else { format!("{path} = ") };
        line("read", &format!("{at}{}", self.read));
        line("replay", replay);
        Finding {
            rule: ROUNDTRIP,
            place: self.place(schema),
            element: element.clone(),
            message,
            help: Some(self.help()),
            change: format!("{surface}: {property}"),
            ..Finding::compile(Place::nowhere(), "")
        }
    }

    /// Returns what happened in one clause: `v1.0.0 misreads what the working tree writes (JSON)`.
    fn summary(&self) -> String {
        let Counterexample { surface, property, writer, reader, effect, .. } = self;
        match effect {
            None => format!("{property}, {surface}: this does not hold"),
            Some(effect) if property.contains("passes on") => {
                format!("{reader} {effect} it when it passes on what {writer} writes ({surface})")
            }
            Some(crate::value::Effect::Fails) => {
                format!("{reader} cannot read what {writer} writes ({surface})")
            }
            Some(effect) => format!("{reader} {effect} what {writer} writes ({surface})"),
        }
    }

    fn help(&self) -> String {
        match (self.effect, self.surface) {
            (None, _) => "report this with the message, please".to_owned(),
            (_, Surface::Json) => {
                "keep name, JSON name and type, or add a new field beside the old one".to_owned()
            }
            _ => "keep number and type, or add a new field beside the old one".to_owned(),
        }
    }

    /// Returns the location of the element: of the field or, if it is gone, of the message.
    fn place(&self, schema: &Schema) -> Place {
        let mut lookup = Lookup::new(schema);
        let field = self.element.rsplit_once('.').and_then(|(message, name)| {
            let mut fields = schema.message(message)?.fields();
            fields.find(|field| field.name() == name)
        });
        let path = match field {
            Some(field) => Some(field.element_path()),
            None => {
                let owner = self.element.rsplit_once('.').map(|(message, _)| message);
                let names = [Some(&*self.element), owner, Some(&*self.message)];
                let mut found = names.into_iter().flatten().filter_map(|name| schema.message(name));
                found.next().map(|message| message.element_path())
            }
        };
        path.map_or_else(Place::nowhere, |path| lookup.place(&[path]))
    }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace('\n', " ")
}
