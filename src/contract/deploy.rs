//! Whether a version can be deployed, from files in git: results of verifications, and what runs
//! in an environment.
//!
//! - `contracts/results/<service>/<version>.toml` is written by `verify --publish`.
//! - `contracts/environments/<name>.toml` is written by people: the consumers that run there with
//!   the release that each was built with, and the services with their versions.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::interaction::Interaction;
use super::verify::Verified;
use crate::error::{Error, Result};

/// The result of verifying one version of a service.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Results {
    service: String,
    version: String,
    /// The generated calls whose answer a release cannot read: the method, and the problem.
    #[serde(default)]
    failed_calls: Vec<String>,
    #[serde(default)]
    verified: Vec<Entry>,
}

/// The result for the interactions of one consumer and release.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Entry {
    consumer: String,
    release: String,
    /// The names of the interactions that pass.
    passed: Vec<String>,
    /// The names of the interactions that do not.
    failed: Vec<String>,
    /// The digests of the interactions that pass, by name. A file without them is older than they
    /// are: its interactions count as changed.
    #[serde(default)]
    digests: BTreeMap<String, String>,
}

/// What runs in an environment.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Environment {
    /// The consumers, each with the release that it was built with.
    consumers: BTreeMap<String, String>,
    /// The services, each with its version.
    services: BTreeMap<String, String>,
}

/// The answer to the question whether a version can be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it can.
    pub is_yes: bool,
    /// The reasons, a line each.
    pub reasons: Vec<String>,
}

fn parse<T: serde::de::DeserializeOwned>(content: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(content).map_err(|error| Error::new(error.to_string()))?;
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Error::new(format!("line {line}: {}", error.message()))
    })
}

impl Environment {
    /// Reads `contracts/environments/<name>.toml`.
    ///
    /// # Errors
    ///
    /// It is not TOML, or a key is unknown.
    pub fn parse(content: &[u8]) -> Result<Self> {
        parse(content)
    }
}

impl Results {
    /// Reads `contracts/results/<service>/<version>.toml`.
    ///
    /// # Errors
    ///
    /// It is not TOML, or a key is missing or unknown.
    pub fn parse(content: &[u8]) -> Result<Self> {
        parse(content)
    }

    /// Returns the results of a verification.
    pub fn new(
        service: &str,
        version: &str,
        interactions: &[Interaction],
        verified: &Verified,
    ) -> Self {
        let mut entries: BTreeMap<(&str, &str), Entry> = BTreeMap::new();
        for interaction in interactions {
            let entry =
                entries.entry((&interaction.consumer, &interaction.release)).or_insert_with(|| {
                    let (consumer, release) =
                        (interaction.consumer.clone(), interaction.release.clone());
                    let (passed, failed, digests) = (Vec::new(), Vec::new(), BTreeMap::new());
                    Entry { consumer, release, passed, failed, digests }
                });
            let element = format!("{}: {}", interaction.consumer, interaction.name);
            if verified.findings.iter().any(|finding| finding.element == element) {
                entry.failed.push(interaction.name.clone());
            } else {
                entry.passed.push(interaction.name.clone());
                entry.digests.insert(interaction.name.clone(), interaction.digest());
            }
        }
        Results {
            service: service.to_owned(),
            version: version.to_owned(),
            failed_calls: verified.failed_calls.clone(),
            verified: entries.into_values().collect(),
        }
    }

    /// Returns the content of the file.
    pub fn to_toml(&self) -> String {
        // JSON strings and lists of them are TOML.
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let list = |values: &[String]| serde_json::Value::from(values.to_vec()).to_string();
        let mut out = format!(
            "# Written by `wireproof contract verify --publish`.\nservice = {}\nversion = {}\n\
             failed_calls = {}\n",
            text(&self.service),
            text(&self.version),
            list(&self.failed_calls)
        );
        for entry in &self.verified {
            out.push_str(&format!(
                "\n[[verified]]\nconsumer = {}\nrelease = {}\npassed = {}\nfailed = {}\n\n\
                 [verified.digests]\n",
                text(&entry.consumer),
                text(&entry.release),
                list(&entry.passed),
                list(&entry.failed)
            ));
            for (name, digest) in &entry.digests {
                out.push_str(&format!("{} = {}\n", text(name), text(digest)));
            }
        }
        out
    }
}

