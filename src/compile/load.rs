//! Reads and parses the target files and their imports, in parallel: an import is requested as soon
//! as its first importer has been parsed.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use rustc_hash::FxHashSet;

use super::EntryLocations;
use super::unit::Unit;
use crate::error::{Error, Result};
use crate::input::{SourceEntry, Sources};
use crate::parallel;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::well_known;

/// The source of a file's content.
enum Origin {
    Source(Arc<SourceEntry>),
    BuiltIn(&'static FileDescriptorProto),
}

/// Loads the target files of `sources` (those of `module`, if one is named) and all their imports,
/// sorted by path. Imports that are not found are left out.
pub(super) fn load(
    sources: &Sources,
    module: Option<usize>,
    entries: &EntryLocations,
) -> Result<Vec<Unit>> {
    let loader =
        Loader { sources, module, entries, state: Mutex::default(), changed: Condvar::new() };
    for file in sources.targets().iter().filter(|file| loader.is_target(file)) {
        loader.lock().want(&file.path, Origin::Source(Arc::clone(file)));
    }
    let threads = parallel::threads(loader.lock().queue.len().max(2));
    let mut files: Vec<Unit> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| loader.work())).collect();
        let results = workers.into_iter().map(|worker| worker.join().expect("no worker panics"));
        results.collect::<Result<Vec<_>>>().map(|loaded| loaded.into_iter().flatten().collect())
    })?;
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

struct Loader<'a> {
    sources: &'a Sources,
    /// The module whose files are targets; `None` stands for all modules.
    module: Option<usize>,
    entries: &'a EntryLocations,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Origin>,
    wanted: FxHashSet<String>,
    /// The number of files being parsed; each may request more.
    busy: usize,
    failed: bool,
}

impl State {
    fn want(&mut self, path: &str, origin: Origin) {
        if self.wanted.insert(path.to_owned()) {
            self.queue.push_back(origin);
        }
    }
}

impl Loader<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no worker panics while it holds it")
    }

    fn work(&self) -> Result<Vec<Unit>> {
        let mut loaded = Vec::new();
        while let Some(origin) = self.next() {
            let result = self.load_one(origin);
            self.finish(result.as_ref().map(|unit| &unit.descriptor));
            loaded.push(result?);
        }
        Ok(loaded)
    }

    /// Returns the next file to load; `None` when no file is left and none can be requested any
    /// more.
    fn next(&self) -> Option<Origin> {
        let mut state = self.lock();
        loop {
            if state.failed {
                return None;
            }
            if let Some(origin) = state.queue.pop_front() {
                state.busy += 1;
                return Some(origin);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).expect("no worker panics while it holds it");
        }
    }

    fn finish(&self, result: Result<&FileDescriptorProto, &Error>) {
        let mut state = self.lock();
        state.busy -= 1;
        state.failed |= result.is_err();
        for path in result.into_iter().flat_map(|file| &file.dependency) {
            if !state.wanted.contains(path)
                && let Some(origin) = self.find(path)
            {
                state.want(path, origin);
            }
        }
        self.changed.notify_all();
    }

    /// Finds the file that importers call `path`. A module's own file takes precedence over a
    /// well-known one.
    fn find(&self, path: &str) -> Option<Origin> {
        let own = self.sources.find(path).map(Origin::Source);
        own.or_else(|| well_known::file(path).map(Origin::BuiltIn))
    }

    /// Whether `file` is a target of this run, not only an import.
    fn is_target(&self, file: &SourceEntry) -> bool {
        file.target && (self.module.is_none() || file.module == self.module)
    }

    fn load_one(&self, origin: Origin) -> Result<Unit> {
        match origin {
            Origin::Source(file) => {
                let bytes = self.sources.read(&file)?;
                // A later run per module reads the same files, which the run for all modules has
                // already counted.
                if self.module.is_none() {
                    self.sources.charge(&bytes)?;
                }
                let mut unit = Unit::parse(&file, &bytes, self.entries);
                if !unit.broken.is_empty() && self.sources.hide_if_outside(&file) {
                    unit.hide_content();
                }
                Ok(Unit { is_import: !self.is_target(&file), ..unit })
            }
            Origin::BuiltIn(descriptor) => Ok(Unit::built_in(descriptor)),
        }
    }
}
