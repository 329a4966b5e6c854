//! Resolves names of extensions in the scopes of an element, from the innermost scope outwards; the
//! first part of a name decides which scope it is.

use rustc_hash::{FxHashMap, FxHashSet};

use super::fault::{Fault, Suggestions};
use super::types::{FieldType, MessageType, Types};
use crate::compile::symbols::{Kind, packages_outwards, qualify};
use crate::compile::view::View;
use crate::schema::descriptor::{DescriptorProto, FileDescriptorProto, ServiceDescriptorProto};
use crate::schema::options::Kind as Element;
use crate::schema::tag;

/// The names that one file can use.
pub(super) struct Names<'p, 'f> {
    types: &'p Types,
    file: &'f FileDescriptorProto,
    view: &'f View<'f>,
    /// The results of searching the scopes of packages, by name.
    in_packages: FxHashMap<String, Option<Resolved<'p>>>,
    /// The members of the messages and services that were searched, by full name.
    members: FxHashMap<String, FxHashSet<&'f str>>,
    /// The number of names that may still be compared with unknown names.
    pub(super) suggestions: Suggestions,
    /// Whether a message was looked up that the file sees and that the pool lacks.
    pub(super) misses_types: bool,
    /// The files that declare the names that were found.
    pub(super) used: FxHashSet<u32>,
}

#[derive(Clone, Copy)]
enum Resolved<'p> {
    Field(&'p FieldType),
    Other(&'static str),
}

impl<'p, 'f> Names<'p, 'f> {
    pub(super) fn new(types: &'p Types, file: &'f FileDescriptorProto, view: &'f View<'f>) -> Self {
        Names {
            types,
            file,
            view,
            in_packages: FxHashMap::default(),
            members: FxHashMap::default(),
            suggestions: Suggestions::default(),
            misses_types: false,
            used: FxHashSet::default(),
        }
    }

    /// Returns the file.
    pub(super) fn file(&self) -> &'f FileDescriptorProto {
        self.file
    }

    /// Finds the extension of `of` that `name` names inside the element at `scope`.
    pub(super) fn field(
        &mut self,
        name: &str,
        scope: &[i32],
        of: &MessageType,
    ) -> Result<&'p FieldType, Fault> {
        match self.resolve(name, scope) {
            None => Err(self.unknown(name, of)),
            Some(Resolved::Other(kind)) => {
                Err(Fault::new(format!("`{name}` is {kind}, not an extension")))
            }
            Some(Resolved::Field(field)) if of.has(field) => {
                // A field of a message is declared by the message.
                self.mark_used(if field.is_extension { &field.name } else { &of.full_name });
                Ok(field)
            }
            Some(Resolved::Field(field)) => {
                let extended = self.types.container(field);
                Err(Fault::new(format!(
                    "`{name}` extends `{}`, but an extension of `{}` is needed here",
                    extended.map_or("nothing", |message| message.full_name.as_str()),
                    of.full_name
                )))
            }
        }
    }

    /// Finds the message with the full name `name`.
    pub(super) fn message(&mut self, name: &str) -> Result<&'p MessageType, Fault> {
        let is_seen = self.view.query(name) == Some(Kind::Message);
        let found = self.types.message_named(name).filter(|_| is_seen);
        self.misses_types |= is_seen && found.is_none();
        self.mark_used(name);
        found.ok_or_else(|| Fault::new(format!("`{name}` is no message that this file sees")))
    }

    /// Records that the element with the full name `name` is used.
    fn mark_used(&mut self, name: &str) {
        self.used.extend(self.view.file_of(name));
    }

    fn resolve(&mut self, name: &str, scope: &[i32]) -> Option<Resolved<'p>> {
        if let Some(absolute) = name.strip_prefix('.') {
            return self.find(absolute);
        }
        let first = name.split('.').next().unwrap_or(name);
        for (scope, members) in scopes(self.file, scope).into_iter().rev() {
            match self.view.query(&qualify(&scope, first)) {
                Some(Kind::Message) => return self.find(&qualify(&scope, name)),
                Some(_) if first == name => return self.find(&qualify(&scope, name)),
                None if first == name && self.shadows(scope, members, name) => {
                    return Some(Resolved::Other("something else in this scope"));
                }
                _ => {}
            }
        }
        if let Some(known) = self.in_packages.get(name) {
            return *known;
        }
        let found = self.resolve_in_packages(name, first);
        self.in_packages.insert(name.to_owned(), found);
        found
    }

    /// Whether a member that can never be an option is declared as `name` in `scope`, whose
    /// `members` these are: it hides elements of the same name in outer scopes.
    fn shadows(&mut self, scope: String, members: Members<'f>, name: &str) -> bool {
        self.members.entry(scope).or_insert_with(|| members.names()).contains(name)
    }

    /// Searches the package, then the packages around it.
    fn resolve_in_packages(&self, name: &str, first: &str) -> Option<Resolved<'p>> {
        packages_outwards(self.view.package).find_map(|package| {
            match self.view.query(&qualify(package, first))? {
                Kind::Message | Kind::Package => Some(self.find(&qualify(package, name))),
                _ if first == name => Some(self.find(&qualify(package, name))),
                _ => None,
            }
        })?
    }

    /// Finds the element with the full name `name`. A field of a message can be named, too.
    fn find(&self, name: &str) -> Option<Resolved<'p>> {
        match self.view.query(name) {
            Some(Kind::Extension) => self.types.field_named(name).map(Resolved::Field),
            Some(kind) => Some(Resolved::Other(kind.describe())),
            None => {
                let (message, _) = name.rsplit_once('.')?;
                let is_seen = self.view.query(message) == Some(Kind::Message);
                self.types.field_named(name).filter(|_| is_seen).map(Resolved::Field)
            }
        }
    }

    /// Reports that there is no extension `name` of `of`, with candidates as long as `suggestions`
    /// are left.
    fn unknown(&mut self, name: &str, of: &MessageType) -> Fault {
        let fault = Fault::new(format!("there is no extension `{name}` of `{}`", of.full_name));
        let name = name.trim_start_matches('.');
        let all = self.types.extensions();
        if self.suggestions.left < all.len() {
            return fault;
        }
        self.suggestions.left -= all.len();
        let extensions = all.iter().filter(|field| of.has(field));
        let is_seen = |field: &&FieldType| self.view.query(&field.name).is_some();
        let (seen, unseen): (Vec<_>, Vec<_>) = extensions.partition(is_seen);
        let is_wanted = |known: &str| {
            known.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if let Some(field) = unseen.iter().find(|field| is_wanted(&field.name)) {
            let path = self.types.path(field.file);
            return fault.help(format!("import \"{path}\", which declares `{}`", field.name));
        }
        fault.suggest(name, seen.iter().map(|field| field.name.as_str()), &mut self.suggestions)
    }
}

