//! What one configured module has to do with: its own files and all they import, on both sides.

use std::borrow::Cow;

use super::Settings;
use crate::config::RuleSet;
use crate::schema::pair::Pair;
use crate::schema::{Container, Enum, File, Message, Schema, Service};

/// The part of two schemas that is judged by the rules of one module.
#[derive(Debug)]
pub struct View<'s> {
    schemas: Pair<&'s Schema>,
    settings: &'s Settings<'s>,
    module: usize,
    /// By file: whether the module sees it. None where it sees everything.
    scope: Option<Pair<Vec<bool>>>,
}

impl<'s> View<'s> {
    pub(super) fn new(
        schemas: Pair<&'s Schema>,
        module: usize,
        settings: &'s Settings<'s>,
    ) -> Self {
        let scope = (settings.modules.len() > 1).then(|| Pair {
            old: closure(schemas.old, |file| old_module(schemas, file) == module),
            new: closure(schemas.new, |file| file.module() == module),
        });
        View { schemas, settings, module, scope }
    }

    pub(super) fn rules(&self) -> &'s RuleSet {
        &self.settings.modules[self.module]
    }

    pub(super) fn schemas(&self) -> Pair<&'s Schema> {
        self.schemas
    }

    /// The old files.
    pub(super) fn old_files(&self) -> impl Iterator<Item = File<'s>> {
        self.schemas.old.files().filter(|file| self.sees_old(*file))
    }

    /// The new files.
    pub(super) fn new_files(&self) -> impl Iterator<Item = File<'s>> {
        self.schemas.new.files().filter(|file| self.sees_new(*file))
    }

    pub(super) fn new_file(&self, path: &str) -> Option<File<'s>> {
        self.schemas.new.file(path).filter(|file| self.sees_new(*file))
    }

    pub(super) fn new_message(&self, full_name: &str) -> Option<Message<'s>> {
        self.schemas.new.message(full_name).filter(|message| self.sees_new(message.file()))
    }

    pub(super) fn new_enum(&self, full_name: &str) -> Option<Enum<'s>> {
        self.schemas.new.enumeration(full_name).filter(|found| self.sees_new(found.file()))
    }

    pub(super) fn new_service(&self, full_name: &str) -> Option<Service<'s>> {
        self.schemas.new.service(full_name).filter(|service| self.sees_new(service.file()))
    }

    /// What is left in the new file around what stood in `old`: the innermost message that is
    /// still there, or the file.
    pub(super) fn left_of(&self, old: Container<'_>, files: Pair<File<'s>>) -> Container<'s> {
        let Container::Message(old) = old else { return Container::File(files.new) };
        match self.new_message(&name_in(old.full_name(), files)) {
            Some(new) if new.file().index() == files.new.index() => Container::Message(new),
            _ => self.left_of(old.container(), files),
        }
    }

    /// Whether findings of the rule `id` about `file`, a file of either side, are left out.
    pub(super) fn ignores(&self, id: &str, file: File<'_>) -> bool {
        let rules = self.rules();
        (self.settings.exclude_imports && self.is_import(file))
            || rules.ignores(id, file.path())
            || rules.ignores_package(file.package())
    }

    fn is_import(&self, file: File<'_>) -> bool {
        file.is_import() || (self.scope.is_some() && file.module() != self.module)
    }

    fn sees_old(&self, file: File<'_>) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.old[file.index()])
    }

    fn sees_new(&self, file: File<'_>) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.new[file.index()])
    }
}

/// What an element of the old file would be called if it stood in the new one: packages may
/// differ where paths are equal.
pub(super) fn name_in<'n>(full_name: &'n str, files: Pair<File<'_>>) -> Cow<'n, str> {
    let packages = files.map(|file| file.package());
    if !packages.differs() {
        return Cow::Borrowed(full_name);
    }
    let nested = match packages.old {
        "" => full_name,
        package => &full_name[package.len() + 1..],
    };
    match packages.new {
        "" => Cow::Borrowed(nested),
        package => Cow::Owned(format!("{package}.{nested}")),
    }
}

/// The module of the new schema that an old file belongs to. A release is one image of all
/// modules: there the new file with the same path says it, and what is gone counts as the first
/// module's.
fn old_module(schemas: Pair<&Schema>, file: File<'_>) -> usize {
    let one_image = schemas.old.files().all(|file| file.module() == 0);
    match schemas.new.file(file.path()) {
        Some(new) if one_image => new.module(),
        _ => file.module(),
    }
}

/// Marks the files that `own` accepts and that are no imports, and everything they import.
fn closure(schema: &Schema, own: impl Fn(File<'_>) -> bool) -> Vec<bool> {
    let mut seen = vec![false; schema.files().len()];
    let mut open: Vec<File<'_>> =
        schema.files().filter(|file| !file.is_import() && own(*file)).collect();
    while let Some(file) = open.pop() {
        if !std::mem::replace(&mut seen[file.index()], true) {
            let imports = file.proto().dependency.iter();
            open.extend(imports.filter_map(|path| schema.file(path)));
        }
    }
    seen
}
