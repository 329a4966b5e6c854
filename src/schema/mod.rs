//! The compiled model: files with resolved names and interpreted options, and borrowed handles to
//! walk them. A schema is built from sources (`compile`) or from an image; after that there is no
//! difference.

pub mod descriptor;
mod element;
mod element_path;
mod features;
pub mod image;
pub(crate) mod options;
pub mod pair;
mod places;
#[cfg(feature = "roundtrip")]
pub(crate) mod related;
pub mod runtime;
pub(crate) mod spelling;
mod subject;
pub(crate) mod tag;
pub mod well_known;
pub(crate) mod wire;

use std::collections::hash_map::Entry;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

pub use self::element::{
    Container, Enum, EnumValue, Field, FieldKind, File, Message, Method, Oneof, Service, TypeRef,
};
pub use self::element_path::{ElementPath, Lookup};
pub use self::features::Features;
pub use self::places::{Comments, Places, Span};
pub use self::subject::Subject;
use descriptor::{DescriptorProto, FileDescriptorProto};

/// One file of a schema: its descriptor and information from outside the descriptor.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// The descriptor: names fully qualified (`.pkg.Message`), options interpreted, JSON names set.
    pub descriptor: Arc<FileDescriptorProto>,
    /// The path as the user sees it; the import path for a file of an image.
    pub external: String,
    /// The index of the configured module that the file belongs to.
    pub module: usize,
    /// The name of its module in a registry, if it is known.
    pub module_name: Option<Arc<str>>,
    /// Whether it comes from a vendor folder.
    pub is_vendored: bool,
    /// Whether it is part of the schema only because another file imports it.
    pub is_import: bool,
    /// Whether its source declares no syntax.
    pub is_syntax_unspecified: bool,
    /// The indices in the descriptor's `dependency` of the imports that it does not use.
    pub unused_imports: Vec<i32>,
}

impl SchemaFile {
    /// Returns a target file of which only the descriptor is known. Its external path is the import
    /// path.
    pub fn new(descriptor: Arc<FileDescriptorProto>) -> Self {
        SchemaFile {
            external: descriptor.name().to_owned(),
            descriptor,
            module: 0,
            module_name: None,
            is_vendored: false,
            is_import: false,
            is_syntax_unspecified: false,
            unused_imports: Vec::new(),
        }
    }
}

/// A compiled set of files, closed under imports.
#[derive(Debug, Default)]
pub struct Schema {
    files: Vec<SchemaFile>,
    by_path: FxHashMap<String, u32>,
    messages: Vec<Node>,
    enums: Vec<Node>,
    services: Vec<Node>,
    extensions: Vec<Node>,
    types: FxHashMap<Arc<str>, Id>,
    /// For each file, the index of its first node in `messages`, `enums`, `services`, `extensions`.
    starts: Vec<[u32; 4]>,
    has_duplicate_symbols: bool,
}

/// An element with a full name. It is located in its file as the child of `parent` (or of the file)
/// at `index`.
#[derive(Debug)]
struct Node {
    full_name: Arc<str>,
    file: u32,
    parent: Option<u32>,
    index: u32,
}

#[derive(Clone, Copy, Debug)]
enum Id {
    Message(u32),
    Enum(u32),
    Service(u32),
}

impl Schema {
    /// Returns a schema of `files`, which must be resolved and complete. If a name is declared
    /// twice, which is possible in an image, look-ups return the first declaration.
    pub fn new(files: Vec<SchemaFile>) -> Self {
        let mut schema = Schema::default();
        for (id, file) in files.iter().enumerate() {
            schema.starts.push(schema.node_counts());
            schema.index_file(id as u32, &file.descriptor);
            let path = file.descriptor.name().to_owned();
            schema.by_path.entry(path).or_insert(id as u32);
        }
        schema.starts.push(schema.node_counts());
        // The last entry is the end of the nodes of the last file.
        schema.files = files;
        schema
    }

