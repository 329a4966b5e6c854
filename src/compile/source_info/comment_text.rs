//! The text of comments as buf writes it: with the line endings of the file, which the parser
//! replaces by `\n`, and with the empty lines of block comments, which the parser drops.

use std::collections::HashMap;
use std::ops::Range;

use prost_types::source_code_info::Location;

use super::code;
use super::columns::line_starts;

/// Replaces the comments of `locations`, whose columns are still bytes, by their text in `source`.
pub(super) fn restore(locations: &mut [Location], source: &str) {
    let has_returns = memchr::memchr(b'\r', source.as_bytes()).is_some();
    if !has_returns && memchr::memmem::find(source.as_bytes(), b"*/").is_none() {
        return;
    }
    let comments: Vec<Comment> =
        code::comments(source).map(|range| Comment::new(source, range)).collect();
    if comments.iter().all(|comment| comment.parsed == comment.text) {
        return;
    }
    let mut by_line: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, comment) in comments.iter().enumerate() {
        by_line.entry(first_line(&comment.parsed)).or_default().push(index);
    }
    let sum = |sum: &mut usize, comment: &Comment| {
        Some(std::mem::replace(sum, *sum + comment.parsed.len()))
    };
    let before = comments.iter().scan(0, sum).collect();
    Comments { lines: line_starts(source), all: comments, before, by_line }.restore(locations);
}

/// Returns the text of a block comment: every line but the first without its indentation and one
/// `*`.
pub(super) fn block(comment: &str) -> String {
    let text = inside(comment);
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        let line = line.trim_start();
        text + "\n" + line.strip_prefix('*').unwrap_or(line)
    })
}

/// Returns the parser's text of a block comment: there the indentation continues through empty
/// lines.
fn parsed_block(comment: &str) -> String {
    let mut rest = inside(comment);
    let mut text = String::new();
    while let Some((line, after)) = rest.split_once('\n') {
        text.extend([line.strip_suffix('\r').unwrap_or(line), "\n"]);
        rest = after.trim_start();
        rest = rest.strip_prefix('*').unwrap_or(rest);
    }
    text + rest
}

fn inside(comment: &str) -> &str {
    let text = comment.strip_prefix("/*").unwrap_or(comment);
    text.strip_suffix("*/").unwrap_or(text)
}

/// One comment of a file. The parser joins several in consecutive lines.
struct Comment {
    range: Range<usize>,
    /// The parser's text.
    parsed: String,
    /// buf's text.
    text: String,
}

impl Comment {
    fn new(source: &str, range: Range<usize>) -> Self {
        let raw = &source[range.clone()];
        let (parsed, text) = match raw.strip_prefix("//") {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line).to_owned() + "\n", {
                line.to_owned() + "\n"
            }),
            None => (parsed_block(raw), block(raw)),
        };
        Comment { range, parsed, text }
    }
}

/// The comments of a file, in order.
struct Comments {
    lines: Vec<usize>,
    all: Vec<Comment>,
    /// The length of the parser's text of all comments before each.
    before: Vec<usize>,
    /// The comments, by the first line of the parser's text.
    by_line: HashMap<String, Vec<usize>>,
}

impl Comments {
    fn restore(&self, locations: &mut [Location]) {
        for location in locations {
            let Some(start) = self.start_of(location) else { continue };
            // From the element upwards, so that of two equal comments each is matched once.
            let mut below = start;
            let before = location.leading_detached_comments.iter_mut();
            for text in before.chain(&mut location.leading_comments).rev() {
                if let Some(place) = self.above(text, below) {
                    below = self.all[place.start].range.start;
                    self.restore_one(text, place);
                }
            }
            if let Some(text) = &mut location.trailing_comments
                && let Some(place) = self.behind(text, start)
            {
                self.restore_one(text, place);
            }
        }
    }

    fn start_of(&self, location: &Location) -> Option<usize> {
        let [line, column, ..] = *location.span else { return None };
        let line = self.lines.get(usize::try_from(line).ok()?)?;
        Some(line + usize::try_from(column).ok()?)
    }

    /// Returns the last comments whose text is `text` and which end before `below`.
    fn above(&self, text: &str, below: usize) -> Option<Range<usize>> {
        let candidates = self.candidates(text);
        let end = candidates.partition_point(|index| self.all[*index].range.start < below);
        let near = candidates[..end].iter().rev().take(max_candidates(text));
        let mut places = near.filter_map(|place| Some(*place..self.end(text, *place)?));
        places.find(|place| self.all[place.end - 1].range.end <= below)
    }

