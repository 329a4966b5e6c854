//! Applies the [`Fix`] of findings to the source text.
//!
//! A fix only removes or adds whole statements: line endings, a byte order mark, indentation and
//! the comments of other statements are kept. A fix is skipped if its location is not that of a
//! statement any more.

mod begin;
mod cut;
mod offset;
mod source;
mod statement;

use self::source::Text;
use crate::finding::{Finding, Fix};

/// A text after its fixes.
#[derive(Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The new text of the file.
    pub text: String,
    /// The indices of the findings that are fixed.
    pub findings: Vec<usize>,
}

/// Applies the fixes of `findings`, which are all about `text`.
pub fn apply_fixes(text: &str, findings: &[&Finding]) -> Fixed {
    const MARK: char = '\u{feff}';
    let (mark, text) = match text.strip_prefix(MARK) {
        Some(rest) => (&text[..MARK.len_utf8()], rest),
        None => ("", text),
    };
    let source = Text::new(text);
    let mut fixed = Vec::new();
    let mut cuts = Vec::new();
    let mut begins = None;
    for (index, finding) in findings.iter().enumerate() {
        match finding.fix {
            Some(Fix::Delete) => match statement::at(text, &finding.place) {
                Some(found) => cuts.push(statement::with_comments(&source, found)),
                None => continue,
            },
            Some(Fix::Prepend(statement)) => begins = Some(statement),
            None => continue,
        }
        fixed.push(index);
    }
    let mut text = cut::cut(&source, cuts);
    if let Some(statement) = begins {
        text = begin::begin(&Text::new(&text), statement);
    }
    Fixed { text: format!("{mark}{text}"), findings: fixed }
}

#[cfg(test)]
mod tests;
