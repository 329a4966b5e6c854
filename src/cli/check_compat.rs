//! `check-compat` (buf's `breaking`): compares a schema with one other version, or with every
//! supported release.

use super::approvals::Approvals;
use super::baseline::is_narrowed;
use super::findings::{self, FormatArgs};
use super::releases::{self, Release};
use super::selection::SelectionArgs;
use super::text::shell_quoted;
use super::{Outcome, say};
use crate::compat::{self, History};
use crate::config::{Judge, Override, ProofSettings, Settings, Workspace};
use crate::error::{Error, Result};
use crate::finding::{Finding, Level, Witness};
use crate::rule::PROOF_RULES;
use crate::schema::Schema;
use crate::schema::image::SharedImages;
use crate::workspace::{
    self, Against, CompatOptions, Load, Loaded, Loader, Options, Rules, Seen, Texts, compare,
    config_override,
};

/// Detect breaking changes against all supported releases, or against another version
#[derive(Debug, Default, clap::Args)]
pub(crate) struct CheckCompatArgs {
    /// A directory, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// Compare with this input instead of the releases, for example `.git#branch=main`; with
    /// --staged, a path is read from the index, too
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    against: Option<String>,
    /// Pass if the input of --against has no .proto files, as before the first schemas
    #[arg(long, requires = "against")]
    allow_empty_against: bool,
    /// Use this configuration (a file or inline data) for --against
    #[arg(long, value_name = "FILE_OR_DATA", requires = "against")]
    against_config: Option<String>,
    /// Use this configuration (a file or inline data) instead of the input's own
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Ignore findings in imported files
    #[arg(long)]
    exclude_imports: bool,
    /// Compare only files that exist in the input
    #[arg(long)]
    limit_to_input_files: bool,
    /// What decides which findings fail: the rules, or what is proved about them; the default is
    /// `proof.judge` of wireproof.toml, else rules
    #[arg(long, value_name = "JUDGE", value_parser = parse_judge)]
    judge: Option<Judge>,
    /// Lowest level that fails, of the rules of the category PROOF and with --judge proof: breaks,
    /// lossy or note; the default is `proof.fail-on` of wireproof.toml, else lossy
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    fail_on: Option<Level>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

fn parse_judge(name: &str) -> Result<Judge, String> {
    let known = Judge::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, judge)| *judge).ok_or_else(|| "judges are rules, proof".to_owned())
}

fn parse_level(name: &str) -> Result<Level, String> {
    let known = Level::FAILING.into_iter().find(|level| level.name() == name);
    known.ok_or_else(|| "levels are note, lossy, breaks".to_owned())
}

/// The result of a comparison, with the sources that its findings may quote.
pub(super) enum Compared {
    /// The breaking changes, and what decides which of them fail. If `is_complete`, all files were
    /// compared with all supported releases.
    Ready { found: Vec<Finding>, proof: ProofSettings, is_complete: bool, texts: Texts },
    /// A version does not compile.
    CompileErrors(Vec<Finding>, Texts),
}

pub(crate) fn run(args: &CheckCompatArgs) -> Result<Outcome> {
    let loader = args.loader()?;
    let format = args.format.error_format;
    match compared(args, &loader)? {
        Compared::Ready { mut found, proof, is_complete, texts } => {
            let settings = loader.settings()?;
            Approvals::load(&settings, &loader)?.apply(&mut found, is_complete);
            let found = judged(found, &proof);
            let accept = args.accept_arguments(&loader.shown(&settings.root));
            findings::report_breaks(found, format, &texts, &accept)
        }
        Compared::CompileErrors(found, texts) => findings::report(found, format, &texts),
    }
}

impl CheckCompatArgs {
    /// Returns the arguments that compare `input` with `against` or, without it, with the releases, by
    /// all rules of the category PROOF besides those in use.
    pub(super) fn new(input: String, against: Option<&str>) -> Self {
        let against = against.map(str::to_owned);
        let (judge, fail_on) = (Some(Judge::Proof), Some(Level::Note));
        CheckCompatArgs { input, against, judge, fail_on, ..CheckCompatArgs::default() }
    }

    /// Sets the configurations of the input and of --against.
    #[must_use]
    pub(super) fn with_configs(self, config: Option<&str>, against_config: Option<&str>) -> Self {
        let [config, against_config] =
            [config, against_config].map(|config| config.map(str::to_owned));
        CheckCompatArgs { config, against_config, ..self }
    }

    pub(super) fn loader(&self) -> Result<Loader> {
        let options = self.selection.options()?;
        Loader::new(Options { allow_unmatched_paths: true, ..options })
    }

