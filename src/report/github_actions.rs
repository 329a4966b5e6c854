//! `--error-format github-actions`: workflow commands, which GitHub shows as annotations:
//! `::error file=path,line=1,col=1,endLine=1,endColumn=9::RULE_ID message`; `::notice` for an accepted
//! finding.

use std::fmt::Write as _;

use super::{NO_PATH, affected_clients, approval};
use crate::finding::Finding;
use crate::printable;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let command = if finding.fails() { "error" } else { "notice" };
        let _ = match finding.against_input {
            // No file of the working tree is annotated.
            Some(_) => write!(out, "::{command}::"),
            None => write!(out, "::{command} {}::", properties(finding)),
        };
        let _ = writeln!(out, "{}", escape(&printable::lines(&message(finding)), DATA));
    }
    out
}

/// Returns the properties of a command: the file, and the location in it if there is one.
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

/// Returns the message of an annotation, with everything that has no property of its own: the rule,
/// the affected clients, the approval or the help.
fn message(finding: &Finding) -> String {
    let mut message = format!("{} {}", finding.rule, super::placed_message(finding));
    if let Some(clients) = affected_clients(finding) {
        let _ = write!(message, "\nbreaks: {clients}");
    }
    if let Some(approval) = approval(finding) {
        let _ = write!(message, "\n{approval}");
    } else if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    message
}

/// The characters that would end a message or be read as an escape.
const DATA: &[char] = &['%', '\r', '\n'];
/// The characters that would end a property or be read as an escape.
const PROPERTY: &[char] = &['%', '\r', '\n', ':', ','];

/// Escapes the `special` characters, in the form that the runner decodes. buf escapes nothing, so a
/// comma in a path ends the path in its report.
fn escape(text: &str, special: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special.contains(&c) {
            let _ = write!(escaped, "%{:02X}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}
