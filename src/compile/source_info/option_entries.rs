//! The source texts of message values whose entries get locations, kept from parsing to the end of
//! linking: the parser keeps only their tokens.

use std::ops::Range;

use prost_types::source_code_info::Location;
use rustc_hash::FxHashMap;

use super::code::Code;
use super::columns::{self, Columns};
use crate::compile::EntryLocations;
use crate::compile::options::{EntryPath, entry_ranges};

/// The texts of uninterpreted options.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The source and its line offsets, if it has such an option.
    source: String,
    lines: Vec<usize>,
    /// The range of each such option, by its path.
    options: FxHashMap<Vec<i32>, Range<usize>>,
}

impl Texts {
    /// Returns the texts of the `options` that may be `wanted`. Their locations are the parser's.
    pub(super) fn of<'l>(
        options: impl Iterator<Item = &'l Location>,
        source: &str,
        wanted: &EntryLocations,
    ) -> Self {
        let mut texts = Texts::default();
        if !wanted.may_be_in(source) {
            return texts;
        }
        let lines = columns::line_starts(source);
        for Location { path, span, .. } in options {
            if let Some(text) = text_of(span, source, &lines, wanted) {
                texts.options.insert(path.clone(), text);
            }
        }
        if !texts.options.is_empty() {
            (texts.source, texts.lines) = (source.to_owned(), lines);
        }
        texts
    }

    /// Returns the display columns for [`Texts::locations`].
    pub(super) fn columns(&self) -> Columns<'_> {
        Columns::new(&self.source)
    }

    /// Returns the locations of the entries of the option at `whole`, and narrows its own to the
    /// range from its name to the end of its value, without a keyword, as in buf.
    pub(super) fn locations(
        &self,
        whole: &mut Location,
        entries: &[EntryPath],
        columns: &mut Columns<'_>,
    ) -> Vec<Location> {
        let text = self.options.get(&whole.path).cloned();
        text.and_then(|text| self.entries(text, whole, entries, columns)).unwrap_or_default()
    }

    fn entries(
        &self,
        text: Range<usize>,
        whole: &mut Location,
        entries: &[EntryPath],
        columns: &mut Columns<'_>,
    ) -> Option<Vec<Location>> {
        let code = || Code::from(&self.source[..text.end], text.start);
        let (name, _) = code().find(|(_, byte)| *byte == b'(')?;
        let (open, _) = code().find(|(_, byte)| *byte == b'{')?;
        let (close, _) = code().filter(|(_, byte)| *byte == b'}').last()?;
        whole.span = self.span(name..close + 1, columns);
        // Comments before the keyword do not belong to the option.
        (whole.leading_comments, whole.trailing_comments) = (None, None);
        whole.leading_detached_comments.clear();
        let begin = open + 1;
        let ranges = entry_ranges(self.source.get(begin..close)?, entries);
        let location = |(range, path): (Range<usize>, &[i32])| Location {
            path: path.to_vec(),
            span: self.span(begin + range.start..begin + range.end, columns),
            ..Location::default()
        };
        Some(ranges.into_iter().map(location).collect())
    }

    /// Returns the span of `range`, with display columns.
    fn span(&self, range: Range<usize>, columns: &mut Columns<'_>) -> Vec<i32> {
        let mut at = |offset| {
            let line = self.lines.partition_point(|start| *start <= offset) - 1;
            (line as i32, columns.display(line as i32, (offset - self.lines[line]) as i32))
        };
        let ((line, column), (last, end)) = (at(range.start), at(range.end));
        if line == last { vec![line, column, end] } else { vec![line, column, last, end] }
    }
}

/// Returns the range of the option with the span `span` in `source`, if it may be `wanted`.
fn text_of(
    span: &[i32],
    source: &str,
    lines: &[usize],
    wanted: &EntryLocations,
) -> Option<Range<usize>> {
    let [line, column, ref last @ .., end] = *span else { return None };
    let start = *lines.get(line as usize)? + column as usize;
    let end = lines.get(last.first().copied().unwrap_or(line) as usize)? + end as usize;
    let option = source.get(start..end)?;
    (wanted.may_be_in(option) && option.contains('{')).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: EntryLocations = EntryLocations { extensions: &[9], named: "validate" };

    #[test]
    fn entries_have_locations_and_the_option_loses_its_keyword() {
        let source =
            "message M {\n  option (validate) = {\n    a: 1 b: [2, 3]\n    c { d: \"}\" } };\n}";
        let mut whole = Location { path: vec![9], span: vec![1, 2, 3, 19], ..Location::default() };
        let texts = Texts::of([&whole].into_iter(), source, &WANTED);
        let entries = [(vec![0], vec![1]), (vec![1], vec![2, 0]), (vec![2, 0], vec![3, 4])];
        let entries = entries.map(|(index, path)| EntryPath { index, path });
        let locations = texts.locations(&mut whole, &entries, &mut texts.columns());
        let found: Vec<_> =
            locations.iter().map(|location| (&*location.path, &*location.span)).collect();
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
        assert!(Texts::of([&whole].into_iter(), source, &WANTED).options.is_empty());
        let source = "option (validate) = { a: 1 };";
        let whole = Location { span: vec![0, 0, 29], ..Location::default() };
        let texts = |wanted| Texts::of([&whole].into_iter(), source, wanted);
        assert_eq!(texts(&WANTED).options.len(), 1);
        assert!(texts(&EntryLocations::default()).options.is_empty());
    }
}
