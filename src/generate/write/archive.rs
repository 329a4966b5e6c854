//! Outputs that are archives, zip or jar. An archive is rewritten as a whole, with equal bytes for
//! equal files, and renamed into place. Instead of a manifest it has a comment that marks it as
//! generated; an archive without it is replaced only with `--force`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::super::response::{Files, GeneratedOutputs};
use super::paths::{file_in_the_way, resolved, shown};
use super::{Difference, Obstacle, Options};
use crate::error::{Error, Result};
use crate::files::{self, SCHEMAS, read_bounded};

/// The path and content of a jar's manifest, as buf and protoc write it.
const JAR: (&str, &str) =
    ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nCreated-By: 1.6.0 (protoc)\n\n");

/// The comment of a generated archive (section 4.3.16 of APPNOTE.TXT, the format's specification).
const MARK: &str = "GeneratedOutputs by `wireproof generate`.";

/// Whether an output is an archive.
pub(super) fn is_archive(out: &str) -> bool {
    out.ends_with(".zip") || out.ends_with(".jar")
}

/// One archive: its content on disk, and the generated files.
pub(super) struct Archive<'a> {
    /// Its path in the template.
    pub(super) name: &'a str,
    path: PathBuf,
    /// Its absolute path, with links resolved.
    pub(super) real: PathBuf,
    /// An obstacle at its path or above it.
    obstacle: Option<(String, Obstacle)>,
    /// The files in it; none if it does not exist.
    old: Option<BTreeMap<String, String>>,
    /// Whether it has the comment of a generated archive.
    is_marked: bool,
    /// The files that it should have.
    new: BTreeMap<String, String>,
    count: usize,
}

/// Reads the archives among the outputs below `root`.
pub(super) fn archives<'a>(
    root: &Path,
    generated: &'a GeneratedOutputs,
    options: &Options,
) -> Result<Vec<Archive<'a>>> {
    let archives = generated.outputs.iter().filter(|(out, _)| is_archive(out));
    archives.map(|(name, files)| Archive::new(root, name, files, options)).collect()
}

impl<'a> Archive<'a> {
    fn new(root: &Path, name: &'a str, files: &Files, options: &Options) -> Result<Self> {
        let path = root.join(name);
        let obstacle = obstacle(root, &path);
        let read =
            || if obstacle.is_some() { Ok(None) } else { files::read(&path, SCHEMAS).map(Some) };
        let old = match read() {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(unpacked(bytes).map_err(|error| {
                Error::new(format!("this is not an archive: {error}")).at(name).help("delete it")
            })?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(Path::new(name), error)),
        };
        let (old, is_marked) = old.map_or((None, false), |(old, is_marked)| (Some(old), is_marked));
        // A partial run deletes nothing.
        let mut new = old.clone().filter(|_| !options.complete).unwrap_or_default();
        new.extend(files.iter().map(|(path, file)| (path.clone(), file.content.clone())));
        if name.ends_with(".jar") {
            new.entry(JAR.0.to_owned()).or_insert_with(|| JAR.1.to_owned());
        }
        let real = resolved(&path);
        Ok(Archive { name, path, real, obstacle, old, is_marked, new, count: files.len() })
    }

    /// Returns the number of files that were generated for it.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether it has to be written.
    pub(super) fn changes(&self) -> bool {
        !self.is_marked || self.old.as_ref() != Some(&self.new)
    }

    /// Fails if something is in its way.
    pub(super) fn refuse_obstacles(&self) -> Result<()> {
        let Some((path, obstacle)) = &self.obstacle else { return Ok(()) };
        Err(Error::new(obstacle.problem()).at(path).help(obstacle.help()))
    }

    /// Fails if it would overwrite an archive that is not a generated one.
    pub(super) fn refuse_overwrite(&self) -> Result<()> {
        let is_foreign = !self.is_marked && self.old.as_ref().is_some_and(|old| *old != self.new);
        if !is_foreign {
            return Ok(());
        }
        Err(Error::new("exists and was not written by `generate`: not overwritten")
            .at(self.name)
            .help("move it; --force overwrites it"))
    }

