//! `--error-format markdown`: a document for job summaries and comments of pull requests. For each
//! finding: what changed, what breaks for whom, the value that shows it, and how to accept it.
//!
//! Names and messages come from schemas of strangers. They cannot form markup, links or mentions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{NO_PATH, affected_clients, anchor, message, one_line};
use crate::compat;
use crate::finding::{DETAIL, Finding, Level, Proof, Reading, Witness, hex};
use crate::printable;

pub(super) fn render(findings: &[Finding]) -> String {
    let (accepted, failing): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.accepted.is_some());
    let mut out = format!("## wireproof: {}\n", counts(failing.len(), accepted.len()));
    // An addition requires a minor version.
    let is_note = |it: &Finding| it.proof.as_ref().is_some_and(|proof| proof.level == Level::Note);
    if failing.iter().any(|finding| is_compat(finding) && !is_note(finding)) {
        out.push_str("\nThis change requires a **major** version.\n");
    }
    by_file(&mut out, &failing);
    if !accepted.is_empty() {
        let summary = counted(accepted.len(), "accepted finding");
        let _ = write!(out, "\n<details>\n<summary>{summary}</summary>\n");
        by_file(&mut out, &accepted);
        out.push_str("\n</details>\n");
    }
    printable::lines(&out).into_owned()
}

/// Returns the heading's counts: `no findings`, `2 findings, 1 accepted`.
fn counts(failing: usize, accepted: usize) -> String {
    let failing = if failing == 0 { "no findings".to_owned() } else { counted(failing, "finding") };
    if accepted == 0 { failing } else { format!("{failing}, {accepted} accepted") }
}

/// Returns `number` with `noun`, in the plural unless it is one.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Writes the findings below a heading for each file.
fn by_file(out: &mut String, findings: &[&Finding]) {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let path = anchor(finding).map(|(path, _)| path).or(finding.place.path.as_deref());
        files.entry(path.unwrap_or(NO_PATH)).or_default().push(finding);
    }
    for (path, findings) in files {
        let _ = write!(out, "\n### {}\n\n", code(path));
        findings.into_iter().for_each(|finding| item(out, finding));
    }
}

/// Writes a finding as an item of a list.
fn item(out: &mut String, finding: &Finding) {
    let message = message(finding);
    let lines = message.split_once(DETAIL).filter(|_| finding.has_details());
    let (first, below) = lines.unwrap_or((&*message, ""));
    let (rule, line) = (finding.rule, finding.place.start_line);
    let _ = writeln!(out, "- **{}**, line {line}: {}", code(rule), inline(first));
    if !below.is_empty() {
        block(out, &below.replace(DETAIL, "\n"));
    }
    for (name, text) in details(finding) {
        let _ = writeln!(out, "  - {name}: {text}");
    }
    for witness in finding.proof.iter().flat_map(|proof| &proof.witnesses) {
        block(out, &describe(witness));
    }
}

/// Returns what is known about a finding, line by line, as Markdown.
fn details(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    details.extend(affected_clients(finding).map(|clients| ("breaks", inline(&clients))));
    details.extend(finding.proof.as_ref().map(|proof| ("proof", proved(proof))));
    details.extend(finding.help.as_ref().map(|help| ("fix", inline(help))));
    match &finding.accepted {
        Some(accepted) => {
            let until = accepted.expires.iter().map(|day| format!(", until {day}"));
            let by = format!("by {}{}", accepted.owner, until.collect::<String>());
            details.push(("accepted", inline(&format!("{by}: {}", accepted.reason))));
            details.push(("approval", code(&accepted.file)));
        }
        None if is_compat(finding) && finding.policy.is_none() => {
            let accept = format!("wireproof accept {} --reason '…'", finding.fingerprint());
            details.push(("accept", code(&accept)));
        }
        None => {}
    }
    details.push(("more", code(&format!("wireproof explain {}", finding.rule))));
    details
}

/// Returns the level of a proof in words, with the reason if there is no witness.
fn proved(proof: &Proof) -> String {
    let level = match proof.level {
        Level::Breaks => "breaks (messages or calls are refused, or every value is misread)",
        Level::Lossy => "lossy (some values are misread or lost)",
        Level::Unproved => "unproved (not everything was tried)",
        Level::Note => "note (only additions have an effect)",
        Level::Safe => "safe (no effect was found)",
    };
    match &proof.reason {
        Some(reason) => inline(&format!("{level}: {reason}")),
        None => inline(level),
    }
}

