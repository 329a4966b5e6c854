//! What a change does to data, calls and code: for an element that changed, a value that shows it, on
//! each surface and in both directions. A rule only says that a change is of a forbidden kind.

mod replay;
mod source;
mod subject;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

pub use self::replay::{Replayed, replay};
use self::source::{Declarations, Language};
use self::subject::Changed;
use super::defaults::Default;
use crate::finding::{Direction, Effect, Extent, Finding, Level, Proof, Surface, Witness};
use crate::schema::pair::Pair;
use crate::schema::{Container, Enum, Field, FieldKind, Message, Method, Schema};
use crate::value::judge::{Judged, Passage, Shown};
use crate::value::{MessageType, Types};

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

/// What a change does on some surfaces.
#[derive(Debug, Default)]
pub(super) struct Found {
    witnesses: Vec<Witness>,
    /// Whether something that was added has an effect.
    has_note: bool,
    /// Why not everything could be tried, if so.
    unproved: Option<String>,
    /// Why the wire does not change.
    reason: Option<String>,
}

impl Found {
    fn merge(&mut self, other: Found) {
        self.has_note |= other.has_note;
        self.unproved = self.unproved.take().or(other.unproved);
        self.reason = self.reason.take().or(other.reason);
        self.witnesses.extend(other.witnesses);
    }

    fn of_reason(reason: impl Into<String>) -> Self {
        Found { reason: Some(reason.into()), ..Found::default() }
    }

    fn of_unproved(why: impl Into<String>) -> Self {
        Found { unproved: Some(why.into()), ..Found::default() }
    }

