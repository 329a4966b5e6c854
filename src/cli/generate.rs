//! `generate`: runs the plugins of `buf.gen.yaml`.

mod job;

use std::collections::BTreeSet;
use std::path::Path;

use self::job::{Generated, Job};
use super::findings::{self, FormatArgs};
use super::selection::{SelectionArgs, working_dir};
use super::text::counted;
use super::{Outcome, eprint, install_hint, say};
use crate::config::RemotePlugin;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::generate::write;
use crate::generate::{
    FoundTemplate, GeneratedOutputs, MissingPlugin, TEMPLATE_NAME, stale, stale_in_index,
};
use crate::workspace::{Texts, config_override};

/// The time limit of a plugin, in seconds.
const TIMEOUT: u64 = 120;

/// Generate code as buf.gen.yaml says
#[derive(Debug, Default, clap::Args)]
pub(crate) struct GenerateArgs {
    /// A directory, file, image, archive or git reference, instead of the inputs of the template
    input: Option<String>,
    /// Check that generated files are up to date, with --staged those in git's index; write nothing
    #[arg(long)]
    check: bool,
    /// The template: a file or inline data; by default the nearest buf.gen.yaml
    #[arg(long, value_name = "FILE_OR_DATA")]
    template: Option<String>,
    /// Prepend DIR to every `out` path
    #[arg(short, long, value_name = "DIR")]
    output: Option<String>,
    /// Use this configuration (a file or inline data) instead of the input's own
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Generate code for imports, too, with every plugin
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    include_imports: Option<bool>,
    /// Generate code for well-known types, too, with every plugin; needs --include-imports
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    include_wkt: Option<bool>,
    /// Generate only this type and the types that it needs, instead of the `types` of the
    /// template's inputs (repeatable); NAME can also be a package, a service or a method
    #[arg(long = "type", value_name = "NAME", value_delimiter = ',')]
    types: Vec<String>,
    /// Do not generate this type, instead of the `exclude_types` of the template's inputs
    /// (repeatable)
    #[arg(long = "exclude-type", value_name = "NAME", value_delimiter = ',')]
    exclude_types: Vec<String>,
    /// Delete files that an earlier run generated and this one does not, even if this run is
    /// limited to an input, paths or types; hand-written files stay
    #[arg(long)]
    clean: bool,
    /// Overwrite hand-written files
    #[arg(long)]
    force: bool,
    /// The time limit of a plugin for one request, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &GenerateArgs) -> Result<Outcome> {
    if args.include_wkt == Some(true) && args.include_imports != Some(true) {
        return Err(Error::new("--include-wkt needs --include-imports"));
    }
    let template = template(args)?;
    let remote = template.template.refuse_remote_plugins();
    if template.template.plugins.is_empty() {
        template.template.refuse_remote_plugins()?;
    }
    let job = Job::new(args, template)?;
    let outputs = match job.generate()? {
        Generated::Outputs(outputs) => outputs,
        Generated::CompileErrors(findings, texts) => {
            return findings::report(findings, args.format.error_format, &texts);
        }
    };
    warn(&outputs)?;
    if args.check {
        say_remote(&job.remote);
        if !job.write.complete {
            say("partial run: stale files are not checked");
        }
        let stale = if args.selection.staged {
            let (stale, ignored) = stale_in_index(&job.roots, outputs, &job.write)?;
            for out in ignored {
                say(&format!("not checked, since git ignores it: {out}"));
            }
            stale
        } else {
            stale(&job.roots, &outputs, &job.write)?
        };
        return findings::report(stale, args.format.error_format, &Texts::default());
    }
    let summary = write::write(&job.roots.template_dir, &outputs, &job.write)?;
    let files = counted(summary.generated, "file");
    let (written, deleted) = (summary.written, summary.deleted);
    say(&format!("{files}, {written} of them new or changed, {deleted} deleted"));
    // The outputs of local plugins are complete; those of the others are not.
    remote?;
    Ok(Outcome::Clean)
}

/// Returns the template of the command line, or else the nearest one.
fn template(args: &GenerateArgs) -> Result<FoundTemplate> {
    let cwd = working_dir()?;
    if let Some(given) = config_override("template", args.template.as_deref())? {
        return FoundTemplate::given(&given, &cwd);
    }
    FoundTemplate::nearest(&cwd, args.check && args.selection.staged)?.ok_or_else(|| {
        let problem = format!("no {TEMPLATE_NAME} here or above, up to the top of the repository");
        let help = "name one with --template, or give it inline: \
                    --template '{version: v2, plugins: […]}'";
        Error::new(problem).help(help)
    })
}

/// Checks the generated files of the template at or above `root`. Returns a summary and the
/// findings.
pub(crate) fn check(root: &Path) -> Result<(String, Vec<Finding>)> {
    let root = root.canonicalize().map_err(|error| Error::io(root, error))?;
    let Some(found) = FoundTemplate::nearest(&root, false)? else {
        return Ok((format!("no {TEMPLATE_NAME}"), Vec::new()));
    };
    let args = GenerateArgs { check: true, timeout: TIMEOUT, ..GenerateArgs::default() };
    let job = Job::new(&args, found)?;
    let outputs = match job.generate()? {
        Generated::Outputs(outputs) => outputs,
        Generated::CompileErrors(findings, _) => {
            return Ok(("the inputs do not compile".to_owned(), findings));
        }
    };
    warn(&outputs)?;
    say_remote(&job.remote);
    let (all, run) = (job.all_plugins, job.plugins.len() - outputs.not_installed.len());
    let plugins = match all - run {
        0 => counted(all, "plugin"),
        _ => format!("{run} of {all} plugins"),
    };
    let summary = format!("{plugins}, {}", counted(outputs.count(), "file"));
    Ok((summary, stale(&job.roots, &outputs, &job.write)?))
}

/// Prints which outputs are not checked because their plugins are remote. That is no error, in CI
/// either: the template is one for buf.
fn say_remote(remote: &[RemotePlugin]) {
    if remote.is_empty() {
        return;
    }
    let (names, help) = RemotePlugin::describe(remote);
    let outs: BTreeSet<&str> = remote.iter().map(|plugin| &*plugin.out).collect();
    let outs = outs.into_iter().collect::<Vec<_>>().join(", ");
    let why = format!("not checked: {outs}, since wireproof does not run remote plugins: {names}");
    let skipped = Error::new(format!("SKIPPED: {why}")).help(help);
    eprint(&format!("wireproof: {skipped}\n"));
}

/// Prints the warnings of a run. Missing plugins are one of them, but in CI an error.
fn warn(outputs: &GeneratedOutputs) -> Result<()> {
    // They are escaped, and those of plugins can have several lines.
    outputs.warnings.iter().for_each(|warning| eprint(&format!("wireproof: warning: {warning}\n")));
    if outputs.not_installed.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> =
        outputs.not_installed.values().map(MissingPlugin::to_string).collect();
    names.dedup();
    let problem = format!("not installed, so their outputs are not checked: {}", names.join(", "));
    let help = install_hint::help_all(outputs.not_installed.values());
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return Err(Error::new(problem).help(help));
    }
    let skipped = Error::new(format!("SKIPPED: {problem}")).help(help);
    eprint(&format!("wireproof: {skipped}\n"));
    Ok(())
}
