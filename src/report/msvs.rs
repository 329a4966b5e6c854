//! `--error-format msvs`: lines in the format of Visual Studio and MSBuild,
//! `path(line,column) : error RULE_ID : message`.

use std::fmt::Write as _;

use super::{NO_PATH, message, one_line};
use crate::finding::Finding;
use crate::printable;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let Finding { place, rule, .. } = finding;
        let path = printable::path(place.path.as_deref().unwrap_or(NO_PATH));
        let (line, column) = (place.start_line, place.start_column);
        let message = one_line(&message(finding));
        let _ = writeln!(out, "{path}({line},{column}) : error {rule} : {message}");
    }
    out
}
