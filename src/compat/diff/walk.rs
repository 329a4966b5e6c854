//! The pass over all elements of both schemas that collects changes.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::side::{Named, Side, extension_key};
use super::words::{self, counted, subject};
use super::{Audience, Bump, Change, Kind, Part, options};
use crate::compat::ranges::{self, Range};
use crate::finding::Place;
use crate::schema::options::Kind as OptionsKind;
use crate::schema::pair::Pair;
use crate::schema::{
    Comments, Container, Enum, EnumValue, Field, File, Message, Method, Oneof, Schema, Service,
    Subject, tag,
};

/// Everyone who handles data of a type.
pub(super) const DATA: &[Audience] = &[Audience::Binary, Audience::Json, Audience::GeneratedCode];

const CODE: &[Audience] = &[Audience::GeneratedCode];
const CALLERS: &[Audience] = &[Audience::Callers];
const AUTHORS: &[Audience] = &[Audience::Authors];

/// A change, and the names by which findings refer to its element.
pub(super) struct Draft {
    pub(super) change: Change,
    pub(super) keys: Vec<String>,
}

/// Returns the changes from old to new, without the weight of findings.
pub(super) fn changes(pair: Pair<&Schema>) -> Vec<Draft> {
    let sides = Pair { old: Side::new(pair.old), new: Side::new(pair.new) };
    let mut walk = Walk { sides: &sides, moved: FxHashMap::default(), drafts: Vec::new() };
    walk.packages();
    walk.files();
    walk.removed_types();
    walk.extensions();
    for new in sides.new.own_files() {
        walk.types(new);
    }
    walk.drafts
}

/// The state of the pass.
pub(super) struct Walk<'w, 's> {
    pub(super) sides: &'w Pair<Side<'s>>,
    /// The new path of each file that was moved with all its types, by its old one.
    moved: FxHashMap<&'s str, &'s str>,
    drafts: Vec<Draft>,
}