    /// Returns the proof: of several witnesses of one surface and direction the worst.
    fn proof(self, surfaces: &[Surface]) -> Proof {
        let mut witnesses: Vec<Witness> = Vec::new();
        for witness in self.witnesses {
            let same = |other: &&mut Witness| {
                (other.surface, other.direction) == (witness.surface, witness.direction)
            };
            let rank = |witness: &Witness| (witness.level(), witness.effect);
            match witnesses.iter_mut().find(same) {
                Some(known) if rank(known) < rank(&witness) => *known = witness,
                Some(_) => {}
                None => witnesses.push(witness),
            }
        }
        // The worst first; the rest by surface and direction.
        witnesses.sort_by_key(|it| (std::cmp::Reverse(it.level()), it.surface, it.direction));
        let level = witnesses.first().map(Witness::level);
        let level = level.unwrap_or(if self.has_note { Level::Note } else { Level::Safe });
        let level = if self.unproved.is_some() { level.max(Level::Unproved) } else { level };
        let reason = witnesses.is_empty().then(|| {
            if let Some(why) = self.unproved {
                return format!("not proved: {why}");
            }
            let surfaces: Vec<&str> = surfaces.iter().map(|surface| surface.name()).collect();
            let why = match (self.reason, self.has_note) {
                (Some(reason), _) => reason,
                (None, true) => "only what was added has an effect".to_owned(),
                (None, false) => "no value and no call differs".to_owned(),
            };
            format!("nothing breaks on {}: {why}", surfaces.join(", "))
        });
        Proof { level, witnesses, reason }
    }
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
        self.types.get_or_init(|| self.schemas.map(Types::new))
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
            Changed::Types(types, methods, extensions) => {
                // Of many types and methods, one of each shows it.
                let mut found = Found::default();
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
    pub(super) fn field(&self, pair: Pair<Option<Field<'_>>>, surfaces: &[Surface]) -> Found {
        let mut found = Found::default();
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

    /// Returns what the change of the values of an enum with one number does to data.
    pub(super) fn enum_number(
        &self,
        pair: Pair<Enum<'_>>,
        numbers: Pair<Option<i32>>,
        surfaces: &[Surface],
    ) -> Found {
        let mut found = Found::default();
        let holders = self.holders(pair);
        if holders.is_empty() && data_of(surfaces).next().is_some() {
            let name = pair.new.full_name();
            found.unproved = Some(format!("no field of both versions has the type `{name}`"));
        }
        for (messages, field) in &holders {
            let messages = Pair { old: &messages.old, new: &messages.new };
            for surface in data_of(surfaces) {
                for direction in Direction::ALL {
                    let number = match direction {
                        Direction::OldToNew => numbers.old,
                        Direction::NewToOld => numbers.new,
                    };
                    let Some(number) = number else { continue };
                    let passage = passage(messages, surface, direction);
                    let shown = passage.enum_value(*field, number);
                    found.merge(self.data(&passage, direction, shown));
                }
            }
        }
        found
    }

    /// Returns what happens to code that has the old name `name` of an enum value.
    fn enum_name(&self, pair: Pair<Enum<'_>>, name: &str, surfaces: &[Surface]) -> Found {
        let is_kept = self.types().new.enum_number(pair.new.full_name(), name).is_some();
        let old = Some(source::enum_value(pair.old, name));
        let new = is_kept.then(|| source::enum_value(pair.new, name));
        in_source(&format!("{}.{name}", pair.old.full_name()), &Pair { old, new }, surfaces)
    }

    /// Returns what the change of an enum, open or closed, does.
    pub(super) fn enumeration(&self, pair: Pair<Enum<'_>>, surfaces: &[Surface]) -> Found {
        let known = |number: &i32| {
            [pair.old, pair.new].iter().all(|of| of.values().all(|it| it.number() != *number))
        };
        let unnamed = (1000..).find(known);
        let numbers = Pair {
            old: unnamed.filter(|_| !pair.old.is_closed()),
            new: unnamed.filter(|_| !pair.new.is_closed()),
        };
        let mut found = self.enum_number(pair, numbers, surfaces);
        found.witnesses.iter_mut().for_each(|witness| witness.extent = Extent::Some);
        found
    }

    /// Returns fields that have the enum in both versions, and their messages.
    fn holders(&self, pair: Pair<Enum<'_>>) -> Vec<(Pair<MessageType>, u32)> {
        let types = self.types();
        let holders = self.holders.get_or_init(|| {
            let owned = |(message, number): (&str, u32)| (message.to_owned(), number);
            let fields = types.old.enum_fields().into_iter();
            fields
                .map(|(of, fields)| (of.to_owned(), fields.into_iter().map(owned).collect()))
                .collect()
        });
        let of_both = |(message, number): &(String, u32)| {
            let pair = Pair { old: types.old.message(message)?, new: types.new.message(message)? };
            Some((pair, *number))
        };
        let named = holders.get(pair.old.full_name()).into_iter().flatten().filter_map(of_both);
        named
            .filter(|(messages, number)| messages.new.has_enum(*number, pair.new.full_name()))
            .collect()
    }

    /// Returns what the change of a method does; the new side may not have it.
    pub(super) fn method(&self, pair: Pair<Option<Method<'_>>>, surfaces: &[Surface]) -> Found {
        let mut found = Found::default();
        let Some(old) = pair.old else { return found };
        found.merge(in_source(
            &old.full_name(),
            &pair.map(|method| method.map(source::method)),
            surfaces,
        ));
        let Some(new) = pair.new else {
            if surfaces.contains(&Surface::Rpc) {
                let error = format!("UNIMPLEMENTED: unknown method {}", path_of(old));
                let witness = call(old, Direction::OldToNew, Extent::Every, error);
                found.witnesses.push(witness);
            }
            return found;
        };
        let pair = Pair { old, new };
        let shapes = pair.map(shape);
        if shapes.differs() && surfaces.contains(&Surface::Rpc) {
            for direction in Direction::ALL {
                let (caller, server) = match direction {
                    Direction::OldToNew => (shapes.old, shapes.new),
                    Direction::NewToOld => (shapes.new, shapes.old),
                };
                let error =
                    format!("the client calls a {caller} method, the server has a {server} one");
                let by = if direction == Direction::OldToNew { old } else { new };
                found.witnesses.push(call(by, direction, Extent::Some, error));
            }
        }
        let mut is_replaced = false;
        for types in [pair.map(Method::request_type), pair.map(Method::response_type)] {
            if types.differs() {
                is_replaced = true;
                found.merge(self.replaced(types, surfaces));
            }
        }
        found.reason = Some(if is_replaced {
            "the messages are read alike".to_owned()
        } else {
            "the method is called as before".to_owned()
        });
        found
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

/// Returns the languages in which code that names the old declaration breaks, as a witness.
fn in_source(element: &str, pair: &Pair<Option<Declarations>>, surfaces: &[Surface]) -> Found {
    let Some(old) = pair.old.as_ref().filter(|_| surfaces.contains(&Surface::Source)) else {
        return Found::default();
    };
    let differs = |index: &usize| pair.new.as_ref().is_none_or(|new| new[*index] != old[*index]);
    let broken: Vec<usize> = (0..Language::ALL.len()).filter(differs).collect();
    if broken.is_empty() {
        return Found::default();
    }
    let read = pair.new.as_ref().map_or_else(|| "gone".to_owned(), |new| shown(&broken, new));
    of_source(element, shown(&broken, old), read, surfaces)
}

/// Returns a witness of code that names something else now.
fn of_source(element: &str, written: String, read: String, surfaces: &[Surface]) -> Found {
    if !surfaces.contains(&Surface::Source) {
        return Found::default();
    }
    let witness = Witness {
        read: Some(read),
        ..Witness::new(
            (Surface::Source, Direction::OldToNew),
            (Effect::Fails, Extent::Every),
            element,
            written,
        )
    };
    Found { witnesses: vec![witness], ..Found::default() }
}

/// Returns the declarations in the languages `indexes`, those that are alike together.
fn shown(indexes: &[usize], declared: &Declarations) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for index in indexes {
        let (text, name) = (&*declared[*index], Language::ALL[*index].name());
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    let shown = groups.iter().map(|(text, names)| format!("{}: {text}", names.join(", ")));
    shown.collect::<Vec<_>>().join("; ")
}

/// Returns a call that fails.
fn call(method: Method<'_>, direction: Direction, extent: Extent, error: String) -> Witness {
    let written = format!("a {} call of {}", shape(method), path_of(method));
    Witness {
        error: Some(error),
        ..Witness::new(
            (Surface::Rpc, direction),
            (Effect::Fails, extent),
            method.full_name(),
            written,
        )
    }
}

/// Returns the path of a method in requests: `/pkg.Service/Method`.
fn path_of(method: Method<'_>) -> String {
    format!("/{}/{}", method.service().full_name(), method.name())
}

/// Returns the kind of a method by its streams.
fn shape(method: Method<'_>) -> &'static str {
    match (method.proto().client_streaming(), method.proto().server_streaming()) {
        (false, false) => "unary",
        (false, true) => "server-streaming",
        (true, false) => "client-streaming",
        (true, true) => "bidirectional",
    }
}

/// Whether two versions of a message have fields that differ.
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
pub(super) fn differs(pair: Pair<Field<'_>>) -> bool {
    pair.map(Field::proto).differs() || pair.map(shape_of).differs()
}

/// Whether the number of a field has another name, and its old name another number.
pub(super) fn takes_over(pair: Pair<Field<'_>>) -> bool {
    let Container::Message(new) = pair.new.container() else { return false };
    pair.map(Field::name).differs() && new.fields().any(|field| field.name() == pair.old.name())
}

/// Returns the type of a field as a schema declares it: `repeated int32`.
pub(super) fn declared(field: Field<'_>) -> String {
    let name = match field.kind() {
        FieldKind::Scalar(scalar) => format!("{scalar:?}").to_lowercase(),
        _ => field.type_name().trim_start_matches('.').to_owned(),
    };
    let label = match () {
        () if field.is_map() => "map of ",
        () if field.is_repeated() => "repeated ",
        () if field.is_required() => "required ",
        () if field.has_presence() && !matches!(field.kind(), FieldKind::Message(_)) => "optional ",
        () => "",
    };
    format!("{label}{name}")
}

/// Returns what the features say about a field.
fn shape_of(
    field: Field<'_>,
) -> (bool, bool, bool, bool, crate::schema::descriptor::Utf8Validation) {
    (
        field.has_presence(),
        field.is_required(),
        field.is_packed(),
        field.is_delimited(),
        field.features().utf8_validation,
    )
}
