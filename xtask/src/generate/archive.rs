//! Outputs that are archives, zip or jar. Nothing in one is written by hand, so that it needs no
//! manifest: it is made anew as a whole, the same bytes for the same files, and renamed into place.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::response::{Files, Made};
use super::write::{Difference, Options};
use crate::error::{Error, Result};

/// What says that an archive is a jar, and what it holds, as buf and protoc write it.
const JAR: (&str, &str) =
    ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nCreated-By: 1.6.0 (protoc)\n\n");

/// Whether an output is an archive.
pub(super) fn is_archive(out: &str) -> bool {
    out.ends_with(".zip") || out.ends_with(".jar")
}

/// One archive, as it is and as it should be.
pub(super) struct Archive<'a> {
    /// As the template has it.
    name: &'a str,
    path: PathBuf,
    /// What is in it; none if it is not there.
    old: Option<BTreeMap<String, String>>,
    new: BTreeMap<String, String>,
    made: usize,
}

/// The archives among the outputs below `root`.
pub(super) fn archives<'a>(
    root: &Path,
    made: &'a Made,
    options: Options,
) -> Result<Vec<Archive<'a>>> {
    let archives = made.outputs.iter().filter(|(out, _)| is_archive(out));
    archives.map(|(name, files)| Archive::new(root, name, files, options)).collect()
}

impl<'a> Archive<'a> {
    fn new(root: &Path, name: &'a str, files: &Files, options: Options) -> Result<Self> {
        let path = root.join(name);
        let old = match fs::read(&path) {
            Ok(bytes) => Some(unpacked(bytes).map_err(|error| {
                Error::new(format!("this is no archive: {error}")).at(name).help("delete it")
            })?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(Path::new(name), error)),
        };
        // What is only a part takes nothing away.
        let mut new = old.clone().filter(|_| !options.whole).unwrap_or_default();
        new.extend(files.iter().map(|(path, file)| (path.clone(), file.content.clone())));
        if name.ends_with(".jar") {
            new.entry(JAR.0.to_owned()).or_insert_with(|| JAR.1.to_owned());
        }
        Ok(Archive { name, path, old, new, made: files.len() })
    }

    /// How many files were made for it.
    pub(super) fn made(&self) -> usize {
        self.made
    }

    /// Whether it is to be written.
    pub(super) fn changes(&self) -> bool {
        self.old.as_ref() != Some(&self.new)
    }

    /// Where it differs from what was made, by entry.
    pub(super) fn differences(&self, found: &mut Vec<(String, Difference)>) {
        let Some(old) = &self.old else {
            return found.push((self.name.to_owned(), Difference::Missing));
        };
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

    /// Writes it beside where it is to be.
    pub(super) fn stage(&self) -> Result<()> {
        let failed = |error| Error::io(Path::new(self.name), error);
        let bytes = packed(&self.new).map_err(|error| {
            Error::new(format!("the archive cannot be made: {error}")).at(self.name)
        })?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).and_then(|()| fs::write(self.staged(), bytes)).map_err(failed)
    }

    /// Takes away what [`Archive::stage`] wrote.
    pub(super) fn unstage(&self) {
        let _ = fs::remove_file(self.staged());
    }

    /// Puts in its place what [`Archive::stage`] wrote.
    pub(super) fn put_in_place(&self) -> Result<()> {
        fs::rename(self.staged(), &self.path)
            .map_err(|error| Error::io(Path::new(self.name), error))
    }

    fn staged(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".wireproof-new-{name}"))
    }
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
    Ok(zip.finish()?.into_inner())
}

/// The files of an archive. What is no text differs from everything that plugins make.
fn unpacked(bytes: Vec<u8>) -> zip::result::ZipResult<BTreeMap<String, String>> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            String::from_utf8_lossy(error.as_bytes()).into_owned() + "\u{0}"
        });
        files.insert(name, text);
    }
    Ok(files)
}
