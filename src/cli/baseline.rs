//! `lint --baseline`, `--write-baseline` and the setting `lint.baseline`: known findings do not fail
//! a run.

use std::path::{Path, PathBuf};

use super::say;
use super::selection::SelectionArgs;
use super::text::counted;
use crate::config::Workspace;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::{Baseline, BaselineEntry, Finding};
use crate::input::Reference;
use crate::schema::Schema;
use crate::workspace::{BaselineFile, Loaded};

/// The flags for a baseline, a file of known findings.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct BaselineArgs {
    /// Report only findings that are not in FILE; by default the `lint.baseline` of wireproof.toml
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to FILE as a baseline, by default to `lint.baseline`, and exit with 0
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        conflicts_with_all = ["baseline", "paths", "exclude_paths"]
    )]
    write_baseline: Option<Option<PathBuf>>,
}

impl BaselineArgs {
    /// Returns the `findings` on `loaded` that are not in the baseline, and prints how many of its
    /// lines are stale. With `--write-baseline`, writes all of them to the baseline instead.
    ///
    /// In a `narrowed` run, the lines of files that were not read are not stale.
    pub(crate) fn apply(
        &self,
        findings: Vec<Finding>,
        loaded: &Loaded,
        narrowed: bool,
    ) -> Result<Vec<Finding>> {
        let schema = &loaded.schema;
        if let Some(path) = &self.write_baseline {
            let own = || loaded.baseline.as_ref().map(|file| PathBuf::from(&file.name));
            let path = path.clone().or_else(own).ok_or_else(|| {
                Error::new("--write-baseline needs a FILE: `lint.baseline` names none")
                    .help("name it here, and in wireproof.toml: `[lint]`, `baseline = \"FILE\"`")
            })?;
            return write(&path, &findings, schema).map(|()| Vec::new());
        }
        let Some((name, baseline)) = self.known(loaded)? else { return Ok(findings) };
        let matched = baseline.matched(findings);
        let was_read = |entry: &&BaselineEntry| {
            !narrowed || schema.file(&entry.path).is_some_and(|file| !file.is_import())
        };
        let stale = matched.stale.iter().filter(was_read).count();
        if stale > 0 {
            let stale = counted(stale, "stale line");
            say(&format!("{name}: {stale}; refresh with --write-baseline"));
        }
        Ok(matched.new)
    }

    /// Returns the `findings` on `loaded` that are not in the baseline.
    pub(crate) fn new_findings(
        &self,
        findings: Vec<Finding>,
        loaded: &Loaded,
    ) -> Result<Vec<Finding>> {
        match self.known(loaded)? {
            Some((_, baseline)) => Ok(baseline.matched(findings).new),
            None => Ok(findings),
        }
    }

    /// Returns the baseline of the command line or, without one, that of the settings, with its
    /// name.
    fn known(&self, loaded: &Loaded) -> Result<Option<(String, Baseline)>> {
        match (&self.baseline, &loaded.baseline) {
            (Some(path), _) => Ok(Some((path.display().to_string(), read(path)?))),
            (None, Some(file)) => Ok(Some((file.name.clone(), configured(file)?))),
            (None, None) => Ok(None),
        }
    }

    /// Whether findings are written to a baseline instead of reported.
    pub(crate) fn writes(&self) -> bool {
        self.write_baseline.is_some()
    }
}

/// Whether a run reads less than a whole workspace: one file, some modules, or selected paths.
pub(crate) fn is_narrowed(
    input: &str,
    selection: &SelectionArgs,
    workspace: &Workspace,
) -> Result<bool> {
    let is_file = matches!(Reference::parse(input)?, Reference::ProtoFile { .. });
    let is_part = workspace.modules.iter().any(|module| !module.target);
    let is_selected = !selection.paths.is_empty() || !selection.exclude_paths.is_empty();
    Ok(is_file || is_part || is_selected)
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
    parse(bytes, &path.display().to_string())
}

/// Parses the baseline that the settings name.
fn configured(file: &BaselineFile) -> Result<Baseline> {
    let content = file.content.clone().ok_or_else(|| {
        Error::new("`lint.baseline` names this file, and it does not exist")
            .at(&file.name)
            .help(format!("create it with `wireproof lint --write-baseline {}`", file.name))
    })?;
    parse(content, &file.name)
}

/// Parses the baseline `name`.
fn parse(content: Vec<u8>, name: &str) -> Result<Baseline> {
    let text =
        String::from_utf8(content).map_err(|error| Error::new(format!("not UTF-8: {error}")));
    text.and_then(|text| Baseline::parse(&text)).map_err(|error| error.at(name))
}

/// Writes the baseline of `findings`, and prints how it differs from the one before.
fn write(path: &Path, findings: &[Finding], schema: &Schema) -> Result<()> {
    let baseline = Baseline::of(findings, &|shown| import_path(schema, shown));
    // A broken baseline is simply replaced; another file is an input that stands in the wrong place.
    let old = files::read_named(path, files::BASELINE);
    if path.is_dir() || old.is_ok_and(|old| !Baseline::is_one(&old)) {
        return Err(Error::new("this is no baseline, and is not replaced")
            .at(path.display().to_string())
            .help("write the input first: wireproof lint INPUT --write-baseline FILE"));
    }
    let before = read(path).ok().map(|before| before.matched(findings.to_vec()));
    files::write(path, baseline.to_string().as_bytes())?;
    let count = counted(baseline.len(), "finding");
    let change = before.map_or_else(String::new, |before| {
        format!(" ({} added, {} removed)", before.new.len(), before.stale.len())
    });
    say(&format!("{}: {count}{change}", path.display()));
    Ok(())
}
