//! The first lines in which two versions of a file differ.

use rustc_hash::FxHashSet;
use similar::{ChangeTag, TextDiff};

/// The number of lines shown.
const MAX_SHOWN: usize = 12;

/// The number of lines compared, from the first difference on. Comparing all lines of two long texts
/// that have nothing in common would take minutes.
const MAX_COMPARED: usize = 200;

/// The number of characters shown of a line.
const MAX_WIDTH: usize = 160;

/// Stands for lines that are not shown.
const MORE: &str = "\n    …";

/// The first lines in which two texts differ.
pub(super) struct Excerpt {
    /// The number of the first of them in the old text, which always has a line of this number.
    pub(super) line: u32,
    /// The lines that differ, each after a line break and four spaces.
    pub(super) text: String,
}

impl Excerpt {
    /// Compares two texts.
    pub(super) fn of(old: &str, new: &str) -> Self {
        let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
        let (old, new) = (lines(old), lines(new));
        let common = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let (from, to) = (&old[common..], &new[common..]);
        let end = from.iter().rev().zip(to.iter().rev()).take_while(|(old, new)| old == new);
        let end = end.count();
        let text = differences(&from[..from.len() - end], &to[..to.len() - end]);
        let line = (common + 1).min(old.len().max(1));
        Excerpt { line: u32::try_from(line).unwrap_or(1), text }
    }
}

/// Returns the first differences between two lists of lines.
fn differences(from: &[&str], to: &[&str]) -> String {
    let is_cut = from.len().max(to.len()) > MAX_COMPARED;
    let rest =
        |lines: &[&str]| lines.iter().skip(MAX_COMPARED).map(|line| (*line).to_owned()).collect();
    let (old_rest, new_rest): (FxHashSet<String>, FxHashSet<String>) = (rest(from), rest(to));
    let window = |lines: &[&str]| -> String { lines.iter().take(MAX_COMPARED).copied().collect() };
    let (from, to) = (window(from), window(to));
    let diff = TextDiff::from_lines(&from, &to);
    let mut changes: Vec<_> = diff.iter_all_changes().collect();
    // Below the last line in common, a line may have its counterpart among those not compared.
    let last = changes.iter().rposition(|change| change.tag() == ChangeTag::Equal);
    let below = changes.split_off(last.unwrap_or(0));
    changes.extend(below.into_iter().filter(|change| match change.tag() {
        ChangeTag::Equal => true,
        ChangeTag::Delete => !new_rest.contains(change.value()),
        ChangeTag::Insert => !old_rest.contains(change.value()),
    }));
    let (mut text, mut shown, mut is_apart) = (String::new(), 0, false);
    for change in changes {
        let sign = match change.tag() {
            ChangeTag::Equal => {
                is_apart = shown > 0;
                continue;
            }
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        if shown == MAX_SHOWN {
            return text + MORE;
        }
        if std::mem::take(&mut is_apart) {
            text.push_str(MORE);
        }
        text.push_str(&format!("\n    {sign}{}", printable(change.value())));
        shown += 1;
    }
    if is_cut { text + MORE } else { text }
}

/// Returns a line for display: shortened, with control characters escaped.
fn printable(line: &str) -> String {
    let line = line.trim_end_matches('\n');
    let shown = line.chars().take(MAX_WIDTH);
    let mut text = String::new();
    for c in shown {
        if c.is_control() && c != '\t' {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    if line.chars().nth(MAX_WIDTH).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> (u32, String) {
        let Excerpt { line, text } = Excerpt::of(old, new);
        (line, text)
    }

    #[test]
    fn shows_the_first_lines_that_differ() {
        assert_eq!(shown("a\nb\nc\n", "a\nx\nc\n"), (2, "\n    -b\n    +x".to_owned()));
        assert_eq!(shown("a\n", "a\nb\n"), (1, "\n    +b".to_owned()));
        assert_eq!(shown("", "b\n"), (1, "\n    +b".to_owned()));
        assert_eq!(shown("a\u{1b}[31m\n", ""), (1, "\n    -a\\u{1b}[31m".to_owned()));
        let (line, text) = shown("a\nb\nc\nd\n", "x\nb\nc\ny\n");
        assert_eq!((line, &*text), (1, "\n    -a\n    +x\n    …\n    -d\n    +y"));
    }

    /// A line whose counterpart is not compared is not deleted.
    #[test]
    fn a_cut_invents_no_differences() {
        let lines: Vec<String> = (0..500).map(|number| format!("{number}\n")).collect();
        let old = lines.concat();
        let with = |at: &[usize]| -> String {
            let insert = |number| if at.contains(&number) { "x\n" } else { "" };
            let line = |number: usize| [insert(number), &lines[number]].concat();
            (0..lines.len()).map(line).collect()
        };
        assert_eq!(shown(&old, &with(&[2])), (3, "\n    +x".to_owned()));
        assert_eq!(shown(&with(&[2]), &old), (3, "\n    -x".to_owned()));
        let far = shown(&old, &with(&[2, 400])).1;
        assert_eq!(far, "\n    +x\n    …");
        let long = format!("a\n{}{old}", "y\n".repeat(300));
        assert!(!shown(&format!("a\nz\n{old}"), &long).1.contains("-0"), "{long}");
        let near = shown(&old, &with(&[2, 50, 400])).1;
        assert_eq!(near, "\n    +x\n    …\n    +x\n    …");
    }

    /// A quadratic comparison would take minutes.
    #[test]
    fn of_long_texts_only_the_start_is_compared() {
        let text = |begin: &str| -> String {
            (0..100_000).map(|number| format!("{begin}{number}\n")).collect()
        };
        let (line, shown) =
            shown(&format!("same\n{}", text("old ")), &format!("same\n{}", text("new ")));
        assert_eq!(line, 2);
        assert!(shown.starts_with("\n    -old 0\n") && shown.ends_with("\n    …"), "{shown}");
        assert_eq!(shown.lines().count(), 1 + MAX_SHOWN + 1);
        let long = Excerpt::of(&"a".repeat(1_000), "b").text;
        assert_eq!(
            long.lines().nth(1).map(|line| line.chars().count()),
            Some(4 + 1 + MAX_WIDTH + 1)
        );
    }
}
