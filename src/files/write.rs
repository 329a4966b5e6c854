//! Writes files atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Writes `bytes` to `path` atomically: to a temporary file beside it, which is then renamed. A
/// device or a pipe is written to directly.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_all(std::iter::once((path, bytes)))
}

/// Writes `files`. All of them are written to temporary files before the first one is renamed, so
/// that usually either all or none change.
pub(crate) fn write_all<'a>(files: impl Iterator<Item = (&'a Path, &'a [u8])>) -> Result<()> {
    let fill = |(path, bytes)| {
        let mut writer = Writer::new(path)?;
        writer.fill(bytes).map_err(|error| Error::io(path, error))?;
        Ok((path, writer))
    };
    let writers = files.map(fill).collect::<Result<Vec<(&Path, Writer)>>>()?;
    writers.into_iter().try_for_each(|(path, writer)| writer.finish(path))
}

/// A function that takes the next bytes of a file.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// Writes the bytes from `fill` to `path` atomically. In contrast to [`write`], it does not wait
/// until they have reached the disk: for files that the same command can generate again.
pub(crate) fn write_pieces(
    path: &Path,
    fill: impl FnOnce(&mut Sink<'_>) -> Result<()>,
) -> Result<()> {
    let mut writer = Writer::new(path)?;
    let file = writer.file();
    fill(&mut |bytes| file.write_all(bytes).map_err(|error| Error::io(path, error)))?;
    writer.finish(path)
}

/// Writes `bytes` to a new file in a folder that wireproof owns.
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}

/// A file that is being written.
enum Writer {
    /// A new file with a random name beside the path, deleted if the write is not finished.
    Beside(NamedTempFile),
    /// A device or a pipe: renaming a file over it would destroy it.
    Into(File),
}

impl Writer {
    fn new(path: &Path) -> Result<Self> {
        let writer = match fs::metadata(path) {
            Ok(found) if !found.is_dir() && (!found.is_file() || is_device_name(path)) => {
                // Appends, to keep earlier output in a redirected /dev/stdout.
                File::options().append(true).open(path).map(Writer::Into)
            }
            _ => Writer::beside(path).map(Writer::Beside),
        };
        writer.map_err(|error| Error::io(path, error))
    }

    /// Returns a temporary file beside `path`, with the permissions of an existing file at `path`.
    fn beside(path: &Path) -> io::Result<NamedTempFile> {
        let name = path.file_name().ok_or_else(|| io::Error::other("the path has no file name"))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let file =
            as_new(tempfile::Builder::new().prefix(&prefix).suffix(".tmp")).tempfile_in(folder)?;
        if let Ok(metadata) = fs::metadata(path) {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        Ok(file)
    }

    fn file(&mut self) -> &mut File {
        match self {
            Writer::Beside(temporary) => temporary.as_file_mut(),
            Writer::Into(file) => file,
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file().write_all(bytes)?;
        match self {
            Writer::Beside(temporary) => temporary.as_file().sync_all(),
            Writer::Into(_) => Ok(()),
        }
    }

    fn finish(self, path: &Path) -> Result<()> {
        match self {
            Writer::Into(_) => Ok(()),
            Writer::Beside(temporary) => match temporary.persist(path) {
                Ok(_) => Ok(()),
                Err(failed) => Err(Error::io(path, failed.error)),
            },
        }
    }
}

/// Whether `path` is in `/dev` or `/proc`, or a link to there, such as `/dev/stdout`. Then it is
/// the name of an open file, even if that is a regular one.
fn is_device_name(path: &Path) -> bool {
    const MAX_LINKS: usize = 40;
    let follow = |path: &PathBuf| {
        let target = fs::read_link(path).ok()?;
        Some(path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)))
    };
    let first = std::path::absolute(path).ok();
    let mut links = std::iter::successors(first, follow).take(MAX_LINKS);
    links.any(|path| path.starts_with("/dev") || path.starts_with("/proc"))
}

/// Gives a temporary file the permissions of a new file, according to the umask.
#[cfg(unix)]
fn as_new<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn as_new<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
