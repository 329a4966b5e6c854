//! `--error-format text`: `path:line:column: RULE_ID message` and, on a terminal and in CI, the
//! source line with carets, the affected clients, the help, the reason of the rule and how to accept
//! the finding. An accepted finding is one line with its approval.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use super::sources::{Sources, expand_tabs};
use super::{RenderOptions, affected_clients, approval, message, one_line};
use crate::compile::{columns, width};
use crate::finding::{
    APPROVAL, CONTRACT, DETAIL, Finding, Place, Proof, ROUNDTRIP, STALE_STUB, Witness, hex,
};
use crate::lint;
use crate::printable;
use crate::rule::OTHERS;

pub(super) fn render(findings: &[Finding], options: &RenderOptions<'_>) -> String {
    let mut out = String::new();
    let mut sources = Sources::new(options);
    let mut explained = HashSet::new();
    for finding in findings {
        let style = Style::new(options.colors);
        first_line(&mut out, finding, &style);
        if options.is_detailed && finding.fails() {
            snippet(&mut out, &finding.place, &mut sources, &style);
            details(&mut out, finding, options);
            // The reason is the same for every finding of a rule.
            if explained.insert(finding.rule) {
                why(&mut out, finding, options);
            }
            out.push('\n');
        }
    }
    out
}

/// The escape sequences for colours; empty without colours.
#[derive(Default)]
struct Style {
    bold: &'static str,
    red: &'static str,
    reset: &'static str,
}

impl Style {
    fn new(colors: bool) -> Self {
        if colors {
            Style { bold: "\x1b[1m", red: "\x1b[31m", reset: "\x1b[0m" }
        } else {
            Style::default()
        }
    }
}

/// Writes the first line of a finding, and the lines below it: a diff or a counterexample.
fn first_line(out: &mut String, finding: &Finding, style: &Style) {
    let Style { bold, red, reset } = style;
    let Finding { place, rule, .. } = finding;
    let (place, message) = (place.to_string(), message(finding));
    let lines = message.split_once(DETAIL).filter(|_| finding.has_details());
    let (first, below) = lines.unwrap_or((&*message, ""));
    let (place, first) = (printable::path(&place), one_line(first));
    if let Some(approval) = approval(finding) {
        let approval = one_line(&approval);
        let _ = writeln!(out, "{bold}{place}{reset}: {rule} {first} ({approval})");
        return;
    }
    let _ = writeln!(out, "{bold}{place}{reset}: {red}{rule}{reset} {first}");
    for line in below.split(DETAIL).filter(|line| !line.is_empty()) {
        let line = format!("    {}", one_line(&line.replace('\t', "    ")));
        let _ = writeln!(out, "{}", printable::lines(&line));
    }
}

/// Writes the location in the earlier version, the affected clients, the help and the command that
/// accepts the finding.
fn details(out: &mut String, finding: &Finding, options: &RenderOptions<'_>) {
    let against = finding.against.as_ref().filter(|place| has_extent(place));
    if let Some(against) = against.filter(|_| finding.against_input.is_none()) {
        let _ = writeln!(out, "    before: {}", printable::line(&against.to_string()));
    }
    if let Some(clients) = affected_clients(finding) {
        let _ = writeln!(out, "    breaks: {}", printable::line(&clients));
    }
    if let Some(proof) = &finding.proof {
        witness(out, proof);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "    help: {}", printable::line(help));
    }
    if is_break(finding) {
        let (fingerprint, others) = (finding.fingerprint(), printable::line(options.accept));
        let _ = writeln!(out, "    accept: wireproof accept {fingerprint}{others} --reason '…'");
    }
}

/// Writes the worst witness in four lines, and on which surfaces there are others; or why there is
/// none.
fn witness(out: &mut String, proof: &Proof) {
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "    {name}: {}", printable::line(&cut(text)));
    };
    let Some((worst, others)) = proof.witnesses.split_first() else {
        line("proof", &format!("{}: {}", proof.level, proof.reason.as_deref().unwrap_or_default()));
        return;
    };
    line("proof", &format!("{}: {}", proof.level, worst.summary()));
    line("writes", &worst.value());
    match (&worst.bytes, &worst.json) {
        (Some(bytes), _) => line("bytes", &hex(bytes)),
        (None, Some(json)) => line("JSON", json),
        (None, None) => {}
    }
    line("reads", &worst.reading());
    if !worst.replay.is_empty() {
        let _ = writeln!(out, "    replay: {}", printable::line(&worst.replay));
    }
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(Witness::summary).collect();
        let _ = writeln!(out, "    also: {}", printable::line(&others.join("; ")));
    }
}