    /// Returns a schema of the files for which `target` is true and their transitive imports.
    #[must_use]
    pub fn narrowed(&self, target: impl Fn(File<'_>) -> bool) -> Schema {
        let targets: Vec<bool> =
            self.files().map(|file| !file.is_import() && target(file)).collect();
        let mut kept = targets.clone();
        let mut open: Vec<_> = self.files().filter(|file| targets[file.index()]).collect();
        while let Some(file) = open.pop() {
            let imports = file.proto().dependency.iter().filter_map(|path| self.file(path));
            // `replace` marks an import and returns whether it was marked before: each is visited
            // once.
            open.extend(imports.filter(|i| !std::mem::replace(&mut kept[i.index()], true)));
        }
        let files = self.files.iter().zip(targets).zip(kept).filter(|(_, kept)| *kept);
        let files =
            files.map(|((file, target), _)| SchemaFile { is_import: !target, ..file.clone() });
        Schema::new(files.collect())
    }

    /// Returns the identity of each file with all that it imports: two are equal if the files share
    /// their descriptors, and so do those that they import. No file may import itself.
    pub fn file_identities(&self) -> Vec<u64> {
        self.identities(&self.imports_first())
    }

    /// Returns the identity of each file like [`Schema::file_identities`]. Those of files with enums are
    /// equal only if the files that can use the enums are the same, too.
    pub fn use_identities(&self) -> Vec<u64> {
        let order = self.imports_first();
        let mut identities = self.identities(&order);
        let mut users = vec![0; self.files.len()];
        for index in order.into_iter().rev() {
            let proto = &self.files[index].descriptor;
            for (import, path) in (0..).zip(&proto.dependency) {
                let Some(used) = self.by_path.get(path) else { continue };
                let mut hasher = FxHasher::default();
                let user = (users[*used as usize], identities[index]);
                // What a file imports publicly, those that import it can use.
                let is_public = proto.public_dependency.contains(&import);
                (user, is_public.then_some(users[index])).hash(&mut hasher);
                users[*used as usize] = hasher.finish();
            }
        }
        for file in self.files().filter(|file| file.all_enums().next().is_some()) {
            let mut hasher = FxHasher::default();
            (identities[file.index()], users[file.index()]).hash(&mut hasher);
            identities[file.index()] = hasher.finish();
        }
        identities
    }

    /// Returns the identities of the files, which `order` has with imports first.
    fn identities(&self, order: &[usize]) -> Vec<u64> {
        let mut identities = vec![0; self.files.len()];
        for index in order {
            let descriptor = &self.files[*index].descriptor;
            let mut hasher = FxHasher::default();
            hasher.write_usize(Arc::as_ptr(descriptor).addr());
            let imports = descriptor.dependency.iter().filter_map(|path| self.by_path.get(path));
            imports.for_each(|import| hasher.write_u64(identities[*import as usize]));
            identities[*index] = hasher.finish();
        }
        identities
    }

    /// Returns the indexes of the files, each behind those that it imports.
    fn imports_first(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.files.len());
        let mut is_done = vec![false; self.files.len()];
        // A chain of imports can be longer than the stack of the thread is deep.
        let mut open: Vec<usize> = (0..self.files.len()).rev().collect();
        while let Some(&index) = open.last() {
            let descriptor = &self.files[index].descriptor;
            let imports = descriptor.dependency.iter().filter_map(|path| self.by_path.get(path));
            let before = open.len();
            if !is_done[index] {
                let imports = imports.map(|import| *import as usize);
                open.extend(imports.filter(|import| !is_done[*import]));
            }
            if open.len() > before {
                continue;
            }
            open.pop();
            if !std::mem::replace(&mut is_done[index], true) {
                order.push(index);
            }
        }
        order
    }

    /// Returns the files, in the order they were given.
    pub fn into_files(self) -> Vec<SchemaFile> {
        self.files
    }

    /// Whether a type is declared twice: by files of modules that do not see each other, or in an
    /// image that no compiler wrote.
    pub fn has_duplicate_symbols(&self) -> bool {
        self.has_duplicate_symbols
    }

