//! Archives: tar and zip. Files that can be part of a schema are read into memory.

use super::path::{self, contains, walk_order};
use super::reference::{ArchiveKind, ArchiveReference};
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::files::read_at_most;
use crate::schema::image::{Budget, EXCEEDED, MAX_SIZE, decompressed};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read};
use zip::ZipArchive;

/// Files by path, all in memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree for Memory {
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        _required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let wanted = |path: &&String| path.ends_with(suffix) && contains(dir, path);
        let mut paths: Vec<String> = self.files.keys().filter(wanted).cloned().collect();
        paths.sort_unstable_by(|a, b| walk_order(a, b));
        Ok(paths)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.files.get(path) {
            Some(content) if content.len() as u64 > limit => {
                Err(Error::new(format!("larger than the limit of {} MiB", limit >> 20)).at(path))
            }
            content => Ok(content.cloned()),
        }
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

/// Unpacks `bytes` as specified by `reference`.
pub(super) fn unpack(bytes: &[u8], reference: &ArchiveReference) -> Result<Memory> {
    let mut unpacking = Unpacking {
        files: BTreeMap::new(),
        strip_components: reference.strip_components,
        budget: Budget::new(MAX_SIZE),
    };
    match reference.kind {
        // Skipped content takes no memory, but is decompressed: `MAX_SIZE` limits the time.
        ArchiveKind::Tar => unpacking.tar(decompressed(bytes, reference.compression, MAX_SIZE))?,
        ArchiveKind::Zip => unpacking.zip(bytes)?,
    }
    Ok(Memory { files: unpacking.files })
}

struct Unpacking {
    files: BTreeMap<String, Vec<u8>>,
    strip_components: usize,
    /// The memory that kept files may still take.
    budget: Budget,
}

/// The memory of an entry in addition to its name and content: the record that the zip reader keeps
/// of each entry, or the kept file and the data that a schema stores about it.
const ENTRY: usize = 1 << 10;

/// The maximum length of the name of an entry. Linux takes no longer path (`PATH_MAX`).
const MAX_NAME: usize = 4096;

impl Unpacking {
    fn tar(&mut self, reader: impl Read) -> Result<()> {
        let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 16, reader));
        for entry in archive.entries().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            // As in buf, links are not followed.
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = entry.path_bytes();
            if name.len() > MAX_NAME {
                return Err(too_long(&name));
            }
            let name = String::from_utf8_lossy(&name).into_owned();
            self.add(&name, entry)?;
        }
        Ok(())
    }

    fn zip(&mut self, bytes: &[u8]) -> Result<()> {
        let broken = |error| Error::new(format!("invalid zip archive: {error}"));
        // Counted here, because the reader creates the records of all entries before it returns the
        // first one.
        self.budget.take(ENTRY * memchr::memmem::find_iter(bytes, b"PK\x01\x02").count())?;
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(broken)?;
            if entry.is_file() {
                let name = entry.name().map_err(broken)?.into_owned();
                if name.len() > MAX_NAME {
                    return Err(too_long(name.as_bytes()));
                }
                self.add(&name, entry)?;
            }
        }
        Ok(())
    }

    /// Keeps the file called `name` if it can be part of a schema or of its configuration.
    fn add(&mut self, name: &str, content: impl Read) -> Result<()> {
        let Some(path) = path::normalize(name) else {
            let message = format!("the archive entry {name:?} has a path outside of the archive");
            return Err(Error::new(message));
        };
        let parts: Vec<&str> = path.split('/').skip(self.strip_components).collect();
        if !parts.last().is_some_and(|name| is_wanted(name)) {
            return Ok(());
        }
        self.budget.take(ENTRY + path.len())?;
        let content = self.read(content)?;
        self.files.insert(parts.join("/"), content);
        Ok(())
    }

    fn read(&mut self, content: impl Read) -> Result<Vec<u8>> {
        let content = read_at_most(content, self.budget.left()).map_err(unreadable)?;
        self.budget.take(content.len())?;
        Ok(content)
    }
}

/// Returns why an archive, or a file in it, cannot be read.
fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Error::new(EXCEEDED),
        _ => Error::new(format!("invalid archive: {error}")),
    }
}

fn too_long(name: &[u8]) -> Error {
    let begins = String::from_utf8_lossy(&name[..64]);
    Error::new(format!("an archive entry has a name of more than {MAX_NAME} bytes: {begins:?}…"))
}

