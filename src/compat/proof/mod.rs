//! What a change does to data, calls and code: for an element that changed, a value that shows it, on
//! each surface and in both directions. A rule only says that a change is of a forbidden kind.

mod calls;
mod code;
mod enums;
mod fields;
mod found;
mod replay;
mod source;
mod subject;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use self::code::{in_source, of_source};
use self::fields::changed_fields;
pub(super) use self::fields::{declared, differs, takes_over};
use self::found::Found;
pub use self::replay::{Replayed, replay};
use self::source::Declarations;
use self::subject::Changed;
use super::defaults::Default;
use crate::finding::{Direction, Effect, Extent, Finding, Proof, Surface, Witness};
use crate::parallel;
use crate::schema::pair::Pair;
use crate::schema::{Container, Enum, Field, Schema};
use crate::value::judge::{Judged, Passage, Shown};
use crate::value::{MessageType, Types};

/// What a proof says of the data of a message that was deleted.
const GONE: &str = "data of a deleted message is not compared, except in the fields that had it";

/// The most elements that are judged for a finding about several, such as a file.
const MAX_PARTS: usize = 50;

/// Proves what the changes between two schemas do. Types are resolved when the first change asks.
#[derive(Debug)]
pub struct Prover<'s> {
    schemas: Pair<&'s Schema>,
    types: OnceLock<Pair<Types>>,
    /// Fields of each enum: the message and the number, by the enum's name.
    holders: OnceLock<FxHashMap<String, Vec<(String, u32)>>>,
}

impl<'s> Prover<'s> {
    /// Returns a prover for the change between two schemas.
    pub fn new(schemas: Pair<&'s Schema>) -> Self {
        Prover { schemas, types: OnceLock::new(), holders: OnceLock::new() }
    }

