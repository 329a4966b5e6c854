//! Two versions of a stub, and where they begin to differ, in a few lines.

use similar::{ChangeTag, TextDiff};

/// How many lines of a difference are shown.
const SHOWN: usize = 12;

/// How many lines are looked at, from the first that differs on: of two long texts that have nothing
/// in common all would take minutes.
const LOOKED_AT: usize = 200;

/// How many characters of a line are shown.
const WIDTH: usize = 160;

/// Where two texts begin to differ.
pub(super) struct Difference {
    /// The number of the line in the old one: one that is there, wherever the new one ends.
    pub(super) line: u32,
    /// The lines that differ, each behind a line break and four spaces.
    pub(super) text: String,
}

impl Difference {
    pub(super) fn of(old: &str, new: &str) -> Self {
        let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
        let (old, new) = (lines(old), lines(new));
        let common = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let window = |lines: &[&str]| -> String {
            lines[common..].iter().take(LOOKED_AT).copied().collect()
        };
        let (from, to) = (window(&old), window(&new));
        let diff = TextDiff::from_lines(&from, &to);
        let (mut text, mut shown, mut next) = (String::new(), 0, 0);
        for change in diff.iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            if shown == SHOWN {
                break;
            }
            let at = change.old_index().or(change.new_index()).unwrap_or_default();
            if at > next && shown > 0 {
                text.push_str("\n    …");
            }
            next = at + 1;
            text.push_str(&format!("\n    {sign}{}", printable(change.value())));
            shown += 1;
        }
        let is_more = shown == SHOWN || old.len().max(new.len()) > common + LOOKED_AT;
        if is_more {
            text.push_str("\n    …");
        }
        let line = (common + 1).min(old.len().max(1));
        Difference { line: u32::try_from(line).unwrap_or(1), text }
    }
}

/// A line as it can be shown: not too long, and nothing in it that a terminal obeys.
fn printable(line: &str) -> String {
    let line = line.trim_end_matches('\n');
    let shown = line.chars().take(WIDTH);
    let mut text: String = shown
        .flat_map(|c| match c.is_control() && c != '\t' {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect();
    if line.chars().nth(WIDTH).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> (u32, String) {
        let Difference { line, text } = Difference::of(old, new);
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

    /// Quadratic, it would take longer than anybody waits.
    #[test]
    fn long_texts_are_shown_by_their_begin() {
        let text = |begin: &str| -> String {
            (0..100_000).map(|number| format!("{begin}{number}\n")).collect()
        };
        let (line, shown) =
            shown(&format!("same\n{}", text("old ")), &format!("same\n{}", text("new ")));
        assert_eq!(line, 2);
        assert!(shown.starts_with("\n    -old 0\n") && shown.ends_with("\n    …"), "{shown}");
        assert_eq!(shown.lines().count(), 1 + SHOWN + 1);
        let long = Difference::of(&"a".repeat(1_000), "b").text;
        assert_eq!(long.lines().nth(1).map(|line| line.chars().count()), Some(4 + 1 + WIDTH + 1));
    }
}