/// Whether the file can be a schema, a configuration file or a policy. As in buf, a name that begins
/// with `._` is none: macOS writes such a file with the attributes of each file (AppleDouble).
fn is_wanted(name: &str) -> bool {
    const SUFFIXES: [&str; 4] = [".proto", ".yaml", ".yml", ".toml"];
    if name.starts_with("._") {
        return false;
    }
    name.starts_with("buf.") || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Reference;
    use crate::input::tests::{Run, folder};
    use crate::schema::image::{Compression, compress};
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const A: &str = "syntax = \"proto3\"; package x; message A {}";
    const FILES: &[(&str, &str)] = &[
        ("./ws/buf.yaml", "version: v2\nmodules: [{path: a}, {path: b}]\n"),
        ("ws/a/x/a.proto", A),
        ("ws/a/y.proto", A),
        ("ws/b/z/b.proto", A),
        ("ws/README.md", "not kept"),
        ("top.proto", A),
    ];

    fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            // Set directly: the builder rejects the paths of a hostile archive.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(bytes: &[u8], text: &str) -> Result<Memory> {
        match Reference::parse(text)? {
            Reference::Archive(reference) => unpack(bytes, &reference),
            other => panic!("{other:?} is no archive"),
        }
    }

    fn targets(bytes: &[u8], name: &str, options: &str, paths: &[&str]) -> String {
        let root = folder(&[]);
        std::fs::write(root.path().join(name), bytes).unwrap();
        Run { paths, ..Run::new(".", &format!("{name}{options}")) }.targets(root.path())
    }

    #[test]
    fn every_kind_of_archive_gives_the_same_files() {
        let tar = tar_of(FILES);
        let all = "ws/a/x/a.proto ws/a/y.proto ws/b/z/b.proto";
        let packed = |compression| compress(&tar, compression);
        assert_eq!(targets(&tar, "w.tar", "#subdir=ws", &[]), all);
        assert_eq!(targets(&packed(Compression::Gzip), "w.tgz", "#subdir=ws", &[]), all);
        assert_eq!(targets(&packed(Compression::Gzip), "w.tar.gz", "#subdir=ws", &[]), all);
        assert_eq!(targets(&packed(Compression::Zstd), "w.tar.zst", "#subdir=ws", &[]), all);
        assert_eq!(targets(&zip_of(FILES), "w.zip", "#subdir=ws", &[]), all);
    }

    #[test]
    fn strip_components_and_subdir_choose_the_part() {
        let tar = tar_of(FILES);
        let run = |options, paths| targets(&tar, "w.tar", options, paths);
        assert_eq!(
            run("", &[]),
            format!("top.proto {}", "ws/a/x/a.proto ws/a/y.proto ws/b/z/b.proto")
        );
        assert_eq!(run("#strip_components=1", &[]), "a/x/a.proto a/y.proto b/z/b.proto");
        assert_eq!(run("#strip_components=1,subdir=b", &[]), "b/z/b.proto");
        assert_eq!(run("#subdir=ws/a", &["x"]), "ws/a/x/a.proto");
        assert!(run("#subdir=ws/a/x", &[]).contains("inside the module at"));
        assert!(run("#subdir=nope", &[]).contains("no .proto file"));
        assert!(run("#strip_components=9", &[]).contains("no .proto file"));
    }

    #[test]
    fn only_schemas_and_configuration_are_kept_and_the_last_of_a_name_counts() {
        let tar = tar_of(&[("a.proto", "1"), ("README.md", ""), ("a.proto", "2")]);
        let memory = unpacked(&tar, "-#format=tar").unwrap();
        assert_eq!(memory.files.len(), 1);
        assert_eq!(memory.read("a.proto", 9).unwrap().unwrap(), b"2");
    }

    /// buf leaves out these files, wherever they are, and no others: not what is in `__MACOSX`.
    #[test]
    fn attributes_that_macos_writes_are_left_out() {
        let files = [
            ("p/._a.proto", "\0\x05\x16\x07"),
            ("p/a.proto", A),
            ("__MACOSX/p/._a.proto", ""),
            ("__MACOSX/b.proto", A),
            ("._d/c.proto", A),
        ];
        let all = "._d/c.proto __MACOSX/b.proto p/a.proto";
        assert_eq!(targets(&tar_of(&files), "m.tar", "", &[]), all);
        assert_eq!(targets(&zip_of(&files), "m.zip", "", &[]), all);
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_listed() {
        let mut tar = tar_of(&[("b?d.proto", A)]);
        tar[1] = 0xff;
        // The checksum of the header: the byte was a question mark.
        let sum: u32 = tar[..512].iter().map(|byte| u32::from(*byte)).sum();
        let sum = sum - tar[148..156].iter().map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
        tar[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let memory = unpacked(&tar, "-#format=tar").unwrap();
        assert!(memory.exists("b\u{fffd}d.proto"));
    }

    #[test]
    fn what_would_lie_outside_is_refused() {
        for name in ["../a.proto", "/etc/a.proto", "a/../../b.proto"] {
            let error = unpacked(&tar_of(&[(name, A)]), "-#format=tar").unwrap_err();
            assert!(error.to_string().contains("outside of the archive"), "{error}");
            let error = unpacked(&zip_of(&[(name, A)]), "-#format=zip").unwrap_err();
            assert!(error.to_string().contains("outside of the archive"), "{error}");
        }
    }

    #[test]
    fn broken_archives_are_errors() {
        let (tar, zip) = (tar_of(FILES), zip_of(FILES));
        assert!(unpacked(b"no archive at all", "-#format=zip").is_err());
        assert!(unpacked(&[b'x'; 600], "-#format=tar").is_err());
        assert!(unpacked(b"no gzip", "x.tgz").is_err());
        for length in (0..tar.len().min(3000)).step_by(97) {
            let _ = unpacked(&tar[..length], "-#format=tar");
        }
        for length in (0..zip.len()).step_by(13) {
            let _ = unpacked(&zip[..length], "-#format=zip");
        }
    }

    #[test]
    fn an_archive_that_holds_too_much_is_refused() {
        let unpacking = |size| Unpacking {
            files: BTreeMap::new(),
            strip_components: 0,
            budget: Budget::new(size),
        };
        // Small files, and files larger than the memory of an entry.
        for size in [A.len(), 4 * ENTRY] {
            let error = unpacking(size).tar(&*tar_of(FILES)).unwrap_err().to_string();
            assert!(error.contains("more than the limit of 1 GiB"), "{error}");
            let error = unpacking(size).zip(&zip_of(FILES)).unwrap_err().to_string();
            assert!(error.contains("more than the limit of 1 GiB"), "{error}");
        }
        assert!(unpacking(1 << 20).tar(&*tar_of(FILES)).is_ok());
        assert!(unpacking(1 << 20).zip(&zip_of(FILES)).is_ok());
    }
}
