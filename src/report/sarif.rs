//! `--error-format sarif`: a SARIF 2.1.0 log for code scanning. Each result has a location, even for
//! a deleted file; findings about the input of `--against` are notifications. Paths are relative to the working directory, `%SRCROOT%`. Columns are in UTF-16
//! code units, and left out if the text is not available to count them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::sources::{Sources, utf16_column};
use super::{Fingerprints, LEVEL, RenderOptions, affected_clients, anchor};
use crate::finding::{Accepted, Finding, Place, Proof};
use crate::rule::{ConfigVersion, OTHERS, Rule};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of the folder that paths are relative to.
const ROOT: &str = "%SRCROOT%";

/// The number of characters after which code scanning truncates the description of a rule.
const MAX_DESCRIPTION: usize = 1024;

pub(super) fn render(findings: &[Finding], options: &RenderOptions<'_>) -> String {
    let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = ids.iter().map(|id| descriptor(id, options)).collect();
    let run = Run {
        tool: json!({ "driver": driver(rules) }),
        original_uri_base_ids: json!({
            ROOT: { "description": { "text": "The working directory of the run." } },
        }),
        invocations: invocation(findings).into_iter().collect(),
        column_kind: "utf16CodeUnits",
        results: Results { findings, ids: ids.into_iter().zip(0..).collect(), options },
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run] };
    super::to_json(&log) + "\n"
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invocations: Vec<Value>,
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: Results<'a>,
}

/// The results. They are built one by one while they are written, since there may be very many.
struct Results<'a> {
    findings: &'a [Finding],
    /// The index of each rule in the list of rules.
    ids: BTreeMap<&'a str, usize>,
    options: &'a RenderOptions<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut locations = Locations { sources: Sources::new(self.options) };
        let mut fingerprints = Fingerprints::default();
        let findings = self.findings.iter().filter(|finding| finding.against_input.is_none());
        serializer.collect_seq(findings.map(|finding| {
            let fingerprint = fingerprints.next(finding);
            result(finding, self.ids[finding.rule], &fingerprint, &mut locations)
        }))
    }
}

/// Returns the reasons why the comparison could not be made: the findings about the input of
/// `--against`, which are results in no file of the working tree. None if there are none.
fn invocation(findings: &[Finding]) -> Option<Value> {
    let findings = findings.iter().filter(|finding| finding.against_input.is_some());
    let notification = |finding: &Finding| {
        json!({
            "level": LEVEL,
            "message": { "text": format!("{} {}", finding.rule, message(finding)) },
            "associatedRule": { "id": finding.rule },
        })
    };
    let notifications: Vec<Value> = findings.map(notification).collect();
    (!notifications.is_empty()).then(
        || json!({ "executionSuccessful": false, "toolExecutionNotifications": notifications }),
    )
}

/// Returns the description of this tool.
fn driver(rules: Vec<Value>) -> Value {
    let mut driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    // The package may have neither.
    let urls = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")];
    if let Some(url) = urls.into_iter().find(|url| !url.is_empty()) {
        driver["informationUri"] = json!(url);
    }
    driver
}

/// Returns the description of the rule `id`.
fn descriptor(id: &str, options: &RenderOptions<'_>) -> Value {
    let known = options.rules.iter().copied().find(|rule| rule.id == id);
    let Some(rule) = known.or_else(|| OTHERS.iter().find(|rule| rule.id == id)) else {
        return json!({ "id": id, "shortDescription": { "text": id } });
    };
    json!({
        "id": id,
        "shortDescription": { "text": rule.purpose },
        "fullDescription": { "text": full_description(rule) },
        "help": { "text": rule.docs.trim(), "markdown": rule.docs.trim() },
        "defaultConfiguration": { "level": LEVEL },
        "properties": {
            "tags": tags(rule),
            "precision": "very-high",
            "problem.severity": "error",
        },
    })
}

/// Returns what a rule checks, as one paragraph.
fn full_description(rule: &Rule) -> String {
    let checks = rule.section("What it checks").unwrap_or(rule.purpose);
    let text = checks.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(MAX_DESCRIPTION).collect()
}

