//! The elements that a filter keeps: those that it names, and everything that these need. The walk
//! has the same steps as in buf, since their order determines how some elements are kept.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::index::{Element, Id, Index, Item};
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
    /// Keep the element, which the file with that index needs; true if only an option needs it.
    Add(usize, Id, bool),
    /// Keep the enclosing element.
    Enclose(Option<Id>),
    /// Keep the elements that options in the file with that index need.
    Options(usize, Kind, Option<&'s [u8]>),
}

/// The kept elements of a schema.
pub(super) struct Closure<'i, 's> {
    pub(super) index: &'i Index<'s>,
    modes: Vec<Mode>,
    /// The indexes of the files that each file imports. As in buf, an import stays if the element
    /// that needs it is excluded later: an extension that has a type of an excluded message.
    imports: Vec<BTreeSet<usize>>,
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
            imports: vec![BTreeSet::new(); index.files.len()],
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

    /// Returns the indexes of the files that the file with the index `file` imports; none if the
    /// walk has visited no element of it.
    pub(super) fn imports(&self, file: usize) -> Option<&BTreeSet<usize>> {
        let mut elements = self.index.within(self.index.files[file]);
        elements.any(|id| self.is_reached(id)).then_some(&self.imports[file])
    }

    /// Excludes the element and everything declared in it.
    pub(super) fn exclude(&mut self, id: Id) {
        for id in self.index.within(id) {
            self.set(id, Mode::Excluded);
        }
    }

    /// Keeps the element and everything that it needs.
    pub(super) fn add(&mut self, id: Id) {
        self.steps.push(Step::Add(self.index.get(id).file, id, false));
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Add(file, id, implied) => {
                    self.add_one(id, implied);
                    self.import(file, id);
                }
                Step::Enclose(None) => {}
                Step::Enclose(Some(id)) => self.enclose(id),
                Step::Options(file, kind, options) => self.explore(file, kind, options),
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
            let reached: Vec<bool> =
                (0..self.index.files.len()).map(|file| self.imports(file).is_some()).collect();
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

    /// Records that the file with the index `file` imports the file of the element, if it is kept.
    fn import(&mut self, file: usize, id: Id) {
        let imported = self.index.get(id).file;
        if imported != file && !self.is_excluded(id) {
            self.imports[file].insert(imported);
        }
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
            self.steps.push(options_of(element));
        }
        // The steps are a stack: the first one must be the last.
        self.steps[first..].reverse();
    }

    /// Adds steps for everything that the element needs. Returns whether it can be kept.
    fn needs(&mut self, id: Id, implied: bool) -> bool {
        let element = self.index.get(id);
        let file = element.file;
        match element.item {
            Item::File(_) => {
                let within = self.index.within(id).skip(1);
                self.steps.extend(within.map(|id| Step::Add(file, id, false)));
            }
            Item::Message(message) => self.message(file, id, message),
            Item::Enum(item) => {
                let options = item.value.iter().map(|value| value.options.as_deref());
                self.steps.extend(options.map(|o| Step::Options(file, Kind::EnumValue, o)));
            }
            Item::Service(_) => {
                let methods = self.index.within(id).skip(1);
                self.steps.extend(methods.map(|method| Step::Add(file, method, false)));
            }
            Item::Method(method) => {
                if self.excluded_type(method).is_some() {
                    self.set(id, Mode::Excluded);
                    return false;
                }
                let types = [method.input_type(), method.output_type()];
                let types = types.into_iter().filter_map(|name| self.index.named(name));
                self.steps.extend(types.map(|id| Step::Add(file, id, false)));
            }
            Item::Extension(field) => {
                let [extendee, kind] =
                    [self.index.named(field.extendee()), self.index.type_of(field)];
                let is_out = |id: Option<Id>| id.is_some_and(|id| self.is_excluded(id));
                let [no_extendee, no_type] = [extendee, kind].map(is_out);
                if !no_extendee {
                    self.steps.extend(extendee.map(|id| Step::Add(file, id, implied)));
                }
                if no_extendee || no_type {
                    self.set(id, Mode::Excluded);
                    return false;
                }
                self.steps.extend(kind.map(|id| Step::Add(file, id, false)));
            }
        }
        true
    }

    fn message(&mut self, file: usize, id: Id, message: &'s DescriptorProto) {
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
            self.steps.extend(kind.map(|kind| Step::Add(file, kind, false)));
            self.steps.push(Step::Options(file, Kind::Field, field.options.as_deref()));
        }
        for (at, (oneof, has_fields)) in message.oneof_decl.iter().zip(has_fields).enumerate() {
            if has_fields {
                self.steps.push(Step::Options(file, Kind::Oneof, oneof.options.as_deref()));
            } else {
                self.empty_oneofs.insert((id, at));
            }
        }
        let ranges = message.extension_range.iter().map(|range| range.options.as_deref());
        self.steps.extend(ranges.map(|options| Step::Options(file, Kind::ExtensionRange, options)));
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
        self.steps.push(Step::Enclose(element.parent));
        self.steps.push(options_of(element));
    }

    fn explore(&mut self, file: usize, kind: Kind, options: Option<&'s [u8]>) {
        let first = self.steps.len();
        for option in values::custom(self.index, kind, options) {
            if !self.is_excluded(option.extension) {
                let packed = option.packed_types(self.index).into_iter();
                self.steps.extend(packed.map(|id| Step::Add(file, id, false)));
                self.steps.push(Step::Add(file, option.extension, true));
            }
        }
        self.steps[first..].reverse();
    }
}

/// Returns the step that keeps the elements that the options of an element need.
fn options_of<'s>(element: &Element<'s>) -> Step<'s> {
    let (kind, options) = match element.item {
        Item::File(item) => (Kind::File, item.options.as_deref()),
        Item::Message(item) => (Kind::Message, item.options.as_deref()),
        Item::Enum(item) => (Kind::Enum, item.options.as_deref()),
        Item::Extension(item) => (Kind::Field, item.options.as_deref()),
        Item::Service(item) => (Kind::Service, item.options.as_deref()),
        Item::Method(item) => (Kind::Method, item.options.as_deref()),
    };
    Step::Options(element.file, kind, options)
}
