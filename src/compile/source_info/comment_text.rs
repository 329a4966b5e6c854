//! What is in a comment, as buf has it: with the ends of lines of the file, of which the parser makes
//! `\n`, and with the empty lines of a block, which the parser leaves out.

use std::collections::HashMap;
use std::ops::Range;

use prost_types::source_code_info::Location;

use super::code;
use super::columns::line_starts;

/// Gives the comments of `locations`, whose columns are still bytes, the text that they have in
/// `source`.
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

/// The text of a block comment: every line but the first without what indents it and one `*`.
pub(super) fn block(comment: &str) -> String {
    let text = inside(comment);
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        let line = line.trim_start();
        text + "\n" + line.strip_prefix('*').unwrap_or(line)
    })
}

/// What the parser makes of it: there what indents a line goes on through lines that are empty.
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

/// One comment of a file. Several in lines of their own may be one to the parser.
struct Comment {
    range: Range<usize>,
    /// What the parser makes of it.
    parsed: String,
    /// What buf makes of it.
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

/// The comments of a file, in their order.
struct Comments {
    lines: Vec<usize>,
    all: Vec<Comment>,
    /// How many bytes the parser makes of those before each.
    before: Vec<usize>,
    /// By the first line of what the parser makes of them.
    by_line: HashMap<String, Vec<usize>>,
}

impl Comments {
    fn restore(&self, locations: &mut [Location]) {
        for location in locations {
            let Some(start) = self.start_of(location) else { continue };
            // From the element upwards: one that stands there twice is found twice.
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

    /// Returns the last comments that are `text` and end before `below`.
    fn above(&self, text: &str, below: usize) -> Option<Range<usize>> {
        let candidates = self.candidates(text);
        let end = candidates.partition_point(|index| self.all[*index].range.start < below);
        let near = candidates[..end].iter().rev().take(max_candidates(text));
        let mut places = near.filter_map(|place| Some(*place..self.end(text, *place)?));
        places.find(|place| self.all[place.end - 1].range.end <= below)
    }

    /// Returns the first comments that are `text` and begin at `start` or behind it.
    fn behind(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let candidates = self.candidates(text);
        let begin = candidates.partition_point(|index| self.all[*index].range.start < start);
        let mut near = candidates[begin..].iter().take(max_candidates(text));
        near.find_map(|place| Some(*place..self.end(text, *place)?))
    }

    /// Returns the comments that `text` may begin with, in their order.
    fn candidates(&self, text: &str) -> &[usize] {
        self.by_line.get(&first_line(text)).map_or(&[], Vec::as_slice)
    }

    /// Behind which comment `text` ends, if it is what stands from the one at `place` on.
    fn end(&self, text: &str, place: usize) -> Option<usize> {
        // In the last line of a file the end of the line may be missing.
        let lengths = [text.len(), text.len() + 1];
        lengths.into_iter().find_map(|length| self.end_after(length, text, place))
    }

    /// The same for a text of which the parser makes `length` bytes: where it would end is known
    /// without reading it.
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

/// How many candidates are compared with `text`: more than it has lines stand between it and its
/// element only where somebody makes them.
fn max_candidates(text: &str) -> usize {
    text.len() + 64
}

/// The first line of `text`, without its end.
fn first_line(text: &str) -> String {
    text.split('\n').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse_text;

    #[test]
    fn each_line_of_a_comment_keeps_its_end() {
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

    /// As the real buf has them: an empty line has nothing, not even a carriage return.
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
