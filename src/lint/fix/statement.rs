//! Finds a statement by its place, and the comments that are its own.

use std::ops::Range;

use super::offset::{Side, offset};
use super::source::Text;
use crate::finding::Place;

/// The statement at `place`; none if there is none.
pub(super) fn at(text: &str, place: &Place) -> Option<Range<usize>> {
    let start = offset(text, place.start_line, place.start_column, Side::Start)?;
    let end = offset(text, place.end_line, place.end_column, Side::End)?;
    let statement = text.get(start..end)?;
    let is_begun = statement.starts_with(|c: char| c.is_ascii_lowercase());
    let is_one = is_begun && statement.find(';') == Some(statement.len() - 1);
    is_one.then_some(start..end)
}

/// `statement` with what goes where it goes: comments behind it in its line, and the comment
/// directly before it.
pub(super) fn with_comments(text: &Text<'_>, statement: Range<usize>) -> Range<usize> {
    leading(text, statement.start)..trailing(text, statement.end)
}

/// The end of the comments that follow in the line; if anything else follows them, or they go on in
/// the next, nobody knows whose they are.
fn trailing(text: &Text<'_>, end: usize) -> usize {
    let mut after = end;
    while let Some(comment) = text.comment_at(text.skip_spaces(after)) {
        after = comment.end;
    }
    let in_line = text.line_ends(end..after) == 0;
    if in_line && text.skip_spaces(after) == text.line_stop(after) { after } else { end }
}

/// The beginning of the comment directly before: one block, or the lines of `//`. A comment at the
/// top of a file speaks of the file, one behind other code of that.
fn leading(text: &Text<'_>, start: usize) -> usize {
    let mut own = start;
    while let Some(comment) = text.comment_before(own) {
        let is_next = text.line_ends(comment.end..own) <= 1 && text.begins_line(comment.start);
        let is_more = own == start || text.is_line_comment(&comment);
        if !is_next || !is_more {
            break;
        }
        own = comment.start;
        if !text.is_line_comment(&comment) {
            break;
        }
    }
    if text.text[..own].trim().is_empty() { start } else { own }
}
