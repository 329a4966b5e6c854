//! The names that files declare.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::problem::Problem;
use crate::schema::descriptor::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use crate::schema::tag::{NAME, enumeration, file, message};

/// The kind of a named element. Members that no reference can name (fields, methods) are not
/// listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Enum,
    EnumValue,
    Service,
    Extension,
    Package,
}

impl Kind {
    pub(super) fn is_type(self) -> bool {
        matches!(self, Kind::Message | Kind::Enum)
    }

    /// Whether something can be declared inside it.
    pub(super) fn is_scope(self) -> bool {
        !matches!(self, Kind::EnumValue | Kind::Extension)
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::Message => "a message",
            Kind::Enum => "an enum",
            Kind::EnumValue => "an enum value",
            Kind::Service => "a service",
            Kind::Extension => "an extension",
            Kind::Package => "a package",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    pub(super) kind: Kind,
    pub(super) file: u32,
}

/// The names of a compilation, each declared once. Packages are kept apart: any number of files
/// declare the same one, and whether it conflicts with a type depends on the files that see both.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    names: FxHashMap<Box<str>, Symbol>,
    /// The packages of all files, and the packages around them, numbered.
    packages: FxHashMap<Box<str>, u32>,
    has_duplicates: bool,
    /// The packages that have the name of another element.
    conflicting_packages: OnceLock<FxHashMap<u32, Box<str>>>,
}

impl Symbols {
    /// Whether two files declare the same name.
    pub(super) fn has_duplicates(&self) -> bool {
        self.has_duplicates
    }

    /// Returns the element with the full name `name`.
    pub(super) fn get(&self, name: &str) -> Option<Symbol> {
        self.names.get(name).copied()
    }

    /// Returns the messages and enums, each with the file that declares it, in any order.
    pub(super) fn types(&self) -> impl Iterator<Item = (&str, u32)> {
        let types = self.names.iter().filter(|(_, symbol)| symbol.kind.is_type());
        types.map(|(name, symbol)| (&**name, symbol.file))
    }

    /// Returns the number of the package `name`, if a file is in it or in a package inside it.
    pub(super) fn package(&self, name: &str) -> Option<u32> {
        self.packages.get(name).copied()
    }

    /// Returns the number of packages.
    pub(super) fn package_count(&self) -> usize {
        self.packages.len()
    }

    /// Returns the packages that have the name of another element, by number. All files must be
    /// declared before.
    pub(super) fn conflicting_packages(&self) -> &FxHashMap<u32, Box<str>> {
        let find = || {
            let packages = self.packages.iter();
            let conflicting = packages.filter(|(name, _)| self.names.contains_key(*name));
            conflicting.map(|(name, number)| (*number, name.clone())).collect()
        };
        self.conflicting_packages.get_or_init(find)
    }

    /// Declares the elements of `descriptor`. Duplicate symbols are problems. `path_of` returns the
    /// path of a file.
    pub(super) fn declare<'p>(
        &mut self,
        file: u32,
        descriptor: &FileDescriptorProto,
        path_of: impl Fn(u32) -> &'p str,
    ) -> Vec<Problem> {
        for package in packages_outwards(descriptor.package()) {
            if !self.packages.contains_key(package) {
                let number = self.packages.len() as u32;
                self.packages.insert(package.into(), number);
            }
        }
        let mut declaring = Declaring { symbols: self, file, problems: Vec::new(), path_of };
        let package = descriptor.package();
        let name = |name: &str| qualify(package, name);
        for (index, message) in (0..).zip(&descriptor.message_type) {
            declaring.message(&name(message.name()), message, &[file::MESSAGE_TYPE, index]);
        }
        for (index, enumeration) in (0..).zip(&descriptor.enum_type) {
            declaring.add(name(enumeration.name()), Kind::Enum, &[file::ENUM_TYPE, index, NAME]);
            declaring.values(package, enumeration, &[file::ENUM_TYPE, index]);
        }
        for (index, service) in (0..).zip(&descriptor.service) {
            declaring.add(name(service.name()), Kind::Service, &[file::SERVICE, index, NAME]);
        }
        for (index, extension) in (0..).zip(&descriptor.extension) {
            declaring.add(name(extension.name()), Kind::Extension, &[file::EXTENSION, index, NAME]);
        }
        declaring.problems
    }
}

struct Declaring<'a, F> {
    symbols: &'a mut Symbols,
    file: u32,
    problems: Vec<Problem>,
    path_of: F,
}

impl<'p, F: Fn(u32) -> &'p str> Declaring<'_, F> {
    fn message(&mut self, full_name: &str, message: &DescriptorProto, path: &[i32]) {
        self.add(full_name.to_owned(), Kind::Message, &[path, &[NAME]].concat());
        for (index, nested) in (0..).zip(&message.nested_type) {
            let nested_name = qualify(full_name, nested.name());
            self.message(&nested_name, nested, &[path, &[message::NESTED_TYPE, index]].concat());
        }
        for (index, enumeration) in (0..).zip(&message.enum_type) {
            let path = [path, &[message::ENUM_TYPE, index, NAME]].concat();
            self.add(qualify(full_name, enumeration.name()), Kind::Enum, &path);
        }
        for (index, extension) in (0..).zip(&message.extension) {
            let path = [path, &[message::EXTENSION, index, NAME]].concat();
            self.add(qualify(full_name, extension.name()), Kind::Extension, &path);
        }
    }

    /// Declares the values of a top-level enum, which are in the scope of the enum itself.
    fn values(&mut self, scope: &str, enumeration: &EnumDescriptorProto, path: &[i32]) {
        for (index, value) in (0..).zip(&enumeration.value) {
            let path = [path, &[enumeration::VALUE, index, NAME]].concat();
            self.add(qualify(scope, value.name()), Kind::EnumValue, &path);
        }
    }

    fn add(&mut self, name: String, kind: Kind, path: &[i32]) {
        use std::collections::hash_map::Entry;
        match self.symbols.names.entry(name.into_boxed_str()) {
            Entry::Vacant(entry) => {
                entry.insert(Symbol { kind, file: self.file });
            }
            Entry::Occupied(entry) => {
                let taken = *entry.get();
                self.symbols.has_duplicates |= taken.file != self.file;
                let message = format!(
                    "\"{}\" is already declared as {} in {}",
                    entry.key(),
                    taken.kind.describe(),
                    (self.path_of)(taken.file),
                );
                self.problems.push(Problem::at(path.to_vec(), message));
            }
        }
    }
}

/// Returns the full name of `name` in `scope`; the empty scope is the root.
pub(super) fn qualify(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        _ => [scope, ".", name].concat(),
    }
}

/// Returns the package and those around it: `a.b.c`, `a.b`, `a`, and the root.
pub(super) fn packages_outwards(package: &str) -> impl Iterator<Item = &str> {
    let inner = std::iter::successors(Some(package), |p| Some(&p[..p.rfind('.')?]));
    inner.filter(|p| !p.is_empty()).chain([""])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_declared_once() {
        let mut symbols = Symbols::default();
        let source = "package a; message M {} enum E { M = 0; } message a {}";
        let parsed = super::super::parse::parse_text(source);
        let descriptor = parsed.expect("it is well formed").descriptor;
        let problems = symbols.declare(0, &descriptor, |_| "x.proto");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].paths, [[5, 0, 2, 0, 1]]);
    }
}
