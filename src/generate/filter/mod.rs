//! The filter of types (`types`, `exclude_types`): reduces a schema to the selected types and
//! everything that they need, as buf filters its images.

mod closure;
mod index;
mod path_changes;
mod prune;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::closure::Closure;
use self::index::{Id, Index, Item};
use crate::error::{Error, Result};
use crate::parallel;
use crate::schema::{Schema, SchemaFile};

/// The suffix of a name that stands for everything below it, too.
const BELOW: &str = ".**";

/// Returns the part of `schema` that the elements in `include` need (all elements, if it is empty),
/// without the elements in `exclude`. A name is that of a package, message, enum, extension,
/// service or method; with the suffix `.**`, it includes everything below.
pub(super) fn filter(schema: &Schema, include: &[String], exclude: &[String]) -> Result<Schema> {
    let index = Index::of(schema);
    let mut closure = Closure::new(&index, !include.is_empty());
    for name in exclude {
        let found = find(&index, name, "exclude")?;
        found.ids().for_each(|id| closure.exclude(id));
    }
    for name in include {
        let found = find(&index, name, "include")?;
        found.check(schema, &closure, name)?;
        found.ids().for_each(|id| closure.add(id));
    }
    if include.is_empty() {
        for file in schema.files().filter(|file| !file.is_import()) {
            closure.add(index.files[file.index()]);
        }
    }
    closure.add_extensions();
    if include.is_empty() {
        closure.complete(schema);
    }
    Ok(kept(schema, &closure))
}

/// Returns the files with kept elements, reduced to these.
fn kept(schema: &Schema, closure: &Closure<'_, '_>) -> Schema {
    let files = parallel::map(schema.files().collect(), |file| {
        let id = closure.index.files[file.index()];
        let needs = closure.imports(file.index()).filter(|_| closure.keeps(id))?;
        let needs: BTreeSet<&str> =
            needs.iter().filter_map(|file| Some(schema.file_at(*file)?.path())).collect();
        Some(SchemaFile {
            descriptor: Arc::new(prune::pruned(closure, id, file.proto(), &needs)),
            external: file.external().to_owned(),
            module: file.module(),
            module_name: file.module_name().cloned(),
            is_vendored: file.is_vendored(),
            is_import: file.is_import(),
            is_syntax_unspecified: file.is_syntax_unspecified(),
            unused_imports: Vec::new(),
        })
    });
    Schema::new(files.into_iter().flatten().collect())
}

/// The meaning of a name in a filter.
enum Found {
    /// An element, and optionally everything declared in it.
    Element(Id, Vec<Id>),
    /// The files of packages.
    Files(Vec<Id>),
}

fn find(index: &Index<'_>, name: &str, what: &str) -> Result<Found> {
    let (plain, is_below) = match name.strip_suffix(BELOW) {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    if !is_name(plain) {
        let problem = format!("cannot {what} {name:?}: that is no name of a type");
        return Err(Error::new(problem)
            .help("write the full name of a package or type, without a leading dot; `.**` behind it stands for all below"));
    }
    if let Some(id) = index.named(plain) {
        let others = if is_below { index.within(id).skip(1).collect() } else { Vec::new() };
        return Ok(Found::Element(id, others));
    }
    let unknown = || {
        Error::new(format!("cannot {what} {name:?}: there is no such type or package"))
            .help("write the full name: of a package, message, enum, extension, service or method")
    };
    let files = index.package(plain).ok_or_else(unknown)?;
    Ok(Found::Files(if is_below { index.packages_below(plain) } else { files.to_vec() }))
}

/// Whether `name` is identifiers separated by dots, or empty, which is the package without a name.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.is_empty() || name.split('.').all(is_part)
}

impl Found {
    fn ids(&self) -> impl Iterator<Item = Id> {
        let (first, others) = match self {
            Found::Element(id, others) => (Some(*id), others),
            Found::Files(files) => (None, files),
        };
        first.into_iter().chain(others.iter().copied())
    }

    /// Checks that the named elements can be kept.
    fn check(&self, schema: &Schema, closure: &Closure<'_, '_>, name: &str) -> Result<()> {
        let refuse = |why: &str| Err(Error::new(format!("cannot include {name:?}: {why}")));
        let index = closure.index;
        let is_import =
            |id: &Id| schema.file_at(index.get(*id).file).is_some_and(|file| file.is_import());
        let is_excluded = |id: &Id| closure.is_excluded(*id);
        match self {
            Found::Files(files) if files.is_empty() => {
                let problem = format!("cannot include {name:?}: no file has just this package");
                Err(Error::new(problem).help(format!("did you mean \"{name}{BELOW}\"?")))
            }
            Found::Files(files) if files.iter().all(is_import) => {
                refuse("only imports have this package")
            }
            Found::Files(files) if !name.ends_with(BELOW) && files.iter().any(is_excluded) => {
                refuse("it is excluded")
            }
            Found::Files(files) if files.iter().all(is_excluded) => refuse("it is excluded"),
            Found::Files(_) => Ok(()),
            Found::Element(id, _) if is_import(id) => refuse("an import declares it"),
            Found::Element(id, _) if is_excluded(id) => refuse("it is excluded"),
            Found::Element(id, _) => {
                let excluded = match index.get(*id).item {
                    Item::Method(method) => closure.excluded_type(method),
                    Item::Extension(field) => Some(field.extendee())
                        .filter(|name| index.named(name).is_some_and(|id| is_excluded(&id))),
                    _ => None,
                };
                match excluded {
                    Some(excluded) => refuse(&format!(
                        "it needs {:?}, which is excluded",
                        excluded.trim_start_matches('.')
                    )),
                    None => Ok(()),
                }
            }
        }
    }
}
