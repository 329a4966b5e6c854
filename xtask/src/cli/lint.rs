//! `lint`: the rules about how schemas are written.

use super::Outcome;
use super::baseline::{self, BaselineArgs};
use super::findings::{self, LintFormatArgs};
use super::schema::{Asked, Loaded, Outcome as Read, Reader, SelectionArgs, config_override};
use crate::error::Result;
use crate::finding::Finding;
use crate::lint::{self, Settings};

/// Check how schemas are written
#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// A folder, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// The configuration instead of the input's own: a file, or the data itself
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: LintFormatArgs,
}

pub(crate) fn run(args: &LintArgs) -> Result<Outcome> {
    let config = config_override("config", args.config.as_deref())?;
    let reader = Reader::new(&args.selection)?;
    let format = args.format.error_format;
    let loaded = match reader.read(&args.input, config.as_ref(), Asked::Lint)? {
        Read::Loaded(loaded) => loaded,
        Read::Broken(findings) => return findings::report(findings, format),
    };
    let narrowed = baseline::is_narrowed(&args.input, &args.selection)?;
    let found = args.baseline.apply(check(&loaded), &loaded.schema, narrowed)?;
    if args.baseline.writes() {
        return Ok(Outcome::Clean);
    }
    findings::report_of(found, format, &|shown| baseline::import_path(&loaded.schema, shown))
}

/// What the lint rules of every module find in it.
pub(super) fn check(loaded: &Loaded) -> Vec<Finding> {
    let modules = loaded.workspace.modules.iter();
    let modules: Vec<Settings<'_>> = modules
        .map(|module| Settings { rules: &module.lint, options: &module.lint_options })
        .collect();
    lint::check(&loaded.schema, &modules)
}
