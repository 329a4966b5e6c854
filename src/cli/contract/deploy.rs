//! `contract can-i-deploy`, and what `verify --publish` writes for it.

use super::{Context, interactions, released, versions};
use crate::cli::selection::{create_folder, folder_of};
use crate::cli::{Outcome, findings, print, say};
use crate::config::Settings;
use crate::contract::{self, Environment, Interaction, Results, Verified};
use crate::error::{Error, Result};
use crate::files;
use crate::report::Format;
use crate::workspace::Loader;

/// The folder of results, with a folder for each service.
const RESULTS: &str = "contracts/results";

/// The folder of environments.
const ENVIRONMENTS: &str = "contracts/environments";

/// Tell from the committed results whether a version can be deployed to an environment
#[derive(Debug, clap::Args)]
pub(crate) struct CanIDeployArgs {
    /// The service or consumer to deploy
    #[arg(long, value_name = "NAME")]
    service: String,
    /// Its version; for a consumer, the release that it was built with
    #[arg(long, value_name = "VERSION")]
    version: String,
    /// The environment: contracts/environments/ENV.toml
    #[arg(long = "to", value_name = "ENV")]
    environment: String,
}

/// Parses `SERVICE@VERSION`.
pub(super) fn parse_version(text: &str) -> Result<(String, String), String> {
    let (service, version) = text.split_once('@').ok_or("write SERVICE@VERSION")?;
    if !is_name(service) || !is_name(version) {
        return Err("write letters, digits, `-`, `_`, `.` and `+`".to_owned());
    }
    Ok((service.to_owned(), version.to_owned()))
}

/// Whether a text can be the name of a file or folder everywhere.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(is_plain)
}

/// Writes the result of a verification.
pub(super) fn publish(
    settings: &Settings,
    loader: &Loader,
    (service, version): (&str, &str),
    interactions: &[Interaction],
    verified: &Verified,
) -> Result<()> {
    let folder = folder_of(loader, settings, RESULTS).join(service);
    create_folder(loader, settings, &folder)?;
    let path = folder.join(format!("{version}.toml"));
    let results = Results::new(service, version, interactions, verified);
    files::write(&path, results.to_toml().as_bytes())?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

pub(super) fn run(args: &CanIDeployArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(Format::Text)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    let Context { settings, loader } = &context;
    for name in [&args.service, &args.version, &args.environment] {
        if !is_name(name) {
            return Err(Error::new(format!("{name:?} is not a valid name"))
                .help("write letters, digits, `-`, `_`, `.` and `+`"));
        }
    }
    let released = released(settings, loader)?;
    let versions = versions(&released, &loaded.schema);
    let found = interactions(settings, loader, &versions, &[])?;
    if !found.findings.is_empty() {
        return findings::report(found.findings, Format::Text, &loaded.texts);
    }
    let read = |path: &std::path::Path| match files::read_named(path, files::SETTINGS) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    };
    let path = folder_of(loader, settings, ENVIRONMENTS).join(format!("{}.toml", args.environment));
    let environment = read(&path)?.ok_or_else(|| {
        Error::new("there is no such environment").at(path.display().to_string()).help(
            "write the file: [consumers] with NAME = \"RELEASE\", [services] with NAME = \"VERSION\"",
        )
    })?;
    let environment = Environment::parse(&environment);
    let environment = environment.map_err(|error| error.at(path.display().to_string()))?;
    let results = |service: &str, version: &str| {
        for name in [service, version] {
            if !is_name(name) {
                let shown = path.display().to_string();
                return Err(Error::new(format!("{name:?} is not a valid name")).at(shown));
            }
        }
        let path =
            folder_of(loader, settings, RESULTS).join(service).join(format!("{version}.toml"));
        let content = read(&path)?;
        let results = content.map(|content| Results::parse(&content)).transpose();
        results.map_err(|error| error.at(path.display().to_string()))
    };
    let subject = (args.service.as_str(), args.version.as_str());
    let answer = contract::can_i_deploy(subject, &environment, &found.interactions, &results)?;
    for reason in &answer.reasons {
        print(&format!("{reason}\n"))?;
    }
    Ok(if answer.is_yes { Outcome::Clean } else { Outcome::Findings })
}
