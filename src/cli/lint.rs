//! `lint`: runs the lint rules.

use super::Outcome;
use super::baseline::{self, BaselineArgs};
use super::findings::{self, LintFormatArgs};
use super::fix::{self, FixArgs, Plan};
use super::selection::SelectionArgs;
use crate::config::Override;
use crate::error::{Error, Result};
use crate::workspace::{self, Load, Loaded, Loader, Rules, config_override};

/// Run the lint rules
#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// A directory, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// Use this configuration (a file or inline data) instead of the input's own
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
    if args.fix.is_requested() {
        fix::require_on_disk(&args.input, &args.selection)?;
    }
    let loader = args.selection.loader()?;
    let loaded = match loader.load(&args.input, config.as_ref(), Rules::Lint)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(findings, texts) => {
            return findings::report(findings, args.format.error_format, &texts);
        }
    };
    if args.fix.is_requested() {
        return fix_findings(args, &loader, config.as_ref(), &loaded);
    }
    let outcome = report(args, &loaded);
    // Dropping a large schema takes time, and the process exits anyway.
    std::mem::forget(loaded);
    outcome
}

/// Reports the findings that are not in the baseline.
fn report(args: &LintArgs, loaded: &Loaded) -> Result<Outcome> {
    let narrowed = baseline::is_narrowed(&args.input, &args.selection, &loaded.workspace)?;
    let found = args.baseline.apply(workspace::run_lint(loaded), loaded, narrowed)?;
    if args.baseline.writes() {
        return Ok(Outcome::Clean);
    }
    let import_path = |shown: &str| baseline::import_path(&loaded.schema, shown);
    findings::report_of(found, args.format.error_format, &loaded.texts, &import_path, "")
}

/// Fixes the findings, or shows the fixes, and reports the rest.
fn fix_findings(
    args: &LintArgs,
    loader: &Loader,
    config: Option<&Override>,
    loaded: &Loaded,
) -> Result<Outcome> {
    let found = args.baseline.new_findings(workspace::run_lint(loaded), loaded)?;
    let plan = Plan::of(&found, &args.input, loader)?;
    if plan.is_empty() && !args.fix.diff {
        return report(args, loaded);
    }
    let after = match loader.load_changed(&args.input, config, Rules::Lint, plan.files())? {
        Load::Ready(after) if fix::equal_except_imports(&loaded.schema, &after.schema) => after,
        _ => {
            return Err(Error::new("the fixes would change the schema: nothing was written")
                .help("this is a bug in wireproof: please report it with the file"));
        }
    };
    if args.fix.diff {
        plan.print_diff()?;
        plan.print_fixed("can be fixed:");
        fix::print_unfixed(&args.baseline.new_findings(workspace::run_lint(&after), &after)?);
        return Ok(if found.is_empty() { Outcome::Clean } else { Outcome::Findings });
    }
    plan.write()?;
    plan.print_fixed("fixed");
    report(args, &after)
}
