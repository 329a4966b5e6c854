//! The elements that a filter keeps: those that it names, and everything that these need. The walk
//! has the same steps as in buf, since their order determines how some elements are kept.

use rustc_hash::FxHashSet;

use super::index::{Id, Index, Item};
use super::values;
use crate::schema::Schema;
use crate::schema::descriptor::{DescriptorProto, MethodDescriptorProto};
use crate::schema::options::Kind;

/// The state of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not visited: kept if the filter names no types to keep.
    Unknown,
    /// Not kept.
    Excluded,
    /// Named, or needed by a named element.
    Explicit,
    /// An element inside it is kept.
    Enclosing,
    /// It declares an option that is kept.
    Implicit,
}

/// A pending step of the walk.
enum Step<'s> {
    /// Keep the element; true if only an option needs it.
    Add(Id, bool),
    /// Keep the enclosing element.
    Enclose(Option<Id>),
    /// Keep the elements that options need.
    Options(Kind, Option<&'s [u8]>),
}

/// The kept elements of a schema.
pub(super) struct Closure<'i, 's> {
    pub(super) index: &'i Index<'s>,
    modes: Vec<Mode>,
    /// The oneofs without kept fields, each by its message and its index there.
    empty_oneofs: FxHashSet<(Id, usize)>,
    /// Whether the filter names types to keep.
    has_includes: bool,
    /// The pending steps; the last one is the next.
    steps: Vec<Step<'s>>,
}

impl<'i, 's> Closure<'i, 's> {
    pub(super) fn new(index: &'i Index<'s>, has_includes: bool) -> Self {
        Closure {
            index,
            modes: vec![Mode::Unknown; index.elements.len()],
            empty_oneofs: FxHashSet::default(),
            has_includes,
            steps: Vec::new(),
        }
    }

    pub(super) fn mode(&self, id: Id) -> Mode {
        self.modes[id as usize]
    }

    pub(super) fn is_excluded(&self, id: Id) -> bool {
        self.mode(id) == Mode::Excluded
    }

    /// Whether the walk has visited the element and keeps it.
    pub(super) fn is_reached(&self, id: Id) -> bool {
        !matches!(self.mode(id), Mode::Unknown | Mode::Excluded)
    }

    /// Whether the element is kept.
    pub(super) fn keeps(&self, id: Id) -> bool {
        match self.mode(id) {
            Mode::Unknown => !self.has_includes,
            mode => mode != Mode::Excluded,
        }
    }

    pub(super) fn keeps_oneof(&self, message: Id, index: usize) -> bool {
        !self.empty_oneofs.contains(&(message, index))
    }

    /// Excludes the element and everything declared in it.
    pub(super) fn exclude(&mut self, id: Id) {
        for id in self.index.within(id) {
            self.set(id, Mode::Excluded);
        }
    }

