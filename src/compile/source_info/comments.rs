//! Attaches comments to elements as buf does, where the parser, which follows protoc, differs.

use std::collections::HashSet;
use std::ops::Range;

use prost_types::source_code_info::Location;

use super::code;
use super::columns::line_starts;
use super::comment_text::block;
use crate::schema::tag::{file, message};

/// Corrects the comments of `locations`, whose columns are still bytes, to those that buf finds in
/// `source`.
pub(super) fn reattach(locations: &mut [Location], source: &str) {
    if memchr::memmem::find(source.as_bytes(), b"*/").is_some() {
        detach_inline(locations, source);
        attach_lost(locations, source);
    }
}

/// Restores comments that the parser has lost: if two comments follow a token in its line, it loses
/// those of the lines after it. A comment directly before a declaration, in lines of its own,
/// belongs to it.
fn attach_lost(locations: &mut [Location], source: &str) {
    let comments: Vec<Range<usize>> = code::comments(source).collect();
    let is_pair = |pair: &[Range<usize>]| {
        let between = &source[pair[0].end..pair[1].start];
        is_blank_line(between) && !begins_line(source, &pair[0])
    };
    if !comments.windows(2).any(is_pair) {
        return;
    }
    let lines = line_starts(source);
    let start_of = |location: &Location| {
        let line = usize::try_from(*location.span.first()?).ok()?;
        Some(lines.get(line)? + usize::try_from(*location.span.get(1)?).ok()?)
    };
    let known = locations.iter().filter(|location| location.leading_comments.is_some());
    let known: HashSet<usize> = known.filter_map(start_of).collect();
    let lost =
        locations.iter_mut().filter(|l| l.leading_comments.is_none() && is_declared(&l.path));
    for location in lost {
        let start = start_of(location).filter(|start| !known.contains(start));
        location.leading_comments = start.and_then(|start| comment_above(source, &comments, start));
    }
}

/// Whether a path is that of a message, an enum, a service, an extension, or of an element inside
/// one.
fn is_declared(path: &[i32]) -> bool {
    let is_in_file = |list: &i32| {
        matches!(*list, file::MESSAGE_TYPE | file::ENUM_TYPE | file::SERVICE | file::EXTENSION)
    };
    // Values of enums and methods of services have the same field number as fields.
    let is_inside = |list: &i32| {
        use message::{ENUM_TYPE, EXTENSION, FIELD, NESTED_TYPE, ONEOF_DECL};
        matches!(*list, FIELD | NESTED_TYPE | ENUM_TYPE | EXTENSION | ONEOF_DECL)
    };
    path.len().is_multiple_of(2)
        && path.first().is_some_and(is_in_file)
        && path.iter().skip(2).step_by(2).all(is_inside)
}

/// Returns the text of the comment that ends in the line before `start`, if nothing else is in its
/// lines.
fn comment_above(source: &str, comments: &[Range<usize>], start: usize) -> Option<String> {
    let is_above = |comment: &Range<usize>, below: usize| {
        let between = source.get(comment.end..below).unwrap_or("x");
        // Trimmed from the end: with many elements in one line, the text before each is searched.
        between.trim_end().is_empty()
            && between.matches('\n').count() == 1
            && begins_line(source, comment)
    };
    let is_line = |comment: &Range<usize>| source[comment.clone()].starts_with("//");
    let mut next = comments.partition_point(|comment| comment.end <= start);
    let mut below = start;
    let mut lines = Vec::new();
    while let Some(comment) = next.checked_sub(1).map(|index| &comments[index]) {
        if !is_above(comment, below) {
            break;
        }
        if !is_line(comment) {
            return if lines.is_empty() {
                Some(block(&source[comment.clone()]))
            } else {
                joined(lines)
            };
        }
        lines.push(&source[comment.start + 2..comment.end]);
        (next, below) = (next - 1, comment.start);
    }
    if lines.is_empty() { comment_beside(source, &comments[..next], start) } else { joined(lines) }
}

