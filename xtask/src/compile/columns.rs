//! Display columns, as buf counts them: a tab goes to the next multiple of 4, a character counts
//! its width (0, 1 or 2). The parser counts bytes.

use super::width::width;

/// Translates byte columns of one file's lines.
pub(super) struct Columns<'a> {
    source: &'a str,
    /// Where each line begins; empty when every byte is one column and there is nothing to do.
    lines: Vec<usize>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let lines = match is_plain(source.as_bytes()) {
            true => Vec::new(),
            false => line_starts(source),
        };
        Columns { source, lines }
    }

    /// The display column of byte column `column` in line `line`, all counted from 0.
    pub(super) fn display(&self, line: i32, column: i32) -> i32 {
        match self.lines.get(line as usize) {
            Some(start) => width(&self.source[*start..start + column as usize]) as i32,
            None => column,
        }
    }

    /// Rewrites a descriptor's span (three or four numbers) in place.
    pub(super) fn rewrite(&self, span: &mut [i32]) {
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

/// Whether every byte that a place may stand behind is one column: no tab, nothing beyond ASCII,
/// no control character but line ends.
fn is_plain(source: &[u8]) -> bool {
    let is_line_end = |at: usize| source.get(at + 1) == Some(&b'\n');
    let is_shown = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r');
    source.iter().all(|byte| is_shown(*byte)) && memchr::memchr_iter(b'\r', source).all(is_line_end)
}

/// Line and display column of the byte at `offset`, counted from 0.
pub(super) fn position(source: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
    (line as u32, width(&before[start..]))
}

/// The offset at which each line begins.
pub(super) fn line_starts(source: &str) -> Vec<usize> {
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
        let columns = Columns::new(source);
        assert_eq!(columns.display(1, 8), 11);
        assert_eq!(columns.display(2, 13), 11);
        assert_eq!(columns.display(0, 1), 1);
        assert_eq!(position(source, 4), (1, 5));
        assert_eq!(Columns::new("a\rb\n").display(0, 3), 2);
        assert_eq!(Columns::new("a\r\nb").display(1, 1), 1);
    }
}
