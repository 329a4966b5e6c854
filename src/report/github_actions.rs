//! `--error-format github-actions`: workflow commands, which become annotations of a run.
//! `::error file=path,line=1,col=1,endLine=1,endColumn=9::RULE_ID message`

use std::fmt::Write as _;

use super::{NO_PATH, affected_clients};
use crate::finding::Finding;
use crate::printable;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = write!(out, "::error {}::", properties(finding));
        let _ = writeln!(out, "{}", escape(&printable::lines(&message(finding)), DATA));
    }
    out
}

/// The file, and the place in it if there is one.
fn properties(finding: &Finding) -> String {
    let place = &finding.place;
    let Some(path) = &place.path else { return format!("file={NO_PATH}") };
    format!(
        "file={},line={},col={},endLine={},endColumn={}",
        escape(&printable::line(path), PROPERTY),
        place.start_line,
        place.start_column,
        place.end_line,
        place.end_column
    )
}

/// What an annotation says: it has no other room for the rule, and none for help.
fn message(finding: &Finding) -> String {
    let mut message = format!("{} {}", finding.rule, super::message(finding));
    if let Some(whom) = affected_clients(finding) {
        let _ = write!(message, "\nbreaks: {whom}");
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    message
}

/// What would end a message, or be read as an escape.
const DATA: &[char] = &['%', '\r', '\n'];
/// What would, besides, end a property.
const PROPERTY: &[char] = &['%', '\r', '\n', ':', ','];

/// Escapes as the runner undoes it. buf escapes nothing, so a comma in a path of its report ends
/// the path.
fn escape(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match special.contains(&c) {
            true => drop(write!(escaped, "%{:02X}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}
