//! `lint --fix` and `--diff`: what has one right answer is written, or shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::baseline::counted;
use super::schema::{Reader, SelectionArgs};
use super::{eprint, output};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::input::Reference;
use crate::lint::fix::{Mended, mend};
use crate::schema::Schema;
use crate::schema::descriptor::FileDescriptorProto;

/// Whether findings are mended.
#[derive(Debug, clap::Args)]
pub(crate) struct FixArgs {
    /// Mend what has one right answer and changes neither the wire nor a generated name
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// Show what --fix would change as a unified diff, and write nothing
    #[arg(long, conflicts_with = "write_baseline")]
    pub(crate) diff: bool,
}

impl FixArgs {
    /// Whether anything is to be mended, or to be shown so.
    pub(crate) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }
}

/// It is an error to ask for fixes of what is no source on disk.
pub(crate) fn refuse_what_is_not_on_disk(input: &str, selection: &SelectionArgs) -> Result<()> {
    let what = match Reference::parse(input)? {
        Reference::Directory { .. } | Reference::ProtoFile { .. } if !selection.staged => {
            return Ok(());
        }
        Reference::Directory { .. } | Reference::ProtoFile { .. } => "git's index (--staged)",
        Reference::Image { .. } => "an image",
        Reference::Archive(_) => "an archive",
        Reference::Git(_) => "a git repository",
    };
    Err(Error::new(format!("--fix and --diff mend files on disk, and this is {what}"))
        .at(input)
        .help("name the folder with the sources"))
}

/// What the fixes of findings make of the files that they stand in.
pub(crate) struct Plan {
    changes: Vec<Change>,
}

/// One file that is to change.
struct Change {
    /// Its path as the user sees it, which leads to it from the working directory.
    shown: String,
    /// Its path in the tree that it was read from.
    inner: String,
    old: String,
    new: String,
    /// What was wrong with it.
    mended: Vec<Finding>,
}

impl Plan {
    /// What can be done about `findings`.
    pub(crate) fn of(findings: &[Finding], reader: &Reader<'_>) -> Result<Self> {
        let mut by_file = BTreeMap::<&str, Vec<&Finding>>::new();
        for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
            if let Some(path) = &finding.place.path {
                by_file.entry(path).or_default().push(finding);
            }
        }
        let changes = by_file.into_iter().map(|(path, found)| Change::of(path, &found, reader));
        let changes: Vec<Change> = changes.collect::<Result<_>>()?;
        let changes = changes.into_iter().filter(|change| change.old != change.new).collect();
        Ok(Plan { changes })
    }

    /// Whether nothing can be done.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The files as they are to be, by their path in the tree that they were read from.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let file = |change: &Change| (change.inner.clone(), change.new.clone().into_bytes());
        self.changes.iter().map(file).collect()
    }

    /// All of it as a unified diff.
    pub(crate) fn diff(&self) -> String {
        self.changes.iter().map(Change::diff).collect()
    }

    /// Writes all files, or none.
    pub(crate) fn write(&self) -> Result<()> {
        let real = |change: &Change| {
            // What is a link stays one.
            let path = Path::new(&change.shown);
            path.canonicalize().map_err(|error| Error::io(path, error))
        };
        let paths = self.changes.iter().map(real).collect::<Result<Vec<PathBuf>>>()?;
        let contents = self.changes.iter().map(|change| change.new.as_bytes());
        output::write_files(paths.iter().map(PathBuf::as_path).zip(contents))
    }

    /// Says on standard error what was mended, or can be.
    pub(crate) fn tell(&self, what: &str) {
        for finding in self.changes.iter().flat_map(|change| &change.mended) {
            let Finding { place, rule, change, .. } = finding;
            eprint(&format!("wireproof: {what} {place}: {rule} ({change})\n"));
        }
    }
}

/// Says on standard error how much `left` is what no fix is for.
pub(crate) fn tell_rest(left: &[Finding]) {
    if !left.is_empty() {
        let count = counted(left.len(), "finding has no fix", "findings have no fix");
        eprint(&format!("wireproof: {count}: `wireproof lint` shows more\n"));
    }
}

impl Change {
    fn of(path: &str, findings: &[&Finding], reader: &Reader<'_>) -> Result<Self> {
        let old =
            std::fs::read_to_string(path).map_err(|error| Error::io(Path::new(path), error))?;
        let Mended { text: new, findings: mended } = mend(&old, findings);
        let mended = mended.into_iter().map(|index| findings[index].clone()).collect();
        let inner = reader.here().view.find(path)?;
        Ok(Change { shown: path.to_owned(), inner, old, new, mended })
    }

    fn diff(&self) -> String {
        let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
        let (old, new) = (lines(&self.old), lines(&self.new));
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        let path = self.shown.trim_start_matches('/');
        diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
    }
}

/// Whether `after` is `before` but for what is imported: what fixes may do. Where it is not, they
/// are wrong and nothing must be written.
pub(crate) fn keeps(before: &Schema, after: &Schema) -> bool {
    let targets = before.files().filter(|file| !file.is_import());
    targets.map(|file| (file, after.file(file.path()))).all(|(file, after)| {
        after.is_some_and(|after| without_imports(file.proto()) == without_imports(after.proto()))
    })
}

fn without_imports(file: &FileDescriptorProto) -> (FileDescriptorProto, Vec<&str>) {
    let public = file.public_dependency.iter().filter_map(|index| usize::try_from(*index).ok());
    let public = public.filter_map(|index| file.dependency.get(index).map(String::as_str));
    let rest = FileDescriptorProto {
        dependency: Vec::new(),
        public_dependency: Vec::new(),
        weak_dependency: Vec::new(),
        source_code_info: None,
        ..file.clone()
    };
    (rest, public.collect())
}
