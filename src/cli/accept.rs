//! `accept FINDING`: approves one break.

use std::path::PathBuf;

use super::approvals::today;
use super::check_compat::{self, CheckCompatArgs, Compared};
use super::selection::create_folder;
use super::{Outcome, findings, print};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::files;
use crate::finding::{Approval, Date, Finding, Levels, add_effects};
use crate::input;
use crate::printable;
use crate::report::Format;
use crate::workspace::Loader;

/// The fingerprints that an error lists at most.
const LISTED: usize = 10;

/// Accept one breaking change: write its approval, a file to commit
#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArgs {
    /// The fingerprint of the finding, which check-compat prints
    #[arg(value_parser = parse_fingerprint)]
    finding: String,
    /// The input that was checked; by default the folder of wireproof.toml, else of buf.yaml
    input: Option<String>,
    /// Why the break is accepted
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    reason: String,
    /// Who accepts it; by default git's user.name
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    owner: Option<String>,
    /// The last day on which it is accepted
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    expires: Option<Date>,
    /// Compare with this input instead of the releases, as check-compat did
    #[arg(long, value_name = "INPUT", allow_hyphen_values = true)]
    against: Option<String>,
    /// Use this configuration (a file or inline data) for --against
    #[arg(long, value_name = "FILE_OR_DATA", requires = "against")]
    against_config: Option<String>,
    /// Use this configuration (a file or inline data) instead of the input's own
    #[arg(long, value_name = "FILE_OR_DATA")]
    config: Option<String>,
}

fn parse_fingerprint(text: &str) -> Result<String, String> {
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let is_valid = text.len() == 16 && text.chars().all(is_digit);
    is_valid.then(|| text.to_owned()).ok_or_else(|| "write its 16 hexadecimal digits".to_owned())
}

fn parse_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn parse_date(text: &str) -> Result<Date, String> {
    let date = Date::parse(text).ok_or("write a date: 2027-01-31")?;
    if date > today() { Ok(date) } else { Err("it is not in the future".to_owned()) }
}

pub(crate) fn run(args: &AcceptArgs) -> Result<Outcome> {
    let loader = CheckCompatArgs::default().loader()?;
    let settings = loader.settings()?;
    let input = args.input.clone().unwrap_or_else(|| loader.shown(&settings.root));
    let compared = CheckCompatArgs::new(input, args.against.as_deref())
        .with_configs(args.config.as_deref(), args.against_config.as_deref());
    let found = match check_compat::compared(&compared, &loader)? {
        Compared::Ready { found, .. } => found,
        Compared::CompileErrors(found, texts) => {
            return findings::report(found, Format::Text, &texts);
        }
    };
    let same: Vec<&Finding> = found.iter().filter(|it| it.fingerprint() == args.finding).collect();
    let Some(first) = same.first() else { return Err(unknown(&args.finding, &found)) };
    let mut releases: Vec<String> = Vec::new();
    for release in same.iter().flat_map(|finding| &finding.releases) {
        if !releases.contains(release) {
            releases.push(release.clone());
        }
    }
    let mut effects = Levels::new();
    same.iter().for_each(|finding| add_effects(&mut effects, &finding.effects()));
    let mut approval = Approval {
        file: String::new(),
        rule: first.rule.to_owned(),
        element: first.element.clone(),
        change: first.change.clone(),
        policy: first.policy.clone(),
        message: first.message.clone(),
        releases,
        effects: Some(effects),
        reason: args.reason.clone(),
        owner: owner(args, &loader, &settings)?,
        expires: args.expires,
    };
    write(&mut approval, &settings, &loader)
}

/// Writes `approval`. One that exists is replaced; a comparison with `--against` is about no release,
/// so it keeps those of the old one, and adds to its effects.
fn write(approval: &mut Approval, settings: &Settings, loader: &Loader) -> Result<Outcome> {
    let folder = PathBuf::from(loader.shown(&settings.accepted));
    let path = folder.join(format!("{}.toml", approval.fingerprint()));
    let file = path.display().to_string();
    let old = files::read(&path, files::SETTINGS).ok();
    if let Some(old) = old.as_deref().and_then(|old| Approval::parse(&file, old).ok())
        && approval.releases.is_empty()
    {
        approval.releases = old.releases;
        // A file without effects covers any.
        approval.effects = old.effects.zip(approval.effects.take()).map(|(mut effects, more)| {
            add_effects(&mut effects, &more);
            effects
        });
    }
    create_folder(loader, settings, &folder)?;
    files::write(&path, approval.to_string().as_bytes())?;
    let done = if old.is_some() { "accepted again" } else { "accepted" };
    let what = format!("{done}: {} of {}: {file}", approval.rule, approval.element);
    print(&format!("{}\n", printable::line(&what)))?;
    Ok(Outcome::Clean)
}

fn owner(args: &AcceptArgs, loader: &Loader, settings: &Settings) -> Result<String> {
    let by_git = || input::user_name(&loader.absolute(&settings.root));
    args.owner.clone().or_else(by_git).ok_or_else(|| {
        Error::new("git has no user.name, so the owner of the approval is not known")
            .help("name the owner with --owner")
    })
}

/// Returns the error for a fingerprint that is not in `found`. It lists those that are.
fn unknown(fingerprint: &str, found: &[Finding]) -> Error {
    if found.is_empty() {
        return Error::new(format!("no finding is {fingerprint}: nothing breaks"));
    }
    let mut message = format!("no finding is {fingerprint}; there are:");
    for finding in found.iter().take(LISTED) {
        let line = format!("{} {} {}", finding.fingerprint(), finding.rule, finding.element);
        message.push_str(&format!("\n    {}", printable::line(&line)));
    }
    match found.len().saturating_sub(LISTED) {
        0 => {}
        more => message.push_str(&format!("\n    and {more} more")),
    }
    Error::quoting(message).help("run `wireproof check-compat`, which prints the command")
}