/// Returns `text`, cut if it is long.
fn cut(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 400;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Whether a finding is a change that breaks something, which can be accepted.
fn is_break(finding: &Finding) -> bool {
    !is_lint(finding) && OTHERS.iter().all(|other| other.id != finding.rule)
}

fn is_lint(finding: &Finding) -> bool {
    lint::rules::all().any(|lint| lint.rule.id == finding.rule)
}

/// Writes the reason of the rule, the first paragraph of its section "Why", and how to accept the
/// findings of a lint rule.
fn why(out: &mut String, finding: &Finding, options: &RenderOptions<'_>) {
    let rule = options.rules.iter().find(|rule| rule.id == finding.rule);
    let Some(why) = rule.and_then(|rule| rule.section("Why")) else {
        if [APPROVAL, CONTRACT, ROUNDTRIP, STALE_STUB].contains(&finding.rule) {
            let _ = writeln!(out, "    more: wireproof explain {}", finding.rule);
        }
        return;
    };
    let paragraph = why.split("\n\n").next().unwrap_or(why);
    let _ = writeln!(out, "    why: {}", paragraph.replace('\n', "\n         "));
    if let Some(accept) = accept(finding) {
        let _ = writeln!(out, "    accept: {accept}");
    }
    let _ = writeln!(out, "    more: wireproof explain {}", finding.rule);
}

/// Returns how to accept the findings of a lint rule; none if it is one of a policy, which has its own
/// exceptions.
fn accept(finding: &Finding) -> Option<String> {
    let rule = finding.rule;
    let accept = || {
        format!(
            "list its file under `{rule}` in `lint.ignore_only` of buf.yaml, or \
             `wireproof lint --write-baseline FILE`"
        )
    };
    (finding.policy.is_none() && is_lint(finding)).then(accept)
}

/// Whether a location is more than a file. Releases have no source info, so no lines.
fn has_extent(place: &Place) -> bool {
    (place.start_line, place.start_column) != (place.end_line, place.end_column)
}

/// Writes the first source line of a finding, with carets below its columns. Of a long line, only
/// the part around the carets is shown.
fn snippet(out: &mut String, place: &Place, sources: &mut Sources<'_>, style: &Style) {
    let Some(line) = sources.line(place, place.start_line).map(expand_tabs) else { return };
    if line.trim().is_empty() {
        return;
    }
    // An image may have columns that do not exist in the text on disk.
    let whole = width(&line) as usize;
    let start = (place.start_column as usize - 1).min(whole);
    let end = if place.end_line == place.start_line {
        (place.end_column as usize - 1).min(whole)
    } else {
        whole
    };
    let (line, from) = around(&line, whole, start);
    let (start, end) = (start - from, (end - from).min(width(&line) as usize));
    let carets = "^".repeat(end.saturating_sub(start).max(1));
    let number = place.start_line.to_string();
    let margin = " ".repeat(number.len());
    let Style { red, reset, .. } = style;
    let _ = writeln!(out, "    {number} | {line}");
    let _ = writeln!(out, "    {margin} | {}{red}{carets}{reset}", " ".repeat(start));
}

/// Returns the part of `line` to show, about 200 of its `whole` columns around the column `start`,
/// and the number of columns that were cut off before it.
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

    fn shown(findings: &[Finding], is_detailed: bool, colors: bool) -> String {
        let source = |_: &str| Some("message M {\n\tFoo f = 1;\n}\n".to_owned());
        let import_path = |_: &str| None;
        let options = RenderOptions {
            is_detailed,
            colors,
            source: &source,
            import_path: &import_path,
            rules: &[&RULE],
            accept: "",
        };
        render(findings, &options)
    }

    fn unknown_type() -> Finding {
        let place = Place::spanning("a.proto", [1, 4, 1, 7]);
        Finding::compile(place, "no such type").with_help("import it")
    }

    #[test]
    fn without_a_terminal_a_finding_is_one_line() {
        let expected = format!("a.proto:2:5: {COMPILE} no such type\n");
        assert_eq!(shown(&[unknown_type()], false, false), expected);
    }

    #[test]
    fn a_terminal_shows_the_source_line_and_the_help() {
        let expected = "a.proto:2:5: COMPILE no such type\n    \
                        2 |     Foo f = 1;\n      |     ^^^\n    help: import it\n\n";
        assert_eq!(shown(&[unknown_type()], true, false), expected);
    }

    #[test]
    fn a_location_beyond_the_text_is_marked_at_its_end() {
        let place = Place::spanning("a.proto", [1, 4_000_000_000, 1, 4_000_000_100]);
        let shown = shown(&[Finding { place, ..unknown_type() }], true, false);
        assert!(shown.contains("      |               ^\n"), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_around_the_carets() {
        let line = format!("{}\t世Foo f = 1;{}", "int32 a = 1; ".repeat(200), " // …".repeat(99));
        let shown = |[start, end]: [u32; 2]| {
            let source = |_: &str| Some(line.clone());
            let import_path = |_: &str| None;
            let options = RenderOptions {
                is_detailed: true,
                colors: false,
                source: &source,
                import_path: &import_path,
                rules: &[],
                accept: "",
            };
            let place = Place::spanning("a.proto", [0, start, 0, end]);
            let text = render(&[Finding { place, ..unknown_type() }], &options);
            let lines: Vec<&str> = text.lines().skip(1).take(2).collect();
            let (line, mark) = (lines[0].to_owned(), lines[1].to_owned());
            assert!(width(&line) <= 210 && width(&mark) <= 210, "{line}\n{mark}");
            let column = mark.find('^').expect("there is a caret");
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
    fn the_reason_of_a_rule_is_shown_once() {
        let deleted = |line| Finding {
            rule: RULE.id,
            against: Some(Place::spanning("old/a.proto", [line, 2, line, 9])),
            releases: vec!["v1.0.0".to_owned(), "v1.2.0".to_owned()],
            place: Place::spanning("a.proto", [0, 0, 2, 1]),
            ..unknown_type()
        };
        insta::assert_snapshot!("text-terminal", shown(&[deleted(3), deleted(4)], true, false));
    }

    #[test]
    fn an_accepted_finding_is_one_line_with_its_approval() {
        let accepted = crate::finding::Accepted {
            file: "a.toml".to_owned(),
            reason: "it is old".to_owned(),
            owner: "Ada".to_owned(),
            expires: None,
        };
        let found = Finding { rule: ROUNDTRIP, accepted: Some(accepted), ..unknown_type() };
        let found = Finding { message: format!("no such type{DETAIL}bytes: 00"), ..found };
        for is_detailed in [false, true] {
            let expected = "a.proto:2:5: ROUNDTRIP no such type (accepted: it is old, Ada)\n";
            assert_eq!(shown(std::slice::from_ref(&found), is_detailed, false), expected);
        }
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
