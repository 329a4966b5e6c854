//! Files and bytes that a command leaves behind.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`, whole or not at all: to a file beside it first, which is renamed.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    write_files(std::iter::once((path, bytes)))
}

/// Writes each of `files`: where one of them cannot be written, none is.
pub(crate) fn write_files<'a>(files: impl Iterator<Item = (&'a Path, &'a [u8])>) -> Result<()> {
    let prepared = files.map(|(path, bytes)| Prepared::new(path, bytes));
    let prepared = prepared.collect::<Result<Vec<_>>>()?;
    prepared.iter().try_for_each(Prepared::rename)
}

/// Takes the next bytes of a file.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// Writes to `path` what `fill` gives, whole or not at all. It is not waited for until it has
/// reached the disk, as [`write_file`] does: for what the same command makes again.
pub(crate) fn write_pieces(
    path: &Path,
    fill: impl FnOnce(&mut Sink<'_>) -> Result<()>,
) -> Result<()> {
    let prepared = Prepared::of(path)?;
    let mut file = prepared.create().map_err(|error| Error::io(path, error))?;
    fill(&mut |bytes| file.write_all(bytes).map_err(|error| Error::io(path, error)))?;
    prepared.rename()
}

/// A file's new content, in a temporary file beside it that does not outlive this.
struct Prepared<'a> {
    path: &'a Path,
    temporary: PathBuf,
}

impl<'a> Prepared<'a> {
    fn new(path: &'a Path, bytes: &[u8]) -> Result<Self> {
        let prepared = Prepared::of(path)?;
        prepared.fill(bytes).map_err(|error| Error::io(path, error))?;
        Ok(prepared)
    }

    fn of(path: &'a Path) -> Result<Self> {
        let name = path
            .file_name()
            .ok_or_else(|| Error::new("this names no file").at(path.display().to_string()))?;
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.tmp", std::process::id()));
        Ok(Prepared { path, temporary: path.with_file_name(temporary) })
    }

    /// The temporary file, empty; who may read and write the file stays as it is.
    fn create(&self) -> io::Result<fs::File> {
        let file = fs::File::create(&self.temporary)?;
        if let Ok(metadata) = fs::metadata(self.path) {
            file.set_permissions(metadata.permissions())?;
        }
        Ok(file)
    }

    fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.create()?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self) -> Result<()> {
        fs::rename(&self.temporary, self.path).map_err(|error| Error::io(self.path, error))
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes what `fill` gives to standard output.
pub(crate) fn print_pieces(fill: impl FnOnce(&mut Sink<'_>) -> Result<()>) -> Result<()> {
    fill(&mut super::print_all)
}