/// Returns the text of the last of `comments`, if it ends in the line before `start` and is the
/// second or third after a token in its line: the first belongs to the token, the others do not.
fn comment_beside(source: &str, comments: &[Range<usize>], start: usize) -> Option<String> {
    let [.., other, comment] = comments else { return None };
    let between = source.get(comment.end..start)?;
    let is_above = between.trim_end().is_empty() && between.matches('\n').count() == 1;
    let is_beside = is_blank_line(source.get(other.end..comment.start)?);
    if !is_above || !is_beside || begins_line(source, other) {
        return None;
    }
    let text = &source[comment.clone()];
    Some(match text.strip_prefix("//") {
        Some(text) => text.trim_end_matches('\r').to_owned(),
        None => block(text),
    })
}

/// Whether `between` is blank and within one line.
fn is_blank_line(between: &str) -> bool {
    between.trim().is_empty() && !between.contains('\n')
}

/// Joins lines that were collected from the last to the first.
fn joined(lines: Vec<&str>) -> Option<String> {
    let text: String = lines.iter().rev().flat_map(|line| [line, "\n"]).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// Whether a comment is the first text in its line.
fn begins_line(source: &str, comment: &Range<usize>) -> bool {
    let line = source[..comment.start].rfind('\n').map_or(0, |newline| newline + 1);
    source[line..comment.start].trim().is_empty()
}

/// Detaches comments that end in the line in which their element begins, and those before them: a
/// comment documents an element only from lines of its own.
fn detach_inline(locations: &mut [Location], source: &str) {
    let lines = line_starts(source);
    let follows_comment = |location: &Location| {
        let [line, column, ..] = *location.span else { return false };
        let start = usize::try_from(line).ok().and_then(|line| lines.get(line).copied());
        let before = start
            .zip(usize::try_from(column).ok())
            .and_then(|(start, column)| source.get(start..start + column));
        before.is_some_and(|before| before.trim_end().ends_with("*/"))
    };
    for location in locations {
        let has_comments =
            location.leading_comments.is_some() || !location.leading_detached_comments.is_empty();
        if has_comments && follows_comment(location) {
            location.leading_comments = None;
            location.leading_detached_comments.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse_text;

    /// Returns the comment before the only message of a file, as it is in the source info.
    fn leading(before: &str) -> Option<String> {
        let source = format!("syntax = \"proto3\";\n\n{before}message M {{}}\n");
        let parsed = parse_text(&source).expect("it is well formed");
        parsed.source_info.places().comments(&[4, 0]).and_then(|comments| comments.leading)
    }

    #[test]
    fn a_comment_in_the_line_of_an_element_is_detached() {
        for (before, comment) in [
            ("/*a*/ ", None),
            ("/*a\n */\t", None),
            ("/*a*/ /*b*/ ", None),
            ("// a\n/*b*/ ", None),
            ("/*a*/\n", Some("a")),
            ("/*a*/ /*b*/\n", Some("b")),
            ("// a\n", Some(" a\n")),
            ("/*a*/\r\n", Some("a")),
            ("enum E { Z = 0; } /*a*/ // b\n// c\n// d\n", Some(" c\n d\n")),
            ("enum E { Z = 0; } /*a*/ /*b*/\n/* c\n * d */\n", Some(" c\n d ")),
            ("enum E { Z = 0; } /*a*/ // b\n\n// c\n", Some(" c\n")),
            ("enum E { Z = 0; } /*a*/ // b\n// c\n\n", None),
            ("enum E { Z = 0; } /*a*/ // b\n", Some(" b")),
            ("enum E { Z = 0; } /*a*/ // b\r\n", Some(" b")),
            ("enum E { Z = 0; } /*a*/ /*b*/\n", Some("b")),
            ("enum E { Z = 0; } /*a*/ /*b*/ // c\n", Some(" c")),
            ("enum E { Z = 0; } /*a*/ // b\n\n", None),
            ("enum E { Z = 0; } // b\n", None),
        ] {
            assert_eq!(leading(before).as_deref(), comment, "{before:?}");
        }
    }
}
