//! The ends of lines in comments: buf keeps those of the file, the parser makes `\n` of all.

use std::collections::HashMap;

use prost_types::source_code_info::Location;

use super::code;
use super::columns::line_starts;
use super::comments::block;

/// Gives the comments of `locations`, whose columns are still bytes, the ends of lines that they
/// have in `source`.
pub(super) fn restore(locations: &mut [Location], source: &str) {
    let bytes = source.as_bytes();
    if memchr::memchr(b'\r', bytes).is_none() {
        return;
    }
    let is_bare = |at: usize| at == 0 || bytes[at - 1] != b'\r';
    if memchr::memchr_iter(b'\n', bytes).any(is_bare) {
        return Mixed::new(source).restore(locations);
    }
    for location in locations {
        let comments = location.leading_comments.iter_mut().chain(&mut location.trailing_comments);
        comments
            .chain(&mut location.leading_detached_comments)
            .for_each(|comment| *comment = comment.replace('\n', "\r\n"));
    }
}

/// The comments of a file in which both kinds of line ends are.
struct Mixed {
    lines: Vec<usize>,
    comments: Vec<Comment>,
    /// The comments that begin with a line.
    by_line: HashMap<String, Vec<usize>>,
}

/// One comment of a file. Several in lines of their own may be one to the parser.
struct Comment {
    start: usize,
    end: usize,
    /// What the parser makes of it.
    text: String,
    /// Of each `\n` in its text, whether there is a `\r` before it in the file.
    line_ends: Vec<bool>,
}

impl Mixed {
    fn new(source: &str) -> Self {
        let comments = code::comments(source).map(|range| {
            let raw = &source[range.clone()];
            let (text, ends) = match raw.strip_prefix("//") {
                Some(line) => (line.strip_suffix('\r').unwrap_or(line).to_owned() + "\n", raw),
                None => (block(&raw.replace("\r\n", "\n")), raw),
            };
            let inner = ends.match_indices('\n').map(|(at, _)| ends[..at].ends_with('\r'));
            let line_ends = match raw.starts_with("//") {
                true => vec![raw.ends_with('\r')],
                false => inner.collect(),
            };
            Comment { start: range.start, end: range.end, text, line_ends }
        });
        let comments: Vec<Comment> = comments.collect();
        let mut by_line: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, comment) in comments.iter().enumerate() {
            by_line.entry(first_line(&comment.text)).or_default().push(index);
        }
        Mixed { lines: line_starts(source), comments, by_line }
    }

    fn restore(&self, locations: &mut [Location]) {
        for location in locations {
            let Some(start) = self.start_of(location) else { continue };
            let before = location.leading_comments.iter_mut();
            for text in before.chain(&mut location.leading_detached_comments) {
                let places = self.places(text);
                let place = places.into_iter().rfind(|place| self.comments[*place].end <= start);
                self.restore_one(text, place);
            }
            if let Some(text) = &mut location.trailing_comments {
                let places = self.places(text);
                let place = places.into_iter().find(|place| self.comments[*place].start >= start);
                self.restore_one(text, place);
            }
        }
    }

    fn start_of(&self, location: &Location) -> Option<usize> {
        let [line, column, ..] = *location.span else { return None };
        let line = self.lines.get(usize::try_from(line).ok()?)?;
        Some(line + usize::try_from(column).ok()?)
    }

    /// The comments from which `text` may begin, in their order.
    fn places(&self, text: &str) -> Vec<usize> {
        let begin = self.by_line.get(&first_line(text)).map_or(&[][..], Vec::as_slice);
        begin.iter().copied().filter(|place| self.line_ends(text, *place).is_some()).collect()
    }

    /// The ends of the lines of `text`, if it is what stands from the comment at `place` on.
    fn line_ends(&self, text: &str, place: usize) -> Option<Vec<bool>> {
        let (mut left, mut ends) = (text, Vec::new());
        for comment in &self.comments[place..] {
            // The last line may be without its end.
            if comment.text.strip_suffix('\n') == Some(left) || left.is_empty() {
                return Some(ends);
            }
            left = left.strip_prefix(&*comment.text)?;
            ends.extend(&comment.line_ends);
        }
        left.is_empty().then_some(ends)
    }

    fn restore_one(&self, text: &mut String, place: Option<usize>) {
        let Some(ends) = place.and_then(|place| self.line_ends(text, place)) else { return };
        let mut ends = ends.into_iter();
        let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
            Some(line) if ends.next() == Some(true) => [line, "\r\n"],
            _ => [line, ""],
        });
        *text = lines.flatten().collect();
    }
}

/// The first line of `text`, without its end.
fn first_line(text: &str) -> String {
    text.split('\n').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse;

    #[test]
    fn each_line_of_a_comment_keeps_its_end() {
        let source = "syntax = \"proto3\";\r\n\n// a\r\n// b\n\n// c\r\n// d\r\nmessage M { // e\r\n\
            \n/* f\r\n * g\n * h */\nint32 x = 1; // c\n}\n\n// c\n// d\r\nmessage N {}\n";
        let parsed = parse("a.proto", "a.proto", source.as_bytes()).expect("it is well formed");
        let comments =
            |path: &[i32]| parsed.places.places().comments(path).expect("there are some");
        let of_m = comments(&[4, 0]);
        assert_eq!(of_m.leading.as_deref(), Some(" c\r\n d\r\n"));
        assert_eq!(of_m.trailing.as_deref(), Some(" e\r\n"));
        let of_x = comments(&[4, 0, 2, 0]);
        assert_eq!(of_x.leading.as_deref(), Some(" f\r\n g\n h "));
        assert_eq!(of_x.trailing.as_deref(), Some(" c\n"));
        assert_eq!(comments(&[4, 1]).leading.as_deref(), Some(" c\n d\r\n"));
    }
}
