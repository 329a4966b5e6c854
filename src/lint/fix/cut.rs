//! Removes parts of a text without leaving a trace of them.

use std::ops::Range;

use super::source::Text;

/// Returns `text` without `cuts`. Lines that contained nothing else are removed, no more empty
/// lines remain than there were on one side, and detached comments stay detached.
pub(super) fn cut(text: &Text<'_>, cuts: Vec<Range<usize>>) -> String {
    let mut out = String::with_capacity(text.text.len());
    let mut kept = 0;
    for cut in merged(text, cuts) {
        let Range { start, end } = widened(text, cut);
        let start = start.max(kept);
        out.push_str(&text.text[kept..start]);
        kept = seam(text, &mut out, start..end);
    }
    out.push_str(&text.text[kept..]);
    out
}

/// Merges cuts that overlap, or that have only white space between them.
fn merged(text: &Text<'_>, mut cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    cuts.sort_by_key(|cut| cut.start);
    let mut merged = Vec::<Range<usize>>::new();
    for cut in cuts {
        match merged.last_mut() {
            Some(last) if cut.start <= last.end => last.end = last.end.max(cut.end),
            Some(last) if text.text[last.end..cut.start].trim().is_empty() => last.end = cut.end,
            _ => merged.push(cut),
        }
    }
    merged
}

/// Widens `cut` to the white space that belongs to it: whole lines if they contain nothing else.
fn widened(text: &Text<'_>, cut: Range<usize>) -> Range<usize> {
    let (line, stop) = (text.line_start(cut.start), text.line_stop(cut.end));
    let before = &text.text[line..cut.start];
    match (before.trim().is_empty(), text.text[cut.end..stop].trim().is_empty()) {
        (true, true) => line..text.next_line(cut.end),
        (false, true) => line + before.trim_end().len()..stop,
        (_, false) => cut.start..text.skip_spaces(cut.end),
    }
}

/// Joins `out`, the text before `cut`, with the text after it. Returns where that text begins.
fn seam(text: &Text<'_>, out: &mut String, cut: Range<usize>) -> usize {
    let Range { start, mut end } = cut;
    let at_line = out.is_empty() || out.ends_with('\n');
    if at_line && text.line_start(end) < end && text.line_stop(end) == end {
        end = text.next_line(end);
    }
    let behind = text.skip_white(end);
    if behind == text.text.len() && (at_line || end == behind) {
        let written = out.trim_end().len();
        let line_end = out[written..].find('\n').map_or(out.len(), |at| written + at + 1);
        out.truncate(line_end);
        return behind;
    }
    if at_line && text.line_start(end) == end {
        return join_lines(text, out, start..end);
    }
    let begins_line = out.rsplit('\n').next().is_none_or(|line| line.trim().is_empty());
    if let Some(comments) = between(text, end).filter(|_| begins_line) {
        keep_apart(text, out, comments.clone());
        return text.skip_spaces(comments.end);
    }
    let written = out.trim_end().len();
    let ends = out[written..].matches('\n').count() + text.line_ends(end..behind);
    if ends == 1 && behind < text.text.len() && ends_in_own_comment(text, start, out) {
        out.insert_str(written, text.line_end());
    }
    end
}

/// Joins lines. If there are empty lines on both sides of `cut`, it removes those of one side.
fn join_lines(text: &Text<'_>, out: &mut String, cut: Range<usize>) -> usize {
    let behind = text.skip_white(cut.end);
    let empty_behind = text.line_ends(cut.end..behind);
    let written = out.trim_end();
    let empty_before = if written.is_empty() {
        usize::MAX
    } else {
        out[written.len()..].matches('\n').count().saturating_sub(1)
    };
    if empty_before == 0
        && empty_behind == 0
        && (ends_in_own_comment(text, cut.start, out) || begins_with_loose_comment(text, behind))
    {
        out.push_str(text.line_end());
    }
    (0..empty_before.min(empty_behind)).fold(cut.end, |at, _| text.next_line(at))
}

/// Returns the comments between `start` and the next code on the line.
fn between(text: &Text<'_>, start: usize) -> Option<Range<usize>> {
    let mut end = start;
    while let Some(comment) = text.comment_at(text.skip_spaces(end)) {
        end = comment.end;
    }
    (end > start && text.skip_spaces(end) < text.line_stop(end)).then_some(start..end)
}

/// Detaches comments of unclear ownership from both neighbors.
fn keep_apart(text: &Text<'_>, out: &mut String, comments: Range<usize>) {
    let written = out.trim_end().len();
    if written > 0 && out[written..].matches('\n').count() == 1 {
        out.truncate(written);
        out.push_str(&text.line_end().repeat(2));
    }
    out.push_str(&text.text[comments]);
    out.push_str(&text.line_end().repeat(2));
}

/// Whether `out`, the text before `at`, ends with a comment that does not follow code on its
/// line.
fn ends_in_own_comment(text: &Text<'_>, at: usize, out: &str) -> bool {
    let Some(mut comment) = text.comment_before(at) else { return false };
    while let Some(before) = text.comment_before(comment.start)
        && text.line_ends(before.end..comment.start) == 0
    {
        comment = before;
    }
    let length = text.text[comment.start..at].trim_end().len();
    let before = &out[..out.trim_end().len() - length];
    before.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
}

/// Whether a comment that precedes no element begins at `at`. A compiler would attach it to the
/// statement above.
fn begins_with_loose_comment(text: &Text<'_>, at: usize) -> bool {
    let Some(mut last) = text.comment_at(at) else { return false };
    loop {
        let next = text.skip_white(last.end);
        let is_next = text.line_ends(last.end..next) <= 1 && next < text.text.len();
        match text.comment_at(next) {
            Some(comment)
                if is_next && text.is_line_comment(&last) && text.is_line_comment(&comment) =>
            {
                last = comment;
            }
            Some(_) => return true,
            None => return !is_next,
        }
    }
}