/// Returns whether `service` in `version` can be deployed to `environment`.
///
/// As a provider it needs a passing result for every interaction of every consumer there, as it is
/// now, for the release that the consumer was built with, and no generated call that failed. As a consumer, built with the release `version`, it
/// needs such a result of every service there. `results` reads those of a service and version.
///
/// # Errors
///
/// A file of results is broken.
pub fn can_i_deploy(
    (service, version): (&str, &str),
    environment: &Environment,
    interactions: &[Interaction],
    results: &dyn Fn(&str, &str) -> Result<Option<Results>>,
) -> Result<Answer> {
    let mut answer = Answer { is_yes: true, reasons: Vec::new() };
    let is_consumer = interactions.iter().any(|it| it.consumer == service);
    let published = results(service, version)?;
    if published.is_none() && !is_consumer {
        let reason = format!(
            "no: there is no result for {service} {version}; publish one with `wireproof contract verify --publish {service}@{version}`"
        );
        return Ok(Answer { is_yes: false, reasons: vec![reason] });
    }
    let is_service = environment.services.contains_key(service);
    if published.is_none() && is_service {
        let reason = format!("no: {service} {version} was not verified as a provider");
        answer = Answer { is_yes: false, reasons: vec![reason] };
    }
    if let Some(published) = published {
        for (consumer, release) in environment.consumers.iter().filter(|(name, _)| *name != service)
        {
            answer.judge((service, version), Some(&published), consumer, release, interactions);
        }
    }
    if is_consumer {
        for (provider, running) in environment.services.iter().filter(|(name, _)| *name != service)
        {
            let published = results(provider, running)?;
            answer.judge((provider, running), published.as_ref(), service, version, interactions);
        }
    }
    if answer.reasons.is_empty() {
        answer.reasons.push("yes: nothing there calls it or is called by it".to_owned());
    }
    Ok(answer)
}

impl Answer {
    /// Adds whether a service has a passing result for a consumer of a release.
    fn judge(
        &mut self,
        (service, version): (&str, &str),
        results: Option<&Results>,
        consumer: &str,
        release: &str,
        interactions: &[Interaction],
    ) {
        let bare = |name: &str| name.trim_start_matches('v').to_owned();
        let wanted: Vec<&Interaction> = interactions
            .iter()
            .filter(|it| it.consumer == consumer && bare(&it.release) == bare(release))
            .collect();
        let entry = results.and_then(|results| {
            let mut entries = results.verified.iter();
            entries.find(|it| it.consumer == consumer && bare(&it.release) == bare(release))
        });
        let mut no = |reason: String| {
            self.is_yes = false;
            self.reasons.push(format!("no: {reason}"));
        };
        let Some(entry) = entry else {
            if wanted.is_empty() {
                no(format!("{consumer} {release} has no interactions"));
            } else {
                no(format!("{service} {version} was not verified for {consumer} {release}"));
            }
            return;
        };
        let failed: Vec<&str> = entry.failed.iter().map(String::as_str).collect();
        if !failed.is_empty() {
            no(format!("{service} {version} fails {consumer} {release}: {}", failed.join(", ")));
            return;
        }
        if let Some(calls) = results.map(|it| &it.failed_calls).filter(|calls| !calls.is_empty()) {
            no(format!("{service} {version} fails generated calls: {}", calls.join(", ")));
            return;
        }
        let changed: Vec<&str> = wanted
            .iter()
            .filter(|it| entry.digests.get(&it.name) != Some(&it.digest()))
            .map(|it| it.name.as_str())
            .collect();
        if !changed.is_empty() {
            no(format!(
                "{service} {version} was verified for {consumer} {release} before these were written or changed: {}",
                changed.join(", ")
            ));
            return;
        }
        let count = entry.passed.len();
        self.reasons
            .push(format!("yes: {service} {version} passes all {count} of {consumer} {release}"));
    }
}
