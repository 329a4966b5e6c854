//! Modules that declare the same names: they are compiled separately, and the results merged.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::Compiled;
use crate::finding::Finding;
use crate::input::Sources;
use crate::schema::{Schema, SchemaFile};

/// Returns the modules that have target files in `sources`.
pub(super) fn target_modules(sources: &Sources) -> BTreeSet<usize> {
    sources.targets().iter().filter_map(|file| file.module).collect()
}

/// Merges the results of all modules into one schema, in which a name may have another meaning in
/// each module; or into the findings of all of them, without duplicates.
pub(super) fn merge(parts: Vec<Compiled>) -> Compiled {
    let mut files = Files::default();
    let mut findings: Vec<Finding> = Vec::new();
    for part in parts {
        match part {
            Compiled::Schema(schema) => schema.into_files().into_iter().for_each(|f| files.add(f)),
            Compiled::Broken(broken) => findings.extend(broken),
        }
    }
    if findings.is_empty() {
        return Compiled::Schema(Schema::new(files.files));
    }
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings.dedup();
    Compiled::Broken(findings)
}

/// The files of several modules, without duplicates, imports first.
#[derive(Default)]
struct Files {
    files: Vec<SchemaFile>,
    by_path: FxHashMap<String, usize>,
}

impl Files {
    /// Adds a file. It is a target if it is one in any module.
    fn add(&mut self, file: SchemaFile) {
        let path = file.descriptor.name().to_owned();
        let next = self.files.len();
        let known = *self.by_path.entry(path).or_insert(next);
        match self.files.get_mut(known) {
            Some(known) => known.is_import &= file.is_import,
            None => self.files.push(file),
        }
    }
}
