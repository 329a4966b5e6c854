//! How a rule says what it found: which pair, which part of it, what changed, what to do.

use super::View;
use crate::finding::{Finding, Level, Place};
use crate::rule::Rule;
use crate::schema::pair::Pair;
use crate::schema::{
    Container, Enum, EnumValue, Field, File, Lookup, Message, Method, Schema, Service, Spot,
};

/// What the rules have found so far.
#[derive(Debug)]
pub struct Findings<'s> {
    view: &'s View<'s>,
    rule: Option<&'static Rule>,
    found: Vec<Found>,
}

/// A finding whose places have not been looked up yet.
#[derive(Debug)]
struct Found {
    finding: Finding,
    places: Pair<Option<Side>>,
}

/// Where a finding stands on one side: in a file, at the first of `spots` that has a place.
#[derive(Clone, Debug)]
struct Side {
    file: usize,
    /// The element itself, of which a part may say more.
    whole: Spot,
    spots: Vec<Spot>,
}

impl Side {
    fn of(subject: impl Subject) -> Self {
        Side { file: subject.file().index(), whole: subject.spot(), spots: subject.spots() }
    }
}

impl<'s> Findings<'s> {
    pub(super) fn new(view: &'s View<'s>) -> Self {
        Findings { view, rule: None, found: Vec::new() }
    }

    /// Lets `rule` speak.
    pub(super) fn ask(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Self)) {
        self.rule = Some(rule);
        check(self);
    }

    /// What is being compared.
    pub(super) fn view(&self) -> &'s View<'s> {
        self.view
    }

    /// Something is wrong with what both sides have.
    pub(super) fn on<S: Subject>(&mut self, pair: Pair<S>) -> Draft<'_, 's> {
        let ignored = self.ignores(Some(&pair.old), Some(&pair.new));
        self.draft(pair.new, pair.map(|subject| Some(Side::of(subject))), ignored)
    }

    /// Something is wrong with what only the new side has.
    pub(super) fn added<S: Subject>(&mut self, new: S) -> Draft<'_, 's> {
        let ignored = self.ignores(None::<&S>, Some(&new));
        self.draft(new, Pair { old: None, new: Some(Side::of(new)) }, ignored)
    }

    /// Something is gone. It is reported at what is left around it.
    pub(super) fn deleted(&mut self, old: impl Subject, near: impl Subject) -> Draft<'_, 's> {
        let places = Pair { old: Some(Side::of(old)), new: Some(Side::of(near)) };
        let ignored = self.ignores(Some(&old), Some(&near));
        self.draft(old, places, ignored)
    }

    /// Something is gone, and the file it stood in with it.
    pub(super) fn deleted_with_file<S: Subject>(&mut self, old: S) -> Draft<'_, 's> {
        let ignored = self.ignores(Some(&old), None::<&S>);
        self.draft(old, Pair { old: Some(Side::of(old)), new: None }, ignored)
    }

    /// Something is gone. It is reported at what is left around it, if anything is.
    pub(super) fn deleted_near(
        &mut self,
        old: impl Subject,
        near: Option<impl Subject>,
    ) -> Draft<'_, 's> {
        match near {
            Some(near) => self.deleted(old, near),
            None => self.deleted_with_file(old),
        }
    }

    fn ignores(&self, old: Option<&impl Subject>, new: Option<&impl Subject>) -> Pair<bool> {
        let files = Pair { old: old.map(Subject::file), new: new.map(Subject::file) };
        let nowhere = Pair { old: false, new: false };
        self.rule.map_or(nowhere, |rule| self.view.ignores(rule.id, files))
    }

    fn draft(
        &mut self,
        subject: impl Subject,
        places: Pair<Option<Side>>,
        ignored: Pair<bool>,
    ) -> Draft<'_, 's> {
        Draft {
            element: subject.element(),
            label: subject.label(),
            words: subject.words(),
            places,
            parts: 0,
            ignored,
            findings: self,
        }
    }

    /// The findings, with their places.
    pub(super) fn finish(self) -> Vec<Finding> {
        let schemas = self.view.schemas();
        let mut found = self.found;
        locate(
            &mut found,
            schemas.old,
            |sides| sides.old.as_ref(),
            |finding, place| {
                finding.against = Some(place);
            },
        );
        locate(
            &mut found,
            schemas.new,
            |sides| sides.new.as_ref(),
            |finding, place| {
                finding.place = place;
            },
        );
        found.into_iter().map(|found| found.finding).collect()
    }
}