    /// Returns the arguments with which `accept` makes the same comparison. It compares the folder
    /// `root` if it has no input.
    fn accept_arguments(&self, root: &str) -> String {
        let input = if self.input == root {
            String::new()
        } else {
            format!(" {}", shell_quoted(&self.input))
        };
        input + &flag("against", self.against.as_deref()) + &self.configs()
    }

    /// Returns the arguments that set the configurations of the old version and of the input.
    fn configs(&self) -> String {
        flag("against-config", self.against_config.as_deref())
            + &flag("config", self.config.as_deref())
    }

    /// Whether all files of the workspace are compared with all supported releases by its own rules: the
    /// input is its folder `root`, and nothing is left out.
    fn is_complete(&self, root: &str, loader: &Loader, workspace: &Workspace) -> Result<bool> {
        let is_root = loader.here().view.find(&self.input).is_ok_and(|input| input == root);
        Ok(self.against.is_none()
            && self.config.is_none()
            && is_root
            && !self.exclude_imports
            && !is_narrowed(&self.input, &self.selection, workspace)?)
    }
}

/// Returns the breaking changes, or the compile errors.
pub(super) fn compared(args: &CheckCompatArgs, loader: &Loader) -> Result<Compared> {
    let config = config_override("config", args.config.as_deref())?;
    let old = match &args.against {
        None => None,
        Some(against) => {
            let old = config_override("against-config", args.against_config.as_deref())?;
            let against = Against { old: against, new: &args.input };
            let is_empty = || loader.is_empty(against, old.as_ref());
            if args.allow_empty_against && is_empty().map_err(|error| about(error, against.old))? {
                let against = against.old;
                say(&format!("{against} has no .proto files: there is nothing to compare with"));
                return compile(loader, &args.input, config.as_ref());
            }
            match load_against(loader, against, old.as_ref())? {
                Load::Ready(loaded) => Some(loaded.schema),
                Load::CompileErrors(findings, texts) => {
                    return Ok(Compared::CompileErrors(findings, texts));
                }
            }
        }
    };
    let new = match loader.load(&args.input, config.as_ref(), Rules::Compat)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(findings, texts) => {
            return Ok(Compared::CompileErrors(findings, texts));
        }
    };
    let mut proof = loader.settings()?.proof;
    proof.judge = args.judge.unwrap_or(proof.judge);
    proof.fail_on = args.fail_on.unwrap_or(proof.fail_on);
    let options = CompatOptions { exclude_imports: args.exclude_imports, ..options_of(&proof) };
    let Some(old) = old else {
        let settings = loader.settings()?;
        let releases = require_releases(&settings, loader)?;
        let found =
            against_releases(releases, loader, (&args.input, &new), &options, &args.configs())?;
        let is_complete = args.is_complete(&settings.root, loader, &new.workspace)?;
        return Ok(Compared::Ready { found, proof, is_complete, texts: new.texts });
    };
    if !args.selection.paths.is_empty() && [&old, &new.schema].into_iter().all(has_no_targets) {
        let paths: Vec<String> =
            args.selection.paths.iter().map(|path| format!("{path:?}")).collect();
        let problem = format!("neither version has a .proto file at {}", paths.join(" or "));
        return Err(Error::new(problem).help("--path is relative to the working directory"));
    }
    let old = if args.limit_to_input_files {
        old.narrowed(|file| new.schema.file(file.path()).is_some())
    } else {
        old
    };
    let mut found = workspace::run_compat(&old, &new, &options);
    let against = args.against.as_deref().unwrap_or_default();
    set_replay(&mut found, &(replay_arguments(&args.input, against, loader) + &args.configs()));
    // Dropping large schemas takes time, and the process exits anyway.
    std::mem::forget((old, new.schema));
    Ok(Compared::Ready { found, proof, is_complete: false, texts: new.texts })
}

/// Compiles `input`, without a version to compare it with.
fn compile(loader: &Loader, input: &str, config: Option<&Override>) -> Result<Compared> {
    Ok(match loader.load(input, config, Rules::Compat)? {
        Load::Ready(loaded) => {
            let (found, texts) = (Vec::new(), loaded.texts);
            let proof = ProofSettings::default();
            Compared::Ready { found, proof, is_complete: false, texts }
        }
        Load::CompileErrors(findings, texts) => Compared::CompileErrors(findings, texts),
    })
}

/// Loads the input `against`. Its errors and its findings say that they are about it.
pub(super) fn load_against(
    loader: &Loader,
    against: Against<'_>,
    config: Option<&Override>,
) -> Result<Load> {
    let loaded = loader.load_old(against, config).map_err(|error| {
        // A vendor folder of the newer version that does not exist is no fault of the older one.
        loader.vendored_of(against.new).err().unwrap_or_else(|| about(error, against.old))
    })?;
    Ok(match loaded {
        Load::CompileErrors(findings, texts) => {
            let findings = findings.into_iter().map(|finding| finding.of_against(against.old));
            Load::CompileErrors(findings.collect(), texts)
        }
        ready => ready,
    })
}

