//! Comments as buf attaches them, where the parser, which follows protoc, does otherwise.

use prost_types::source_code_info::Location;

use super::columns::line_starts;

/// Makes the comments of `locations`, whose columns are still bytes, those that buf finds in
/// `source`.
pub(super) fn as_in_buf(locations: &mut [Location], source: &str) {
    restore_line_ends(locations, source);
    if memchr::memmem::find(source.as_bytes(), b"*/").is_some() {
        detach_from_line(locations, source);
    }
}

/// A comment documents what follows it in a line of its own: one that ends in the line in which
/// the element begins is nobody's, and neither is what stands before it.
fn detach_from_line(locations: &mut [Location], source: &str) {
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

/// Comments keep the line ends of the file, as they do in buf; the parser gives them without
/// carriage returns. Where a file mixes line ends they are left as the parser has them.
fn restore_line_ends(locations: &mut [Location], source: &str) {
    let source = source.as_bytes();
    if memchr::memchr(b'\r', source).is_none()
        || memchr::memchr_iter(b'\n', source).any(|at| at == 0 || source[at - 1] != b'\r')
    {
        return;
    }
    for location in locations {
        let comments = location.leading_comments.iter_mut().chain(&mut location.trailing_comments);
        comments
            .chain(&mut location.leading_detached_comments)
            .for_each(|comment| *comment = comment.replace('\n', "\r\n"));
    }
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse;

    /// The comment before the only message of a file, as it stands in the source code info.
    fn leading(before: &str) -> Option<String> {
        let source = format!("syntax = \"proto3\";\n\n{before}message M {{}}\n");
        let parsed = parse("a.proto", "a.proto", source.as_bytes()).expect("it is well formed");
        parsed.places.places().comments(&[4, 0]).and_then(|comments| comments.leading)
    }

    #[test]
    fn a_comment_in_the_line_of_an_element_is_not_about_it() {
        for (before, comment) in [
            ("/*a*/ ", None),
            ("/*a\n */\t", None),
            ("/*a*/ /*b*/ ", None),
            ("// a\n/*b*/ ", None),
            ("/*a*/\n", Some("a")),
            ("/*a*/ /*b*/\n", Some("b")),
            ("// a\n", Some(" a\n")),
            ("/*a*/\r\n", Some("a")),
        ] {
            assert_eq!(leading(before).as_deref(), comment, "{before:?}");
        }
    }
}