    /// Returns the first comments whose text is `text` and which begin at `start` or later.
    fn behind(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let candidates = self.candidates(text);
        let begin = candidates.partition_point(|index| self.all[*index].range.start < start);
        let mut near = candidates[begin..].iter().take(max_candidates(text));
        near.find_map(|place| Some(*place..self.end(text, *place)?))
    }

    /// Returns the comments that may be the first of `text`, in order.
    fn candidates(&self, text: &str) -> &[usize] {
        self.by_line.get(&first_line(text)).map_or(&[], Vec::as_slice)
    }

    /// Returns the end of the comments whose text is `text`, if they begin with the one at `place`.
    fn end(&self, text: &str, place: usize) -> Option<usize> {
        // The last line of a file may have no line ending.
        let lengths = [text.len(), text.len() + 1];
        lengths.into_iter().find_map(|length| self.end_after(length, text, place))
    }

    /// Returns the end as [`Comments::end`] does, if the parser's text has `length` bytes: the
    /// lengths determine the last comment, and only then are texts compared.
    fn end_after(&self, length: usize, text: &str, place: usize) -> Option<usize> {
        let from = self.before[place];
        let behind = self.before.partition_point(|before| before.saturating_sub(from) < length);
        let last = behind.saturating_sub(1).max(place);
        let comments = self.all.get(place..=last)?;
        let (last_comment, whole) = comments.split_last()?;
        if self.before[last] + last_comment.parsed.len() != from + length {
            return None;
        }
        let mut left = text;
        for comment in whole {
            left = left.strip_prefix(&*comment.parsed)?;
        }
        let parsed = &*last_comment.parsed;
        (left == parsed || parsed.strip_suffix('\n') == Some(left)).then_some(last + 1)
    }

    fn restore_one(&self, text: &mut String, place: Range<usize>) {
        let comments = &self.all[place];
        let whole: String = comments.iter().map(|comment| &*comment.text).collect();
        let is_whole =
            text.len() == comments.iter().map(|comment| comment.parsed.len()).sum::<usize>();
        *text =
            if is_whole { whole } else { whole.strip_suffix('\n').unwrap_or(&whole).to_owned() };
    }
}

/// Returns the number of candidates that are compared with `text`. More comments than it has lines
/// are between it and its element only in crafted files.
fn max_candidates(text: &str) -> usize {
    text.len() + 64
}

/// Returns the first line of `text`, without its line ending.
fn first_line(text: &str) -> String {
    text.split('\n').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse_text;

    #[test]
    fn each_line_of_a_comment_keeps_its_line_ending() {
        let source = "syntax = \"proto3\";\r\n\n// a\r\n// b\n\n// c\r\n// d\r\nmessage M { // e\r\n\
            \n/* f\r\n * g\n * h */\nint32 x = 1; // c\n}\n\n// c\n// d\r\nmessage N {}\n";
        let parsed = parse_text(source).expect("it is well formed");
        let comments =
            |path: &[i32]| parsed.source_info.places().comments(path).expect("it has some");
        let of_m = comments(&[4, 0]);
        assert_eq!(of_m.leading.as_deref(), Some(" c\r\n d\r\n"));
        assert_eq!(of_m.trailing.as_deref(), Some(" e\r\n"));
        let of_x = comments(&[4, 0, 2, 0]);
        assert_eq!(of_x.leading.as_deref(), Some(" f\r\n g\n h "));
        assert_eq!(of_x.trailing.as_deref(), Some(" c\n"));
        assert_eq!(comments(&[4, 1]).leading.as_deref(), Some(" c\n d\r\n"));
    }

    /// As in the real buf: an empty line has no text, not even a carriage return.
    #[test]
    fn empty_lines_of_a_block_are_lines() {
        for (comment, text) in [
            ("/* a\n\n * b */", " a\n\n b "),
            ("/* a\n   \n\t* b\n   \n\n z */", " a\n\n b\n\n\nz "),
            ("/**\n *\n\n **/", "*\n\n\n"),
            ("/* a\r\n\r\n * b\r\n */", " a\r\n\n b\r\n"),
        ] {
            let source = format!("syntax = \"proto3\";\n{comment}\nmessage M {{}}\n");
            let parsed = parse_text(&source).expect("it is well formed");
            let comments = parsed.source_info.places().comments(&[4, 0]).expect("it has some");
            assert_eq!(comments.leading.as_deref(), Some(text), "{comment:?}");
        }
    }
}
