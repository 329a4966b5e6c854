//! `lint --baseline` and `--write-baseline`: known findings do not fail a run.

use std::path::{Path, PathBuf};

use super::say;
use super::selection::SelectionArgs;
use super::text::counted;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::{Baseline, BaselineEntry, Finding};
use crate::input::Reference;
use crate::schema::Schema;

/// The flags for a baseline, a file of known findings.
#[derive(Debug, clap::Args)]
pub(crate) struct BaselineArgs {
    /// Report only findings that are not in FILE
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to FILE as a baseline, and exit with 0
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "paths", "exclude_paths"])]
    write_baseline: Option<PathBuf>,
}

impl BaselineArgs {
    /// Returns the `findings` on `schema` that are not in the baseline, and prints how many of its
    /// lines are stale. With `--write-baseline`, writes all of them to the baseline instead.
    ///
    /// In a `narrowed` run, the lines of files that were not read are not stale.
    pub(crate) fn apply(
        &self,
        findings: Vec<Finding>,
        schema: &Schema,
        narrowed: bool,
    ) -> Result<Vec<Finding>> {
        if let Some(path) = &self.write_baseline {
            return write(path, &findings, schema).map(|()| Vec::new());
        }
        let Some(path) = &self.baseline else { return Ok(findings) };
        let matched = read(path)?.matched(findings);
        let was_read = |entry: &&BaselineEntry| {
            !narrowed || schema.file(&entry.path).is_some_and(|file| !file.is_import())
        };
        let stale = matched.stale.iter().filter(was_read).count();
        if stale > 0 {
            let stale = counted(stale, "stale line");
            say(&format!("{}: {stale}; refresh with --write-baseline", path.display()));
        }
        Ok(matched.new)
    }

    /// Returns the `findings` that are not in the baseline.
    pub(crate) fn new_findings(&self, findings: Vec<Finding>) -> Result<Vec<Finding>> {
        match &self.baseline {
            Some(path) => Ok(read(path)?.matched(findings).new),
            None => Ok(findings),
        }
    }

    /// Whether findings are written to a baseline instead of reported.
    pub(crate) fn writes(&self) -> bool {
        self.write_baseline.is_some()
    }
}

/// Whether a run reads less than a whole workspace: one file, or only selected paths.
pub(crate) fn is_narrowed(input: &str, selection: &SelectionArgs) -> Result<bool> {
    let is_file = matches!(Reference::parse(input)?, Reference::ProtoFile { .. });
    Ok(is_file || !selection.paths.is_empty() || !selection.exclude_paths.is_empty())
}

/// Returns the import path of the file of `schema` that is shown to the user as `shown`.
pub(crate) fn import_path(schema: &Schema, shown: &str) -> Option<String> {
    let mut files = schema.files();
    files.find(|file| file.external() == shown).map(|file| file.path().to_owned())
}

/// Reads the baseline at `path`.
fn read(path: &Path) -> Result<Baseline> {
    let bytes = files::read_named(path, files::BASELINE).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let error = Error::io(path, error);
        if missing {
            error.help(format!("create it with --write-baseline {}", path.display()))
        } else {
            error
        }
    })?;
    let text = String::from_utf8(bytes).map_err(|error| Error::new(format!("not UTF-8: {error}")));
    let baseline = text.and_then(|text| Baseline::parse(&text));
    baseline.map_err(|error| error.at(path.display().to_string()))
}

/// Writes the baseline of `findings`, and prints how it differs from the one before.
fn write(path: &Path, findings: &[Finding], schema: &Schema) -> Result<()> {
    let baseline = Baseline::of(findings, &|shown| import_path(schema, shown));
    // A broken file is simply replaced.
    let before = read(path).ok().map(|before| before.matched(findings.to_vec()));
    files::write(path, baseline.to_string().as_bytes())?;
    let count = counted(baseline.len(), "finding");
    let change = before.map_or_else(String::new, |before| {
        format!(" ({} added, {} removed)", before.new.len(), before.stale.len())
    });
    say(&format!("{}: {count}{change}", path.display()));
    Ok(())
}
