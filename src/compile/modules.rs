//! Modules that are compiled apart, because they declare the same names, and put together again.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::Compiled;
use crate::finding::Finding;
use crate::input::Sources;
use crate::schema::{Schema, SchemaFile};

/// The modules that have something in `sources` that is meant.
pub(super) fn target_modules(sources: &Sources) -> BTreeSet<usize> {
    sources.targets().iter().filter_map(|file| file.module).collect()
}

/// One schema of those of all modules, in which a name may mean something else for each; or what
/// is wrong with any of them, once.
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

/// Files of several modules, each once, imports first.
#[derive(Default)]
struct Files {
    files: Vec<SchemaFile>,
    by_path: FxHashMap<String, usize>,
}

impl Files {
    /// A file that one module only imports may be meant as another's.
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
