//! `--error-format text`: `path:line:column: RULE_ID message`, and for a person the source line
//! with a caret, what the finding concerns, and what to do.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use super::sources::{Sources, expand_tabs};
use super::{Reader, affected_clients, message, one_line};
use crate::compile::{columns, width};
use crate::finding::{Finding, Place};
use crate::generate::STALE_STUB;
use crate::printable;

pub(super) fn render(findings: &[Finding], reader: &Reader<'_>) -> String {
    let mut out = String::new();
    let mut sources = Sources::new(reader);
    let mut explained = HashSet::new();
    for finding in findings {
        let ink = Ink::new(reader.colors);
        first_line(&mut out, finding, &ink);
        if reader.is_person {
            snippet(&mut out, &finding.place, &mut sources, &ink);
            details(&mut out, finding);
            // Once is enough, however often a rule has something to say.
            if explained.insert(finding.rule) {
                why(&mut out, finding, reader);
            }
            out.push('\n');
        }
    }
    out
}

/// What switches colours on and off; nothing where they are not welcome.
#[derive(Default)]
struct Ink {
    bold: &'static str,
    red: &'static str,
    reset: &'static str,
}

impl Ink {
    fn new(colors: bool) -> Self {
        if colors {
            Ink { bold: "\x1b[1m", red: "\x1b[31m", reset: "\x1b[0m" }
        } else {
            Ink::default()
        }
    }
}

fn first_line(out: &mut String, finding: &Finding, ink: &Ink) {
    let Ink { bold, red, reset } = ink;
    let Finding { place, rule, .. } = finding;
    let (place, message) = (place.to_string(), message(finding));
    // Only the message about a stale file has lines of its own: those of a difference.
    let lines = message.split_once("\n    ").filter(|_| *rule == STALE_STUB);
    let (first, below) = lines.unwrap_or((&*message, ""));
    let (place, first) = (printable::path(&place), one_line(first));
    let _ = writeln!(out, "{bold}{place}{reset}: {red}{rule}{reset} {first}");
    for line in below.split("\n    ").filter(|line| !line.is_empty()) {
        let line = format!("    {}", one_line(&line.replace('\t', "    ")));
        let _ = writeln!(out, "{}", printable::lines(&line));
    }
}

fn details(out: &mut String, finding: &Finding) {
    if let Some(against) = finding.against.as_ref().filter(|place| has_extent(place)) {
        let _ = writeln!(out, "    before: {}", printable::line(&against.to_string()));
    }
    if let Some(whom) = affected_clients(finding) {
        let _ = writeln!(out, "    breaks: {}", printable::line(&whom));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "    help: {}", printable::line(help));
    }
}

/// Why there is such a rule: the first paragraph of what it says of that.
fn why(out: &mut String, finding: &Finding, reader: &Reader<'_>) {
    let rule = reader.rules.iter().find(|rule| rule.id == finding.rule);
    let Some(why) = rule.and_then(|rule| rule.section("Why")) else { return };
    let paragraph = why.split("\n\n").next().unwrap_or(why);
    let _ = writeln!(out, "    why: {}", paragraph.replace('\n', "\n         "));
    let _ = writeln!(out, "    more: wireproof explain {}", finding.rule);
}

/// Whether a place says more than which file: a release knows no lines.
fn has_extent(place: &Place) -> bool {
    (place.start_line, place.start_column) != (place.end_line, place.end_column)
}

/// Writes the line of a finding, or the first of them, and a mark below what it is about. Of
/// a long line only what is around the mark is shown.
fn snippet(out: &mut String, place: &Place, sources: &mut Sources<'_>, ink: &Ink) {
    let Some(line) = sources.line(place, place.start_line).map(expand_tabs) else { return };
    if line.trim().is_empty() {
        return;
    }
    // An image may speak of columns that the text on disk has not.
    let whole = width(&line) as usize;
    let start = (place.start_column as usize - 1).min(whole);
    let end = match place.end_line == place.start_line {
        true => (place.end_column as usize - 1).min(whole),
        false => whole,
    };
    let (line, from) = around(&line, whole, start);
    let (start, end) = (start - from, (end - from).min(width(&line) as usize));
    let carets = "^".repeat(end.saturating_sub(start).max(1));
    let number = place.start_line.to_string();
    let margin = " ".repeat(number.len());
    let Ink { red, reset, .. } = ink;
    let _ = writeln!(out, "    {number} | {line}");
    let _ = writeln!(out, "    {margin} | {}{red}{carets}{reset}", " ".repeat(start));
}

