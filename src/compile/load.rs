//! Reads and parses the files that are meant and whatever they import, in parallel: a file is
//! asked for as soon as the first importer has been parsed.

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

/// Where the content of a wanted file comes from.
enum Origin {
    Source(Arc<SourceEntry>),
    BuiltIn(&'static FileDescriptorProto),
}

/// Loads every target of `sources` (that `module` has, if one is named) and all that it imports;
/// imports that are nowhere to be found are left out. Sorted by path.
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
    /// The module whose files are meant; none: those of all modules.
    module: Option<usize>,
    entries: &'a EntryLocations,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Origin>,
    wanted: FxHashSet<String>,
    /// Files that are being parsed: each may want more.
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

    /// The next file to load; none when no file is left and none can be wanted any more.
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

    /// A module's own file comes before the built-in one.
    fn find(&self, path: &str) -> Option<Origin> {
        let own = self.sources.find(path).map(Origin::Source);
        own.or_else(|| well_known::file(path).map(Origin::BuiltIn))
    }

    /// Whether `file` is meant, and not only there to be imported.
    fn is_target(&self, file: &SourceEntry) -> bool {
        file.target && (self.module.is_none() || file.module == self.module)
    }

    fn load_one(&self, origin: Origin) -> Result<Unit> {
        match origin {
            Origin::Source(file) => {
                let bytes = self.sources.read(&file)?;
                // One module after another reads what was read of all modules before.
                if self.module.is_none() {
                    self.sources.charge(&bytes)?;
                }
                let mut unit = Unit::parse(&file, &bytes, self.entries);
                if unit.broken.is_some() && self.sources.hide_if_outside(&file) {
                    unit.hide_content();
                }
                Ok(Unit { is_import: !self.is_target(&file), ..unit })
            }
            Origin::BuiltIn(descriptor) => Ok(Unit::built_in(descriptor)),
        }
    }
}
