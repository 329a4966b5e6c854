//! The part of both schemas that one module sees: its own files and everything that they import.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use std::sync::Arc;

use super::{Prover, Settings, protected};
use crate::config::RuleSet;
use crate::finding::{Level, Surface};
use crate::schema::pair::Pair;
use crate::schema::{Container, Enum, File, Message, Schema, Service};

/// The part of two schemas that is checked with the rules of one module.
#[derive(Debug)]
pub struct View<'s> {
    schemas: Pair<&'s Schema>,
    settings: &'s Settings<'s>,
    module: usize,
    /// The visibility of each file; none for views that show all files.
    scope: Option<Pair<Vec<Visibility>>>,
    prover: Arc<Prover<'s>>,
    /// The surfaces on which effects are looked for.
    surfaces: Vec<Surface>,
}

/// The visibility of a file for a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Visibility {
    /// Not visible.
    Hidden,
    /// Imported, directly or transitively.
    Import,
    /// A file of the module itself.
    Own,
}

impl<'s> View<'s> {
    /// Returns a view for each module.
    pub(super) fn all(schemas: Pair<&'s Schema>, settings: &'s Settings<'s>) -> Vec<Self> {
        let prover = Arc::new(Prover::new(schemas));
        let view = |module, scope| View::new(Arc::clone(&prover), settings, module, scope);
        if settings.modules.len() <= 1 {
            return (0..settings.modules.len()).map(|module| view(module, None)).collect();
        }
        let owners = owner_modules(schemas, settings.modules);
        let scope = |module| Pair {
            old: closure(schemas.old, |file| owners[file.index()] == module),
            new: closure(schemas.new, |file| file.module() == module),
        };
        (0..settings.modules.len()).map(|module| view(module, Some(scope(module)))).collect()
    }

    /// Returns a view for each module, limited to its part.
    pub(super) fn of_parts(parts: &'s [Pair<Schema>], settings: &'s Settings<'s>) -> Vec<Self> {
        let schemas = parts.iter().map(|part| Pair { old: &part.old, new: &part.new });
        let view =
            |(module, schemas)| View::new(Arc::new(Prover::new(schemas)), settings, module, None);
        schemas.enumerate().map(view).collect()
    }

    fn new(
        prover: Arc<Prover<'s>>,
        settings: &'s Settings<'s>,
        module: usize,
        scope: Option<Pair<Vec<Visibility>>>,
    ) -> Self {
        let surfaces = match settings.proof.surfaces {
            Some(surfaces) => surfaces.to_vec(),
            None => protected(&settings.modules[module]),
        };
        View { schemas: prover.schemas(), settings, module, scope, prover, surfaces }
    }

    /// Returns the prover of the two schemas.
    pub(super) fn prover(&self) -> &Prover<'s> {
        &self.prover
    }

    /// Returns the surfaces on which effects are looked for.
    pub(super) fn surfaces(&self) -> &[Surface] {
        &self.surfaces
    }

    /// Returns the lowest level that the rules of the category PROOF report.
    pub(super) fn fail_on(&self) -> Level {
        self.settings.proof.fail_on
    }

    pub(super) fn rules(&self) -> &'s RuleSet {
        &self.settings.modules[self.module]
    }

    pub(super) fn schemas(&self) -> Pair<&'s Schema> {
        self.schemas
    }

    /// Returns the visible old files.
    pub(super) fn old_files(&self) -> impl Iterator<Item = File<'s>> {
        self.schemas.old.files().filter(|file| self.sees_old(*file))
    }

    /// Returns the visible new files.
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

    /// Returns the innermost message, `old` or around it, that still exists in the new file; the
    /// file if none does.
    pub(super) fn left_of(&self, old: Container<'_>, files: Pair<File<'s>>) -> Container<'s> {
        let Container::Message(old) = old else { return Container::File(files.new) };
        match self.new_message(&name_in(old.full_name(), files)) {
            Some(new) if new.file().index() == files.new.index() => Container::Message(new),
            _ => self.left_of(old.container(), files),
        }
    }

    /// Returns for each side whether findings of the rule `id` in its file are ignored.
    pub(super) fn ignores(&self, id: &str, files: Pair<Option<File<'_>>>) -> Pair<bool> {
        let rules = self.rules();
        let ignores = |file: File<'_>, visibilities: Option<&Vec<Visibility>>| {
            let is_import = match visibilities {
                Some(visibilities) => visibilities[file.index()] == Visibility::Import,
                None => file.is_import(),
            };
            (self.settings.exclude_imports && is_import)
                || rules.ignores(id, file.path())
                || rules.ignores_package(file.package())
        };
        let scope = self.scope.as_ref();
        Pair {
            old: files.old.is_some_and(|file| ignores(file, scope.map(|scope| &scope.old))),
            new: files.new.is_some_and(|file| ignores(file, scope.map(|scope| &scope.new))),
        }
    }

    fn sees_old(&self, file: File<'_>) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.old[file.index()] > Visibility::Hidden)
    }

    fn sees_new(&self, file: File<'_>) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.new[file.index()] > Visibility::Hidden)
    }
}

