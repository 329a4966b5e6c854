//! `lint --fix` and `--diff`: applies fixes to the files on disk, or prints them as a diff.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::selection::SelectionArgs;
use super::text::counted;
use super::{print_exactly, say};
use crate::error::{Error, Result};
use crate::files;
use crate::finding::Finding;
use crate::input::Reference;
use crate::lint::fix::{Fixed, apply_fixes};
use crate::printable;
use crate::schema::Schema;
use crate::schema::descriptor::FileDescriptorProto;
use crate::workspace::Loader;

/// The environment variables of CI systems: where one is set, standard output is a log.
const CI_VARIABLES: [&str; 2] = ["CI", "TF_BUILD"];

/// Flags for fixing findings.
#[derive(Debug, clap::Args)]
pub(crate) struct FixArgs {
    /// Apply fixes that are unambiguous and change neither the wire format nor generated names
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// Print the changes of --fix as a unified diff; write nothing
    #[arg(long, conflicts_with = "write_baseline")]
    pub(crate) diff: bool,
}

impl FixArgs {
    /// Whether fixes are to be applied or shown.
    pub(crate) fn is_requested(&self) -> bool {
        self.fix || self.diff
    }
}

/// Fails if the input has no sources on disk, which fixes could be applied to.
pub(crate) fn require_on_disk(input: &str, selection: &SelectionArgs) -> Result<()> {
    let what = match Reference::parse(input)? {
        Reference::Directory { .. } | Reference::ProtoFile { .. } if !selection.staged => {
            return Ok(());
        }
        Reference::Directory { .. } | Reference::ProtoFile { .. } => "git's index (--staged)",
        Reference::Image { .. } => "an image",
        Reference::Archive(_) => "an archive",
        Reference::Git(_) => "a git repository",
    };
    Err(Error::new(format!("--fix and --diff change files on disk, and this is {what}"))
        .at(input)
        .help("name the directory with the sources"))
}

/// The changes that the fixes of findings make to files.
pub(crate) struct Plan {
    changes: Vec<Change>,
    /// The folder outside of which nothing is written.
    top: PathBuf,
}

/// A change of one file.
struct Change {
    /// The path of the file as shown to the user, relative to the working directory.
    shown: String,
    /// The path of the file in the tree that it was read from.
    inner: String,
    old: String,
    new: String,
    /// The findings that are fixed.
    fixed: Vec<Finding>,
}

impl Plan {
    /// Plans the fixes of `findings` in `input`.
    pub(crate) fn of(findings: &[Finding], input: &str, loader: &Loader) -> Result<Self> {
        let mut by_file = BTreeMap::<&str, Vec<&Finding>>::new();
        for finding in findings.iter().filter(|finding| finding.fix.is_some()) {
            if let Some(path) = &finding.place.path {
                by_file.entry(path).or_default().push(finding);
            }
        }
        let changes = by_file.into_iter().map(|(path, found)| Change::of(path, &found, loader));
        let changes: Vec<Change> = changes.collect::<Result<_>>()?;
        let changes = changes.into_iter().filter(|change| change.old != change.new).collect();
        Ok(Plan { changes, top: loader.top(input)? })
    }

    /// Whether no finding has a fix.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the fixed files by their paths in the tree that they were read from.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let file = |change: &Change| (change.inner.clone(), change.new.clone().into_bytes());
        self.changes.iter().map(file).collect()
    }

    /// Prints the changes as a unified diff. On a terminal and in the log of a CI run it is escaped.
    /// Programs get it verbatim, so that they can apply it. An escaped line is never an added line: a
    /// patch that does not match the file is rejected.
    pub(crate) fn print_diff(&self) -> Result<()> {
        let diff: String = self.changes.iter().map(Change::diff).collect();
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_log = CI_VARIABLES.iter().any(is_set) || std::io::stdout().is_terminal();
        let shown = if is_log { printable::patch(&diff) } else { diff };
        print_exactly(shown.as_bytes())
    }

    /// Writes all files, or none if one cannot be written.
    pub(crate) fn write(&self) -> Result<()> {
        let paths = self.changes.iter().map(|change| self.real_path(change));
        let paths = paths.collect::<Result<Vec<PathBuf>>>()?;
        let contents = self.changes.iter().map(|change| change.new.as_bytes());
        files::write_all(paths.iter().map(PathBuf::as_path).zip(contents))
    }

    /// Returns the file to write: the target of a symbolic link inside the repository.
    fn real_path(&self, change: &Change) -> Result<PathBuf> {
        let path = Path::new(&change.shown);
        if !files::is_inside(&self.top, path) {
            return Err(Error::new(
                "a symbolic link leads out of the repository here: nothing was fixed",
            )
            .at(&change.shown)
            .help("fix the file where it is, or leave it out with --exclude-path"));
        }
        path.canonicalize().map_err(|error| Error::io(path, error))
    }

    /// Prints each fixed finding to standard error, after `status`.
    pub(crate) fn print_fixed(&self, status: &str) {
        for finding in self.changes.iter().flat_map(|change| &change.fixed) {
            let Finding { place, rule, change, .. } = finding;
            say(&format!("{status} {place}: {rule} ({change})"));
        }
    }
}

/// Prints the number of findings without a fix to standard error.
pub(crate) fn print_unfixed(findings: &[Finding]) {
    if !findings.is_empty() {
        let count = counted(findings.len(), "finding");
        say(&format!("{count} without a fix: run `wireproof lint` for details"));
    }
}

impl Change {
    /// Plans the fixes of `findings`, all of which are in the file that is shown as `path`.
    fn of(path: &str, findings: &[&Finding], loader: &Loader) -> Result<Self> {
        let inner = loader.here().view.find(path)?;
        let bytes = loader.here().tree.read(&inner, files::SCHEMAS)?;
        let old = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let old = old.ok_or_else(|| Error::new("the file cannot be read again").at(path))?;
        let Fixed { text: new, findings: fixed } = apply_fixes(&old, findings);
        let fixed = fixed.into_iter().map(|index| findings[index].clone()).collect();
        Ok(Change { shown: path.to_owned(), inner, old, new, fixed })
    }

    /// Returns the change as a unified diff.
    fn diff(&self) -> String {
        let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
        let (old, new) = (lines(&self.old), lines(&self.new));
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        let path = self.shown.trim_start_matches('/');
        let (old, new) = (format!("a/{path}"), format!("b/{path}"));
        diff.unified_diff().header(&quoted(&old), &quoted(&new)).to_string()
    }
}

/// Quotes a path of a patch as git does, if it has a quote or a control character in it.
fn quoted(path: &str) -> Cow<'_, str> {
    if !path.contains(|c: char| c.is_control() || c == '"') {
        return Cow::Borrowed(path);
    }
    let quoted = path.bytes().map(|byte| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        byte => format!("\\{byte:03o}"),
    });
    Cow::Owned(format!("\"{}\"", quoted.collect::<String>()))
}

/// Whether the schemas are equal except for imports. Fixes may change nothing else: if they do, they
/// are wrong and must not be written.
pub(crate) fn equal_except_imports(before: &Schema, after: &Schema) -> bool {
    let targets = before.files().filter(|file| !file.is_import());
    targets.map(|file| (file, after.file(file.path()))).all(|(file, after)| {
        after.is_some_and(|after| without_imports(file.proto()) == without_imports(after.proto()))
    })
}

/// Returns `file` without imports and source info, and its public imports, which fixes must keep.
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
