//! The comments of a schema, as descriptions in a document.

use std::cell::OnceCell;

use crate::schema::{ElementPath, Places, Schema};

/// The comments of all files, decoded on demand.
#[derive(Debug)]
pub(super) struct Comments<'s> {
    schema: &'s Schema,
    files: Vec<OnceCell<Places>>,
}

impl<'s> Comments<'s> {
    pub(super) fn of(schema: &'s Schema) -> Self {
        Comments { schema, files: schema.files().map(|_| OnceCell::new()).collect() }
    }

    /// Returns the leading comment of `element`, or else the trailing one.
    pub(super) fn at(&self, element: &ElementPath) -> Option<String> {
        let places = self.files.get(element.file())?.get_or_init(|| {
            let file = self.schema.file_at(element.file());
            let info = file.and_then(|file| file.proto().source_code_info.as_deref());
            info.map(Places::decode).unwrap_or_default()
        });
        let comments = places.comments(element.path())?;
        let text = |comment: Option<String>| {
            comment.map(|comment| clean(&comment)).filter(|text| !text.is_empty())
        };
        text(comments.leading).or_else(|| text(comments.trailing))
    }
}

/// Returns a comment without the parts that are not for readers of the API: the space after the
/// slashes, lines for linters, and text inside `(-- … --)`.
fn clean(comment: &str) -> String {
    let mut text = String::new();
    let mut rest = comment;
    while let Some((before, internal)) = rest.split_once("(--") {
        text.push_str(before);
        rest = internal.split_once("--)").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let is_for_linters = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("buf:lint:ignore") || line.starts_with("wireproof:ignore")
    };
    let lines = text.lines().filter(|line| !is_for_linters(line));
    let lines: Vec<&str> =
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// Returns the first sentence of a text, in one line.
pub(super) fn summary(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.find(". ") {
        Some(end) => line[..end].to_owned(),
        None => line.strip_suffix('.').unwrap_or(&line).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_for_readers_goes() {
        let comment = " One.\n buf:lint:ignore X\n   indented \n(-- not\nthis --) two\n (-- nor";
        assert_eq!(clean(comment), "One.\n  indented\ntwo");
        assert_eq!(clean(" wireproof:ignore X because\n"), "");
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        for (text, wanted) in [
            ("Answers.", "Answers"),
            ("Answers a\nuser. And more.", "Answers a user"),
            ("Version 1.2 of it\n\nMore.", "Version 1.2 of it"),
            ("", ""),
        ] {
            assert_eq!(summary(text), wanted);
        }
    }
}
