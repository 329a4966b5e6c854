//! Locks on the folders that a run writes to.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::super::response::GeneratedOutputs;
use super::{Options, archive};

/// Returns the folder of an output, or the one that contains it if it is an archive.
pub(super) fn folder_of(root: &Path, out: &str) -> PathBuf {
    let path = root.join(out);
    if !archive::is_archive(out) {
        return path;
    }
    path.parent().map_or_else(|| root.to_owned(), Path::to_owned)
}

/// Locks on all folders of a run, held until they are dropped or the process ends. Runs on the same
/// folders wait for each other. Folders that cannot be locked (on Windows, and on some network file
/// systems) are skipped.
pub(super) struct Locks {
    _folders: Vec<File>,
}

impl Locks {
    /// Locks the folder of the template and the existing folders of all outputs.
    pub(super) fn take(
        root: &Path,
        generated: &GeneratedOutputs,
        options: &Options,
        is_shared: bool,
    ) -> Self {
        let folders = generated.outputs.keys().map(|out| folder_of(root, out));
        // Sorted and without duplicates, so that no two runs wait for each other in a cycle.
        let folders: BTreeSet<PathBuf> =
            folders.chain([root.to_owned()]).filter_map(|path| path.canonicalize().ok()).collect();
        let lock = |folder: PathBuf| {
            // Opening a pipe would wait for its writer.
            let file = folder.is_dir().then(|| File::open(&folder).ok()).flatten()?;
            let at_once = if is_shared { file.try_lock_shared() } else { file.try_lock() };
            if let Err(TryLockError::WouldBlock) = at_once {
                if let Some(on_wait) = options.on_wait {
                    on_wait(&folder);
                }
                let locked: io::Result<()> =
                    if is_shared { file.lock_shared() } else { file.lock() };
                locked.ok()?;
            }
            Some(file)
        };
        Locks { _folders: folders.into_iter().filter_map(lock).collect() }
    }
}