/// Splits the schemas into the parts that each of `modules` sees. None if there are no duplicate
/// symbols, so that the modules can share the schemas.
pub(super) fn parts(schemas: Pair<&Schema>, modules: &[RuleSet]) -> Option<Vec<Pair<Schema>>> {
    if modules.len() <= 1
        || !(schemas.old.has_duplicate_symbols() || schemas.new.has_duplicate_symbols())
    {
        return None;
    }
    let owners = owner_modules(schemas, modules);
    let part = |module| Pair {
        old: schemas.old.narrowed(|file| owners[file.index()] == module),
        new: schemas.new.narrowed(|file| file.module() == module),
    };
    Some((0..modules.len()).map(part).collect())
}

/// Returns the full name that an element of the old file would have in the new one: files with the
/// same path may have different packages.
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

/// Returns for each old file the module of the new schema that it is compared with.
///
/// Of several old modules, each is compared with the new module that has most of its files. A
/// single old module may be a release, which is one image of all modules: there each file is
/// compared with the module that has it now. The fallback is the module with the same index, or the
/// first that is part of the input. (buf pairs modules by the order of their names and folders, so
/// a renamed module is compared with a different one.)
fn owner_modules(schemas: Pair<&Schema>, modules: &[RuleSet]) -> Vec<usize> {
    let now = |file: File<'_>| schemas.new.file(file.path()).map(File::module);
    let mut votes = BTreeMap::<usize, BTreeMap<usize, usize>>::new();
    for file in schemas.old.files().filter(|file| !file.is_import()) {
        let votes = votes.entry(file.module()).or_default();
        if let Some(new) = now(file) {
            *votes.entry(new).or_default() += 1;
        }
    }
    if votes.len() <= 1 {
        let owner = |file| now(file).unwrap_or_else(|| fallback_module(file.module(), modules));
        return schemas.old.files().map(owner).collect();
    }
    let most = |votes: &BTreeMap<usize, usize>| {
        votes
            .iter()
            // Of several modules with the same count, the first one.
            .max_by_key(|(module, count)| (**count, Reverse(**module)))
            .map(|(module, _)| *module)
    };
    let owner = |file: File<'_>| {
        let most = votes.get(&file.module()).and_then(most);
        most.unwrap_or_else(|| fallback_module(file.module(), modules))
    };
    schemas.old.files().map(owner).collect()
}

/// Returns `module` if a new module with this index is part of the input, otherwise the first that
/// is.
fn fallback_module(module: usize, modules: &[RuleSet]) -> usize {
    if modules.get(module).is_some_and(|set| set.is_target) {
        return module;
    }
    modules.iter().position(|set| set.is_target).unwrap_or(0)
}

/// Returns the visibility of each file: files that `own` accepts, unless they are imports, are own
/// files; everything that they import is imported.
fn closure(schema: &Schema, own: impl Fn(File<'_>) -> bool) -> Vec<Visibility> {
    let mut seen = vec![Visibility::Hidden; schema.files().len()];
    let mut open: Vec<File<'_>> =
        schema.files().filter(|file| !file.is_import() && own(*file)).collect();
    for file in &open {
        seen[file.index()] = Visibility::Own;
    }
    while let Some(file) = open.pop() {
        for import in file.proto().dependency.iter().filter_map(|path| schema.file(path)) {
            if seen[import.index()] == Visibility::Hidden {
                seen[import.index()] = Visibility::Import;
                open.push(import);
            }
        }
    }
    seen
}