/// Returns the lines that describe a witness.
fn describe(witness: &Witness) -> String {
    let Witness { surface, direction, effect, message, .. } = witness;
    let mut out = format!("{message}, {surface}, {direction}: {effect}");
    let mut line = |name: &str, text: &str| {
        let _ = write!(out, "\n{name}: {text}");
    };
    line("written", &witness.written);
    if let Some(bytes) = &witness.bytes {
        line("bytes", &hex(bytes));
    }
    if let Some(json) = &witness.json {
        line("json", json);
    }
    if let Some(read_as) = &witness.read_as {
        line("read as", read_as);
    }
    if let Some(read) = &witness.read {
        line("read", read);
    }
    if let Some(error) = &witness.error {
        line("error", error);
    }
    for reading in &witness.readings {
        line(reading.runtimes, &read_by(reading));
    }
    if !witness.replay.is_empty() {
        line("replay", &witness.replay);
    }
    out
}

/// Returns what some runtimes read.
fn read_by(reading: &Reading) -> String {
    let effect = match reading.effect {
        Some(effect) => effect.to_string(),
        None => "read the value as it was written".to_owned(),
    };
    let rest = reading.read.as_ref().or(reading.error.as_ref());
    rest.map_or(effect.clone(), |rest| format!("{effect}: {rest}"))
}

/// Whether a finding is about a change, and not about the schema as it is.
fn is_compat(finding: &Finding) -> bool {
    compat::rules::all().any(|compat| compat.rule.id == finding.rule)
}

/// Writes a code block that belongs to an item of a list. Its fence is longer than every run of
/// backticks in it.
fn block(out: &mut String, text: &str) {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let _ = write!(out, "\n  {fence}text\n");
    for line in text.lines() {
        let _ = writeln!(out, "  {}", one_line(line));
    }
    let _ = writeln!(out, "  {fence}");
}

/// Returns text as Markdown on one line. Parts between backticks become code, and in the rest
/// nothing is markup, a link, a mention or a reference to an issue.
pub(super) fn inline(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let mut out = String::with_capacity(text.len());
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match (index % 2, is_last) {
            (0, _) => plain(&mut out, part),
            (_, false) => out.push_str(&code(part)),
            // A backtick without a second one.
            (_, true) => plain(&mut out, &format!("`{part}")),
        }
    }
    out
}

/// Returns text as a code span.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A space beside the fence belongs to the fence.
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Returns the length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Writes text in which no character is markup. `@` and `#` are followed by an empty comment, since
/// mentions and references are found after entities are decoded.
fn plain(out: &mut String, text: &str) {
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let is_link = c == ':' && rest.as_str().starts_with("//") || c == '.' && before == 'w';
        match c {
            '@' | '#' => {
                let _ = write!(out, "&#{};<!-- -->", u32::from(c));
            }
            c if is_link || is_markup(c) => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
        before = c;
    }
}

/// Whether a character can be markup within a line.
fn is_markup(c: char) -> bool {
    c.is_ascii_punctuation() && !" .,:;?!'\"()/=+-%".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_kept_as_markup() {
        let cases = [
            ("Field `a_b` of `M`.", "Field `a_b` of `M`."),
            ("a_b *c* ~d~ [e](f)", "a&#95;b &#42;c&#42; &#126;d&#126; &#91;e&#93;(f)"),
            ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
            ("@team, #1", "&#64;<!-- -->team, &#35;<!-- -->1"),
            ("https://a.b, www.a.b, a: b", "https&#58;//a.b, www&#46;a.b, a: b"),
            ("one ` only", "one &#96; only"),
            ("an empty `` pair", "an empty (empty) pair"),
        ];
        for (text, expected) in cases {
            assert_eq!(inline(text), expected);
        }
    }

    #[test]
    fn the_fence_of_code_is_longer_than_what_is_in_it() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b`c"), "```a``b`c```");
        assert_eq!(code("`a"), "`` `a ``");
    }
}
