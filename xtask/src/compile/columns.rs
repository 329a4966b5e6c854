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
        let plain = source.is_ascii() && memchr::memchr(b'\t', source.as_bytes()).is_none();
        let lines = match plain {
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
    }
}