    /// Returns all files, in the order they were given.
    pub fn files(&self) -> impl ExactSizeIterator<Item = File<'_>> {
        (0..self.files.len() as u32).map(|id| File::new(self, id))
    }

    /// Returns the file at `index` in [`Schema::files`].
    pub fn file_at(&self, index: usize) -> Option<File<'_>> {
        let id = u32::try_from(index).ok().filter(|_| index < self.files.len())?;
        Some(File::new(self, id))
    }

    /// Returns the file with the import path `path`.
    pub fn file(&self, path: &str) -> Option<File<'_>> {
        self.by_path.get(path).map(|id| File::new(self, *id))
    }

    /// Returns all messages, nested ones and map entries included, parents before children.
    pub fn messages(&self) -> impl ExactSizeIterator<Item = Message<'_>> {
        (0..self.messages.len() as u32).map(|id| Message::new(self, id))
    }

    /// Returns all enums.
    pub fn enums(&self) -> impl ExactSizeIterator<Item = Enum<'_>> {
        (0..self.enums.len() as u32).map(|id| Enum::new(self, id))
    }

    /// Returns all services.
    pub fn services(&self) -> impl ExactSizeIterator<Item = Service<'_>> {
        (0..self.services.len() as u32).map(|id| Service::new(self, id))
    }

    /// Returns all extensions.
    pub fn extensions(&self) -> impl ExactSizeIterator<Item = Field<'_>> {
        (0..self.extensions.len() as u32).map(|id| Field::extension(self, id))
    }

    /// Returns the message with the full name `name`, with or without the leading dot.
    pub fn message(&self, name: &str) -> Option<Message<'_>> {
        match self.types.get(name.strip_prefix('.').unwrap_or(name))? {
            Id::Message(id) => Some(Message::new(self, *id)),
            _ => None,
        }
    }

    /// Returns the enum with the full name `name`, with or without the leading dot.
    pub fn enumeration(&self, name: &str) -> Option<Enum<'_>> {
        match self.types.get(name.strip_prefix('.').unwrap_or(name))? {
            Id::Enum(id) => Some(Enum::new(self, *id)),
            _ => None,
        }
    }

    /// Returns the service with the full name `name`.
    pub fn service(&self, name: &str) -> Option<Service<'_>> {
        match self.types.get(name.strip_prefix('.').unwrap_or(name))? {
            Id::Service(id) => Some(Service::new(self, *id)),
            _ => None,
        }
    }

    fn node_counts(&self) -> [u32; 4] {
        [&self.messages, &self.enums, &self.services, &self.extensions]
            .map(|nodes| nodes.len() as u32)
    }

    fn index_file(&mut self, file: u32, descriptor: &FileDescriptorProto) {
        let scope = descriptor.package();
        for (index, message) in descriptor.message_type.iter().enumerate() {
            self.index_message(Node::new(scope, message.name(), file, None, index), message);
        }
        for (index, enumeration) in descriptor.enum_type.iter().enumerate() {
            self.index_enum(Node::new(scope, enumeration.name(), file, None, index));
        }
        for (index, extension) in descriptor.extension.iter().enumerate() {
            self.extensions.push(Node::new(scope, extension.name(), file, None, index));
        }
        for (index, service) in descriptor.service.iter().enumerate() {
            let node = Node::new(scope, service.name(), file, None, index);
            let id = Id::Service(self.services.len() as u32);
            self.index_type(&node, id);
            self.services.push(node);
        }
    }

    fn index_message(&mut self, node: Node, message: &DescriptorProto) {
        let (scope, file, id) = (node.full_name.clone(), node.file, self.messages.len() as u32);
        self.index_type(&node, Id::Message(id));
        self.messages.push(node);
        for (index, enumeration) in message.enum_type.iter().enumerate() {
            self.index_enum(Node::new(&scope, enumeration.name(), file, Some(id), index));
        }
        for (index, extension) in message.extension.iter().enumerate() {
            self.extensions.push(Node::new(&scope, extension.name(), file, Some(id), index));
        }
        for (index, nested) in message.nested_type.iter().enumerate() {
            self.index_message(Node::new(&scope, nested.name(), file, Some(id), index), nested);
        }
    }

    fn index_enum(&mut self, node: Node) {
        let id = Id::Enum(self.enums.len() as u32);
        self.index_type(&node, id);
        self.enums.push(node);
    }

    fn index_type(&mut self, node: &Node, id: Id) {
        match self.types.entry(node.full_name.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(id)),
            Entry::Occupied(_) => self.has_duplicate_symbols = true,
        }
    }
}

impl Node {
    fn new(scope: &str, name: &str, file: u32, parent: Option<u32>, index: usize) -> Self {
        let full_name =
            if scope.is_empty() { name.into() } else { format!("{scope}.{name}").into() };
        Node { full_name, file, parent, index: index as u32 }
    }
}

#[cfg(test)]
mod tests;