impl<'s> Walk<'_, 's> {
    /// Adds a change. `places` are the locations on the sides that have the element.
    fn push(
        &mut self,
        kind: Kind,
        part: Part,
        element: String,
        what: String,
        audience: &'static [Audience],
        places: Pair<Option<Place>>,
    ) {
        let keys = vec![element.clone()];
        let Pair { old: against, new: place } = places;
        let bump = Bump::of(kind, part);
        let change =
            Change { kind, part, element, what, bump, level: None, audience, place, against };
        self.drafts.push(Draft { change, keys });
    }

    /// Adds an element that only the new side has.
    fn added(&mut self, new: impl Subject, details: &str, audience: &'static [Audience]) {
        let place = self.sides.new.place(&new);
        let (what, places) = (with(subject(&new), details), Pair { old: None, new: Some(place) });
        self.push(Kind::Added, Part::Element, new.element(), what, audience, places);
    }

    /// Adds an element that only the old side has.
    fn removed(&mut self, old: impl Subject, details: &str, audience: &'static [Audience]) {
        let place = self.sides.old.place(&old);
        let (what, places) = (with(subject(&old), details), Pair { old: Some(place), new: None });
        self.push(Kind::Removed, Part::Element, old.element(), what, audience, places);
    }

    /// Adds a change of an element that both sides have. `what` says what differs.
    pub(super) fn altered(
        &mut self,
        pair: Pair<impl Subject>,
        part: Part,
        what: &str,
        audience: &'static [Audience],
    ) {
        self.about(Kind::Altered, pair, part, what, audience);
    }

    /// Adds a change of a part of an element that both sides have.
    fn about(
        &mut self,
        kind: Kind,
        pair: Pair<impl Subject>,
        part: Part,
        what: &str,
        audience: &'static [Audience],
    ) {
        let places = Pair {
            old: Some(self.sides.old.place(&pair.old)),
            new: Some(self.sides.new.place(&pair.new)),
        };
        let (element, what) = (pair.new.element(), format!("{}: {what}", subject(&pair.new)));
        self.push(kind, part, element, what, audience, places);
    }

    /// Lets findings about `key` refer to the last change.
    pub(super) fn also(&mut self, key: String) {
        if let Some(last) = self.drafts.last_mut() {
            last.keys.push(key);
        }
    }

    /// Adds the changes of options and comments of an element.
    pub(super) fn options_and_comments<S: Subject>(
        &mut self,
        pair: Pair<S>,
        kind: OptionsKind,
        encoded: Pair<Option<&[u8]>>,
        audience: &'static [Audience],
    ) {
        for what in options::changes(kind, self.sides, encoded) {
            self.altered(pair, Part::Options, &what, audience);
        }
        let comments = |side: &Side<'_>, subject: &S| -> Comments {
            side.comments(subject.file(), subject.element_path().path())
        };
        if comments(&self.sides.old, &pair.old) != comments(&self.sides.new, &pair.new) {
            self.altered(pair, Part::Comments, "comment", &[Audience::Documentation]);
        }
    }

    /// Adds the packages that only one side has.
    fn packages(&mut self) {
        let packages = |side: &Side<'s>| -> BTreeMap<&'s str, File<'s>> {
            side.own_files().map(|file| (file.package(), file)).collect()
        };
        let (old, new) = (packages(&self.sides.old), packages(&self.sides.new));
        let named = |name: &str, other: &BTreeMap<&str, File<'_>>| {
            !name.is_empty() && !other.contains_key(name)
        };
        let what = |name: &str| format!("package `{name}`");
        for (name, file) in old.iter().filter(|(name, _)| named(name, &new)) {
            let places = Pair { old: Some(Place::file(file.external())), new: None };
            let (element, what) = ((*name).to_owned(), what(name));
            self.push(Kind::Removed, Part::Package, element, what, CODE, places);
        }
        for (name, file) in new.iter().filter(|(name, _)| named(name, &old)) {
            let places = Pair { old: None, new: Some(Place::file(file.external())) };
            let (element, what) = ((*name).to_owned(), what(name));
            self.push(Kind::Added, Part::Package, element, what, CODE, places);
        }
    }

    fn files(&mut self) {
        let Pair { old, new } = self.sides.map_ref(|side| side.schema);
        let mut targets = FxHashSet::default();
        for file in self.sides.old.own_files().filter(|file| new.file(file.path()).is_none()) {
            match moved_to(file, Pair { old, new }) {
                Some(target) => {
                    self.moved.insert(file.path(), target.path());
                    targets.insert(target.path());
                    let what = format!("{}: moved to `{}`", subject(&file), target.path());
                    let places = Pair {
                        old: Some(Place::file(file.external())),
                        new: Some(Place::file(target.external())),
                    };
                    let element = file.path().to_owned();
                    self.push(Kind::Altered, Part::Element, element, what, CODE, places);
                }
                None => self.removed(file, "", CODE),
            }
        }
        for file in self.sides.new.own_files() {
            match old.file(file.path()) {
                Some(old) => self.file(Pair { old, new: file }),
                None if targets.contains(file.path()) => {}
                None => self.added(file, "", CODE),
            }
        }
    }

    fn file(&mut self, pair: Pair<File<'s>>) {
        let packages = pair.map(File::package);
        if packages.differs() {
            let what = format!("package `{}` → `{}`", packages.old, packages.new);
            self.altered(pair, Part::Declaration, &what, DATA);
        }
        let syntax = pair.map(words::syntax);
        if syntax.differs() {
            let what = format!("syntax `{}` → `{}`", syntax.old, syntax.new);
            self.altered(pair, Part::Declaration, &what, CODE);
        }
        let encoded = pair.map(|file| file.proto().options.as_deref());
        for what in options::changes(OptionsKind::File, self.sides, encoded) {
            self.altered(pair, Part::Options, &what, CODE);
        }
        let comments = |side: &Side<'_>, file| {
            [tag::file::SYNTAX, tag::file::PACKAGE].map(|part| side.comments(file, &[part]))
        };
        if comments(&self.sides.old, pair.old) != comments(&self.sides.new, pair.new) {
            self.altered(pair, Part::Comments, "comment", &[Audience::Documentation]);
        }
    }

    /// Adds the messages, enums and services that only the old side has. Those inside a removed
    /// message belong to it.
    fn removed_types(&mut self) {
        let new = self.sides.new.schema;
        let is_gone = |container: Container<'_>| match container {
            Container::Message(parent) => new.message(parent.full_name()).is_none(),
            Container::File(_) => false,
        };
        for file in self.sides.old.own_files() {
            for old in file.all_messages().filter(|message| !message.is_map_entry()) {
                if new.message(old.full_name()).is_none() && !is_gone(old.container()) {
                    self.removed(old, &words::fields(old), DATA);
                }
            }
            for old in file.all_enums() {
                if new.enumeration(old.full_name()).is_none() && !is_gone(old.container()) {
                    self.removed(old, &counted(old.values().len(), "value"), DATA);
                }
            }
            for old in file.services() {
                if new.service(old.full_name()).is_none() {
                    self.removed(old, &counted(old.methods().len(), "method"), CALLERS);
                }
            }
        }
    }

    fn extensions(&mut self) {
        let of = |side: &Side<'s>| -> Vec<Field<'s>> {
            side.own_files().flat_map(File::all_extensions).collect()
        };
        let (old, new) = (of(&self.sides.old), of(&self.sides.new));
        let by_key = |schema: &'s Schema| -> FxHashMap<(&'s str, i32), Field<'s>> {
            schema.extensions().map(|field| (extension_key(field), field)).collect()
        };
        let known = self.sides.map_ref(|side| by_key(side.schema));
        for field in old.iter().filter(|field| !known.new.contains_key(&extension_key(**field))) {
            self.removed(*field, &quoted(&words::declaration(*field)), DATA);
        }
        for new in new {
            match known.old.get(&extension_key(new)) {
                Some(old) => {
                    let pair = Pair { old: *old, new };
                    self.is_moved(pair);
                    self.field(pair);
                }
                None => self.added(new, &quoted(&words::declaration(new)), DATA),
            }
        }
    }

    /// Compares the messages, enums and services of a new file with the old ones.
    fn types(&mut self, file: File<'s>) {
        let old_schema = self.sides.old.schema;
        let is_new = |container: Container<'_>| match container {
            Container::Message(parent) => old_schema.message(parent.full_name()).is_none(),
            Container::File(_) => false,
        };
        for new in file.all_messages().filter(|message| !message.is_map_entry()) {
            match self.old(new) {
                Some(old) => self.message(Pair { old, new }),
                None if is_new(new.container()) => {}
                None => self.added(new, &words::fields(new), DATA),
            }
        }
        for new in file.all_enums() {
            match self.old(new) {
                Some(old) => self.enumeration(Pair { old, new }),
                None if is_new(new.container()) => {}
                None => self.added(new, &counted(new.values().len(), "value"), DATA),
            }
        }
        for new in file.services() {
            match self.old(new) {
                Some(old) => self.service(Pair { old, new }),
                None => self.added(new, &counted(new.methods().len(), "method"), CALLERS),
            }
        }
    }

    /// Returns the old element with the name of `new`.
    fn old<T: Named<'s>>(&self, new: T) -> Option<T> {
        T::find(&new.element(), self.sides.old.schema)
    }

    /// Adds the move of an element to another file, unless its file was moved.
    fn is_moved<S: Subject>(&mut self, pair: Pair<S>) {
        let (old, new) = (pair.old.file().path().to_owned(), pair.new.file().path().to_owned());
        if old == new || self.moved.get(&*old).is_some_and(|to| *to == new) {
            return;
        }
        self.altered(pair, Part::Element, &format!("moved from `{old}` to `{new}`"), CODE);
    }

    fn message(&mut self, pair: Pair<Message<'s>>) {
        if matches!(pair.new.container(), Container::File(_)) {
            self.is_moved(pair);
        }
        let old_fields: FxHashMap<i32, Field<'s>> =
            pair.old.fields().map(|field| (field.number(), field)).collect();
        let new_numbers: FxHashSet<i32> = pair.new.fields().map(Field::number).collect();
        for old in pair.old.fields().filter(|field| !new_numbers.contains(&field.number())) {
            self.removed(old, &quoted(&words::declaration(old)), DATA);
            self.also_entry(old);
            if old.is_required() {
                self.also(pair.new.full_name().to_owned());
            }
        }
        for new in pair.new.fields() {
            match old_fields.get(&new.number()) {
                Some(old) => self.field(Pair { old: *old, new }),
                None => self.added(new, &quoted(&words::declaration(new)), DATA),
            }
        }
        self.oneofs(pair);
        let closed = |message: Message<'_>| -> Vec<Range> {
            let ranges = message.proto().reserved_range.iter();
            ranges.map(|range| Range::half_open(range.start(), range.end())).collect()
        };
        let names = pair.map(|message| &message.proto().reserved_name[..]);
        self.reserved(pair, pair.map(closed), names);
        let extensible = pair.map(|message| -> Vec<Range> {
            let ranges = message.proto().extension_range.iter();
            ranges.map(|range| Range::half_open(range.start(), range.end())).collect()
        });
        self.ranges(pair, Part::Element, "extensions", &extensible, CODE);
        let encoded = pair.map(|message| message.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Message, encoded, CODE);
    }

    fn oneofs(&mut self, pair: Pair<Message<'s>>) {
        let real = |message: Message<'s>| -> FxHashMap<&'s str, Oneof<'s>> {
            let synthetic: FxHashSet<i32> = message
                .proto()
                .field
                .iter()
                .filter(|field| field.proto3_optional())
                .filter_map(|field| field.oneof_index)
                .collect();
            let oneofs = (0..).zip(message.oneofs());
            let oneofs = oneofs.filter(|(index, _)| !synthetic.contains(index));
            oneofs.map(|(_, oneof)| (oneof.name(), oneof)).collect()
        };
        let Pair { old, new } = pair.map(real);
        for gone in pair.old.oneofs().filter(|oneof| !new.contains_key(oneof.name())) {
            if old.contains_key(gone.name()) {
                self.removed(gone, "", CODE);
                // Rules report it on its message.
                self.also(pair.new.full_name().to_owned());
            }
        }
        for oneof in pair.new.oneofs().filter(|oneof| new.contains_key(oneof.name())) {
            match old.get(oneof.name()) {
                Some(old) => {
                    let pair = Pair { old: *old, new: oneof };
                    let encoded = pair.map(|oneof| oneof.proto().options.as_deref());
                    self.options_and_comments(pair, OptionsKind::Oneof, encoded, CODE);
                }
                None => self.added(oneof, "", CODE),
            }
        }
    }

    fn reserved<S: Subject>(
        &mut self,
        pair: Pair<S>,
        ranges: Pair<Vec<Range>>,
        names: Pair<&[String]>,
    ) {
        self.ranges(pair, Part::Reserved, "reserved", &ranges, AUTHORS);
        let sets = names.map(|names| names.iter().collect::<BTreeSet<_>>());
        for (kind, one, other) in
            [(Kind::Removed, &sets.old, &sets.new), (Kind::Added, &sets.new, &sets.old)]
        {
            for name in one.difference(other) {
                self.about(kind, pair, Part::Reserved, &format!("reserved `{name}`"), AUTHORS);
            }
        }
    }

    /// Adds the numbers that only one side has in a list of ranges.
    fn ranges<S: Subject>(
        &mut self,
        pair: Pair<S>,
        part: Part,
        keyword: &str,
        ranges: &Pair<Vec<Range>>,
        audience: &'static [Audience],
    ) {
        for (kind, one, other) in
            [(Kind::Removed, &ranges.old, &ranges.new), (Kind::Added, &ranges.new, &ranges.old)]
        {
            for (_, numbers) in ranges::missing(one, other) {
                let what = format!("{keyword} `{}`", ranges::list(&numbers));
                self.about(kind, pair, part, &what, audience);
            }
        }
    }

    fn enumeration(&mut self, pair: Pair<Enum<'s>>) {
        if matches!(pair.new.container(), Container::File(_)) {
            self.is_moved(pair);
        }
        let mut values: BTreeMap<i32, Pair<Vec<EnumValue<'s>>>> = BTreeMap::new();
        let none = || Pair { old: Vec::new(), new: Vec::new() };
        for old in pair.old.values() {
            values.entry(old.number()).or_insert_with(none).old.push(old);
        }
        for new in pair.new.values() {
            values.entry(new.number()).or_insert_with(none).new.push(new);
        }
        for values in values.into_values() {
            self.values(values);
        }
        let closed = |enumeration: Enum<'_>| -> Vec<Range> {
            let ranges = enumeration.proto().reserved_range.iter();
            ranges.map(|range| Range::closed(range.start(), range.end())).collect()
        };
        let names = pair.map(|enumeration| &enumeration.proto().reserved_name[..]);
        self.reserved(pair, pair.map(closed), names);
        let encoded = pair.map(|enumeration| enumeration.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Enum, encoded, CODE);
    }

    /// Compares the values with one number. If a single name differs, the value was renamed.
    fn values(&mut self, mut values: Pair<Vec<EnumValue<'s>>>) {
        let names = |values: &[EnumValue<'s>]| -> FxHashMap<&'s str, EnumValue<'s>> {
            values.iter().map(|value| (value.name(), *value)).collect()
        };
        let (old, new) = (names(&values.old), names(&values.new));
        for new in &values.new {
            if let Some(old) = old.get(new.name()) {
                let pair = Pair { old: *old, new: *new };
                let encoded = pair.map(|value| value.proto().options.as_deref());
                self.options_and_comments(pair, OptionsKind::EnumValue, encoded, CODE);
            }
        }
        values.old.retain(|value| !new.contains_key(value.name()));
        values.new.retain(|value| !old.contains_key(value.name()));
        if let ([old], [new]) = (&*values.old, &*values.new) {
            let pair = Pair { old: *old, new: *new };
            let what = format!("name `{}` → `{}`", old.name(), new.name());
            self.altered(pair, Part::Declaration, &what, &DATA[1..]);
            self.also(old.element());
            let encoded = pair.map(|value| value.proto().options.as_deref());
            return self.options_and_comments(pair, OptionsKind::EnumValue, encoded, CODE);
        }
        for old in values.old {
            self.removed(old, "", DATA);
        }
        for new in values.new {
            self.added(new, "", DATA);
        }
    }

    fn service(&mut self, pair: Pair<Service<'s>>) {
        self.is_moved(pair);
        let by_name = |service: Service<'s>| -> FxHashMap<&'s str, Method<'s>> {
            service.methods().map(|method| (method.name(), method)).collect()
        };
        let known = pair.map(by_name);
        for old in pair.old.methods().filter(|method| !known.new.contains_key(method.name())) {
            self.removed(old, &quoted(&words::signature(old)), CALLERS);
        }
        for new in pair.new.methods() {
            match known.old.get(new.name()) {
                Some(old) => self.method(Pair { old: *old, new }),
                None => self.added(new, &quoted(&words::signature(new)), CALLERS),
            }
        }
        let encoded = pair.map(|service| service.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Service, encoded, CODE);
    }

    fn method(&mut self, pair: Pair<Method<'s>>) {
        let parts = [
            ("request", pair.map(Method::request_type)),
            ("response", pair.map(Method::response_type)),
            ("requests", pair.map(|method| streams(method.proto().client_streaming()))),
            ("responses", pair.map(|method| streams(method.proto().server_streaming()))),
        ];
        for (part, names) in parts.into_iter().filter(|(_, names)| names.differs()) {
            let what = format!("{part} `{}` → `{}`", names.old, names.new);
            self.altered(pair, Part::Declaration, &what, CALLERS);
        }
        let encoded = pair.map(|method| method.proto().options.as_deref());
        self.options_and_comments(pair, OptionsKind::Method, encoded, CALLERS);
    }
}