    /// Keeps the element and everything that it needs.
    pub(super) fn add(&mut self, id: Id) {
        self.steps.push(Step::Add(id, false));
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Add(id, implied) => self.add_one(id, implied),
                Step::Enclose(None) => {}
                Step::Enclose(Some(id)) => self.enclose(id),
                Step::Options(kind, options) => self.explore(kind, options),
            }
        }
    }

    /// Keeps the extensions of explicitly kept messages, and everything that these need.
    pub(super) fn add_extensions(&mut self) {
        let mut seen = FxHashSet::default();
        loop {
            let is_new = |id: &Id| self.mode(*id) == Mode::Explicit && !seen.contains(id);
            let new: Vec<Id> = (0..self.modes.len() as Id).filter(is_new).collect();
            if new.is_empty() {
                return;
            }
            for id in new {
                seen.insert(id);
                let element = self.index.get(id);
                if let Item::Message(_) = element.item {
                    let extensions = self.index.extensions_of(&element.name);
                    extensions.iter().for_each(|extension| self.add(*extension));
                }
            }
        }
    }

    /// Completes a filter without types to keep, in which imports are kept whole: visits all
    /// elements of imports that depend on files not visited yet.
    pub(super) fn complete(&mut self, schema: &Schema) {
        loop {
            let mut reached = vec![false; self.index.files.len()];
            for id in (0..self.modes.len() as Id).filter(|id| self.is_reached(*id)) {
                reached[self.index.get(id).file] = true;
            }
            let lacks = |path: &String| schema.file(path).is_some_and(|f| !reached[f.index()]);
            let is_open = |file: &crate::schema::File<'_>| {
                let mode = self.mode(self.index.files[file.index()]);
                file.is_import()
                    && mode == Mode::Enclosing
                    && file.proto().dependency.iter().any(lacks)
            };
            let open: Vec<usize> = schema.files().filter(is_open).map(|f| f.index()).collect();
            if open.is_empty() {
                return;
            }
            open.into_iter().for_each(|file| self.add(self.index.files[file]));
        }
    }

    fn set(&mut self, id: Id, mode: Mode) {
        self.modes[id as usize] = mode;
    }

    fn add_one(&mut self, id: Id, implied: bool) {
        match self.mode(id) {
            Mode::Excluded | Mode::Explicit => return,
            Mode::Implicit if implied => return,
            Mode::Implicit => return self.set(id, Mode::Explicit),
            Mode::Unknown | Mode::Enclosing => {}
        }
        self.set(id, if implied { Mode::Implicit } else { Mode::Explicit });
        let first = self.steps.len();
        if self.needs(id, implied) {
            let element = self.index.get(id);
            self.steps.push(Step::Enclose(element.parent));
            let (kind, options) = options_of(element.item);
            self.steps.push(Step::Options(kind, options));
        }
        // The steps are a stack: the first one must be the last.
        self.steps[first..].reverse();
    }

    /// Adds steps for everything that the element needs. Returns whether it can be kept.
    fn needs(&mut self, id: Id, implied: bool) -> bool {
        match self.index.get(id).item {
            Item::File(_) => {
                let within = self.index.within(id).skip(1);
                self.steps.extend(within.map(|id| Step::Add(id, false)));
            }
            Item::Message(message) => self.message(id, message),
            Item::Enum(item) => {
                let options = item.value.iter().map(|value| value.options.as_deref());
                self.steps.extend(options.map(|o| Step::Options(Kind::EnumValue, o)));
            }
            Item::Service(_) => {
                let methods = self.index.within(id).skip(1);
                self.steps.extend(methods.map(|method| Step::Add(method, false)));
            }
            Item::Method(method) => {
                if self.excluded_type(method).is_some() {
                    self.set(id, Mode::Excluded);
                    return false;
                }
                let types = [method.input_type(), method.output_type()];
                let types = types.into_iter().filter_map(|name| self.index.named(name));
                self.steps.extend(types.map(|id| Step::Add(id, false)));
            }
            Item::Extension(field) => {
                let [extendee, kind] =
                    [self.index.named(field.extendee()), self.index.type_of(field)];
                let is_out = |id: Option<Id>| id.is_some_and(|id| self.is_excluded(id));
                let [no_extendee, no_type] = [extendee, kind].map(is_out);
                if !no_extendee {
                    self.steps.extend(extendee.map(|id| Step::Add(id, implied)));
                }
                if no_extendee || no_type {
                    self.set(id, Mode::Excluded);
                    return false;
                }
                self.steps.extend(kind.map(|id| Step::Add(id, false)));
            }
        }
        true
    }

    fn message(&mut self, id: Id, message: &'s DescriptorProto) {
        let mut has_fields = vec![false; message.oneof_decl.len()];
        for field in &message.field {
            let kind = self.index.type_of(field);
            if kind.is_some_and(|kind| self.is_excluded(kind)) {
                continue;
            }
            let oneof = field.oneof_index.and_then(|index| usize::try_from(index).ok());
            if let Some(has) = oneof.and_then(|index| has_fields.get_mut(index)) {
                *has = true;
            }
            self.steps.extend(kind.map(|kind| Step::Add(kind, false)));
            self.steps.push(Step::Options(Kind::Field, field.options.as_deref()));
        }
        for (at, (oneof, has_fields)) in message.oneof_decl.iter().zip(has_fields).enumerate() {
            if has_fields {
                self.steps.push(Step::Options(Kind::Oneof, oneof.options.as_deref()));
            } else {
                self.empty_oneofs.insert((id, at));
            }
        }
        let ranges = message.extension_range.iter().map(|range| range.options.as_deref());
        self.steps.extend(ranges.map(|options| Step::Options(Kind::ExtensionRange, options)));
    }

    /// Returns the request or response type of a method if it is excluded, since the method is
    /// excluded then, too. (buf then also excludes the other type, and fails on the next method
    /// that needs it.)
    pub(super) fn excluded_type(&self, method: &'s MethodDescriptorProto) -> Option<&'s str> {
        let types = [method.input_type(), method.output_type()];
        let is_out = |name: &&str| self.index.named(name).is_some_and(|id| self.is_excluded(id));
        types.into_iter().find(is_out)
    }

    fn enclose(&mut self, id: Id) {
        if self.mode(id) != Mode::Unknown {
            return;
        }
        self.set(id, Mode::Enclosing);
        let element = self.index.get(id);
        let (kind, options) = options_of(element.item);
        self.steps.push(Step::Enclose(element.parent));
        self.steps.push(Step::Options(kind, options));
    }

    fn explore(&mut self, kind: Kind, options: Option<&'s [u8]>) {
        let first = self.steps.len();
        for option in values::custom(self.index, kind, options) {
            if !self.is_excluded(option.extension) {
                let packed = option.packed_types(self.index).into_iter();
                self.steps.extend(packed.map(|id| Step::Add(id, false)));
                self.steps.push(Step::Add(option.extension, true));
            }
        }
        self.steps[first..].reverse();
    }
}

/// Returns the options of an element, with their kind.
pub(super) fn options_of(item: Item<'_>) -> (Kind, Option<&[u8]>) {
    match item {
        Item::File(item) => (Kind::File, item.options.as_deref()),
        Item::Message(item) => (Kind::Message, item.options.as_deref()),
        Item::Enum(item) => (Kind::Enum, item.options.as_deref()),
        Item::Extension(item) => (Kind::Field, item.options.as_deref()),
        Item::Service(item) => (Kind::Service, item.options.as_deref()),
        Item::Method(item) => (Kind::Method, item.options.as_deref()),
    }
}