/// Returns the path of the element whose scopes the options at `path` are resolved in: for options
/// of a message, its oneofs and its ranges, these are the scopes around the message.
pub(super) fn scope_of(element: Element, path: &[i32]) -> &[i32] {
    let outwards = match element {
        Element::Message => 3,
        Element::Oneof | Element::ExtensionRange => 5,
        _ => 1,
    };
    &path[..path.len().saturating_sub(outwards)]
}

/// A message or a service, as a scope.
#[derive(Clone, Copy)]
enum Members<'f> {
    Message(&'f DescriptorProto),
    Service(&'f ServiceDescriptorProto),
}

impl<'f> Members<'f> {
    /// Returns the names of all members that can never be an option.
    fn names(self) -> FxHashSet<&'f str> {
        match self {
            Members::Message(message) => {
                let values = message.enum_type.iter().flat_map(|it| &it.value);
                let fields = message.field.iter().map(|it| it.name());
                let oneofs = message.oneof_decl.iter().map(|it| it.name());
                fields.chain(oneofs).chain(values.map(|it| it.name())).collect()
            }
            Members::Service(service) => service.method.iter().map(|it| it.name()).collect(),
        }
    }
}

/// Returns the scopes around the element at `path`, outermost first, with their full names.
fn scopes<'f>(file: &'f FileDescriptorProto, path: &[i32]) -> Vec<(String, Members<'f>)> {
    let mut scopes: Vec<(String, Members<'f>)> = Vec::new();
    for step in path.chunks_exact(2) {
        let index = usize::try_from(step[1]).unwrap_or(usize::MAX);
        let inner = match (scopes.last(), step[0]) {
            (None, tag::file::MESSAGE_TYPE) => file.message_type.get(index).map(|message| {
                (qualify(file.package(), message.name()), Members::Message(message))
            }),
            (None, tag::file::SERVICE) => file.service.get(index).map(|service| {
                (qualify(file.package(), service.name()), Members::Service(service))
            }),
            (Some((scope, Members::Message(outer))), tag::message::NESTED_TYPE) => outer
                .nested_type
                .get(index)
                .map(|message| (qualify(scope, message.name()), Members::Message(message))),
            _ => None,
        };
        let Some(inner) = inner else { break };
        scopes.push(inner);
    }
    scopes
}
