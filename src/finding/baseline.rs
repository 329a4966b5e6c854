//! A baseline: known findings that are not fixed yet, so that only new ones fail.
//!
//! It is a sorted text file with one line per finding, so that a diff shows added and removed
//! findings. Only the fingerprint at the beginning of a line is matched; the rest is for readers.

use std::collections::BTreeMap;
use std::fmt;

use super::{COMPILE, Finding};
use crate::error::{Error, Result};
use crate::printable::is_hidden;

/// The comment at the top of every baseline.
const HEAD: &str = "\
# Findings that were there when this file was written: `wireproof lint --baseline` lets them pass.
# A line is a fingerprint, a rule, an element, a path; only the fingerprint is matched.
";

/// The path of a finding without one.
const NO_PATH: &str = "-";

/// The representation of an empty path. The path `%` is written `%25`.
const EMPTY: &str = "%";

/// A known finding, in the order of the file: by path, rule, element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The import path of its file.
    pub path: String,
    /// Its rule.
    pub rule: String,
    /// Its element.
    pub element: String,
    /// Its fingerprint.
    pub fingerprint: String,
}

/// A list of known findings, which do not fail. Two findings with the same fingerprint are two
/// entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// The result of matching findings with a baseline.
#[derive(Debug, PartialEq, Eq)]
pub struct Matched {
    /// The findings that are not in the baseline, in their order.
    pub new: Vec<Finding>,
    /// The number of findings that are in the baseline.
    pub known: usize,
    /// The stale entries of the baseline, without a finding.
    pub stale: Vec<Entry>,
}

impl Baseline {
    /// Whether `content` is a baseline, even a broken one.
    pub(crate) fn is_one(content: &[u8]) -> bool {
        let text = std::str::from_utf8(content);
        text.is_ok_and(|it| {
            HEAD.lines().next().is_some_and(|head| it.starts_with(head))
                || Baseline::parse(it).is_ok()
        })
    }

    /// Returns the baseline of `findings`. `import_path` returns the import path of a displayed
    /// path. Compile errors are left out, since they can hide other findings.
    pub fn of(findings: &[Finding], import_path: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = |finding: &Finding| {
            let shown = finding.place.path.as_deref()?;
            Some(import_path(shown).unwrap_or_else(|| shown.to_owned()))
        };
        let entry = |finding: &Finding| Entry {
            path: path(finding).unwrap_or_else(|| NO_PATH.to_owned()),
            rule: finding.rule.to_owned(),
            element: finding.element.clone(),
            fingerprint: finding.fingerprint(),
        };
        let kept = findings.iter().filter(|finding| finding.rule != COMPILE);
        let mut entries: Vec<Entry> = kept.map(entry).collect();
        entries.sort();
        Baseline { entries }
    }

