//! `check-compat` (buf's `breaking`): the rules of compatibility, against one other version or
//! against every supported release.

use super::Outcome;
use super::findings::{self, FormatArgs};
use super::policies::with_policies;
use super::releases::{self, Release};
use super::schema::{
    Asked, Loaded, Outcome as Read, Reader, SelectionArgs, Texts, config_override,
};
use crate::compat::{self, History, Settings};
use crate::config::{Module, RuleSet, Workspace};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::schema::Schema;
use crate::schema::pair::Pair;

/// Check what changed against what was released, or against another version
#[derive(Debug, clap::Args)]
pub(crate) struct CheckCompatArgs {
    /// A folder, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// What to compare with instead of the releases: any input, `.git#branch=main` for example
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    against: Option<String>,
    /// The configuration of --against: a file, or the data itself
    #[arg(long, value_name = "FILE_OR_DATA", requires = "against")]
    against_config: Option<String>,
    /// The configuration instead of the input's own: a file, or the data itself
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Find nothing in files that are only imported
    #[arg(long)]
    exclude_imports: bool,
    /// Compare only the files that the input has
    #[arg(long)]
    limit_to_input_files: bool,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &CheckCompatArgs) -> Result<Outcome> {
    let (found, texts) = check(args)?;
    findings::report(found, args.format.error_format, &texts)
}

/// Returns what breaks, or what does not compile, and the texts that it may quote.
fn check(args: &CheckCompatArgs) -> Result<(Vec<Finding>, Texts)> {
    let config = config_override("config", args.config.as_deref())?;
    let reader = Reader::new(&args.selection)?.compares();
    let old = match &args.against {
        None => None,
        Some(against) => {
            let config = config_override("against-config", args.against_config.as_deref())?;
            match reader.read_schema(against, config.as_ref())? {
                Read::Loaded(loaded) => Some(loaded.schema),
                Read::Broken(findings, texts) => return Ok((findings, texts)),
            }
        }
    };
    let new = match reader.read(&args.input, config.as_ref(), Asked::Compat)? {
        Read::Loaded(loaded) => loaded,
        Read::Broken(findings, texts) => return Ok((findings, texts)),
    };
    let Some(old) = old else {
        let releases = some_releases(&reader)?;
        let found = against_releases(releases, &reader, &new, args.exclude_imports)?;
        return Ok((found, new.texts));
    };
    if !args.selection.paths.is_empty() && [&old, &new.schema].into_iter().all(is_empty) {
        return Err(Error::new("neither version has what --path names")
            .help("paths are relative to the working directory"));
    }
    let old = match args.limit_to_input_files {
        true => old.narrowed(|file| new.schema.file(file.path()).is_some()),
        false => old,
    };
    let mut found = compare(&old, &new, args.exclude_imports);
    compat::distinct(&mut found);
    // Taking large schemas apart again takes longer than the process still lives.
    std::mem::forget((old, new.schema));
    Ok((found, new.texts))
}

/// Whether nothing of a schema is meant.
fn is_empty(schema: &Schema) -> bool {
    schema.files().all(|file| file.is_import())
}

/// The supported releases; it is an error that there are none.
fn some_releases(reader: &Reader<'_>) -> Result<Vec<Release>> {
    let releases = releases::supported(&reader.settings()?, reader)?;
    if releases.is_empty() {
        return Err(Error::new("there is no release to compare with").help(
            "freeze what was promised with `wireproof release VERSION`, \
             or name what to compare with: `--against '.git#branch=main'`",
        ));
    }
    Ok(releases)
}

/// What breaks clients of any of `releases`: each finding once, with the releases it concerns.
pub(super) fn against_releases(
    releases: Vec<Release>,
    reader: &Reader<'_>,
    new: &Loaded,
    exclude_imports: bool,
) -> Result<Vec<Finding>> {
    let mut history = History::default();
    for release in releases {
        let found = compare(&release.schema(reader)?, new, exclude_imports);
        history.add(&release.to_string(), found);
    }
    let mut found = history.findings();
    compat::distinct(&mut found);
    Ok(found)
}

fn compare(old: &Schema, new: &Loaded, exclude_imports: bool) -> Vec<Finding> {
    let Workspace { modules, policies, .. } = &new.workspace;
    let check = |modules: Vec<RuleSet>| {
        let settings = Settings { modules: &modules, exclude_imports };
        compat::check(Pair { old, new: &new.schema }, &settings)
    };
    // By the index that files carry.
    let own = modules.iter().map(|module| module.breaking.clone()).collect();
    with_policies(check(own), policies, |policy| {
        let rules = |module: &Module| match module.target {
            true => policy.breaking.clone(),
            false => module.breaking.clone(),
        };
        check(modules.iter().map(rules).collect())
    })
}