    /// Adds the differences from the generated files to `found`, by entry.
    pub(super) fn differences(&self, found: &mut Vec<(String, Difference)>) {
        if fs::symlink_metadata(self.prepared_path()).is_ok() {
            let prepared = Path::new(self.name).with_file_name(self.staging_name());
            found.push((prepared.display().to_string(), Difference::Interrupted));
        }
        if let Some((path, obstacle)) = &self.obstacle {
            return found.push((path.clone(), Difference::InTheWay(*obstacle)));
        }
        let Some(old) = &self.old else {
            return found.push((self.name.to_owned(), Difference::Missing));
        };
        if !self.is_marked {
            found.push((self.name.to_owned(), Difference::Unmarked));
        }
        let shown = |path: &str| format!("{}/{path}", self.name);
        for (path, text) in &self.new {
            match old.get(path) {
                None => found.push((shown(path), Difference::Missing)),
                Some(old) if old != text => {
                    found.push((shown(path), Difference::Changed(old.clone(), text.clone())));
                }
                Some(_) => {}
            }
        }
        let stale = old.keys().filter(|path| !self.new.contains_key(*path));
        found.extend(stale.map(|path| (shown(path), Difference::Stale)));
    }

    /// Writes it to a file beside its path, if it changes.
    pub(super) fn prepare(&self) -> Result<()> {
        // The file of an interrupted run, or a link of that name.
        self.discard();
        if !self.changes() {
            return Ok(());
        }
        let bytes = packed(&self.new).map_err(|error| {
            Error::new(format!("cannot write the archive: {error}")).at(self.name)
        })?;
        let written = files::create_new(&self.prepared_path(), &bytes);
        written.map_err(|error| Error::io(Path::new(self.name), error))
    }

    /// Removes the file of [`Archive::prepare`], of this run or an interrupted one.
    pub(super) fn discard(&self) {
        let _ = fs::remove_file(self.prepared_path());
    }

    /// Renames the file of [`Archive::prepare`] into place.
    pub(super) fn put_in_place(&self) -> Result<()> {
        if !self.changes() {
            return Ok(());
        }
        fs::rename(self.prepared_path(), &self.path)
            .map_err(|error| Error::io(Path::new(self.name), error))
    }

    fn prepared_path(&self) -> PathBuf {
        self.path.with_file_name(self.staging_name())
    }

    fn staging_name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!(".wireproof-new-{name}")
    }
}

/// Returns the obstacle to an archive at `path`.
fn obstacle(root: &Path, path: &Path) -> Option<(String, Obstacle)> {
    if let Some(found) = path.parent().and_then(|folder| file_in_the_way(root, folder)) {
        return Some(found);
    }
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    let obstacle = match (kind.is_symlink(), kind.is_dir(), kind.is_file()) {
        (true, ..) => Obstacle::Link,
        (_, true, _) => Obstacle::Folder,
        (_, _, false) => Obstacle::Special,
        _ => return None,
    };
    Some((shown(root, path), obstacle))
}

/// Packs `files` in their order, all with the same time.
fn packed(files: &BTreeMap<String, String>) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(path.as_str(), options)?;
        zip.write_all(text.as_bytes())?;
    }
    zip.set_comment(MARK)?;
    Ok(zip.finish()?.into_inner())
}

/// Returns the files of an archive, and whether it is marked as generated. Content that is not UTF-8
/// differs from everything that a plugin generates.
fn unpacked(bytes: Vec<u8>) -> zip::result::ZipResult<(BTreeMap<String, String>, bool)> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut files = BTreeMap::new();
    let mut room = SCHEMAS;
    for index in 0..zip.len() {
        let entry = zip.by_index(index)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name()?.into_owned();
        let bytes = read_bounded(entry, room)?;
        room -= bytes.len() as u64;
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            String::from_utf8_lossy(error.as_bytes()).into_owned() + "\u{0}"
        });
        files.insert(name, text);
    }
    let is_marked = zip.comment() == MARK.as_bytes();
    Ok((files, is_marked))
}
