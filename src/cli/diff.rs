//! `diff`: lists every change between two versions, with the version that it requires.

use super::check_compat::{self, load_against};
use super::releases::{self, Release};
use super::selection::SelectionArgs;
use super::{Outcome, findings, print};
use crate::compat::diff::{self, Change};
use crate::config::{Judge, ProofSettings};
use crate::error::{Error, Result};
use crate::finding::Level;
use crate::report::{self, Changes, ChangesFormat, Format};
use crate::rule::PROOF_RULES;
use crate::schema::Schema;
use crate::schema::pair::Pair;
use crate::workspace::{self, Against, CompatOptions, Load, Loaded, Rules};

/// List every change since a release, and the version that it requires
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// A directory, file, image, archive or git reference; by default the workspace
    input: Option<String>,
    /// Compare with this input instead of a release
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true, conflicts_with = "from")]
    against: Option<String>,
    /// Compare with this release; by default the newest one that is no pre-release, or the one
    /// before --to
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// List the changes up to this release instead of INPUT
    #[arg(long, value_name = "VERSION", conflicts_with = "input")]
    to: Option<String>,
    /// Report format: text, json or markdown
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_format)]
    format: ChangesFormat,
}

fn parse_format(name: &str) -> Result<ChangesFormat, String> {
    match name {
        "text" => Ok(ChangesFormat::Text),
        "json" => Ok(ChangesFormat::Json),
        "markdown" => Ok(ChangesFormat::Markdown),
        _ => Err("formats are text, json, markdown".to_owned()),
    }
}

pub(crate) fn run(args: &DiffArgs) -> Result<Outcome> {
    let loader = SelectionArgs::default().loader()?;
    let settings = loader.settings()?;
    let releases = releases::all(&settings, loader.here())?;
    let to = args.to.as_deref().map(|to| releases::named(&releases, to)).transpose()?;
    let root = loader.shown(&settings.root);
    let input = args.input.as_deref().unwrap_or(&root);
    let (old, from) = match &args.against {
        Some(against) => match load_against(&loader, Against { old: against, new: input }, None)? {
            Load::Ready(loaded) => (loaded.schema, against.clone()),
            Load::CompileErrors(found, texts) => {
                return findings::report(found, Format::Text, &texts);
            }
        },
        None => {
            let from = base(&releases, args.from.as_deref(), to)?;
            (from.schema(&loader)?, from.to_string())
        }
    };
    let new = match to {
        Some(to) => loader.release(to.schema(&loader)?, &settings.root)?,
        None => match loader.load(input, None, Rules::Compat)? {
            Load::Ready(loaded) => *loaded,
            Load::CompileErrors(found, texts) => {
                return findings::report(found, Format::Text, &texts);
            }
        },
    };
    let to = match to {
        Some(to) => to.to_string(),
        None => args.input.clone().unwrap_or_else(|| "the working tree".to_owned()),
    };
    let changes = between(&old, &new, &settings.proof);
    let changes = Changes { from: &from, to: &to, changes: &changes };
    print(&report::render_changes(&changes, args.format))?;
    Ok(Outcome::Clean)
}

/// Returns the release to compare with: `from`, or else the newest one before `to`.
fn base<'r>(
    releases: &'r [Release],
    from: Option<&str>,
    to: Option<&Release>,
) -> Result<&'r Release> {
    if let Some(from) = from {
        return releases::named(releases, from);
    }
    let base = match to {
        Some(to) => releases::previous(releases, to.version()),
        None => releases.iter().rfind(|release| !release.is_prerelease()).or(releases.last()),
    };
    base.ok_or_else(|| {
        Error::new("there is no release to compare with").help(
            "freeze the released schema with `wireproof release VERSION`, \
             or compare with another input: `--against '.git#branch=main'`",
        )
    })
}

/// Returns the changes from `old` to `new`. What breaks is what the rules that `new` configures and
/// those of the category PROOF find; with the proof as the judge, what is proved.
pub(super) fn between(old: &Schema, new: &Loaded, proof: &ProofSettings) -> Vec<Change> {
    let proof = ProofSettings { rules: PROOF_RULES.to_vec(), ..proof.clone() };
    let fail_on = proof.fail_on.max(Level::Lossy);
    let options =
        CompatOptions { exclude_imports: true, fail_on, ..check_compat::options_of(&proof) };
    let mut findings = workspace::run_compat(old, new, &options);
    if proof.judge == Judge::Proof {
        findings.retain(|it| it.proof.as_ref().is_none_or(|proved| proved.level.fails(fail_on)));
    }
    diff::diff(Pair { old, new: &new.schema }, &findings)
}