/// Looks up one side of all findings, file after file.
fn locate(
    found: &mut [Found],
    schema: &Schema,
    side: impl Fn(&Pair<Option<Side>>) -> Option<&Side>,
    set: impl Fn(&mut Finding, Place),
) {
    found.sort_by_key(|found| side(&found.places).map(|side| side.file));
    let files: Vec<File<'_>> = schema.files().collect();
    let mut lookup = Lookup::new(schema);
    for Found { finding, places } in found {
        let Some(Side { file, spots, .. }) = side(places) else { continue };
        let place = match spots.is_empty() {
            true => Place::file(files[*file].external()),
            false => lookup.place(spots),
        };
        set(finding, place);
    }
}

/// A finding that is being written.
#[derive(Debug)]
#[must_use = "a draft is no finding before `report`"]
pub(super) struct Draft<'f, 's> {
    findings: &'f mut Findings<'s>,
    element: String,
    label: String,
    words: String,
    places: Pair<Option<Side>>,
    parts: usize,
    ignored: Pair<bool>,
}

impl Draft<'_, '_> {
    /// It stands rather at this part (field numbers of descriptor.proto), if it has a place. Of
    /// several the first one that has a place counts.
    pub(super) fn part(self, tail: &[i32]) -> Self {
        let spot = |side: &Option<Side>| side.as_ref().map(|side| side.whole.clone().part(tail));
        let spots = Pair { old: spot(&self.places.old), new: spot(&self.places.new) };
        self.at(spots)
    }

    /// As [`Draft::part`], for parts of something else.
    pub(super) fn at(mut self, spots: Pair<Option<Spot>>) -> Self {
        let Pair { old, new } = &mut self.places;
        for (side, spot) in [(old, spots.old), (new, spots.new)] {
            if let (Some(side), Some(spot)) = (side, spot) {
                side.spots.insert(self.parts, spot);
            }
        }
        self.parts += 1;
        self
    }

    /// It stands at this part or, if that has no place, at the first line of the file.
    pub(super) fn only_part(mut self, tail: &[i32]) -> Self {
        for side in [&mut self.places.old, &mut self.places.new].into_iter().flatten() {
            side.spots.clear();
        }
        self.part(tail)
    }

    /// It is about something that is no element of its own: its full name, and the beginning of
    /// a sentence about it.
    pub(super) fn named(mut self, element: &str, words: String) -> Self {
        self.label = element.to_owned();
        self.element = element.to_owned();
        self.words = words;
        self
    }

    /// The old side has nothing to point at, and nothing that could ask to be ignored.
    pub(super) fn without_old(mut self) -> Self {
        self.places.old = None;
        self.ignored.old = false;
        self
    }

    /// Writes it down. `change` is what changed, in short and stable words; `says` goes on where
    /// the name of the element ends and makes a sentence; `help` says what to do.
    pub(super) fn report(
        self,
        change: impl std::fmt::Display,
        says: impl std::fmt::Display,
        help: impl Into<String>,
    ) {
        let Pair { old, new } = self.ignored;
        let Some(rule) = self.findings.rule.filter(|_| !old && !new) else { return };
        let finding = Finding {
            rule: rule.id,
            level: Level::Error,
            place: Place::nowhere(),
            element: self.element,
            message: format!("{} {says}", self.words),
            help: Some(help.into()),
            change: format!("{}: {change}", self.label),
            against: None,
            releases: Vec::new(),
        };
        self.findings.found.push(Found { finding, places: self.places });
    }
}

/// What a finding can be about.
pub(super) trait Subject: Copy {
    /// The file that declares it.
    fn file(&self) -> File<'_>;
    /// Its full name; of a file the path.
    fn element(&self) -> String;
    /// Its name in short: what stays the same when its scope is renamed.
    fn label(&self) -> String;
    /// What it is and what it is called, as the beginning of a sentence.
    fn words(&self) -> String;
    /// Its spot.
    fn spot(&self) -> Spot;
    /// Where it stands as a whole, best first; none for the first line of its file.
    fn spots(&self) -> Vec<Spot> {
        vec![self.spot()]
    }
}

impl Subject for File<'_> {
    fn file(&self) -> File<'_> {
        *self
    }

    fn element(&self) -> String {
        self.path().to_owned()
    }

    fn label(&self) -> String {
        self.path().to_owned()
    }

    fn words(&self) -> String {
        format!("File `{}`", self.path())
    }

    fn spot(&self) -> Spot {
        File::spot(*self)
    }

    fn spots(&self) -> Vec<Spot> {
        Vec::new()
    }
}

impl Subject for Message<'_> {
    fn file(&self) -> File<'_> {
        Message::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn words(&self) -> String {
        format!("{} `{}`", message_word(*self), self.full_name())
    }

    fn spot(&self) -> Spot {
        Message::spot(*self)
    }

    fn spots(&self) -> Vec<Spot> {
        std::iter::once(Message::spot(*self)).chain(map_type_spot(*self)).collect()
    }
}

