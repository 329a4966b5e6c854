//! `--error-format gitlab-code-quality`: the report that GitLab shows in a merge request, an array
//! of objects with buf's keys.

use std::borrow::Cow;

use serde::Serialize;

use super::{Fingerprints, NO_PATH, anchor, approval};
use crate::finding::{Finding, Place};

#[derive(Serialize)]
struct Issue<'a> {
    description: Cow<'a, str>,
    check_name: &'a str,
    fingerprint: String,
    location: Location<'a>,
    severity: &'static str,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

pub(super) fn render(findings: &[Finding]) -> String {
    let mut fingerprints = Fingerprints::default();
    let issues: Vec<Issue<'_>> =
        findings.iter().map(|finding| issue(finding, fingerprints.next(finding))).collect();
    super::to_json(&issues) + "\n"
}

fn issue(finding: &Finding, fingerprint: String) -> Issue<'_> {
    let description = match finding.against_input {
        Some(_) => super::placed_message(finding),
        None => Cow::Borrowed(&*finding.message),
    };
    Issue {
        description: match approval(finding) {
            Some(approval) => Cow::Owned(format!("{description} ({approval})")),
            None => description,
        },
        check_name: finding.rule,
        fingerprint,
        location: location(finding),
        // buf reports every finding as minor.
        severity: if finding.fails() { "minor" } else { "info" },
    }
}

/// Returns the location of a finding. GitLab drops findings without a path, so a deleted file has its
/// old path.
fn location(finding: &Finding) -> Location<'_> {
    let (path, place) = anchor(finding).unwrap_or((NO_PATH, &finding.place));
    let Place { start_line, start_column, end_line, end_column, .. } = *place;
    let begin = Position { line: start_line, column: start_column };
    let end = Position { line: end_line, column: end_column };
    Location { path, positions: Positions { begin, end } }
}
