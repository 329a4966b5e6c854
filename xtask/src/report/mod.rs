//! How findings are shown: one file a format. Formats return text; `cli` writes it.

mod json;
mod text;

use crate::finding::Finding;

/// A format of findings, by the name that `--error-format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line a finding, as editors and problem matchers read it; for a person, what to do about
    /// it follows.
    Text,
    /// A JSON object a line.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 2] = [Format::Text, Format::Json];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
        }
    }
}

/// Who reads a report.
pub struct Reader<'a> {
    /// Whether a person looks at it: then snippets, reasons and help are shown.
    pub is_person: bool,
    /// Whether colours are welcome.
    pub colors: bool,
    /// Finds the text of a file by the path that findings have.
    pub source: &'a dyn Fn(&str) -> Option<String>,
}

/// Writes `findings`, which are in order, as `format` has them.
pub fn render(findings: &[Finding], format: Format, reader: &Reader<'_>) -> String {
    match format {
        Format::Text => text::render(findings, reader),
        Format::Json => json::render(findings),
    }
}
