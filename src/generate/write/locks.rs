//! Locks on the folders that a run writes to.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::super::response::GeneratedOutputs;
use super::{Options, archive};

/// The folder of an output, or that in which it is an archive.
pub(super) fn folder_of(root: &Path, out: &str) -> PathBuf {
    let path = root.join(out);
    match archive::is_archive(out) {
        true => path.parent().map_or_else(|| root.to_owned(), Path::to_owned),
        false => path,
    }
}

/// Keeps runs apart that write to the same folders, for as long as it lives: one waits for the
/// other. It leaves no file behind, and ends with its process. Where folders cannot be locked (on
/// Windows, and some that are shared over a network) there is none.
pub(super) struct Locks {
    _folders: Vec<File>,
}

impl Locks {
    /// Of the folder of the template, and of those of all outputs that are there.
    pub(super) fn take(
        root: &Path,
        made: &GeneratedOutputs,
        options: &Options,
        is_shared: bool,
    ) -> Self {
        let folders = made.outputs.keys().map(|out| folder_of(root, out));
        // Always in the same order, and each once: no two runs wait for each other.
        let folders: BTreeSet<PathBuf> =
            folders.chain([root.to_owned()]).filter_map(|path| path.canonicalize().ok()).collect();
        let lock = |folder: PathBuf| {
            // Opening a pipe would wait for whoever writes to it.
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
