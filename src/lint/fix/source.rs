//! A text with its comments and line ends, as the fixes look at it.

use std::ops::Range;

use crate::compile::comments;

/// A text of which is known where its comments are.
#[derive(Debug)]
pub(super) struct Text<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// Its comments, in order, without the line end behind a `//`.
    comments: Vec<Range<usize>>,
}

impl<'t> Text<'t> {
    /// Looks for the comments of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        let trimmed = |at: Range<usize>| at.start..at.start + text[at].trim_end().len();
        Text { text, comments: comments(text).map(trimmed).collect() }
    }

    /// The line end that it uses.
    pub(super) fn line_end(&self) -> &'static str {
        let first = self.text.split_inclusive('\n').next().unwrap_or_default();
        if first.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// Where the line of `at` begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Where what is written in the line of `at` ends, before its line end.
    pub(super) fn line_stop(&self, at: usize) -> usize {
        let line = self.text[at..].split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Where the line behind that of `at` begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// The first of `at` and what follows that is neither a space nor a tab.
    pub(super) fn skip_spaces(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }

    /// The first of `at` and what follows that is no white space.
    pub(super) fn skip_white(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start().len()
    }

    /// The comment that begins at `at`.
    pub(super) fn comment_at(&self, at: usize) -> Option<Range<usize>> {
        let index = self.comments.binary_search_by_key(&at, |comment| comment.start).ok()?;
        Some(self.comments[index].clone())
    }

    /// The comment that is the last thing before `at`, but for white space.
    pub(super) fn comment_before(&self, at: usize) -> Option<Range<usize>> {
        let end = self.text[..at].trim_end().len();
        let index = self.comments.binary_search_by_key(&end, |comment| comment.end).ok()?;
        Some(self.comments[index].clone())
    }

    /// Whether nothing stands before `at` in its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    /// Whether the comment at `comment` is one that ends with its line.
    pub(super) fn is_line_comment(&self, comment: &Range<usize>) -> bool {
        self.text[comment.clone()].starts_with("//")
    }

    /// How many line ends are in `range`.
    pub(super) fn line_ends(&self, range: Range<usize>) -> usize {
        self.text[range].matches('\n').count()
    }
}
