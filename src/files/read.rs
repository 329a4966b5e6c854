//! Reads regular files, up to a limit that depends on the kind of content.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::bounded::read_at_most;

/// The size limit of a configuration, a policy or a template.
pub(crate) const SETTINGS: u64 = 16 << 20;

/// The size limit of a baseline.
pub(crate) const BASELINE: u64 = 64 << 20;

/// The size limit of a schema, an image or an archive, and of all of them in a run together.
pub(crate) const SCHEMAS: u64 = 1 << 30;

/// Reads the regular file at `path`, of at most `limit` bytes. Links are followed; their target
/// must be a regular file, too.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // Checked before opening, since opening a device can have side effects, and opening a pipe
    // waits for its writer.
    require_regular(&fs::metadata(path)?)?;
    let mut options = File::options();
    without_waiting(options.read(true));
    let file = options.open(path)?;
    // Checked again on the open file, since the path may have been replaced in between.
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    let length = metadata.len();
    if length > limit {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // Files of `/proc` are regular and have the length 0. Some cannot be read in single bytes.
    file.take(length + 8).read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= length {
        Ok(bytes)
    } else if length == 0 {
        Err(not_regular())
    } else {
        Err(io::Error::other("the file grew while it was being read"))
    }
}

/// Reads a file that the user named on the command line, which may be a pipe or a device: at most
/// `limit` bytes.
pub(crate) fn read_named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_bounded(File::open(path)?, limit)
}

/// Reads all of `from`, at most `limit` bytes; more are an error of the kind `FileTooLarge`.
pub(crate) fn read_bounded(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    read_at_most(from, most).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => too_large(limit),
        _ => error,
    })
}

fn require_regular(metadata: &Metadata) -> io::Result<()> {
    match () {
        () if metadata.is_file() => Ok(()),
        () if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        () => Err(not_regular()),
    }
}

fn not_regular() -> io::Error {
    io::Error::other("not a regular file")
}

fn too_large(limit: u64) -> io::Error {
    let message = format!("larger than the limit of {} MiB", limit >> 20);
    io::Error::new(ErrorKind::FileTooLarge, message)
}

/// Makes opening a pipe or a terminal return at once.
#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.custom_flags(i32::try_from(flags.bits()).expect("these flags are small"));
}

#[cfg(not(unix))]
fn without_waiting(_: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path, limit: u64) -> String {
        read(path, limit).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_regular_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("a");
        fs::write(&path, "12345").expect("it can be written");
        assert_eq!(read(&path, 5).expect("it fits"), b"12345");
        assert!(refusal(&path, 4).contains("larger than"));
        let missing = read(&folder.path().join("b"), 5).expect_err("there is none");
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let directory = read(folder.path(), 5).expect_err("a folder is no file");
        assert_eq!(directory.kind(), ErrorKind::IsADirectory);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_pipes_and_files_of_proc_are_refused_at_once() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for (name, target) in [
            ("zero", "/dev/zero"),
            ("environ", "/proc/self/environ"),
            ("map", "/proc/self/pagemap"),
        ] {
            let link = folder.path().join(name);
            std::os::unix::fs::symlink(target, &link).expect("it can be made");
            let refused = refusal(&link, SCHEMAS);
            assert!(refused.contains("not a regular file"), "{name}: {refused}");
        }
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
            .expect("it can be made");
        assert!(refusal(&pipe, SCHEMAS).contains("not a regular file"));
    }

    #[test]
    fn a_stream_ends_at_its_limit() {
        assert_eq!(read_bounded(io::repeat(1).take(7), 7).expect("it fits").len(), 7);
        assert!(read_bounded(io::repeat(1), 7).is_err());
    }
}
