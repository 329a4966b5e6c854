//! `replay WITNESS`: decodes a witness again from both versions.

use super::check_compat::load_against;
use super::selection::SelectionArgs;
use super::{Outcome, findings, print, releases};
use crate::compat::proof;
use crate::error::{Error, Result};
use crate::finding::Argument;
use crate::report::Format;
use crate::schema::pair::Pair;
use crate::workspace::{Against, Load, Loader, Options, Rules};

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
            match load_against(&loader, against, None)? {
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
    let new = match loader.load(&args.input, None, Rules::None)? {
        Load::Ready(loaded) => loaded.schema,
        Load::CompileErrors(found, texts) => return findings::report(found, Format::Text, &texts),
    };
    let replayed = proof::replay(Pair { old: &old, new: &new }, &argument)?;
    print(&replayed.text)?;
    Ok(if replayed.differs { Outcome::Findings } else { Outcome::Clean })
}
