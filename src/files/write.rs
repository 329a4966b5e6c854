//! Writing: whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Writes `bytes` to `path`, whole or not at all: to a file beside it first, which is renamed.
/// What exists there and is no regular file (a device, a pipe) is written into instead.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_all(std::iter::once((path, bytes)))
}

/// Writes each of `files`: where one of them cannot be written, none is.
pub(crate) fn write_all<'a>(files: impl Iterator<Item = (&'a Path, &'a [u8])>) -> Result<()> {
    let fill = |(path, bytes)| {
        let mut target = Target::new(path)?;
        target.fill(bytes).map_err(|error| Error::io(path, error))?;
        Ok((path, target))
    };
    let targets = files.map(fill).collect::<Result<Vec<(&Path, Target)>>>()?;
    targets.into_iter().try_for_each(|(path, target)| target.finish(path))
}

/// Takes the next bytes of a file.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// Writes to `path` what `fill` gives, whole or not at all. It does not wait until all has
/// reached the disk, as [`write`] does: for what the same command makes again.
pub(crate) fn write_pieces(
    path: &Path,
    fill: impl FnOnce(&mut Sink<'_>) -> Result<()>,
) -> Result<()> {
    let mut target = Target::new(path)?;
    let file = target.file();
    fill(&mut |bytes| file.write_all(bytes).map_err(|error| Error::io(path, error)))?;
    target.finish(path)
}

/// Writes `bytes` to a file that does not exist yet, in a folder of our own.
pub(crate) fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create_new(path)?.write_all(bytes)
}

/// Where bytes go before they are at their place.
enum Target {
    /// A new file with a random name beside the place; it does not outlive this.
    Beside(NamedTempFile),
    /// A device or a pipe: renaming a file over it would destroy it.
    Into(File),
}

impl Target {
    fn new(path: &Path) -> Result<Self> {
        let target = match fs::metadata(path) {
            Ok(found) if !found.is_dir() && (!found.is_file() || is_device_name(path)) => {
                // What a redirected /dev/stdout has already is kept.
                File::options().append(true).open(path).map(Target::Into)
            }
            _ => Target::beside(path).map(Target::Beside),
        };
        target.map_err(|error| Error::io(path, error))
    }

    /// A temporary file beside `path`; who may read and write the file stays as it is.
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
            Target::Beside(temporary) => temporary.as_file_mut(),
            Target::Into(file) => file,
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file().write_all(bytes)?;
        match self {
            Target::Beside(temporary) => temporary.as_file().sync_all(),
            Target::Into(_) => Ok(()),
        }
    }

    fn finish(self, path: &Path) -> Result<()> {
        match self {
            Target::Into(_) => Ok(()),
            Target::Beside(temporary) => match temporary.persist(path) {
                Ok(_) => Ok(()),
                Err(failed) => Err(Error::io(path, failed.error)),
            },
        }
    }
}

/// Whether `path` is in `/dev` or `/proc`, or a link leads there, as from `/dev/stdout`: the name
/// of something open, which may be a regular file now.
fn is_device_name(path: &Path) -> bool {
    const MOST_LINKS: usize = 40;
    let follow = |path: &PathBuf| {
        let target = fs::read_link(path).ok()?;
        Some(path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)))
    };
    let first = std::path::absolute(path).ok();
    let mut links = std::iter::successors(first, follow).take(MOST_LINKS);
    links.any(|path| path.starts_with("/dev") || path.starts_with("/proc"))
}

/// Has a temporary file be as readable as any new file: as the user's mask says.
#[cfg(unix)]
fn as_new<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn as_new<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
