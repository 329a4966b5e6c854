//! `--error-format msvs`: lines in the format of Visual Studio and MSBuild,
//! `path(line,column) : error RULE_ID : message`. An accepted finding is `info`: MSBuild shows it and
//! does not count it, since only `error` and `warning` are categories of its own.

use std::fmt::Write as _;

use super::{NO_PATH, approval, message, one_line};
use crate::finding::Finding;
use crate::printable;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let Finding { place, rule, .. } = finding;
        let path = printable::path(place.path.as_deref().unwrap_or(NO_PATH));
        let (line, column) = (place.start_line, place.start_column);
        let (category, message) = match approval(finding) {
            Some(approval) => ("info", format!("{} ({approval})", message(finding))),
            None => ("error", message(finding).into_owned()),
        };
        let message = one_line(&message);
        let _ = writeln!(out, "{path}({line},{column}) : {category} {rule} : {message}");
    }
    out
}
