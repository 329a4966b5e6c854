//! `lint`: the rules about how schemas are written.

use super::Outcome;
use super::baseline::{self, BaselineArgs};
use super::findings::{self, LintFormatArgs};
use super::fix::{self, FixArgs, Plan};
use super::policies::with_policies;
use super::schema::{Asked, Loaded, Outcome as Read, Reader, SelectionArgs, config_override};
use crate::config::{Override, Workspace};
use crate::error::{Error, Result};
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
    fix: FixArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: LintFormatArgs,
}

pub(crate) fn run(args: &LintArgs) -> Result<Outcome> {
    let config = config_override("config", args.config.as_deref())?;
    if args.fix.is_asked() {
        fix::refuse_what_is_not_on_disk(&args.input, &args.selection)?;
    }
    let reader = Reader::new(&args.selection)?;
    let loaded = match reader.read(&args.input, config.as_ref(), Asked::Lint)? {
        Read::Loaded(loaded) => loaded,
        Read::Broken(findings, texts) => {
            return findings::report(findings, args.format.error_format, &texts);
        }
    };
    if args.fix.is_asked() {
        return mend(args, &reader, config.as_ref(), &loaded);
    }
    report(args, &loaded)
}

/// Reports what is found, but for what is known.
fn report(args: &LintArgs, loaded: &Loaded) -> Result<Outcome> {
    let narrowed = baseline::is_narrowed(&args.input, &args.selection)?;
    let found = args.baseline.apply(check(loaded), &loaded.schema, narrowed)?;
    if args.baseline.writes() {
        return Ok(Outcome::Clean);
    }
    let import_path = |shown: &str| baseline::import_path(&loaded.schema, shown);
    findings::report_of(found, args.format.error_format, &loaded.texts, &import_path)
}

/// Mends what would be reported, or shows how, and reports the rest.
fn mend(
    args: &LintArgs,
    reader: &Reader<'_>,
    config: Option<&Override>,
    loaded: &Loaded,
) -> Result<Outcome> {
    let found = args.baseline.new_ones(check(loaded))?;
    let plan = Plan::of(&found, &args.input, reader)?;
    if plan.is_empty() && !args.fix.diff {
        return report(args, loaded);
    }
    let after = match reader.read_changed(&args.input, config, Asked::Lint, plan.files())? {
        Read::Loaded(after) if fix::keeps(&loaded.schema, &after.schema) => after,
        _ => {
            return Err(Error::new("the fixes would change the schema: nothing was written")
                .help("this is a fault of wireproof; please report it with the file"));
        }
    };
    if args.fix.diff {
        plan.print_diff()?;
        plan.tell("can be fixed:");
        fix::tell_rest(&args.baseline.new_ones(check(&after))?);
        return Ok(if found.is_empty() { Outcome::Clean } else { Outcome::Findings });
    }
    plan.write()?;
    plan.tell("fixed");
    report(args, &after)
}

/// What the lint rules of every module find in it, and those of every policy in all of them.
pub(super) fn check(loaded: &Loaded) -> Vec<Finding> {
    let Workspace { modules, policies, .. } = &loaded.workspace;
    let own: Vec<Settings<'_>> = modules
        .iter()
        .map(|module| Settings { rules: &module.lint, options: &module.lint_options })
        .collect();
    with_policies(lint::check(&loaded.schema, &own), policies, |policy| {
        let settings = Settings { rules: &policy.lint, options: &policy.lint_options };
        lint::check(&loaded.schema, &vec![settings; modules.len()])
    })
}
