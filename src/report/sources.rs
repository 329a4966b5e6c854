//! The lines that findings stand on.

use std::borrow::Cow;

use super::Reader;
use crate::compile::{columns, width};
use crate::finding::Place;
use crate::printable;

/// Longer lines are no reading matter, and costly to measure.
const LONGEST: usize = 10_000;

/// The text of the file that was asked for last: findings come file by file.
pub(super) struct Sources<'a> {
    reader: &'a Reader<'a>,
    current: Option<(String, Option<Text>)>,
}

struct Text {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(reader: &'a Reader<'a>) -> Self {
        Sources { reader, current: None }
    }

    /// Line `number`, counted from 1, of the file of `place`; none where it cannot be had or is
    /// too long to be shown.
    pub(super) fn line(&mut self, place: &Place, number: u32) -> Option<&str> {
        let path = place.path.as_deref()?;
        if self.current.as_ref().is_none_or(|(current, _)| current != path) {
            let text = (self.reader.source)(path).map(Text::new);
            self.current = Some((path.to_owned(), text));
        }
        let (_, text) = self.current.as_ref()?;
        text.as_ref()?.line(number).filter(|line| line.len() <= LONGEST)
    }
}

impl Text {
    fn new(text: String) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Text { text, starts }
    }

    fn line(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        self.text[*self.starts.get(index)?..].lines().next().or(Some(""))
    }
}

/// A line with its tabs as columns count them: to the next multiple of 4. Hidden characters are left
/// out, most of which have no width.
pub(super) fn expand_tabs(line: &str) -> String {
    let mut expanded = String::with_capacity(line.len());
    let mut parts = line.split('\t').peekable();
    let mut column = 0;
    while let Some(part) = parts.next() {
        let shown: String = part.chars().filter(|c| !printable::is_hidden(*c)).collect();
        expanded.push_str(&shown);
        if parts.peek().is_some() {
            column += width(&shown) as usize;
            let fill = 4 - column % 4;
            column += fill;
            expanded.push_str(&" ".repeat(fill));
        }
    }
    match printable::line(&expanded) {
        Cow::Owned(escaped) => escaped,
        Cow::Borrowed(_) => expanded,
    }
}

/// Display column `column` of `line`, counted from 1, in UTF-16 code units, counted from 1.
pub(super) fn utf16_column(line: &str, column: u32) -> u32 {
    if line.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
        return column;
    }
    // The longest beginning of the line that is no wider: what has no width of its own belongs to
    // what it follows.
    let narrower = columns(0, line).take_while(|(_, end)| *end < column);
    let beginning = narrower.last().map_or("", |(end, _)| &line[..end]);
    let units: usize = beginning.chars().map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_column_becomes_one_of_code_units() {
        let columns = |line: &str, columns: [u32; 3]| columns.map(|at| utf16_column(line, at));
        assert_eq!(columns("int32 a = 1;", [1, 7, 13]), [1, 7, 13]);
        assert_eq!(columns("\ta\tb", [1, 5, 9]), [1, 2, 4]);
        assert_eq!(columns("/* 世界 */ M", [4, 8, 12]), [4, 6, 10]);
        // A surrogate pair is two units and two columns; a joined pair of emoji five and two.
        assert_eq!(columns("🎉 M", [1, 3, 4]), [1, 3, 4]);
        assert_eq!(columns("👩\u{200d}👩 M", [1, 3, 4]), [1, 6, 7]);
        assert_eq!(columns("e\u{301}x", [1, 2, 3]), [1, 3, 4]);
    }

    #[test]
    fn tabs_are_shown_as_wide_as_they_count() {
        assert_eq!(expand_tabs("\ta\t世\tb"), "    a   世  b");
        assert_eq!(expand_tabs("no tab"), "no tab");
        assert_eq!(expand_tabs("\u{1b}[2J"), "[2J");
    }
}