/// Returns the categories of a rule in all versions of buf.yaml.
fn tags(rule: &Rule) -> Vec<&'static str> {
    let members = ConfigVersion::ALL.into_iter().filter_map(|version| rule.membership(version));
    let mut tags: Vec<&str> = members.flat_map(|member| member.categories).copied().collect();
    tags.sort_unstable();
    tags.dedup();
    tags.insert(0, "protobuf");
    tags
}

fn result(
    finding: &Finding,
    rule: usize,
    fingerprint: &str,
    locations: &mut Locations<'_>,
) -> Value {
    let mut location = match anchor(finding) {
        Some((path, place)) => locations.location(path, place),
        // A finding without any file is about the configuration.
        None => locations.location("buf.yaml", &Place::nowhere()),
    };
    location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.element }]);
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVEL,
        "message": { "text": message(finding) },
        "locations": [location],
        "partialFingerprints": { "wireproof/v1": fingerprint },
    });
    if let Some(accepted) = &finding.accepted {
        result["suppressions"] = json!([suppression(accepted)]);
    }
    let mut properties = serde_json::Map::new();
    if let Some(policy) = &finding.policy {
        properties.insert("policy".to_owned(), json!(policy));
    }
    if let Some(Proof { level, witnesses, reason, .. }) = &finding.proof {
        properties.insert("proof".to_owned(), json!(level));
        if let Some(reason) = reason {
            properties.insert("noWitness".to_owned(), json!(reason));
        } else {
            properties.insert("witnesses".to_owned(), json!(witnesses));
        }
    }
    if !properties.is_empty() {
        result["properties"] = Value::Object(properties);
    }
    result
}

/// Returns the suppression of an accepted result. It is external: no comment in the schema.
fn suppression(accepted: &Accepted) -> Value {
    let Accepted { file, reason, owner, expires } = accepted;
    let until = expires.as_ref().map_or_else(String::new, |date| format!(", until {date}"));
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": format!("{reason} ({owner}{until})"),
        "location": {
            "physicalLocation": { "artifactLocation": artifact(file) },
        },
    })
}

/// Returns the message of a result, with everything that has no key of its own: the affected clients
/// and the help.
fn message(finding: &Finding) -> String {
    let mut message = super::placed_message(finding).into_owned();
    if let Some(clients) = affected_clients(finding) {
        let _ = write!(message, "\nBreaks {clients}.");
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nHelp: {help}");
    }
    message
}

/// A converter of locations, which reads source lines to convert columns.
struct Locations<'a> {
    sources: Sources<'a>,
}

impl Locations<'_> {
    fn location(&mut self, path: &str, place: &Place) -> Value {
        json!({
            "physicalLocation": {
                "artifactLocation": artifact(path),
                "region": self.region(place),
            },
        })
    }

    fn region(&mut self, place: &Place) -> Value {
        let mut region = json!({ "startLine": place.start_line, "endLine": place.end_line });
        let start = self.column(place, place.start_line, place.start_column);
        let end = self.column(place, place.end_line, place.end_column);
        if let (Some(start), Some(end)) = (start, end) {
            region["startColumn"] = json!(start);
            region["endColumn"] = json!(end);
        }
        region
    }

    fn column(&mut self, place: &Place, line: u32, column: u32) -> Option<u32> {
        let line = self.sources.line(place, line)?;
        Some(utf16_column(line, column))
    }
}

/// Returns a path as a URI: relative to the root, or an absolute `file:` URI.
fn artifact(path: &str) -> Value {
    let path = path.replace('\\', "/");
    let is_drive = path.get(1..3) == Some(":/");
    match (path.starts_with('/'), is_drive) {
        (true, _) => json!({ "uri": format!("file://{}", encode(&path)) }),
        (_, true) => json!({ "uri": format!("file:///{}{}", &path[..2], encode(&path[2..])) }),
        _ => json!({ "uri": encode(&path), "uriBaseId": ROOT }),
    }
}

/// Percent-encodes all characters except those that are allowed in a path.
fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
    encoded
}