/// Returns `error`, about the input `against`, with a place that says so.
fn about(error: Error, against: &str) -> Error {
    let place = match error.place() {
        Some(place) if place != "." && place != against => {
            format!("--against {against}: {place}")
        }
        _ => format!("--against {against}"),
    };
    error.at(place)
}

/// Whether a schema has no target files.
fn has_no_targets(schema: &Schema) -> bool {
    schema.files().all(|file| file.is_import())
}

/// Returns the options that the settings of proofs make. With the proof as the judge, all rules of
/// the category PROOF are in use.
pub(super) fn options_of(proof: &ProofSettings) -> CompatOptions {
    let proof_rules = match proof.judge {
        Judge::Rules => proof.rules.clone(),
        Judge::Proof => PROOF_RULES.to_vec(),
    };
    let (surfaces, fail_on) = (proof.surfaces.clone(), proof.fail_on);
    CompatOptions { proof_rules, surfaces, fail_on, ..CompatOptions::default() }
}

/// Returns the findings that fail or are accepted. With the proof as the judge, those with a lower
/// level than `fail-on` pass, which is printed.
pub(super) fn judged(found: Vec<Finding>, proof: &ProofSettings) -> Vec<Finding> {
    if proof.judge == Judge::Rules {
        return found;
    }
    let fails = |finding: &Finding| {
        let proved = finding.proof.as_ref();
        finding.accepted.is_some() || proved.is_none_or(|proved| proved.level.fails(proof.fail_on))
    };
    let (failing, passed): (Vec<_>, Vec<_>) = found.into_iter().partition(fails);
    for finding in passed {
        let Finding { place, rule, message, .. } = &finding;
        let proved = finding.proof.as_ref();
        let why = proved.map_or_else(String::new, |proved| match &proved.reason {
            Some(reason) => format!("{}: {reason}", proved.level),
            None => {
                let worst = proved.witnesses.first().map(Witness::summary);
                format!("{}: {}", proved.level, worst.unwrap_or_default())
            }
        });
        say(&format!("passes by proof: {place}: {rule} {message} ({why})"));
    }
    failing
}

/// Returns ` --name value` if there is a value.
fn flag(name: &str, value: Option<&str>) -> String {
    value.map_or_else(String::new, |value| format!(" --{name} {}", shell_quoted(value)))
}

/// Returns the arguments with which `replay` reads `input` and the old version `against`.
fn replay_arguments(input: &str, against: &str, loader: &Loader) -> String {
    let input = if input == "." { String::new() } else { format!(" {}", shell_quoted(input)) };
    let staged = if loader.is_staged() { " --staged" } else { "" };
    format!("{input} --against {}{staged}", shell_quoted(against))
}

/// Sets the command that replays each witness of the change between the `versions`, as arguments. A
/// witness that is too long for an argument has none.
fn set_replay(found: &mut [Finding], versions: &str) {
    const LONGEST: usize = 64 << 10;
    let proofs = found.iter_mut().filter_map(|finding| finding.proof.as_mut());
    for witness in proofs.flat_map(|proof| &mut proof.witnesses) {
        let argument = shell_quoted(&witness.argument().to_string());
        if argument.len() <= LONGEST {
            witness.replay = format!("wireproof replay {argument}{versions}");
        }
    }
}

/// Returns the supported releases. Fails if there are none.
fn require_releases(settings: &Settings, loader: &Loader) -> Result<Vec<Release>> {
    let releases = releases::supported(settings, loader)?;
    if releases.is_empty() {
        return Err(Error::new("there is no release to compare with").help(
            "freeze the released schema with `wireproof release VERSION`, \
             or compare with another input: `--against '.git#branch=main'`",
        ));
    }
    Ok(releases)
}

/// Returns the breaking changes of `new`, the input with its schema, against any of `releases`: each
/// finding once, with all the releases that it affects. `config` are the arguments that set the
/// configuration of the input.
pub(super) fn against_releases(
    releases: Vec<Release>,
    loader: &Loader,
    (input, new): (&str, &Loaded),
    options: &CompatOptions,
    config: &str,
) -> Result<Vec<Finding>> {
    let (mut history, mut images, mut seen) =
        (History::default(), SharedImages::default(), Seen::default());
    // Files are remembered by where their descriptors are in memory: `images` keeps them.
    for release in releases {
        let old = release.shared_schema(loader, &mut images)?;
        let mut found = compare(&old, new, options, Some(&mut seen));
        let versions = replay_arguments(input, &release.shown(loader), loader);
        set_replay(&mut found, &(versions + config));
        history.add(&release.to_string(), found);
    }
    let mut found = history.findings();
    compat::distinct(&mut found);
    Ok(found)
}
