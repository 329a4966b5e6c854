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
use crate::config::{Override, Settings, Workspace};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::schema::Schema;
use crate::workspace::{
    self, Against, CompatOptions, Load, Loaded, Loader, Options, Rules, Texts, compare,
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
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// The result of a comparison, with the sources that its findings may quote.
pub(super) enum Compared {
    /// The breaking changes. If `is_complete`, all files were compared with all supported releases.
    Ready { found: Vec<Finding>, is_complete: bool, texts: Texts },
    /// A version does not compile.
    CompileErrors(Vec<Finding>, Texts),
}

pub(crate) fn run(args: &CheckCompatArgs) -> Result<Outcome> {
    let loader = args.loader()?;
    let format = args.format.error_format;
    match compared(args, &loader)? {
        Compared::Ready { mut found, is_complete, texts } => {
            let settings = loader.settings()?;
            Approvals::load(&settings, &loader)?.apply(&mut found, is_complete);
            let accept = args.accept_arguments(&loader.shown(&settings.root));
            findings::report_breaks(found, format, &texts, &accept)
        }
        Compared::CompileErrors(found, texts) => findings::report(found, format, &texts),
    }
}

impl CheckCompatArgs {
    /// Returns the arguments that compare `input` with `against` or, without it, with the releases.
    pub(super) fn new(input: String, against: Option<&str>) -> Self {
        CheckCompatArgs { input, against: against.map(str::to_owned), ..CheckCompatArgs::default() }
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
        let input = (self.input != root).then(|| shell_quoted(&self.input));
        let flags = [
            ("against", &self.against),
            ("against-config", &self.against_config),
            ("config", &self.config),
        ];
        let flags = flags.into_iter().filter_map(|(name, value)| {
            value.as_deref().map(|value| format!("--{name} {}", shell_quoted(value)))
        });
        input.into_iter().chain(flags).map(|argument| format!(" {argument}")).collect()
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
    let options = CompatOptions { exclude_imports: args.exclude_imports };
    let Some(old) = old else {
        let settings = loader.settings()?;
        let releases = require_releases(&settings, loader)?;
        let found = against_releases(releases, loader, &new, options)?;
        let is_complete = args.is_complete(&settings.root, loader, &new.workspace)?;
        return Ok(Compared::Ready { found, is_complete, texts: new.texts });
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
    let found = workspace::run_compat(&old, &new, options);
    // Dropping large schemas takes time, and the process exits anyway.
    std::mem::forget((old, new.schema));
    Ok(Compared::Ready { found, is_complete: false, texts: new.texts })
}

/// Compiles `input`, without a version to compare it with.
fn compile(loader: &Loader, input: &str, config: Option<&Override>) -> Result<Compared> {
    Ok(match loader.load(input, config, Rules::Compat)? {
        Load::Ready(loaded) => {
            let (found, texts) = (Vec::new(), loaded.texts);
            Compared::Ready { found, is_complete: false, texts }
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

/// Returns the breaking changes against any of `releases`: each finding once, with all the releases
/// that it affects.
pub(super) fn against_releases(
    releases: Vec<Release>,
    loader: &Loader,
    new: &Loaded,
    options: CompatOptions,
) -> Result<Vec<Finding>> {
    let mut history = History::default();
    for release in releases {
        let found = compare(&release.schema(loader)?, new, options);
        history.add(&release.to_string(), found);
    }
    let mut found = history.findings();
    compat::distinct(&mut found);
    Ok(found)
}