impl<'s> Pair<Side<'s>> {
    /// Applies `ask` to both sides.
    fn map_ref<U>(&self, ask: impl Fn(&Side<'s>) -> U) -> Pair<U> {
        Pair { old: ask(&self.old), new: ask(&self.new) }
    }
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

fn streams(is: bool) -> &'static str {
    if is { "stream" } else { "single" }
}

/// Returns `subject` with details behind a colon, if there are any.
fn with(subject: String, details: &str) -> String {
    if details.is_empty() { subject } else { format!("{subject}: {details}") }
}

/// Returns the new file that has all types of the deleted file `old`, if it is a new file.
fn moved_to<'s>(old: File<'s>, schemas: Pair<&'s Schema>) -> Option<File<'s>> {
    let new = schemas.new;
    let messages = old.all_messages().map(|it| new.message(it.full_name()).map(Message::file));
    let enums = old.all_enums().map(|it| new.enumeration(it.full_name()).map(Enum::file));
    let services = old.services().map(|it| new.service(it.full_name()).map(Service::file));
    let mut files = messages.chain(enums).chain(services);
    let first = files.next()??;
    let is_all = files.all(|file| file.is_some_and(|file| file.path() == first.path()));
    (is_all && schemas.old.file(first.path()).is_none()).then_some(first)
}
