//! Interprets options: `option (pkg.ext).field = value` becomes a field of an options message.
//!
//! [`Pool`] has the types that options can use, shared by all files; [`interpret`] encodes the
//! options of one file. It changes no other file and waits for none, so files can be interpreted in
//! any order and in parallel.

mod entry_paths;
mod fault;
mod fields;
mod lookup;
mod names;
mod raw;
mod scalar;
mod set;
mod support;
mod text;
mod types;
mod value;

use rustc_hash::FxHashSet;

use super::problem::Problem;
use super::public_imports::PublicImports;
use super::symbols::Symbols;
use super::view::View;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::{Schema, SchemaFile};

pub(super) use self::entry_paths::{EntryPath, entry_ranges};
use self::fault::Fault;
use self::fields::Fields;
use self::names::{Names, scope_of};
use self::raw::RawOption;
use self::set::{Setter, missing_required};
use self::support::edition_of;
use self::types::Types;
use self::value::MessageValue;
use crate::schema::options::{Kind, each_options};
use crate::schema::tag::UNINTERPRETED_OPTION;

/// The messages, enums and extensions that options can use.
#[derive(Debug)]
pub(super) struct Pool(Types);

impl Pool {
    /// Returns the pool of `schema`, which has every file that declares an extension,
    /// descriptor.proto, and all their imports. Their own options need not be interpreted yet.
    pub(super) fn new(schema: Schema) -> Self {
        // `packed` and `targets` are options themselves. So the built-in options of the pool's
        // files are interpreted first, without regard to them.
        let types = Types::new(&schema);
        let files = schema.files().map(|file| {
            let mut descriptor = file.proto().clone();
            let is_built_in = |option: &RawOption<'_>| option.name.iter().all(|p| !p.is_extension);
            let nothing = Symbols::default();
            let none = PublicImports::default();
            let view = View::new(&nothing, &[], u32::MAX, &[], &none);
            interpret_if(&types, &mut descriptor, &view, &[], &is_built_in);
            SchemaFile::new(descriptor.into())
        });
        Pool(Types::new(&Schema::new(files.collect())))
    }
}

/// The source path of an interpreted option.
#[derive(Debug)]
pub(super) struct Rename {
    /// Its path as parsed.
    pub(super) from: Vec<i32>,
    /// The path of the field that it sets.
    pub(super) to: Vec<i32>,
    /// The entries of its message value, if they have locations.
    pub(super) entries: Option<Vec<EntryPath>>,
}

/// The result of interpreting the options of a file.
#[derive(Debug, Default)]
pub(super) struct Interpretation {
    /// The problems.
    pub(super) problems: Vec<Problem>,
    /// The source paths of the options.
    pub(super) renames: Vec<Rename>,
    /// The files that declare the names in them.
    pub(super) used: FxHashSet<u32>,
    /// Whether the pool lacks a message that the file sees and names in an `Any`. The file is
    /// unchanged then; it needs a pool of everything that it sees.
    pub(super) misses_types: bool,
}

/// Interprets all options of `file` in place. `view` has the names that it sees. The entries of the
/// extensions `located` have locations.
pub(super) fn interpret(
    pool: &Pool,
    file: &mut FileDescriptorProto,
    view: &View<'_>,
    located: &[i32],
) -> Interpretation {
    interpret_if(&pool.0, file, view, located, &|_| true)
}

/// Interprets the options that `wanted` selects, and removes the others.
fn interpret_if(
    types: &Types,
    file: &mut FileDescriptorProto,
    view: &View<'_>,
    located: &[i32],
    wanted: &dyn Fn(&RawOption<'_>) -> bool,
) -> Interpretation {
    let mut jobs = Vec::new();
    each_options(file, &mut |kind, path, options| {
        jobs.push(Job { kind, path: path.to_vec(), options: std::mem::take(options) });
        true
    });
    let mut interpreter = Interpreter {
        types,
        names: Names::new(types, file, view),
        located,
        wanted,
        found: Interpretation::default(),
    };
    let mut done: Vec<Vec<u8>> = jobs.iter().map(|job| interpreter.options(job)).collect();
    let mut found = interpreter.found;
    found.used = interpreter.names.used;
    if interpreter.names.misses_types {
        found = Interpretation { misses_types: true, ..Interpretation::default() };
        done = jobs.into_iter().map(|job| job.options).collect();
    }
    let mut done = done.into_iter();
    each_options(file, &mut |_, _, options| {
        *options = done.next().unwrap_or_default();
        true
    });
    found
}

/// The options of one element, taken out of the file.
struct Job {
    kind: Kind,
    path: Vec<i32>,
    options: Vec<u8>,
}

impl Job {
    /// Returns the source path of its option at `index`, as parsed.
    fn option_path(&self, index: usize) -> Vec<i32> {
        [self.path.as_slice(), &[UNINTERPRETED_OPTION, index as i32]].concat()
    }
}

struct Interpreter<'p, 'f> {
    types: &'p Types,
    names: Names<'p, 'f>,
    located: &'f [i32],
    wanted: &'f dyn Fn(&RawOption<'_>) -> bool,
    found: Interpretation,
}

impl<'p> Interpreter<'p, '_> {
    /// Returns the encoded options message of an element.
    fn options(&mut self, job: &Job) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(job.options.len());
        let types = self.types;
        let (Some(of), Some(options)) =
            (types.options(job.kind), raw::read(&job.options, &mut bytes))
        else {
            let message = format!("`{}` is not what it should be", job.kind.options_type());
            self.problem(Fault::new(message), job, 0);
            return bytes;
        };
        let mut message = MessageValue::new(of);
        for (index, option) in options.into_iter().enumerate() {
            if (self.wanted)(&option) {
                self.option(job, index, option, &mut message);
            }
        }
        if let Some((message, field)) = missing_required(&message) {
            let message = format!("`{}` needs `{}` to be set", message.full_name, field.name);
            self.problem(Fault::new(message), job, 0);
        }
        message.encode(&mut bytes);
        bytes
    }

    fn option<'a>(
        &mut self,
        job: &Job,
        index: usize,
        option: RawOption<'a>,
        message: &mut MessageValue<'p, 'a>,
    ) {
        let scope = scope_of(job.kind, &job.path);
        let edition = edition_of(self.names.file());
        let (types, names) = (self.types, &mut self.names);
        let fields = Fields { types, names, kind: job.kind, edition, scope };
        let mut setter = Setter { fields, located: self.located };
        let mut path = job.path.clone();
        let mut entries = None;
        match setter.set(message, option, &mut path, &mut entries) {
            Ok(()) => {
                let from = job.option_path(index);
                self.found.renames.push(Rename { from, to: path, entries });
            }
            Err(fault) => self.problem(fault, job, index),
        }
    }

    fn problem(&mut self, fault: Fault, job: &Job, index: usize) {
        let element = job.path[..job.path.len() - 1].to_vec();
        self.found.problems.push(fault.at(job.option_path(index), element));
    }
}

#[cfg(test)]
mod tests;
