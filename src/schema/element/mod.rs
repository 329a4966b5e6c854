//! Handles to the elements of a schema. They are borrowed, cheap to copy, and give access to their
//! parents. Properties are offered by meaning (`has_presence`, `is_closed`), so that a rule does
//! not depend on the syntax of a file; `proto()` returns the raw descriptor.

use super::descriptor::FeatureSet;
use super::{ElementPath, Features, Node, Schema, tag};

/// Declares the methods of every handle with a descriptor: the descriptor, the name, the options.
macro_rules! described {
    ($handle:ident, $proto:ty, $options:ty) => {
        impl<'s> $handle<'s> {
            /// Returns the raw descriptor.
            pub fn proto(self) -> &'s $proto {
                self.proto
            }

            /// Returns the name without scope.
            pub fn name(self) -> &'s str {
                self.proto.name()
            }

            /// Returns the decoded options.
            pub fn options(self) -> $options {
                options(self.proto.options.as_deref())
            }
        }
    };
}

/// Declares the method of elements with features of their own.
macro_rules! featured {
    ($handle:ident, $options:ty) => {
        impl $handle<'_> {
            /// Returns its resolved features.
            pub fn features(self) -> Features {
                let parent = self.container().features();
                inherit(parent, self.file(), self.proto.options.as_deref(), |bytes| {
                    options::<$options>(Some(bytes)).features
                })
            }
        }
    };
}

/// Declares the methods of elements that have a full name, and so a node in `list`.
macro_rules! named {
    ($handle:ident, $list:ident) => {
        impl<'s> $handle<'s> {
            fn node(self) -> &'s Node {
                &self.schema.$list[self.id as usize]
            }

            /// Returns the full name, without a leading dot.
            pub fn full_name(self) -> &'s str {
                &self.node().full_name
            }

            /// Returns the file that declares it.
            pub fn file(self) -> File<'s> {
                self.node().file(self.schema)
            }
        }
    };
}

/// Declares the methods of elements that can be declared inside a message.
macro_rules! nested {
    ($handle:ident) => {
        impl<'s> $handle<'s> {
            /// Returns the name within its file: `Outer.Inner`.
            pub fn nested_name(self) -> &'s str {
                nested_name(self.full_name(), self.file())
            }

            /// Returns the scope that declares it.
            pub fn container(self) -> Container<'s> {
                self.node().container(self.schema)
            }
        }
    };
}

mod enumeration;
mod field;
mod file;
mod message;
mod service;

pub use self::enumeration::{Enum, EnumValue};
pub use self::field::{Field, FieldKind, TypeRef};
pub use self::file::File;
pub use self::message::{Message, Oneof};
pub use self::service::{Method, Service};

/// Decodes an `options` field. Options that do not decode (only an image can contain them) are read
/// as empty.
fn options<O: prost::Message + Default>(bytes: Option<&[u8]>) -> O {
    bytes.and_then(|bytes| O::decode(bytes).ok()).unwrap_or_default()
}

/// Returns the features of an element: those of its parent, overridden by its own options. Only
/// files with an edition can set features, so nothing is decoded for the others.
fn inherit(
    parent: Features,
    file: File<'_>,
    bytes: Option<&[u8]>,
    set: impl Fn(&[u8]) -> Option<FeatureSet>,
) -> Features {
    match bytes {
        Some(bytes) if file.has_edition() => match set(bytes) {
            Some(set) => parent.overridden_by(&set),
            None => parent,
        },
        _ => parent,
    }
}

/// The scope that declares an element.
#[derive(Clone, Copy, Debug)]
pub enum Container<'s> {
    /// At the top level of a file.
    File(File<'s>),
    /// Inside a message.
    Message(Message<'s>),
}

impl Container<'_> {
    fn features(self) -> Features {
        match self {
            Container::File(file) => file.features(),
            Container::Message(message) => message.features(),
        }
    }

    /// Returns the [`ElementPath`] of a child. The field number of its list differs between a file and
    /// a message.
    fn child_path(self, in_file: i32, in_message: i32, index: u32) -> ElementPath {
        match self {
            Container::File(file) => file.element_path().part(&[in_file, index as i32]),
            Container::Message(message) => message.element_path().part(&[in_message, index as i32]),
        }
    }
}

impl Node {
    fn file<'s>(&self, schema: &'s Schema) -> File<'s> {
        File::new(schema, self.file)
    }

    fn container<'s>(&self, schema: &'s Schema) -> Container<'s> {
        match self.parent {
            Some(id) => Container::Message(Message::new(schema, id)),
            None => Container::File(self.file(schema)),
        }
    }
}

/// Returns a full name without the package: `Outer.Inner`.
fn nested_name<'s>(full_name: &'s str, file: File<'s>) -> &'s str {
    match file.package() {
        "" => full_name,
        package => &full_name[package.len() + 1..],
    }
}
