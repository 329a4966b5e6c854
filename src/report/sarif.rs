//! `--error-format sarif`: a log of SARIF 2.1.0, as code scanning takes it. Each result has a
//! place, also that of a file which is gone; paths are relative to the working directory, which
//! the consumer knows as `%SRCROOT%`; columns are counted in UTF-16 code units, where the text is
//! at hand to count them, and left out otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::sources::{Sources, utf16_column};
use super::{Fingerprints, LEVEL, Reader, affected_clients, anchor};
use crate::finding::{COMPILE, Finding, Place};
use crate::rule::{ConfigVersion, Rule};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths are relative to.
const ROOT: &str = "%SRCROOT%";

/// What is shown of a rule is cut off by code scanning after so many characters.
const LONGEST: usize = 1024;

/// What the compiler says has an id, too, and a page.
const COMPILES: Rule = Rule {
    id: COMPILE,
    purpose: "The schema compiles.",
    docs: "\
## What it checks

The files can be read as Protocol Buffers, every name means something, and the rules of the
language hold.

## Why

No code can be generated from a schema that does not compile, and nothing can be compared with it.

## Instead

Fix the location that is named. Errors that follow from the first one often disappear with it.
",
    v1beta1: None,
    v1: None,
    v2: None,
    ..Rule::PLAIN
};

pub(super) fn render(findings: &[Finding], reader: &Reader<'_>) -> String {
    let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = ids.iter().map(|id| descriptor(id, reader)).collect();
    let run = Run {
        tool: json!({ "driver": driver(rules) }),
        original_uri_base_ids: json!({
            ROOT: { "description": { "text": "The working directory of the run." } },
        }),
        column_kind: "utf16CodeUnits",
        results: Results { findings, ids: ids.into_iter().zip(0..).collect(), reader },
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
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: Results<'a>,
}

/// The results, made one by one as they are written: there may be very many.
struct Results<'a> {
    findings: &'a [Finding],
    /// The index of each rule.
    ids: BTreeMap<&'a str, usize>,
    reader: &'a Reader<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut places = Places { sources: Sources::new(self.reader) };
        let mut fingerprints = Fingerprints::default();
        serializer.collect_seq(self.findings.iter().map(|finding| {
            let fingerprint = fingerprints.next(finding);
            result(finding, self.ids[finding.rule], &fingerprint, &mut places)
        }))
    }
}

fn driver(rules: Vec<Value>) -> Value {
    let mut driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    // Where the package says that it is at home, if it does.
    let homes = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")];
    if let Some(home) = homes.into_iter().find(|home| !home.is_empty()) {
        driver["informationUri"] = json!(home);
    }
    driver
}

/// A rule as it is explained.
fn descriptor(id: &str, reader: &Reader<'_>) -> Value {
    let known = reader.rules.iter().copied().find(|rule| rule.id == id);
    let Some(rule) = known.or_else(|| Some(&COMPILES).filter(|rule| rule.id == id)) else {
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

/// What a rule checks, as one paragraph.
fn full_description(rule: &Rule) -> String {
    let checks = rule.section("What it checks").unwrap_or(rule.purpose);
    let text = checks.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(LONGEST).collect()
}

/// The categories of every version of buf.yaml.
fn tags(rule: &Rule) -> Vec<&'static str> {
    let members = ConfigVersion::ALL.into_iter().filter_map(|version| rule.membership(version));
    let mut tags: Vec<&str> = members.flat_map(|member| member.categories).copied().collect();
    tags.sort_unstable();
    tags.dedup();
    tags.insert(0, "protobuf");
    tags
}

fn result(finding: &Finding, rule: usize, fingerprint: &str, places: &mut Places<'_>) -> Value {
    let mut location = match anchor(finding) {
        Some((path, place)) => places.location(path, place),
        // What is about no file at all is about how the run is set up.
        None => places.location("buf.yaml", &Place::nowhere()),
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
    if let Some(policy) = &finding.policy {
        result["properties"] = json!({ "policy": policy });
    }
    result
}

/// A result has no other room for whose clients break and what to do about it.
fn message(finding: &Finding) -> String {
    let mut message = super::message(finding).into_owned();
    if let Some(whom) = affected_clients(finding) {
        let _ = write!(message, "\nBreaks {whom}.");
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nHelp: {help}");
    }
    message
}

/// Makes locations of places.
struct Places<'a> {
    sources: Sources<'a>,
}

impl Places<'_> {
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

/// A path as a reference: relative to the root, or to a file anywhere.
fn artifact(path: &str) -> Value {
    let path = path.replace('\\', "/");
    let is_drive = path.get(1..3) == Some(":/");
    match (path.starts_with('/'), is_drive) {
        (true, _) => json!({ "uri": format!("file://{}", encode(&path)) }),
        (_, true) => json!({ "uri": format!("file:///{}{}", &path[..2], encode(&path[2..])) }),
        _ => json!({ "uri": encode(&path), "uriBaseId": ROOT }),
    }
}

/// Percent-encodes all but what stands for itself in a path.
fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
