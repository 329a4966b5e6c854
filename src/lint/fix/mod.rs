//! Mends texts: what a finding carries as its [`Fix`] is done to the source that it stands in.
//!
//! A fix takes away or adds whole statements and nothing else: line ends, a byte order mark,
//! indentation and the comments of others stay as they are. What a place turns out not to point at
//! any more is left alone.

mod begin;
mod cut;
mod offset;
mod source;
mod statement;

use self::source::Text;
use crate::finding::{Finding, Fix};

/// A text after its fixes.
#[derive(Debug, PartialEq, Eq)]
pub struct Mended {
    /// What the file holds now.
    pub text: String,
    /// The findings that this mends, by their index.
    pub findings: Vec<usize>,
}

/// Does to `text` what those of `findings` ask for that can be fixed; all of them stand in it.
pub fn mend(text: &str, findings: &[&Finding]) -> Mended {
    const MARK: char = '\u{feff}';
    let (mark, text) = match text.strip_prefix(MARK) {
        Some(rest) => (&text[..MARK.len_utf8()], rest),
        None => ("", text),
    };
    let source = Text::new(text);
    let mut mended = Vec::new();
    let mut cuts = Vec::new();
    let mut begins = None;
    for (index, finding) in findings.iter().enumerate() {
        match finding.fix {
            Some(Fix::Delete) => match statement::at(text, &finding.place) {
                Some(found) => cuts.push(statement::with_comments(&source, found)),
                None => continue,
            },
            Some(Fix::Begin(statement)) => begins = Some(statement),
            None => continue,
        }
        mended.push(index);
    }
    let mut fixed = cut::cut(&source, cuts);
    if let Some(statement) = begins {
        fixed = begin::begin(&Text::new(&fixed), statement);
    }
    Mended { text: format!("{mark}{fixed}"), findings: mended }
}

#[cfg(test)]
mod tests;
