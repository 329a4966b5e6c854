//! Renders findings, one file per format. Formats return text, and `cli` prints it.

mod changes;
mod config_ignore_yaml;
mod github_actions;
mod gitlab_code_quality;
mod json;
mod junit;
mod markdown;
mod msvs;
mod sarif;
mod sources;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::finding::{Accepted, Finding, Place};
use crate::printable;
use crate::rule::Rule;

pub use self::changes::{Changes, ChangesFormat, changelog_entry, render_changes};

/// The level of every finding, in JSON and SARIF.
const LEVEL: &str = "error";

/// A report format, the value of `--error-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One line per finding, for editors and problem matchers; on a terminal and in CI, followed by
    /// the source line and help.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
    /// One line per finding, for Visual Studio and MSBuild.
    Msvs,
    /// A JUnit report: a suite per file, a failed test per finding.
    Junit,
    /// Workflow commands, which GitHub shows as annotations.
    GithubActions,
    /// A code quality report of GitLab.
    GitlabCodeQuality,
    /// A SARIF 2.1.0 log, for code scanning.
    Sarif,
    /// A Markdown document, for job summaries and comments of pull requests.
    Markdown,
    /// The section of `buf.yaml` that would suppress all findings; only for lint.
    ConfigIgnoreYaml,
}

impl Format {
    /// The formats of every command that reports findings.
    pub const COMMON: [Format; 8] = [
        Format::Text,
        Format::Json,
        Format::Msvs,
        Format::Junit,
        Format::GithubActions,
        Format::GitlabCodeQuality,
        Format::Sarif,
        Format::Markdown,
    ];

    /// The formats of lint, whose findings can be suppressed by file and rule.
    pub const LINT: [Format; 9] = [
        Format::Text,
        Format::Json,
        Format::Msvs,
        Format::Junit,
        Format::GithubActions,
        Format::GitlabCodeQuality,
        Format::Sarif,
        Format::Markdown,
        Format::ConfigIgnoreYaml,
    ];

    /// Returns the name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Msvs => "msvs",
            Format::Junit => "junit",
            Format::GithubActions => "github-actions",
            Format::GitlabCodeQuality => "gitlab-code-quality",
            Format::Sarif => "sarif",
            Format::Markdown => "markdown",
            Format::ConfigIgnoreYaml => "config-ignore-yaml",
        }
    }

    /// Returns the format of `formats` with this name. The error lists their names.
    pub fn named(name: &str, formats: &[Format]) -> Result<Format, String> {
        formats.iter().copied().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
            format!("formats are {}", names.join(", "))
        })
    }

    /// Whether a report is one document, even without findings. Two such reports cannot be
    /// concatenated.
    pub fn is_document(self) -> bool {
        matches!(self, Format::Junit | Format::GitlabCodeQuality | Format::Sarif | Format::Markdown)
    }
}

/// Options for rendering a report.
pub struct RenderOptions<'a> {
    /// Whether text has source lines, reasons and help: on a terminal, and in the log of a CI system.
    pub is_detailed: bool,
    /// Whether the report may have colours.
    pub colors: bool,
    /// Returns the text of a file by the path in findings.
    pub source: &'a dyn Fn(&str) -> Option<String>,
    /// Returns the import path of a file by the path in findings; none if they are the same.
    pub import_path: &'a dyn Fn(&str) -> Option<String>,
    /// The rules that can have findings, in any order.
    pub rules: &'a [&'static Rule],
    /// The arguments with which `accept` makes the same comparison, after the fingerprint; empty or
    /// with a space before it.
    pub accept: &'a str,
}

/// Returns a report of `findings`, which must be sorted.
pub fn render(findings: &[Finding], format: Format, options: &RenderOptions<'_>) -> String {
    match format {
        Format::Text => text::render(findings, options),
        Format::Json => json::render(findings),
        Format::Msvs => msvs::render(findings),
        Format::Junit => junit::render(findings),
        Format::GithubActions => github_actions::render(findings),
        Format::GitlabCodeQuality => gitlab_code_quality::render(findings),
        Format::Sarif => sarif::render(findings, options),
        Format::Markdown => markdown::render(findings),
        Format::ConfigIgnoreYaml => config_ignore_yaml::render(findings, options),
    }
}

/// The path of an element whose file is gone. buf writes it like this.
const NO_PATH: &str = "<input>";

/// Returns a message without line breaks, for formats with one line per finding.
fn one_line(text: &str) -> String {
    let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    printable::line(&lines.collect::<Vec<_>>().join(" ")).into_owned()
}

/// Returns `value` as JSON, with control characters and CI commands escaped.
fn to_json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("strings and numbers become JSON");
    let escape = |out: &mut String, c: char| {
        out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    };
    // Outside of strings, JSON has none of these characters.
    printable::line_with(&json, escape).into_owned()
}

/// Returns the message of a finding, followed by the name of its policy, if any. buf writes it like
/// this.
fn message(finding: &Finding) -> Cow<'_, str> {
    match &finding.policy {
        Some(policy) => Cow::Owned(format!("{} ({policy})", finding.message)),
        None => Cow::Borrowed(&finding.message),
    }
}

/// Returns the message of a finding for formats that attach messages to the files of the working
/// tree. A finding about the input of `--against` is in none of them, so its location comes first.
fn placed_message(finding: &Finding) -> Cow<'_, str> {
    match finding.against_input {
        Some(_) => Cow::Owned(format!("{}: {}", finding.place, message(finding))),
        None => message(finding),
    }
}

/// Returns what the approval of a finding says, in one clause; none if no approval accepts it.
fn approval(finding: &Finding) -> Option<String> {
    let Accepted { reason, owner, .. } = finding.accepted.as_ref()?;
    Some(format!("accepted: {reason}, {owner}"))
}

/// Returns the location to link to: that of the finding or, if its file is gone, the one in the
/// earlier version; none if the finding is about the input of `--against`.
fn anchor(finding: &Finding) -> Option<(&str, &Place)> {
    if finding.against_input.is_some() {
        return None;
    }
    let places = [Some(&finding.place), finding.against.as_ref()];
    places.into_iter().flatten().find_map(|place| Some((place.path.as_deref()?, place)))
}

/// Returns the releases whose clients break, if the finding is about releases.
fn affected_clients(finding: &Finding) -> Option<String> {
    match finding.releases.as_slice() {
        [] => None,
        [only] => Some(format!("clients of release {only}")),
        [oldest, .., newest] => {
            let count = finding.releases.len();
            Some(format!("clients of {count} releases, {oldest} to {newest}"))
        }
    }
}

/// A generator of unique fingerprints, for services that treat findings with the same fingerprint
/// as one: the second and later ones get a number at the end.
#[derive(Default)]
struct Fingerprints {
    seen: HashMap<String, usize>,
}

impl Fingerprints {
    /// Returns the unique fingerprint of the next finding.
    fn next(&mut self, finding: &Finding) -> String {
        let fingerprint = finding.fingerprint();
        let times = self.seen.entry(fingerprint.clone()).or_default();
        *times += 1;
        match *times {
            1 => fingerprint,
            times => format!("{fingerprint}-{times}"),
        }
    }
}
