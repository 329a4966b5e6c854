//! One side of a diff: a schema, with what is looked up in it.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::finding::Place;
use crate::schema::{
    Comments, Enum, Field, File, Message, Places, Schema, SchemaFile, Service, Subject, well_known,
};
use crate::value::Types;

/// The file that declares the options of the language.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// A schema and what was looked up in it.
pub(super) struct Side<'s> {
    pub(super) schema: &'s Schema,
    /// The locations of each file, decoded on first use.
    places: Vec<OnceCell<Places>>,
    types: OnceCell<Types>,
}

impl<'s> Side<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        let places = schema.files().map(|_| OnceCell::new()).collect();
        Side { schema, places, types: OnceCell::new() }
    }

    /// Returns the target files.
    pub(super) fn own_files(&self) -> impl Iterator<Item = File<'s>> {
        self.schema.files().filter(|file| !file.is_import())
    }

    /// Returns the location of an element.
    pub(super) fn place(&self, subject: &impl Subject) -> Place {
        let file = subject.file();
        let places = self.places(file);
        let paths = subject.element_paths();
        match paths.iter().find_map(|path| places.span(path.path())) {
            Some(span) => Place::spanning(file.external(), span),
            None => Place::file(file.external()),
        }
    }

    /// Returns the comments at a descriptor path of a file; empty if there are none.
    pub(super) fn comments(&self, file: File<'_>, path: &[i32]) -> Comments {
        self.places(file).comments(path).unwrap_or_default()
    }

    /// Returns the types of the schema and of its options.
    pub(super) fn types(&self) -> &Types {
        self.types.get_or_init(|| {
            let mut files = self.schema.narrowed(|_| true).into_files();
            if files.iter().all(|file| file.descriptor.name() != DESCRIPTOR) {
                let known = well_known::file(DESCRIPTOR);
                files.extend(known.map(|known| SchemaFile::new(Arc::new(known.clone()))));
            }
            Types::new(&Schema::new(files))
        })
    }

    fn places(&self, file: File<'_>) -> &Places {
        self.places[file.index()].get_or_init(|| {
            let info = file.proto().source_code_info.as_deref();
            info.map(Places::decode).unwrap_or_default()
        })
    }
}

/// An element with a full name that can be looked up in another schema.
pub(super) trait Named<'s>: Subject {
    /// Returns the element with this name in `schema`.
    fn find(name: &str, schema: &'s Schema) -> Option<Self>;
}

impl<'s> Named<'s> for Message<'s> {
    fn find(name: &str, schema: &'s Schema) -> Option<Self> {
        schema.message(name)
    }
}

impl<'s> Named<'s> for Enum<'s> {
    fn find(name: &str, schema: &'s Schema) -> Option<Self> {
        schema.enumeration(name)
    }
}

impl<'s> Named<'s> for Service<'s> {
    fn find(name: &str, schema: &'s Schema) -> Option<Self> {
        schema.service(name)
    }
}

/// Returns the key by which extensions are paired.
pub(super) fn extension_key(field: Field<'_>) -> (&str, i32) {
    (field.extendee(), field.number())
}
