//! What the name of an extension means at a place in a file: names are looked for from the
//! innermost scope outwards, and the first part of a name decides which scope it is.

use rustc_hash::FxHashMap;

use super::fault::Fault;
use super::types::{FieldType, MessageType, Symbol, Types};
use crate::schema::descriptor::{DescriptorProto, FileDescriptorProto};

/// Numbers of descriptor.proto, as they stand in source paths.
const FILE_MESSAGE: i32 = 4;
const MESSAGE_NESTED: i32 = 3;

/// The names that one file can use.
pub(super) struct Names<'p, 'f> {
    types: &'p Types,
    file: &'f FileDescriptorProto,
    is_visible: &'f dyn Fn(&str) -> bool,
    /// What was found in the scopes of the package, for every name that was looked for.
    in_package: FxHashMap<String, Option<Symbol>>,
}

impl<'p, 'f> Names<'p, 'f> {
    pub(super) fn new(
        types: &'p Types,
        file: &'f FileDescriptorProto,
        is_visible: &'f dyn Fn(&str) -> bool,
    ) -> Self {
        Names { types, file, is_visible, in_package: FxHashMap::default() }
    }

    /// The file whose names these are.
    pub(super) fn file(&self) -> &'f FileDescriptorProto {
        self.file
    }

    /// The extension `name` of the message `of`, seen from the element at `path`.
    pub(super) fn field(
        &mut self,
        name: &str,
        path: &[i32],
        of: &MessageType,
    ) -> Result<&'p FieldType, Fault> {
        let types = self.types;
        let Some(symbol) = self.resolve(name, path) else { return Err(self.unknown(name, of)) };
        let Some(field) = types.as_field(symbol) else {
            let message = format!("`{name}` is {}, not an extension", symbol.noun());
            return Err(Fault::new(message));
        };
        if !of.has(field) {
            let extended = types.container(field).map_or("nothing", |it| it.full_name.as_str());
            return Err(Fault::new(format!(
                "`{name}` extends `{extended}`, but an extension of `{}` is needed here",
                of.full_name
            )));
        }
        Ok(field)
    }

    /// The message with the full name `name`.
    pub(super) fn message(&self, name: &str) -> Result<&'p MessageType, Fault> {
        let types = self.types;
        let found = types.symbol(name).filter(|symbol| self.sees(*symbol));
        found.and_then(|symbol| types.as_message(symbol)).ok_or_else(|| {
            Fault::new(format!("there is no message `{name}` in this file and its imports"))
        })
    }

    fn resolve(&mut self, name: &str, path: &[i32]) -> Option<Symbol> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.visible(absolute);
        }
        let (first, is_qualified) = match name.split_once('.') {
            Some((first, _)) => (first, true),
            None => (name, false),
        };
        for (scope, message) in scopes(self.file, path).iter().rev() {
            match declares(message, first) {
                Some(is_scope) if is_scope || !is_qualified => {
                    return self.visible(&join(scope, name));
                }
                _ => {}
            }
        }
        if let Some(known) = self.in_package.get(name) {
            return *known;
        }
        let found = self.resolve_in_package(name, first, is_qualified);
        self.in_package.insert(name.to_owned(), found);
        found
    }

    /// Looks in the package, then in the packages around it.
    fn resolve_in_package(&self, name: &str, first: &str, is_qualified: bool) -> Option<Symbol> {
        let mut package = self.file.package();
        loop {
            match self.is_scope(&join(package, first)) {
                Some(is_scope) if is_scope || !is_qualified => {
                    return self.visible(&join(package, name));
                }
                _ if package.is_empty() => return None,
                _ => package = package.rsplit_once('.').map_or("", |(parent, _)| parent),
            }
        }
    }

    /// Whether the full name `name` has names below it; nothing if it is not declared.
    fn is_scope(&self, name: &str) -> Option<bool> {
        if let Some(symbol) = self.visible(name) {
            return Some(symbol.is_scope());
        }
        let is_package = is_below(self.file.package(), name)
            || self.types.package(name).iter().any(|file| self.sees_file(*file));
        is_package.then_some(true).or_else(|| self.declares(name))
    }

    /// The same for what the file itself declares, which need not be among the types.
    fn declares(&self, name: &str) -> Option<bool> {
        let (scope, name) = name.rsplit_once('.').unwrap_or(("", name));
        if scope != self.file.package() {
            return None;
        }
        let is_scope = self.file.message_type.iter().any(|it| it.name() == name)
            || self.file.enum_type.iter().any(|it| it.name() == name)
            || self.file.service.iter().any(|it| it.name() == name);
        is_scope.then_some(true)
    }

    fn visible(&self, name: &str) -> Option<Symbol> {
        self.types.symbol(name).filter(|symbol| self.sees(*symbol))
    }

    fn sees(&self, symbol: Symbol) -> bool {
        self.sees_file(symbol.file)
    }

    fn sees_file(&self, file: u32) -> bool {
        let path = self.types.path(file);
        path == self.file.name() || (self.is_visible)(path)
    }

    /// That there is no extension `name`, with what may have been meant.
    fn unknown(&self, name: &str, of: &MessageType) -> Fault {
        let fault = Fault::new(format!("there is no extension `{name}` of `{}`", of.full_name));
        let name = name.trim_start_matches('.');
        let extensions = self.types.extensions().iter().filter(|field| of.has(field));
        let (seen, unseen): (Vec<_>, Vec<_>) = extensions.partition(|it| self.sees_file(it.file));
        let is_meant = |known: &str| known == name || known.ends_with(&format!(".{name}"));
        if let Some(field) = unseen.iter().find(|field| is_meant(&field.name)) {
            let path = self.types.path(field.file);
            return fault.help(format!("import \"{path}\", which declares `{}`", field.name));
        }
        fault.or_similar(name, seen.iter().map(|field| field.name.as_str()))
    }
}

/// The messages around the element at `path`, the outermost first, with their full names. What
/// a message sets on itself is seen from outside of it.
fn scopes<'f>(file: &'f FileDescriptorProto, path: &[i32]) -> Vec<(String, &'f DescriptorProto)> {
    let mut scopes: Vec<(String, &DescriptorProto)> = Vec::new();
    for step in path.chunks_exact(2) {
        let index = usize::try_from(step[1]).unwrap_or(usize::MAX);
        let (scope, message) = match scopes.last() {
            None if step[0] == FILE_MESSAGE => (file.package(), file.message_type.get(index)),
            Some((scope, message)) if step[0] == MESSAGE_NESTED => {
                (scope.as_str(), message.nested_type.get(index))
            }
            _ => break,
        };
        let Some(message) = message else { break };
        let name = join(scope, message.name());
        scopes.push((name, message));
    }
    scopes
}

/// Whether what `message` declares as `name` has names below it; nothing if it declares none.
fn declares(message: &DescriptorProto, name: &str) -> Option<bool> {
    let is_scope = message.nested_type.iter().any(|it| it.name() == name)
        || message.enum_type.iter().any(|it| it.name() == name);
    let is_leaf = || {
        message.field.iter().any(|it| it.name() == name)
            || message.extension.iter().any(|it| it.name() == name)
            || message.oneof_decl.iter().any(|it| it.name() == name)
    };
    if is_scope { Some(true) } else { is_leaf().then_some(false) }
}

fn is_below(package: &str, name: &str) -> bool {
    package.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
