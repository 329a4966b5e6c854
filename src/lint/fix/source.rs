//! A source text with its comments and line endings.

use std::ops::Range;

use crate::compile::comments;

/// A text with the positions of its comments.
#[derive(Debug)]
pub(super) struct Text<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// The ranges of its comments, in order, without the line ending after a `//` comment.
    comments: Vec<Range<usize>>,
}

impl<'t> Text<'t> {
    /// Finds the comments of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        let trimmed = |at: Range<usize>| at.start..at.start + text[at].trim_end().len();
        Text { text, comments: comments(text).map(trimmed).collect() }
    }

    /// Returns the line ending of the text.
    pub(super) fn line_end(&self) -> &'static str {
        let first = self.text.split_inclusive('\n').next().unwrap_or_default();
        if first.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// Returns the start of the line of `at`.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Returns the end of the line of `at`, before its line ending.
    pub(super) fn line_stop(&self, at: usize) -> usize {
        let line = self.text[at..].split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Returns the start of the line after that of `at`.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// Returns the first offset from `at` on that is neither a space nor a tab.
    pub(super) fn skip_spaces(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }

    /// Returns the first offset from `at` on that is not white space.
    pub(super) fn skip_white(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start().len()
    }

    /// Returns the comment that begins at `at`.
    pub(super) fn comment_at(&self, at: usize) -> Option<Range<usize>> {
        let index = self.comments.binary_search_by_key(&at, |comment| comment.start).ok()?;
        Some(self.comments[index].clone())
    }

    /// Returns the comment that ends before `at`, with only white space in between.
    pub(super) fn comment_before(&self, at: usize) -> Option<Range<usize>> {
        let end = self.text[..at].trim_end().len();
        let index = self.comments.binary_search_by_key(&end, |comment| comment.end).ok()?;
        Some(self.comments[index].clone())
    }

    /// Whether only white space precedes `at` on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim().is_empty()
    }

    /// Whether `comment` is a `//` comment.
    pub(super) fn is_line_comment(&self, comment: &Range<usize>) -> bool {
        self.text[comment.clone()].starts_with("//")
    }

    /// Returns the number of line endings in `range`.
    pub(super) fn line_ends(&self, range: Range<usize>) -> usize {
        self.text[range].matches('\n').count()
    }
}
