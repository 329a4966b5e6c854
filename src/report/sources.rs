//! The source lines of findings, and the conversion of columns.

use std::borrow::Cow;

use super::RenderOptions;
use crate::compile::{columns, width};
use crate::finding::Place;
use crate::printable;

/// The maximum length of a line that is shown, in bytes. Longer ones are not readable, and slow to
/// measure.
const MAX_LINE: usize = 10_000;

/// A cache for the text of the last file. Findings are sorted by file, so that one is enough.
pub(super) struct Sources<'a> {
    options: &'a RenderOptions<'a>,
    current: Option<(String, Option<Text>)>,
}

/// The text of a file, split into lines.
struct Text {
    text: String,
    /// The offset of each line.
    starts: Vec<usize>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(options: &'a RenderOptions<'a>) -> Self {
        Sources { options, current: None }
    }

    /// Returns line `number`, counted from 1, of the file of `place`; none if the text is not
    /// available or the line is too long to be shown.
    pub(super) fn line(&mut self, place: &Place, number: u32) -> Option<&str> {
        let path = place.path.as_deref()?;
        if self.current.as_ref().is_none_or(|(current, _)| current != path) {
            let text = (self.options.source)(path).map(Text::new);
            self.current = Some((path.to_owned(), text));
        }
        let (_, text) = self.current.as_ref()?;
        text.as_ref()?.line(number).filter(|line| line.len() <= MAX_LINE)
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

/// Returns a line with each tab expanded to the next multiple of 4, as columns are counted. Control
/// characters are removed, since most of them have no width.
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

/// Converts a display column of `line` to a column in UTF-16 code units. Both are counted from 1.
pub(super) fn utf16_column(line: &str, column: u32) -> u32 {
    if line.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
        return column;
    }
    // The longest prefix that ends before the column. A character without width belongs to the one
    // before it.
    let narrower = columns(0, line).take_while(|(_, end)| *end < column);
    let prefix = narrower.last().map_or("", |(end, _)| &line[..end]);
    let units: usize = prefix.chars().map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_columns_become_utf16_columns() {
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
    fn tabs_expand_to_multiples_of_four() {
        assert_eq!(expand_tabs("\ta\t世\tb"), "    a   世  b");
        assert_eq!(expand_tabs("no tab"), "no tab");
        assert_eq!(expand_tabs("\u{1b}[2J"), "[2J");
    }
}
