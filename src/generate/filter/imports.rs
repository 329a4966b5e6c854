//! The imports that the kept elements of a file need.

use std::collections::BTreeSet;

use super::closure::{Closure, Mode, options_of};
use super::index::{Id, Item};
use super::values;
use crate::schema::options::Kind;

/// Returns, by the index of a file, the files that it needs; none if no element of it is kept.
pub(super) fn imports(closure: &Closure<'_, '_>) -> Vec<Option<BTreeSet<usize>>> {
    let index = closure.index;
    let mut needs = Needs { closure, files: vec![None; index.files.len()], from: 0 };
    for id in (0..index.elements.len() as Id).filter(|id| closure.is_reached(*id)) {
        needs.from = index.get(id).file;
        needs.files[needs.from].get_or_insert_default();
        needs.element(id);
    }
    needs.files
}

struct Needs<'c, 'i, 's> {
    closure: &'c Closure<'i, 's>,
    files: Vec<Option<BTreeSet<usize>>>,
    /// The file of the current element.
    from: usize,
}

impl Needs<'_, '_, '_> {
    fn element(&mut self, id: Id) {
        let element = self.closure.index.get(id);
        let (kind, options) = options_of(element.item);
        match element.item {
            // buf ignores the options that such a message keeps.
            Item::Message(_) if self.closure.mode(id) == Mode::Enclosing => return,
            Item::Message(message) => {
                for field in &message.field {
                    self.needs(self.closure.index.type_of(field));
                    self.options(Kind::Field, field.options.as_deref());
                }
                for oneof in &message.oneof_decl {
                    self.options(Kind::Oneof, oneof.options.as_deref());
                }
                for range in &message.extension_range {
                    self.options(Kind::ExtensionRange, range.options.as_deref());
                }
            }
            Item::Enum(item) => {
                for value in &item.value {
                    self.options(Kind::EnumValue, value.options.as_deref());
                }
            }
            Item::Method(method) => {
                self.needs(self.closure.index.named(method.input_type()));
                self.needs(self.closure.index.named(method.output_type()));
            }
            Item::Extension(field) => {
                self.needs(self.closure.index.named(field.extendee()));
                self.needs(self.closure.index.type_of(field));
            }
            Item::File(_) | Item::Service(_) => {}
        }
        self.options(kind, options);
    }

    /// Records the file of a type, if the type is kept.
    fn needs(&mut self, id: Option<Id>) {
        if let Some(id) = id.filter(|id| self.closure.keeps(*id)) {
            self.file(id);
        }
    }

    fn file(&mut self, id: Id) {
        let to = self.closure.index.get(id).file;
        if to != self.from {
            self.files[self.from].get_or_insert_default().insert(to);
        }
    }

    fn options(&mut self, kind: Kind, options: Option<&[u8]>) {
        let index = self.closure.index;
        for option in values::custom(index, kind, options) {
            if !self.closure.is_excluded(option.extension) {
                self.file(option.extension);
                option.packed_types(index).into_iter().for_each(|id| self.needs(Some(id)));
            }
        }
    }
}