impl Subject for Field<'_> {
    fn file(&self) -> File<'_> {
        Field::file(*self)
    }

    fn element(&self) -> String {
        self.full_name()
    }

    fn label(&self) -> String {
        match self.container() {
            _ if self.is_extension() => {
                format!("{} = {} of {}", self.full_name(), self.number(), self.extendee())
            }
            Container::Message(message) => {
                format!("{}.{} = {}", message.name(), self.name(), self.number())
            }
            Container::File(_) => self.full_name(),
        }
    }

    fn words(&self) -> String {
        match self.container() {
            Container::Message(message) if !self.is_extension() => {
                let (name, number) = (self.name(), self.number());
                let kind = message_word(message).to_lowercase();
                format!("Field `{name}` ({number}) of {kind} `{}`", message.full_name())
            }
            _ => {
                let (name, number) = (self.full_name(), self.number());
                format!("Extension `{name}` ({number}) of message `{}`", self.extendee())
            }
        }
    }

    fn spot(&self) -> Spot {
        Field::spot(*self)
    }

    fn spots(&self) -> Vec<Spot> {
        let map = match self.container() {
            Container::Message(message) if !self.is_extension() => map_type_spot(message),
            _ => None,
        };
        std::iter::once(Field::spot(*self)).chain(map).collect()
    }
}

impl Subject for Enum<'_> {
    fn file(&self) -> File<'_> {
        Enum::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn words(&self) -> String {
        format!("Enum `{}`", self.full_name())
    }

    fn spot(&self) -> Spot {
        Enum::spot(*self)
    }
}

impl Subject for Service<'_> {
    fn file(&self) -> File<'_> {
        Service::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn words(&self) -> String {
        format!("Service `{}`", self.full_name())
    }

    fn spot(&self) -> Spot {
        Service::spot(*self)
    }
}

impl Subject for Method<'_> {
    fn file(&self) -> File<'_> {
        self.service().file()
    }

    fn element(&self) -> String {
        self.full_name()
    }

    fn label(&self) -> String {
        format!("{}.{}", self.service().name(), self.name())
    }

    fn words(&self) -> String {
        format!("RPC `{}` of service `{}`", self.name(), self.service().full_name())
    }

    fn spot(&self) -> Spot {
        Method::spot(*self)
    }
}

impl Subject for EnumValue<'_> {
    fn file(&self) -> File<'_> {
        self.parent().file()
    }

    fn element(&self) -> String {
        format!("{}.{}", self.parent().full_name(), self.name())
    }

    fn label(&self) -> String {
        format!("{}.{} = {}", self.parent().name(), self.name(), self.number())
    }

    fn words(&self) -> String {
        let (name, number) = (self.name(), self.number());
        format!("Value `{name}` ({number}) of enum `{}`", self.parent().full_name())
    }

    fn spot(&self) -> Spot {
        EnumValue::spot(*self)
    }
}

impl Subject for Container<'_> {
    fn file(&self) -> File<'_> {
        match self {
            Container::File(file) => *file,
            Container::Message(message) => message.file(),
        }
    }

    fn element(&self) -> String {
        match self {
            Container::File(file) => file.element(),
            Container::Message(message) => message.element(),
        }
    }

    fn label(&self) -> String {
        match self {
            Container::File(file) => file.label(),
            Container::Message(message) => message.label(),
        }
    }

    fn words(&self) -> String {
        match self {
            Container::File(file) => file.words(),
            Container::Message(message) => message.words(),
        }
    }

    fn spot(&self) -> Spot {
        match self {
            Container::File(file) => File::spot(*file),
            Container::Message(message) => Message::spot(*message),
        }
    }

    fn spots(&self) -> Vec<Spot> {
        match self {
            Container::File(file) => file.spots(),
            Container::Message(message) => message.spots(),
        }
    }
}

fn message_word(message: Message<'_>) -> &'static str {
    if message.is_map_entry() { "Map entry" } else { "Message" }
}

/// Nobody wrote the entry of a map: it stands where the type of the map field does.
fn map_type_spot(message: Message<'_>) -> Option<Spot> {
    let Container::Message(parent) = message.container() else { return None };
    if !message.is_map_entry() {
        return None;
    }
    let mut fields = parent.fields();
    let map = fields.find(|field| field.is_repeated() && field.type_name() == message.full_name());
    map.map(|map| map.spot().part(&[TYPE_NAME]))
}

/// `FieldDescriptorProto.type_name`.
const TYPE_NAME: i32 = 6;