    /// Returns the schemas.
    pub(super) fn schemas(&self) -> Pair<&'s Schema> {
        self.schemas
    }

    /// Returns what the change of a field does on `surface`.
    pub(super) fn prove_field(&self, pair: Pair<Field<'_>>, surface: Surface) -> Proof {
        self.field(pair.map(Some), &[surface]).proof(&[surface])
    }

    /// Returns what the change of the values of an enum with the number `number` does on `surface`.
    pub(super) fn prove_number(
        &self,
        pair: Pair<Enum<'_>>,
        number: i32,
        surface: Surface,
    ) -> Proof {
        let numbers = Pair { old: Some(number), new: Some(number) };
        self.enum_number(pair, numbers, &[surface]).proof(&[surface])
    }

    /// Returns what the change of `finding` does on `surfaces`.
    pub fn prove(&self, finding: &Finding, surfaces: &[Surface]) -> Proof {
        let mut found = self.changed(&subject::of(self.schemas, finding), surfaces);
        for witness in found.witnesses.iter_mut().filter(|witness| witness.message.is_empty()) {
            witness.message.clone_from(&finding.element);
        }
        found.proof(surfaces)
    }

    /// Returns what the change of the element with the full name `element` does on `surfaces`.
    pub fn prove_element(&self, element: &str, surfaces: &[Surface]) -> Proof {
        let mut found = Found::default();
        for changed in subject::all_named(self.schemas, element) {
            found.merge(self.changed(&changed, surfaces));
        }
        found.proof(surfaces)
    }

    fn types(&self) -> &Pair<Types> {
        self.types.get_or_init(|| {
            let Pair { old, new } = self.schemas;
            let (old, new) = parallel::both(|| Types::new(old), || Types::new(new));
            Pair { old, new }
        })
    }

    fn changed(&self, changed: &Changed<'_>, surfaces: &[Surface]) -> Found {
        match changed {
            Changed::Field(pair) => self.field(*pair, surfaces),
            Changed::Fields(pairs, reason) => {
                let mut found = Found::default();
                for pair in pairs.iter().take(MAX_PARTS) {
                    found.merge(Found { reason: None, ..self.field(*pair, surfaces) });
                }
                if pairs.len() > MAX_PARTS {
                    found.unproved = Some("more fields changed than are tried".to_owned());
                }
                found.reason = Some(reason.clone());
                found
            }
            Changed::EnumValue(pair, name, is_old) => {
                let types = self.types();
                let names = pair.map(|of| of.full_name());
                let (old, new) = (
                    types.old.enum_number(names.old, name),
                    types.new.enum_number(names.new, name),
                );
                let number = if *is_old { old.or(new) } else { new.or(old) };
                let Some(number) = number else {
                    return Found::of_unproved("neither version has the value");
                };
                let of_number = Pair {
                    old: types.old.enum_name(names.old, number),
                    new: types.new.enum_name(names.new, number),
                };
                let mut found =
                    self.enum_number(*pair, of_number.map(|it| it.map(|_| number)), surfaces);
                // The name that code has: the one that the finding is about, or that of the number.
                let named = old.is_some().then_some(&**name).or(of_number.old);
                found.merge(
                    named.map_or_else(Found::default, |it| self.enum_name(*pair, it, surfaces)),
                );
                found
            }
            Changed::Enum(pair) => self.enumeration(*pair, surfaces),
            Changed::Method(pair) => self.method(*pair, surfaces),
            Changed::Types { types, methods, extensions, renamed, has_deleted } => {
                // Of many types and methods, one of each shows it.
                let mut found = Found::default();
                for Pair { old, new } in renamed.iter().take(MAX_PARTS) {
                    found.merge(self.replaced(Pair { old, new }, surfaces));
                }
                if renamed.len() > MAX_PARTS {
                    found.unproved =
                        Some("more messages have another name than are tried".to_owned());
                }
                found.reason = has_deleted.then(|| GONE.to_owned());
                for name in types {
                    found.merge(in_source(name, &self.declared(name), surfaces));
                    if !found.witnesses.is_empty() {
                        break;
                    }
                }
                let of_types = found.witnesses.len();
                for pair in methods {
                    found.merge(self.method(*pair, surfaces));
                    if found.witnesses.len() > of_types {
                        break;
                    }
                }
                for pair in extensions {
                    found.merge(self.field(*pair, surfaces));
                }
                found
            }
            Changed::Option(language, pair) => {
                let Pair { old, new } = pair;
                of_source("", format!("{language}: {old}"), format!("{language}: {new}"), surfaces)
            }
            Changed::Nothing(reason) => Found::of_reason(*reason),
            Changed::Code(why) if surfaces.contains(&Surface::Source) => Found::of_unproved(*why),
            Changed::Code(_) => Found::of_reason("it changes generated code only"),
            Changed::Unknown(why) => Found::of_unproved(*why),
        }
    }

    /// Returns the declarations of a message, enum or service in both versions.
    fn declared(&self, name: &str) -> Pair<Option<Declarations>> {
        self.schemas.map(|schema| {
            let message = schema.message(name).map(source::message);
            message
                .or_else(|| schema.enumeration(name).map(source::enumeration))
                .or_else(|| schema.service(name).map(source::service))
        })
    }

    /// Returns what the change of a field does. One side may not have it.
    fn field(&self, pair: Pair<Option<Field<'_>>>, surfaces: &[Surface]) -> Found {
        let mut found = Found::default();
        let pair = self.of_map(pair).unwrap_or(pair);
        let Some(any) = pair.new.or(pair.old) else { return found };
        let owner = |field: Field<'_>| match field.container() {
            _ if field.is_extension() => field.extendee().trim_start_matches('.').to_owned(),
            Container::Message(message) => message.full_name().to_owned(),
            Container::File(file) => file.package().to_owned(),
        };
        let owners = pair.map(|field| owner(field.unwrap_or(any)));
        let number = any.number().unsigned_abs();
        let types = self.types();
        let messages =
            Pair { old: types.old.message(&owners.old), new: types.new.message(&owners.new) };
        if let Pair { old: Some(old), new: Some(new) } = &messages {
            let messages = Pair { old, new };
            for surface in data_of(surfaces) {
                for direction in Direction::ALL {
                    let passage = passage(messages, surface, direction);
                    found.merge(self.judged(&passage, direction, passage.field(number)));
                }
            }
            if let Pair { old: Some(old), new: Some(new) } = pair {
                found.merge(defaults(messages, Pair { old, new }, surfaces));
            }
        }
        found.merge(in_source(
            &any.full_name(),
            &pair.map(|field| field.map(source::field)),
            surfaces,
        ));
        found.reason = self.why_equal(pair);
        found
    }

    /// Returns the map of which `pair` is the key or the value: nobody sends an entry by itself.
    fn of_map(&self, pair: Pair<Option<Field<'s>>>) -> Option<Pair<Option<Field<'s>>>> {
        let in_entry = |field: &Field<'s>| field.is_in_map_entry();
        let field = pair.old.filter(in_entry).or_else(|| pair.new.filter(in_entry))?;
        let Container::Message(entry) = field.container() else { return None };
        let (owner, _) = entry.full_name().rsplit_once('.')?;
        Some(self.schemas.map(|schema| {
            let of_entry =
                |map: &Field<'s>| map.type_name().trim_start_matches('.') == entry.full_name();
            schema.message(owner)?.fields().find(of_entry)
        }))
    }

    /// Returns why the change of a field has no effect, if there is more to say.
    fn why_equal(&self, pair: Pair<Option<Field<'_>>>) -> Option<String> {
        let Pair { old: Some(old), new: Some(new) } = pair else { return None };
        let names =
            Pair { old, new }.map(|field| field.type_name().trim_start_matches('.').to_owned());
        if names.differs() && !names.old.is_empty() && !names.new.is_empty() {
            return Some(format!("`{}` and `{}` are read alike", names.old, names.new));
        }
        match (old.oneof(), new.oneof()) {
            (None, Some(oneof)) if oneof.fields().count() == 1 => {
                Some(format!("the field is alone in the oneof `{}`", oneof.name()))
            }
            _ => None,
        }
    }

    /// Returns what `judged` says.
    fn judged(&self, passage: &Passage<'_>, direction: Direction, judged: Judged) -> Found {
        let mut found = self.data(passage, direction, judged.shown);
        if judged.is_cut {
            found.unproved = Some("the types have more fields than are tried".to_owned());
        }
        found
    }

    /// Returns what `shown` says as a witness.
    fn data(&self, passage: &Passage<'_>, direction: Direction, shown: Option<Shown>) -> Found {
        let Some(shown) = shown else { return Found::default() };
        if shown.is_note {
            return Found { has_note: true, ..Found::default() };
        }
        let Passage { writer, reader, surface, .. } = passage;
        let Shown { effect, extent, message, read, error, readings, .. } = shown;
        let json = (*surface == Surface::Json).then(|| {
            writer.to_json(&message).map_or_else(|e| e.to_string(), |json| json.to_string())
        });
        let name = writer.name();
        let witness = Witness {
            read_as: (name != reader.name()).then(|| reader.name().to_owned()),
            bytes: (*surface == Surface::Binary).then(|| writer.encode(&message)),
            json,
            read: read.map(|read| reader.to_text_known(&read)),
            error,
            readings,
            ..Witness::new(
                (*surface, direction),
                (effect, extent),
                name,
                writer.to_text_known(&message),
            )
        };
        Found { witnesses: vec![witness], ..Found::default() }
    }

    /// Returns what the replacement of a message type by another one does.
    fn replaced(&self, names: Pair<&str>, surfaces: &[Surface]) -> Found {
        let types = self.types();
        let mut found = Found::default();
        let (Some(old), Some(new)) = (types.old.message(names.old), types.new.message(names.new))
        else {
            return found;
        };
        let messages = Pair { old: &old, new: &new };
        for surface in data_of(surfaces) {
            for direction in Direction::ALL {
                let passage = passage(messages, surface, direction);
                found.merge(self.judged(&passage, direction, passage.whole()));
            }
        }
        found
    }
}

