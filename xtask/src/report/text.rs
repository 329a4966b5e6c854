//! `--error-format text`: `path:line:column: RULE_ID message`, and for a person the source line
//! with a caret, what the finding concerns, and what to do.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use super::Reader;
use crate::finding::{Finding, Place};

pub(super) fn render(findings: &[Finding], reader: &Reader<'_>) -> String {
    let mut out = String::new();
    let mut sources = Sources { reader, current: None };
    for finding in findings {
        first_line(&mut out, finding, reader.colors);
        if reader.is_person {
            snippet(&mut out, &finding.place, &mut sources, reader.colors);
            details(&mut out, finding);
            out.push('\n');
        }
    }
    out
}

fn first_line(out: &mut String, finding: &Finding, colors: bool) {
    let (bold, red, reset) = if colors { ("\x1b[1m", "\x1b[31m", "\x1b[0m") } else { ("", "", "") };
    let Finding { place, rule, message, .. } = finding;
    let message = message.replace('\n', " ");
    let _ = writeln!(out, "{bold}{place}{reset}: {red}{rule}{reset} {message}");
}

fn details(out: &mut String, finding: &Finding) {
    if let Some(against) = finding.against.as_ref().filter(|place| has_extent(place)) {
        let _ = writeln!(out, "    before: {against}");
    }
    match finding.releases.as_slice() {
        [] => {}
        [only] => drop(writeln!(out, "    breaks: clients of release {only}")),
        [oldest, .., newest] => {
            let count = finding.releases.len();
            let _ = writeln!(out, "    breaks: clients of {count} releases, {oldest} to {newest}");
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "    help: {}", help.replace('\n', "\n          "));
    }
}

/// Whether a place says more than which file: a release knows no lines.
fn has_extent(place: &Place) -> bool {
    (place.start_line, place.start_column) != (place.end_line, place.end_column)
}

/// The text of the file that was asked for last: findings come file by file.
struct Sources<'a> {
    reader: &'a Reader<'a>,
    current: Option<(String, Option<String>)>,
}

impl Sources<'_> {
    fn line(&mut self, place: &Place) -> Option<String> {
        let path = place.path.as_deref()?;
        if self.current.as_ref().is_none_or(|(current, _)| current != path) {
            self.current = Some((path.to_owned(), (self.reader.source)(path)));
        }
        let (_, text) = self.current.as_ref()?;
        text.as_ref()?.lines().nth(place.start_line as usize - 1).map(expand_tabs)
    }
}

fn snippet(out: &mut String, place: &Place, sources: &mut Sources<'_>, colors: bool) {
    let Some(line) = sources.line(place).filter(|line| !line.trim().is_empty()) else { return };
    let start = place.start_column as usize - 1;
    let end = if place.end_line == place.start_line {
        place.end_column as usize - 1
    } else {
        width(&line)
    };
    let carets = "^".repeat(end.saturating_sub(start).max(1));
    let number = place.start_line.to_string();
    let margin = " ".repeat(number.len());
    let (red, reset) = if colors { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
    let _ = writeln!(out, "    {number} | {line}");
    let _ = writeln!(out, "    {margin} | {}{red}{carets}{reset}", " ".repeat(start));
}

/// Tabs as columns count them: to the next multiple of 4.
fn expand_tabs(line: &str) -> String {
    let mut expanded = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => expanded.push_str(&" ".repeat(4 - width(&expanded) % 4)),
            c => expanded.push(c),
        }
    }
    expanded
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::COMPILE;

    fn shown(is_person: bool) -> String {
        let place = Place::spanning("a.proto", [1, 4, 1, 7]);
        let finding = Finding::compile(place, "no such type").with_help("import it");
        let source = |_: &str| Some("message M {\n\tFoo f = 1;\n}\n".to_owned());
        render(&[finding], &Reader { is_person, colors: false, source: &source })
    }

    #[test]
    fn a_machine_gets_one_line() {
        assert_eq!(shown(false), format!("a.proto:2:5: {COMPILE} no such type\n"));
    }

    #[test]
    fn a_person_sees_the_place_and_the_way_out() {
        let expected = "a.proto:2:5: COMPILE no such type\n    \
                        2 |     Foo f = 1;\n      |     ^^^\n    help: import it\n\n";
        assert_eq!(shown(true), expected);
    }
}
