//! Display columns, as buf counts them: a tab advances to the next multiple of 4, other characters
//! by their width (0, 1 or 2). The parser counts bytes.

use rustc_hash::FxHashMap;

use super::width::{columns, width, width_from};

/// The distance of marks in bytes. A column up to this byte is measured from the beginning of its
/// line; beyond it, from the last mark before it.
const STEP: usize = 256;

/// A translator of the byte columns of one file to display columns. No line is measured more than a
/// few times, however many columns are translated.
pub(super) struct Columns<'a> {
    source: &'a str,
    /// The offset of each line; empty if every byte is one column, so that no translation is
    /// needed.
    lines: Vec<usize>,
    /// The marks of the lines in which columns beyond [`STEP`] were translated.
    marks: FxHashMap<usize, Vec<Mark>>,
}

/// A measured position in a line: its offset in the source, and its display column.
#[derive(Clone, Copy)]
struct Mark {
    offset: usize,
    column: u32,
}

impl<'a> Columns<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let lines = if is_plain(source.as_bytes()) { Vec::new() } else { line_starts(source) };
        Columns { source, lines, marks: FxHashMap::default() }
    }

    /// Returns the display column of byte column `column` in line `line`, all counted from 0.
    pub(super) fn display(&mut self, line: i32, column: i32) -> i32 {
        let (line, end) = (line as usize, column as usize);
        let Some(start) = self.lines.get(line).copied() else { return column };
        if end <= STEP {
            return width(&self.source[start..start + end]) as i32;
        }
        let mark = self.mark(line, start + end);
        width_from(mark.column, &self.source[mark.offset..start + end]) as i32
    }

    /// Returns the last mark of `line` at or before `offset`.
    fn mark(&mut self, line: usize, offset: usize) -> Mark {
        let start = self.lines[line];
        let end = self.lines.get(line + 1).copied().unwrap_or(self.source.len());
        let text = &self.source[start..end];
        let marks = self.marks.entry(line).or_insert_with(|| marks(start, text));
        let after = marks.partition_point(|mark| mark.offset <= offset);
        marks[after - 1]
    }

    /// Rewrites a descriptor's span (three or four numbers) in place.
    pub(super) fn rewrite(&mut self, span: &mut [i32]) {
        if self.lines.is_empty() {
            return;
        }
        match span {
            [line, start, end] => {
                *start = self.display(*line, *start);
                *end = self.display(*line, *end);
            }
            [first, start, last, end] => {
                *start = self.display(*first, *start);
                *end = self.display(*last, *end);
            }
            _ => {}
        }
    }
}

/// Returns the marks of the line `text`, which begins at `start`. The first is at its beginning.
fn marks(start: usize, text: &str) -> Vec<Mark> {
    let mut marks = vec![Mark { offset: start, column: 0 }];
    let mut next = STEP;
    for (end, column) in columns(0, text) {
        if end >= next {
            marks.push(Mark { offset: start + end, column });
            next = end + STEP;
        }
    }
    marks
}

/// Whether every byte before the end of a span is one column: no tab, nothing beyond ASCII, no
/// control character except line endings.
fn is_plain(source: &[u8]) -> bool {
    let is_line_end = |at: usize| source.get(at + 1) == Some(&b'\n');
    let is_shown = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r');
    source.iter().all(|byte| is_shown(*byte)) && memchr::memchr_iter(b'\r', source).all(is_line_end)
}

/// Returns line and display column of the byte at `offset`, counted from 0.
pub(in crate::compile) fn position(source: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
    (line as u32, width(&before[start..]))
}

/// Returns the offset of each line.
pub(in crate::compile) fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|newline| newline + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_and_wide_characters_count_as_buf_counts_them() {
        let source = "a\n\tstring Na = 1;\n/* 世界 */ int32 e\u{301}x;\n";
        let mut columns = Columns::new(source);
        assert_eq!(columns.display(1, 8), 11);
        assert_eq!(columns.display(2, 13), 11);
        assert_eq!(columns.display(0, 1), 1);
        assert_eq!(position(source, 4), (1, 5));
        assert_eq!(Columns::new("a\rb\n").display(0, 3), 2);
        assert_eq!(Columns::new("a\r\nb").display(1, 1), 1);
    }

    #[test]
    fn far_columns_are_measured_like_near_ones() {
        let line = "\ta世 e\u{301} 👩\u{200d}👩;".repeat(200);
        let source = format!("{line}\n{line}");
        let mut columns = Columns::new(&source);
        for (at, _) in line.match_indices(['a', ';']) {
            let expected = width(&line[..at]) as i32;
            assert_eq!([0, 1].map(|n| columns.display(n, at as i32)), [expected; 2], "{at}");
        }
    }
}
