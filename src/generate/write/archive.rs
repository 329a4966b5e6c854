//! Outputs that are archives, zip or jar. One is made anew as a whole, the same bytes for the same
//! files, and renamed into place. Instead of a manifest it has a comment that says who made it: one
//! without it is somebody else's, and is replaced only where that is asked for.

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

/// What says that an archive is a jar, and what it holds, as buf and protoc write it.
const JAR: (&str, &str) =
    ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nCreated-By: 1.6.0 (protoc)\n\n");

/// The comment of an archive that `generate` made (section 4.3.16 of the format's description,
/// APPNOTE.TXT).
const MARK: &str = "GeneratedOutputs by `wireproof generate`.";

/// Whether an output is an archive.
pub(super) fn is_archive(out: &str) -> bool {
    out.ends_with(".zip") || out.ends_with(".jar")
}

/// One archive, as it is and as it should be.
pub(super) struct Archive<'a> {
    /// As the template has it.
    pub(super) name: &'a str,
    path: PathBuf,
    /// Where it is, links followed.
    pub(super) real: PathBuf,
    /// What lies where it is to be and is no archive, with its path.
    obstacle: Option<(String, Obstacle)>,
    /// What is in it; none if it is not there.
    old: Option<BTreeMap<String, String>>,
    /// Whether `generate` made what is there.
    is_marked: bool,
    new: BTreeMap<String, String>,
    made: usize,
}

/// The archives among the outputs below `root`.
pub(super) fn archives<'a>(
    root: &Path,
    made: &'a GeneratedOutputs,
    options: &Options,
) -> Result<Vec<Archive<'a>>> {
    let archives = made.outputs.iter().filter(|(out, _)| is_archive(out));
    archives.map(|(name, files)| Archive::new(root, name, files, options)).collect()
}

impl<'a> Archive<'a> {
    fn new(root: &Path, name: &'a str, files: &Files, options: &Options) -> Result<Self> {
        let path = root.join(name);
        let obstacle = obstacle(root, &path);
        let read = || match obstacle.is_some() {
            true => Ok(None),
            false => files::read(&path, SCHEMAS).map(Some),
        };
        let old = match read() {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(unpacked(bytes).map_err(|error| {
                Error::new(format!("this is no archive: {error}")).at(name).help("delete it")
            })?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(Path::new(name), error)),
        };
        let (old, is_marked) = old.map_or((None, false), |(old, is_marked)| (Some(old), is_marked));
        // What is only a part takes nothing away.
        let mut new = old.clone().filter(|_| !options.complete).unwrap_or_default();
        new.extend(files.iter().map(|(path, file)| (path.clone(), file.content.clone())));
        if name.ends_with(".jar") {
            new.entry(JAR.0.to_owned()).or_insert_with(|| JAR.1.to_owned());
        }
        let real = resolved(&path);
        Ok(Archive { name, path, real, obstacle, old, is_marked, new, made: files.len() })
    }

    /// How many files were made for it.
    pub(super) fn made(&self) -> usize {
        self.made
    }

    /// Whether it is to be written.
    pub(super) fn changes(&self) -> bool {
        !self.is_marked || self.old.as_ref() != Some(&self.new)
    }

    /// Fails where it cannot be written.
    pub(super) fn refuse_obstacles(&self) -> Result<()> {
        let Some((path, obstacle)) = &self.obstacle else { return Ok(()) };
        Err(Error::new(obstacle.problem()).at(path).help(obstacle.help()))
    }

    /// Fails where it would replace an archive that holds something else and that `generate` did
    /// not make.
    pub(super) fn spare_foreign(&self) -> Result<()> {
        let is_foreign = !self.is_marked && self.old.as_ref().is_some_and(|old| *old != self.new);
        if !is_foreign {
            return Ok(());
        }
        Err(Error::new("is there and was not made by `generate`: not replaced")
            .at(self.name)
            .help("move it; --force replaces it"))
    }

    /// Where it differs from what was made, by entry.
    pub(super) fn differences(&self, found: &mut Vec<(String, Difference)>) {
        if fs::symlink_metadata(self.staged()).is_ok() {
            let staged = Path::new(self.name).with_file_name(self.staging_name());
            found.push((staged.display().to_string(), Difference::CutOff));
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
        let gone = old.keys().filter(|path| !self.new.contains_key(*path));
        found.extend(gone.map(|path| (shown(path), Difference::Orphaned)));
    }

    /// Writes it beside where it is to be, if it changes.
    pub(super) fn stage(&self) -> Result<()> {
        // What a run that was cut off left, or a link that is called so.
        self.unstage();
        if !self.changes() {
            return Ok(());
        }
        let bytes = packed(&self.new).map_err(|error| {
            Error::new(format!("the archive cannot be made: {error}")).at(self.name)
        })?;
        let written = files::create_new(&self.staged(), &bytes);
        written.map_err(|error| Error::io(Path::new(self.name), error))
    }

    /// Takes away what [`Archive::stage`] wrote, now or in a run that was cut off.
    pub(super) fn unstage(&self) {
        let _ = fs::remove_file(self.staged());
    }

    /// Puts in its place what [`Archive::stage`] wrote.
    pub(super) fn put_in_place(&self) -> Result<()> {
        if !self.changes() {
            return Ok(());
        }
        fs::rename(self.staged(), &self.path)
            .map_err(|error| Error::io(Path::new(self.name), error))
    }

    fn staged(&self) -> PathBuf {
        self.path.with_file_name(self.staging_name())
    }

    fn staging_name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!(".wireproof-new-{name}")
    }
}

/// What lies where an archive is to be written, and cannot be one.
fn obstacle(root: &Path, path: &Path) -> Option<(String, Obstacle)> {
    if let Some(found) = path.parent().and_then(|folder| file_in_the_way(root, folder)) {
        return Some(found);
    }
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    let obstacle = match (kind.is_symlink(), kind.is_dir(), kind.is_file()) {
        (true, ..) => Obstacle::Link,
        (_, true, _) => Obstacle::Folder,
        (_, _, false) => Obstacle::NoFile,
        _ => return None,
    };
    Some((shown(root, path), obstacle))
}

/// The archive of `files`, in their order, each of the same time.
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

/// The files of an archive, and whether `generate` made it. What is no text differs from everything
/// that plugins make.
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
