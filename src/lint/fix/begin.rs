//! Inserts the first statement of a file.

use super::source::Text;

/// Returns `text` with `statement` as its first statement. It goes after the comments that an empty
/// line separates from the next statement, so that every comment keeps its element.
pub(super) fn begin(text: &Text<'_>, statement: &str) -> String {
    let line_end = text.line_end();
    let (head, rest) = text.text.split_at(position(text));
    let mut out = head.to_owned();
    if !head.trim().is_empty() {
        let ends = head[head.trim_end().len()..].matches('\n').count();
        (ends..2).for_each(|_| out.push_str(line_end));
    }
    out.push_str(statement);
    out.push_str(line_end);
    if !rest.is_empty() {
        out.push_str(line_end);
        out.push_str(rest);
    }
    out
}

/// Returns the start of the line with the first statement, or with the comments directly before it.
fn position(text: &Text<'_>) -> usize {
    let mut code = text.skip_white(0);
    while let Some(comment) = text.comment_at(code) {
        code = text.skip_white(comment.end);
    }
    if code == text.text.len() {
        return code;
    }
    while let Some(comment) = text.comment_before(code) {
        if text.line_ends(comment.end..code) > 1 {
            break;
        }
        code = comment.start;
    }
    text.line_start(code)
}
