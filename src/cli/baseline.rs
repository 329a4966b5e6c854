//! `lint --baseline` and `--write-baseline`: only what is new fails.

use std::path::{Path, PathBuf};

use super::say;
use super::selection::SelectionArgs;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::{Baseline, Finding, Remembered};
use crate::input::Reference;
use crate::schema::Schema;

/// The findings that are known and fail nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct BaselineArgs {
    /// Report only findings that are not in this file
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to FILE, for --baseline, and exit with 0
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "paths", "exclude_paths"])]
    write_baseline: Option<PathBuf>,
}

impl BaselineArgs {
    /// What of `findings`, made of `schema`, is to be reported.
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
        let was_read = |entry: &&Remembered| {
            !narrowed || schema.file(&entry.path).is_some_and(|file| !file.is_import())
        };
        match matched.gone.iter().filter(was_read).count() {
            0 => {}
            gone => say(&format!(
                "{}: {}; refresh with --write-baseline",
                path.display(),
                counted(gone, "baseline entry is stale", "baseline entries are stale"),
            )),
        }
        Ok(matched.new)
    }

    /// What of `findings` is not known.
    pub(crate) fn new_ones(&self, findings: Vec<Finding>) -> Result<Vec<Finding>> {
        match &self.baseline {
            Some(path) => Ok(read(path)?.matched(findings).new),
            None => Ok(findings),
        }
    }

    /// Whether findings are written instead of reported.
    pub(crate) fn writes(&self) -> bool {
        self.write_baseline.is_some()
    }
}

/// Whether `input`, narrowed by `selection`, is less than a folder or what was made of one.
pub(crate) fn is_narrowed(input: &str, selection: &SelectionArgs) -> Result<bool> {
    let is_file = matches!(Reference::parse(input)?, Reference::ProtoFile { .. });
    Ok(is_file || !selection.paths.is_empty() || !selection.exclude_paths.is_empty())
}

/// The path by which the file of `schema` is imported that the user knows as `shown`.
pub(crate) fn import_path(schema: &Schema, shown: &str) -> Option<String> {
    let mut files = schema.files();
    files.find(|file| file.external() == shown).map(|file| file.path().to_owned())
}

fn read(path: &Path) -> Result<Baseline> {
    let bytes = files::read_named(path, files::BASELINE).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let error = Error::io(path, error);
        match missing {
            true => error.help(format!("create it with --write-baseline {}", path.display())),
            false => error,
        }
    })?;
    let text = String::from_utf8(bytes).map_err(|error| Error::new(format!("not UTF-8: {error}")));
    let baseline = text.and_then(|text| Baseline::parse(&text));
    baseline.map_err(|error| error.at(path.display().to_string()))
}

/// Writes the baseline of `findings`, and says what is not as it was.
fn write(path: &Path, findings: &[Finding], schema: &Schema) -> Result<()> {
    let baseline = Baseline::of(findings, &|shown| import_path(schema, shown));
    // A file that is broken is no reason not to write a sound one.
    let before = read(path).ok().map(|before| before.matched(findings.to_vec()));
    files::write(path, baseline.to_string().as_bytes())?;
    let count = counted(baseline.len(), "finding", "findings");
    let change = before.map_or_else(String::new, |before| {
        format!(" ({} more and {} fewer than before)", before.new.len(), before.gone.len())
    });
    say(&format!("{}: {count}{change}", path.display()));
    Ok(())
}

/// `1 line`, `2 lines`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