/// Returns the surfaces that have values.
fn data_of(surfaces: &[Surface]) -> impl Iterator<Item = Surface> {
    surfaces.iter().copied().filter(|it| matches!(it, Surface::Binary | Surface::Json))
}

/// Returns the passage of messages in `direction`.
fn passage<'t>(
    messages: Pair<&'t MessageType>,
    surface: Surface,
    direction: Direction,
) -> Passage<'t> {
    let Pair { old, new } = messages;
    let reader_is_older = direction == Direction::NewToOld;
    let (writer, reader) = if reader_is_older { (new, old) } else { (old, new) };
    Passage { writer, reader, surface, reader_is_older }
}

/// Returns what another default does: a reader takes an unset field for another value.
fn defaults(messages: Pair<&MessageType>, pair: Pair<Field<'_>>, surfaces: &[Surface]) -> Found {
    let mut found = Found::default();
    let Pair { old: Some(old), new: Some(new) } = pair.map(Default::of) else { return found };
    if old.is_same(&new) {
        return found;
    }
    for surface in data_of(surfaces) {
        for direction in Direction::ALL {
            let passage = passage(messages, surface, direction);
            let (of_writer, of_reader, field) = match direction {
                Direction::OldToNew => (&old, &new, pair.old),
                Direction::NewToOld => (&new, &old, pair.new),
            };
            let message = passage.writer.empty();
            let unset = |value: &Default<'_>| format!("# `{}` is unset: {value}", field.name());
            let form = (surface, direction);
            let name = passage.writer.name();
            found.witnesses.push(Witness {
                bytes: (surface == Surface::Binary).then(|| passage.writer.encode(&message)),
                json: (surface == Surface::Json)
                    .then(|| passage.writer.to_json(&message).ok().map(|json| json.to_string()))
                    .flatten(),
                read: Some(unset(of_reader)),
                ..Witness::new(form, (Effect::Misreads, Extent::Some), name, unset(of_writer))
            });
        }
    }
    found
}
