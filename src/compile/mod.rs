//! Compiles sources to a schema, or to findings with locations: parses them (protox's parser, files
//! in parallel), resolves names, interprets options and checks the result. Every broken file of a
//! run is reported. A file that imports a broken one is skipped: its findings would only repeat
//! those of the import.

mod check;
mod convert;
mod dialect;
mod enum_defaults;
mod float_text;
mod imports;
mod limits;
mod link;
mod load;
mod modules;
mod options;
mod parse;
mod problem;
mod public_imports;
mod source_info;
mod suggest;
mod symbols;
mod syntax_errors;
mod unit;
mod unused_imports;
mod view;

use self::imports::Imports;
use self::problem::Problem;
pub(crate) use self::source_info::code::comments;
pub(crate) use self::source_info::width::{columns, width};
use self::symbols::Symbols;
use self::unit::Unit;
use self::view::View;
use crate::error::Result;
use crate::finding::Finding;
use crate::input::Sources;
use crate::parallel;
use crate::schema::{File, Places, Schema, SchemaFile, well_known};

/// The file that declares the options messages.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// The result of compiling a set of sources.
#[derive(Debug)]
pub enum Compiled {
    /// The sources compile.
    Schema(Schema),
    /// The sources do not compile: the findings, at least one, in order.
    Broken(Vec<Finding>),
}

/// The options of a compilation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether all modules share one namespace. Otherwise a name that several modules declare is a
    /// problem only if one of them sees both declarations, as in buf, where rules run on each
    /// module and its imports.
    pub single_namespace: bool,
    /// The custom options whose entries get locations.
    pub entry_locations: EntryLocations,
}

/// The custom options whose message values have a location for every entry, so that a finding can
/// refer to one. Other options have one location each in the source info.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryLocations {
    /// The numbers of these extensions of options messages.
    pub extensions: &'static [i32],
    /// A text that all their names contain. A source without it need not be kept until names are
    /// resolved.
    pub named: &'static str,
}

impl EntryLocations {
    /// Whether `text` may contain one of the options.
    fn may_be_in(&self, text: &str) -> bool {
        !self.extensions.is_empty()
            && memchr::memmem::find(text.as_bytes(), self.named.as_bytes()).is_some()
    }
}

/// Compiles the target files of `sources` and everything that they import.
///
/// # Errors
///
/// A file cannot be read. Problems in a file are findings.
pub fn compile(sources: &Sources, options: &Options) -> Result<Compiled> {
    let entries = &options.entry_locations;
    let whole = compile_part(sources, None, entries)?;
    if options.single_namespace || !whole.has_duplicates {
        return Ok(whole.compiled);
    }
    let modules = modules::target_modules(sources);
    if modules.len() < 2 {
        return Ok(whole.compiled);
    }
    let part = |module| Ok(compile_part(sources, Some(module), entries)?.compiled);
    modules.into_iter().map(part).collect::<Result<Vec<_>>>().map(modules::merge)
}

/// The result of compiling all modules, or one.
struct Part {
    compiled: Compiled,
    /// Whether there are duplicate symbols in different files.
    has_duplicates: bool,
}

/// Compiles the target files of `module`, or of all modules.
fn compile_part(
    sources: &Sources,
    module: Option<usize>,
    entries: &EntryLocations,
) -> Result<Part> {
    let mut units = load::load(sources, module, entries)?;
    let mut imports = Imports::new(&mut units, sources);
    let symbols = declare(&mut units);
    imports.follow(&mut units, &symbols);
    let mut has_duplicates = symbols.has_duplicates();
    let sound = imports.sound(&units);
    let units = link(units, &sound, &imports, &symbols);
    let mut units = interpret(units, &sound, &imports, &symbols, entries.extensions);
    drop(symbols);
    enum_defaults::canonicalize(&mut units);

    let mut findings: Vec<Finding> = units.iter().flat_map(Unit::findings).collect();
    let clean: Vec<bool> = imports
        .order
        .iter()
        .map(|id| sound[*id as usize] && units[*id as usize].is_clean())
        .collect();
    let schema = schema(units, &imports);
    let between_files = check::between_files(&schema);
    has_duplicates |= !between_files.is_empty();
    findings.extend(check(&schema, &clean, between_files));
    let compiled = if findings.is_empty() {
        Compiled::Schema(schema)
    } else {
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        Compiled::Broken(findings)
    };
    Ok(Part { compiled, has_duplicates })
}

/// Declares the names of all files.
fn declare(units: &mut [Unit]) -> Symbols {
    let mut symbols = Symbols::default();
    for id in 0..units.len() {
        let path_of = |id: u32| units[id as usize].path.as_str();
        let problems = symbols.declare(id as u32, &units[id].descriptor, path_of);
        units[id].problems.extend(problems);
    }
    symbols
}

/// Links the files that are sound.
fn link(units: Vec<Unit>, sound: &[bool], imports: &Imports, symbols: &Symbols) -> Vec<Unit> {
    let paths: Vec<String> = units.iter().map(|unit| unit.path.clone()).collect();
    let path_of = |id: u32| paths[id as usize].as_str();
    let sound = |id: u32, _: &Unit| sound[id as usize];
    let units = for_each_with_view(units, imports, symbols, &sound, &|unit, view| {
        unit.problems.extend(link::link(&mut unit.descriptor, view, &path_of));
    });
    suggest_types(units, imports, symbols, &path_of)
}