    /// Parses the output of `Display`; comments and empty lines are skipped.
    pub fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entry = |(number, line)| {
            Entry::parse(line).ok_or_else(|| {
                Error::new(format!(
                    "line {number} is no line of a baseline: \
                     it has to be a fingerprint, a rule, an element, a path"
                ))
                .help("fix the line, or write the file again with --write-baseline")
            })
        };
        Ok(Baseline { entries: lines.map(entry).collect::<Result<_>>()? })
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Splits findings into known and new ones. Of findings with the same fingerprint, as many are
    /// known as there are entries.
    pub fn matched(&self, findings: Vec<Finding>) -> Matched {
        let mut left = BTreeMap::<&str, Vec<&Entry>>::new();
        for entry in self.entries.iter().rev() {
            left.entry(&entry.fingerprint).or_default().push(entry);
        }
        let before = findings.len();
        let mut knows = |finding: &Finding| {
            let mut known = || left.get_mut(&*finding.fingerprint())?.pop();
            finding.rule != COMPILE && known().is_some()
        };
        let new: Vec<Finding> = findings.into_iter().filter(|found| !knows(found)).collect();
        let mut stale: Vec<Entry> = left.into_values().flatten().cloned().collect();
        stale.sort();
        Matched { known: before - new.len(), new, stale }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let [fingerprint, rule, element, path] =
            <[&str; 4]>::try_from(line.splitn(4, ' ').collect::<Vec<_>>()).ok()?;
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let is_valid = fingerprint.len() == 16 && fingerprint.chars().all(is_digit);
        is_valid.then(|| Entry {
            path: if path == EMPTY { String::new() } else { unescape(path) },
            rule: rule.to_owned(),
            element: unescape(element),
            fingerprint: fingerprint.to_owned(),
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { path, rule, element, fingerprint } = self;
        // The element of a file is its path, which may contain spaces.
        let element = escape(element, |_, c| c == '%' || c == ' ');
        // The path is the rest of the line: it may contain white space, but not at its end.
        let spaces = path.len() - path.trim_end().len();
        let path = match &**path {
            "" => EMPTY.to_owned(),
            path => escape(path, |rest, c| match c {
                '%' => rest.is_empty() || first_byte(rest).is_some(),
                _ => rest.len() < spaces,
            }),
        };
        write!(f, "{fingerprint} {rule} {element} {path}")
    }
}

/// Writes `text` with percent escapes for line breaks and the like, and for each character that
/// `is_special`, which also gets the rest of the text.
fn escape(text: &str, is_special: impl Fn(&str, char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_hidden(c) || is_special(rest.as_str(), c) {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).bytes();
            escaped.extend(bytes.map(|byte| format!("%{byte:02X}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Decodes the output of [`escape`]. A `%` without two hexadecimal digits is kept.
fn unescape(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match first_byte(part) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the byte of the two hexadecimal digits at the beginning of `text`.
fn first_byte(text: &str) -> Option<u8> {
    let digits = text.get(..2).filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;
    use crate::printable::tests::odd;

    fn finding(rule: &'static str, element: &str, path: &str) -> Finding {
        let compiled = Finding::compile(Place::file(path), "is wrong.");
        Finding { rule, element: element.to_owned(), ..compiled }
    }

    fn baseline(findings: &[Finding]) -> Baseline {
        Baseline::of(findings, &|_| None)
    }

    #[test]
    fn what_is_written_is_read_again_and_sorted() {
        let found = [
            finding("B", "p.M.x", "b.proto"),
            finding("B", "p.M", "a.proto"),
            finding("A", "50% a b.proto", "50% a b.proto"),
            finding("A", "p.M.x", "b.proto"),
        ];
        let written = baseline(&found).to_string();
        let lines: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
        let rest: Vec<&str> = lines.iter().map(|line| &line[17..]).collect();
        let expected = [
            "A 50%25%20a%20b.proto 50% a b.proto",
            "B p.M a.proto",
            "A p.M.x b.proto",
            "B p.M.x b.proto",
        ];
        assert_eq!(rest, expected);
        assert_eq!(Baseline::parse(&written).expect("it was written so"), baseline(&found));
        let windows = written.replace('\n', "\r\n");
        assert_eq!(Baseline::parse(&windows).expect("line ends do not count"), baseline(&found));
    }

    #[test]
    fn a_file_of_the_first_form_is_read() {
        let line = "0123456789abcdef A 50%25%20a%20b.proto 50% a  b%.proto";
        let read = Entry::parse(line).expect("it is a line");
        assert_eq!((&*read.element, &*read.path), ("50% a b.proto", "50% a  b%.proto"));
    }

    #[test]
    fn odd_names_stay_on_their_line() {
        let entry = |odd: &str| Entry {
            path: format!("{odd}/a"),
            rule: "A".to_owned(),
            element: odd.to_owned(),
            fingerprint: "0123456789abcdef".to_owned(),
        };
        let shown = |odd: &str| entry(odd).to_string()[17..].to_owned();
        assert_eq!(shown("a\n#b\r\0"), "A a%0A#b%0D%00 a%0A#b%0D%00/a");
        assert_eq!(shown("\u{202e}%0A %"), "A %E2%80%AE%250A%20%25 %E2%80%AE%250A %/a");
    }

    proptest::proptest! {
        #[test]
        fn every_name_is_read_back(element in odd(), path in odd(), spaces in "[ \u{3000}%]{0,3}") {
            let found = finding("A", &element, &format!("{path}{spaces}"));
            let one = baseline(std::slice::from_ref(&found));
            let written = one.to_string();
            proptest::prop_assert_eq!(written.lines().count(), HEAD.lines().count() + 1);
            proptest::prop_assert!(!written.contains(|c| c != '\n' && is_hidden(c)));
            for text in [written.replace('\n', "\r\n"), written] {
                proptest::prop_assert_eq!(&Baseline::parse(&text).expect("it was written so"), &one);
            }
        }
    }

    #[test]
    fn findings_without_an_entry_are_new() {
        let [old, twice, new] = ["p.Old", "p.Twice", "p.New"].map(|name| finding("A", name, "a"));
        let known = baseline(&[old.clone(), twice.clone(), finding("A", "p.Gone", "a")]);
        let matched = known.matched(vec![old, twice.clone(), twice.clone(), new.clone()]);
        assert_eq!(matched.new, [twice, new], "one line lets one of two pass");
        assert_eq!(matched.known, 2);
        let stale: Vec<&str> = matched.stale.iter().map(|entry| &*entry.element).collect();
        assert_eq!(stale, ["p.Gone"]);
    }

    #[test]
    fn a_moved_file_is_the_same_finding() {
        let moved = baseline(&[finding("A", "p.M", "a.proto")]);
        assert_eq!(moved.matched(vec![finding("A", "p.M", "b.proto")]).new, []);
    }

    #[test]
    fn compile_errors_are_never_entries() {
        let broken = finding(COMPILE, "a.proto", "a.proto");
        assert!(baseline(std::slice::from_ref(&broken)).is_empty());
        let line = format!("{} COMPILE a.proto a.proto\n", broken.fingerprint());
        let smuggled = Baseline::parse(&line).expect("it is a line");
        assert_eq!(smuggled.matched(vec![broken.clone()]).new, [broken]);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for line in ["<<<<<<< HEAD", "0123456789abcdef RULE", "0123456789ABCDEF R e p", "x R e p"] {
            let text = format!("# head\n\n{line}\n");
            let error = Baseline::parse(&text).expect_err(line).to_string();
            assert!(error.starts_with("line 3 "), "{error}");
        }
    }
}
