//! Converts lines and display columns of locations to byte offsets.

use crate::compile::width;

/// The choice between several byte offsets at one column, which differ by characters without
/// width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The first offset, for the end of a range.
    End,
    /// The last offset, for the start of a range.
    Start,
}

/// Returns the byte offset of `line` and `column`, counted from 1, in `text`; none if they are
/// outside of the text, or within a character.
pub(super) fn offset(text: &str, line: u32, column: u32, side: Side) -> Option<usize> {
    let column = column.checked_sub(1)?;
    let mut lines = text.split_inclusive('\n');
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let start: usize = lines.by_ref().take(index).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let is_plain = |line: &str| line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if let Some(before) = line.get(..column as usize).filter(|before| is_plain(before))
        && line.as_bytes().get(before.len()).is_none_or(u8::is_ascii)
    {
        return Some(start + before.len());
    }
    let ends = line.char_indices().map(|(at, c)| at + c.len_utf8());
    let ends: Vec<usize> = std::iter::once(0).chain(ends).collect();
    let found = match side {
        Side::End => ends.partition_point(|end| width(&line[..*end]) < column),
        Side::Start => ends.partition_point(|end| width(&line[..*end]) <= column).checked_sub(1)?,
    };
    let found = *ends.get(found)?;
    (width(&line[..found]) == column).then_some(start + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_column_becomes_a_byte() {
        let text = "a\n\tb;\n/* 世界 */ e\u{301};\nx";
        let both =
            |line, column| [Side::Start, Side::End].map(|side| offset(text, line, column, side));
        assert_eq!(both(1, 2), [Some(1); 2]);
        assert_eq!(both(2, 5), [Some(3); 2], "behind a tab");
        assert_eq!(both(2, 3), [None; 2], "within a tab");
        assert_eq!(both(3, 12), [Some(19); 2], "behind wide characters");
        assert_eq!(both(3, 13), [Some(22), Some(20)], "an accent has no width");
        assert_eq!(both(4, 2), [Some(25); 2]);
        assert_eq!(both(5, 1), [Some(25); 2], "behind the last line");
        assert_eq!(both(4, 9), [None; 2]);
    }
}
