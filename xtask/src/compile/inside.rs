//! The source of message values whose entries have places of their own, between parsing and the
//! end of linking: the parser leaves nothing of them but their tokens.

use prost_types::source_code_info::Location;
use rustc_hash::FxHashMap;

use super::code::Code;
use super::columns;
use super::options::{self, Inside};

/// What the name of an option contains whose insides are asked for.
const NAMED: &str = "validate";

/// Source texts by the path of their option, which is not interpreted yet.
#[derive(Debug, Default)]
pub(super) struct Texts(FxHashMap<Vec<i32>, Text>);

/// Whole lines up to the end of an option.
#[derive(Debug)]
struct Text {
    source: String,
    /// The number of the first line.
    line: i32,
    /// Where the option begins.
    start: usize,
}

impl Texts {
    /// The texts of those of `options` that may matter; their places are the parser's.
    pub(super) fn of<'l>(options: impl Iterator<Item = &'l Location>, source: &str) -> Self {
        let mut texts = Texts::default();
        if memchr::memmem::find(source.as_bytes(), NAMED.as_bytes()).is_none() {
            return texts;
        }
        let lines = columns::line_starts(source);
        for Location { path, span, .. } in options {
            if let Some(text) = Text::of(span, source, &lines) {
                texts.0.insert(path.clone(), text);
            }
        }
        texts
    }

    /// The places of the entries of the option at `whole`, whose own becomes that from its name
    /// to the end of its value: as in buf, whatever keyword it begins with.
    pub(super) fn places(&self, whole: &mut Location, inside: &Inside) -> Vec<Location> {
        let Some(text) = self.0.get(&whole.path) else { return Vec::new() };
        text.places(whole, inside).unwrap_or_default()
    }
}

impl Text {
    fn of(span: &[i32], source: &str, lines: &[usize]) -> Option<Self> {
        let [line, column, ref last @ .., end] = *span else { return None };
        let begin = *lines.get(line as usize)?;
        let end = lines.get(last.first().copied().unwrap_or(line) as usize)? + end as usize;
        let (source, start) = (source.get(begin..end)?, column as usize);
        let option = source.get(start..)?;
        let matters = option.contains(NAMED) && option.contains('{');
        matters.then(|| Text { source: source.to_owned(), line, start })
    }

    fn places(&self, whole: &mut Location, inside: &Inside) -> Option<Vec<Location>> {
        let code = || Code::from(&self.source, self.start);
        let (name, _) = code().find(|(_, byte)| *byte == b'(')?;
        let (open, _) = code().find(|(_, byte)| *byte == b'{')?;
        let (close, _) = code().filter(|(_, byte)| *byte == b'}').last()?;
        whole.span = self.span(name, close + 1);
        // What is written before the keyword is not about what follows it.
        (whole.leading_comments, whole.trailing_comments) = (None, None);
        whole.leading_detached_comments.clear();
        let begin = open + 1;
        let ranges = options::ranges(self.source.get(begin..close)?, inside);
        let place = |(range, path): (std::ops::Range<usize>, &[i32])| Location {
            path: path.to_vec(),
            span: self.span(begin + range.start, begin + range.end),
            ..Location::default()
        };
        Some(ranges.into_iter().map(place).collect())
    }

    /// A span as in descriptors, with display columns.
    fn span(&self, start: usize, end: usize) -> Vec<i32> {
        let at = |offset| {
            let (line, column) = columns::position(&self.source, offset);
            (self.line + line as i32, column as i32)
        };
        let ((line, column), (last, end)) = (at(start), at(end));
        if line == last { vec![line, column, end] } else { vec![line, column, last, end] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_places_and_the_option_loses_its_keyword() {
        let source =
            "message M {\n  option (validate) = {\n    a: 1 b: [2, 3]\n    c { d: \"}\" } };\n}";
        let mut whole = Location { path: vec![9], span: vec![1, 2, 3, 19], ..Location::default() };
        let texts = Texts::of([&whole].into_iter(), source);
        let inside = vec![(vec![0], vec![1]), (vec![1], vec![2, 0]), (vec![2, 0], vec![3, 4])];
        let places = texts.places(&mut whole, &inside);
        let found: Vec<_> = places.iter().map(|place| (&*place.path, &*place.span)).collect();
        assert_eq!(
            found,
            [(&[1][..], &[2, 4, 8][..]), (&[2, 0], &[2, 9, 18]), (&[3, 4], &[3, 8, 14]),]
        );
        assert_eq!(whole.span, [1, 9, 3, 18]);
    }

    #[test]
    fn other_options_leave_no_text() {
        let source = "option (valid) = { a: 1 }; // validate";
        let whole = Location { span: vec![0, 0, 26], ..Location::default() };
        assert!(Texts::of([&whole].into_iter(), source).0.is_empty());
    }
}