/// Returns what is shown of `line`, which has `whole` columns: about 200 of them, with the column
/// `start` among them, and how many columns fewer are before it now.
fn around(line: &str, whole: usize, start: usize) -> (Cow<'_, str>, usize) {
    const SHOWN: usize = 200;
    const BEFORE: usize = 50;
    if whole <= SHOWN {
        return (line.into(), 0);
    }
    let end_of = |column: usize| {
        let before = columns(0, line).take_while(|(_, end)| *end as usize <= column);
        before.last().unwrap_or_default()
    };
    let (begin, skipped) = end_of(start.saturating_sub(BEFORE));
    let (end, _) = end_of(skipped as usize + SHOWN);
    let before = if begin > 0 { "…" } else { "" };
    let after = if end < line.len() { "…" } else { "" };
    let shown = format!("{before}{}{after}", &line[begin..end]);
    (shown.into(), skipped as usize - usize::from(begin > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::COMPILE;
    use crate::rule::Rule;

    const RULE: Rule = Rule {
        id: "FIELD_NO_DELETE",
        purpose: "Fields stay.",
        docs: "## What it checks\n\nThat.\n\n## Why\n\nClients\nfail.\n\nMore.\n\n## Instead\n\nX.\n",
        v1beta1: None,
        v1: None,
        v2: None,
        ..Rule::PLAIN
    };

    fn shown(findings: &[Finding], is_person: bool, colors: bool) -> String {
        let source = |_: &str| Some("message M {\n\tFoo f = 1;\n}\n".to_owned());
        let import_path = |_: &str| None;
        let reader = Reader {
            is_person,
            colors,
            source: &source,
            import_path: &import_path,
            rules: &[&RULE],
        };
        render(findings, &reader)
    }

    fn unknown_type() -> Finding {
        let place = Place::spanning("a.proto", [1, 4, 1, 7]);
        Finding::compile(place, "no such type").with_help("import it")
    }

    #[test]
    fn a_machine_gets_one_line() {
        let expected = format!("a.proto:2:5: {COMPILE} no such type\n");
        assert_eq!(shown(&[unknown_type()], false, false), expected);
    }

    #[test]
    fn a_person_sees_the_place_and_the_way_out() {
        let expected = "a.proto:2:5: COMPILE no such type\n    \
                        2 |     Foo f = 1;\n      |     ^^^\n    help: import it\n\n";
        assert_eq!(shown(&[unknown_type()], true, false), expected);
    }

    #[test]
    fn a_place_beyond_the_text_is_marked_at_its_end() {
        let place = Place::spanning("a.proto", [1, 4_000_000_000, 1, 4_000_000_100]);
        let shown = shown(&[Finding { place, ..unknown_type() }], true, false);
        assert!(shown.contains("      |               ^\n"), "{shown}");
    }

    #[test]
    fn of_a_long_line_what_is_around_the_mark_is_shown() {
        let line = format!("{}\t世Foo f = 1;{}", "int32 a = 1; ".repeat(200), " // …".repeat(99));
        let shown = |[start, end]: [u32; 2]| {
            let source = |_: &str| Some(line.clone());
            let import_path = |_: &str| None;
            let reader = Reader {
                is_person: true,
                colors: false,
                source: &source,
                import_path: &import_path,
                rules: &[],
            };
            let place = Place::spanning("a.proto", [0, start, 0, end]);
            let text = render(&[Finding { place, ..unknown_type() }], &reader);
            let lines: Vec<&str> = text.lines().skip(1).take(2).collect();
            let (line, mark) = (lines[0].to_owned(), lines[1].to_owned());
            assert!(width(&line) <= 210 && width(&mark) <= 210, "{line}\n{mark}");
            let column = mark.find('^').expect("there is a mark");
            let (at, _) = std::iter::once((0, 0))
                .chain(columns(0, &line))
                .find(|(_, end)| *end as usize == column)
                .expect("a character begins there");
            (line[at..].to_owned(), line.ends_with('…'), line.contains("| …"))
        };
        let (text, ..) = shown([2606, 2609]);
        assert!(text.starts_with("Foo f = 1;"), "{text}");
        let (text, is_cut, has_more_before) = shown([0, 3000]);
        assert!(text.starts_with("int32 a") && is_cut && !has_more_before, "{text}");
        let (text, is_cut, has_more_before) = shown([3110, 3111]);
        assert!(text.starts_with('…') && is_cut && has_more_before, "{text}");
    }

    #[test]
    fn a_person_is_told_why_once_a_rule() {
        let deleted = |line| Finding {
            rule: RULE.id,
            against: Some(Place::spanning("old/a.proto", [line, 2, line, 9])),
            releases: vec!["v1.0.0".to_owned(), "v1.2.0".to_owned()],
            place: Place::spanning("a.proto", [0, 0, 2, 1]),
            ..unknown_type()
        };
        insta::assert_snapshot!("text-person", shown(&[deleted(3), deleted(4)], true, false));
    }

    #[test]
    fn colours_are_only_added() {
        let (plain, colored) =
            (shown(&[unknown_type()], true, false), shown(&[unknown_type()], true, true));
        assert!(colored.contains("\u{1b}[31m^^^\u{1b}[0m"), "{colored:?}");
        let codes = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m"];
        assert_eq!(codes.iter().fold(colored, |text, code| text.replace(code, "")), plain);
    }
}