/// Adds to the first types that are not declared what they may have been meant to be.
fn suggest_types<'p>(
    units: Vec<Unit>,
    imports: &Imports,
    symbols: &Symbols,
    path_of: &(dyn Fn(u32) -> &'p str + Sync),
) -> Vec<Unit> {
    let mut left = suggest::MAX;
    let shares: Vec<usize> = units
        .iter()
        .map(|unit| {
            let undeclared = unit.problems.iter().filter(|it| it.undeclared.is_some()).count();
            let share = undeclared.min(left);
            left -= share;
            share
        })
        .collect();
    if left == suggest::MAX {
        return units;
    }
    let has_share = |id: u32, _: &Unit| shares[id as usize] > 0;
    for_each_with_view(units, imports, symbols, &has_share, &|unit, view| {
        let undeclared = unit.problems.iter_mut().filter(|it| it.undeclared.is_some());
        for problem in undeclared.take(suggest::MAX) {
            let Some((reference, is_field)) = &problem.undeclared else { continue };
            problem.help = suggest::of_type(reference, *is_field, view, path_of);
        }
    })
}

/// Interprets the options of the files that are sound and linked. The entries of the extensions
/// `located` have locations.
fn interpret(
    units: Vec<Unit>,
    sound: &[bool],
    imports: &Imports,
    symbols: &Symbols,
    located: &[i32],
) -> Vec<Unit> {
    let interpret = |pool: &options::Pool, unit: &mut Unit, view: &View<'_>| {
        let found = options::interpret(pool, &mut unit.descriptor, view, located);
        unit.unused_imports = unused_imports::find(&unit.descriptor, view, &found.used);
        unit.problems.extend(found.problems);
        unit.renames = found.renames;
        unit.needs_more_types = found.misses_types;
    };
    let pool = options_pool(&units, sound, imports);
    let linked = |id: u32, unit: &Unit| sound[id as usize] && unit.is_clean();
    let units = for_each_with_view(units, imports, symbols, &linked, &|unit, view| {
        interpret(&pool, unit, view);
    });
    if !units.iter().any(|unit| unit.needs_more_types) {
        return units;
    }
    let pool = options_pool(&units, sound, imports);
    let unfinished = |_: u32, unit: &Unit| unit.needs_more_types;
    for_each_with_view(units, imports, symbols, &unfinished, &|unit, view| {
        interpret(&pool, unit, view);
    })
}

/// Does `work` on the `wanted` units, in parallel, each with its view.
fn for_each_with_view(
    units: Vec<Unit>,
    imports: &Imports,
    symbols: &Symbols,
    wanted: &(dyn Fn(u32, &Unit) -> bool + Sync),
    work: &(dyn Fn(&mut Unit, &View<'_>) + Sync),
) -> Vec<Unit> {
    let packages: Vec<String> =
        units.iter().map(|unit| unit.descriptor.package().to_owned()).collect();
    parallel::map((0..).zip(units).collect(), |(id, mut unit): (u32, Unit)| {
        if unit.is_built_in || !wanted(id, &unit) {
            return unit;
        }
        let direct = imports.of_file(id);
        work(&mut unit, &View::new(symbols, &packages, id, &direct, &imports.public_imports));
        unit
    })
}

/// Returns the types that options can use: those of descriptor.proto, of the files that declare
/// extensions, of the files whose options name a message that the first pool does not have, and of
/// their imports.
fn options_pool(units: &[Unit], sound: &[bool], imports: &Imports) -> options::Pool {
    let mut wanted = vec![false; units.len()];
    for id in imports.order.iter().rev().map(|id| *id as usize) {
        let unit = &units[id];
        wanted[id] |=
            unit.path == DESCRIPTOR || unit.declares_extensions() || unit.needs_more_types;
        if wanted[id] && sound[id] {
            imports.direct[id].iter().flatten().for_each(|import| wanted[*import as usize] = true);
        }
    }
    let chosen = imports.order.iter().map(|id| *id as usize).filter(|id| wanted[*id] && sound[*id]);
    let mut files: Vec<SchemaFile> = chosen.map(|id| units[id].pool_file()).collect();
    if let Some(descriptor) = well_known::file(DESCRIPTOR)
        && !units.iter().zip(sound).any(|(unit, sound)| unit.path == DESCRIPTOR && *sound)
    {
        files.push(Unit::built_in(descriptor).pool_file());
    }
    options::Pool::new(Schema::new(files))
}

/// Checks the `clean` files of `schema`: checks of the others would report consequences of their
/// problems. `between_files` are the problems found between files.
fn check<'s>(
    schema: &'s Schema,
    clean: &[bool],
    between_files: Vec<(File<'s>, Problem)>,
) -> Vec<Finding> {
    let clean = |index: usize| clean[index];
    let files: Vec<_> = schema.files().filter(|file| clean(file.index())).collect();
    let by_file = parallel::map(files, |file| (file, check::file(file)));
    let between_files = between_files.into_iter().filter(|(file, _)| clean(file.index()));
    let problems =
        by_file.into_iter().chain(between_files.map(|(file, problem)| (file, vec![problem])));
    problems.flat_map(|(file, problems)| findings(file, &problems)).collect()
}

/// Returns `problems` of `file` as findings.
fn findings(file: File<'_>, problems: &[Problem]) -> Vec<Finding> {
    if problems.is_empty() {
        return Vec::new();
    }
    let places = file.proto().source_code_info.as_deref().map(Places::decode).unwrap_or_default();
    problems.iter().map(|problem| problem.finding(file.external(), &places)).collect()
}

/// Returns the schema of `units`, imports first.
fn schema(units: Vec<Unit>, imports: &Imports) -> Schema {
    let mut units: Vec<Option<Unit>> = units.into_iter().map(Some).collect();
    let ordered = imports.order.iter().filter_map(|id| units[*id as usize].take());
    Schema::new(parallel::map(ordered.collect(), Unit::finish))
}
