//! `replay WITNESS`: decodes a witness again from both versions.

use super::check_compat::load_against;
use super::selection::SelectionArgs;
use super::{Outcome, findings, print, releases};
use crate::compat::proof;
use crate::error::{Error, Result};
use crate::finding::Argument;
use crate::report::Format;
use crate::schema::pair::Pair;
use crate::workspace::{Against, Load, Loader, Options, Rules, config_override};

/// Show what a witness of check-compat writes and what the other version reads
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 the value is read as it was written, 100 it is not, 1 error."
)]
pub(crate) struct ReplayArgs {
    /// The witness, as a finding prints it: SURFACE:DIRECTION:NAME[:VALUE]
    witness: String,
    /// The new version: a directory, file, image, archive or git reference
    #[arg(default_value = ".")]
    input: String,
    /// The old version; without it, the newest release
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    against: Option<String>,
    /// Use this configuration (a file or inline data) for --against
    #[arg(long, value_name = "FILE_OR_DATA", requires = "against")]
    against_config: Option<String>,
    /// Use this configuration (a file or inline data) instead of the input's own
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
    /// Read inputs and releases from git's index instead of the disk
    #[arg(long)]
    staged: bool,
}

pub(crate) fn run(args: &ReplayArgs) -> Result<Outcome> {
    let argument = Argument::parse(&args.witness).map_err(|why| {
        Error::new(format!("the witness is not valid: {why}"))
            .help("copy the command from the finding, with its quotes")
    })?;
    let selection = SelectionArgs { staged: args.staged, ..SelectionArgs::default() };
    let options = selection.options()?;
    let loader = Loader::new(Options { allow_unmatched_paths: true, ..options })?;
    let old = match &args.against {
        Some(old) => {
            let against = Against { old, new: &args.input };
            let config = config_override("against-config", args.against_config.as_deref())?;
            match load_against(&loader, against, config.as_ref())? {
                Load::Ready(loaded) => loaded.schema,
                Load::CompileErrors(found, texts) => {
                    return findings::report(found, Format::Text, &texts);
                }
            }
        }
        None => {
            let releases = releases::supported(&loader.settings()?, &loader)?;
            let newest = releases.last().ok_or_else(|| {
                Error::new("there is no release to compare with")
                    .help("name the old version: `--against INPUT`")
            })?;
            newest.schema(&loader)?
        }
    };
    let config = config_override("config", args.config.as_deref())?;
    let new = match loader.load(&args.input, config.as_ref(), Rules::None)? {
        Load::Ready(loaded) => loaded.schema,
        Load::CompileErrors(found, texts) => return findings::report(found, Format::Text, &texts),
    };
    let replayed = proof::replay(Pair { old: &old, new: &new }, &argument)?;
    print(&replayed.text)?;
    Ok(if replayed.differs { Outcome::Findings } else { Outcome::Clean })
}
