//! How findings are shown: one file a format. Formats return text; `cli` writes it.

mod config_ignore_yaml;
mod github_actions;
mod gitlab_code_quality;
mod json;
mod junit;
mod msvs;
mod sarif;
mod sources;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::finding::{Finding, Place};
use crate::printable;
use crate::rule::Rule;

/// The level of every finding, in JSON and SARIF.
const LEVEL: &str = "error";

/// A format of findings, by the name that `--error-format` takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line a finding, as editors and problem matchers read it; for a person, what to do about
    /// it follows.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
    /// A line a finding, as Visual Studio and MSBuild read it.
    Msvs,
    /// A JUnit report: a suite a file, a failed test a finding.
    Junit,
    /// Workflow commands that GitHub turns into annotations.
    GithubActions,
    /// GitLab's code quality report.
    GitlabCodeQuality,
    /// A log of SARIF 2.1.0, for code scanning.
    Sarif,
    /// The lines of `buf.yaml` that would let all of it pass; for lint alone.
    ConfigIgnoreYaml,
}

impl Format {
    /// The formats of everything that finds something.
    pub const COMMON: [Format; 7] = [
        Format::Text,
        Format::Json,
        Format::Msvs,
        Format::Junit,
        Format::GithubActions,
        Format::GitlabCodeQuality,
        Format::Sarif,
    ];

    /// The formats of lint, which knows exceptions by file and rule.
    pub const LINT: [Format; 8] = [
        Format::Text,
        Format::Json,
        Format::Msvs,
        Format::Junit,
        Format::GithubActions,
        Format::GitlabCodeQuality,
        Format::Sarif,
        Format::ConfigIgnoreYaml,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Msvs => "msvs",
            Format::Junit => "junit",
            Format::GithubActions => "github-actions",
            Format::GitlabCodeQuality => "gitlab-code-quality",
            Format::Sarif => "sarif",
            Format::ConfigIgnoreYaml => "config-ignore-yaml",
        }
    }

    /// The one of `formats` that is called `name`; if none is, what they are called.
    pub fn named(name: &str, formats: &[Format]) -> Result<Format, String> {
        formats.iter().copied().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
            format!("formats are {}", names.join(", "))
        })
    }

    /// Whether a report is one document, also when nothing was found: two of them, one after the
    /// other, are none.
    pub fn is_document(self) -> bool {
        matches!(self, Format::Junit | Format::GitlabCodeQuality | Format::Sarif)
    }
}

/// Who reads a report.
pub struct Reader<'a> {
    /// Whether a person looks at it: then snippets, reasons and help are shown.
    pub is_person: bool,
    /// Whether colours are welcome.
    pub colors: bool,
    /// Finds the text of a file by the path that findings have.
    pub source: &'a dyn Fn(&str) -> Option<String>,
    /// The path by which a file is imported, by the path that findings have; none if it is the
    /// same.
    pub import_path: &'a dyn Fn(&str) -> Option<String>,
    /// The rules that findings may be of, in any order.
    pub rules: &'a [&'static Rule],
}

/// Writes `findings`, which are in order, as `format` has them.
pub fn render(findings: &[Finding], format: Format, reader: &Reader<'_>) -> String {
    match format {
        Format::Text => text::render(findings, reader),
        Format::Json => json::render(findings),
        Format::Msvs => msvs::render(findings),
        Format::Junit => junit::render(findings),
        Format::GithubActions => github_actions::render(findings),
        Format::GitlabCodeQuality => gitlab_code_quality::render(findings),
        Format::Sarif => sarif::render(findings, reader),
        Format::ConfigIgnoreYaml => config_ignore_yaml::render(findings, reader),
    }
}

/// The path of what no file holds any more, as buf writes it.
const NO_PATH: &str = "<input>";

/// Returns a message without line breaks, for formats in which a finding is a line.
fn one_line(text: &str) -> String {
    let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    printable::line(&lines.collect::<Vec<_>>().join(" ")).into_owned()
}

/// Returns `value` as JSON in which a terminal finds nothing to obey, and a runner no command.
fn to_json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("strings and numbers become JSON");
    let escape = |out: &mut String, c: char| {
        out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    };
    // None of these characters is a part of JSON but in its strings.
    printable::line_with(&json, escape).into_owned()
}

/// What a finding says and, if it is of a policy, behind it whose: as buf writes it.
fn message(finding: &Finding) -> Cow<'_, str> {
    match &finding.policy {
        Some(policy) => Cow::Owned(format!("{} ({policy})", finding.message)),
        None => Cow::Borrowed(&finding.message),
    }
}

/// Where to send whoever reads of `finding`: where it stands or, if that is gone, where it stood.
fn anchor(finding: &Finding) -> Option<(&str, &Place)> {
    let places = [Some(&finding.place), finding.against.as_ref()];
    places.into_iter().flatten().find_map(|place| Some((place.path.as_deref()?, place)))
}

/// Whose clients break, if the finding is about releases.
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

/// Fingerprints for services that take two findings with the same one for the same finding: the
/// second of a kind is told from the first by a number.
#[derive(Default)]
struct Fingerprints {
    seen: HashMap<String, usize>,
}

impl Fingerprints {
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
