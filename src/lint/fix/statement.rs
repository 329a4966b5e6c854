//! Finds a statement by its location, and the comments that belong to it.

use std::ops::Range;

use super::offset::{Side, offset};
use super::source::Text;
use crate::finding::Place;

/// Returns the range of the statement at `place`; none if there is no statement.
pub(super) fn at(text: &str, place: &Place) -> Option<Range<usize>> {
    let start = offset(text, place.start_line, place.start_column, Side::Start)?;
    let end = offset(text, place.end_line, place.end_column, Side::End)?;
    let statement = text.get(start..end)?;
    let is_begun = statement.starts_with(|c: char| c.is_ascii_lowercase());
    let is_one = is_begun && statement.find(';') == Some(statement.len() - 1);
    is_one.then_some(start..end)
}

/// Extends `statement` to its own comments: those after it on its line, and the one directly before
/// it.
pub(super) fn with_comments(text: &Text<'_>, statement: Range<usize>) -> Range<usize> {
    leading(text, statement.start)..trailing(text, statement.end)
}

/// Returns the end of the trailing comments on the line. If they are followed by code, or continue
/// on the next line, their owner is unclear and they are left out.
fn trailing(text: &Text<'_>, end: usize) -> usize {
    let mut after = end;
    while let Some(comment) = text.comment_at(text.skip_spaces(after)) {
        after = comment.end;
    }
    let in_line = text.line_ends(end..after) == 0;
    if in_line && text.skip_spaces(after) == text.line_stop(after) { after } else { end }
}

/// Returns the start of the leading comment: one block comment, or consecutive `//` lines. A
/// comment at the top of a file belongs to the file, and one after code on its line to that code.
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
