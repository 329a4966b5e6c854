//! Reads the cases of `tests/parity/compile_cases`, whose README.md describes the format. The tests
//! include this file, too.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// A schema, and whether buf compiles it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) compiles: bool,
    /// The text of its only file, or its files, each below a line `-- PATH --`.
    pub(crate) text: Vec<u8>,
}

/// Reads the cases of `folder`, sorted by name.
pub(crate) fn read(folder: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            cases.extend(of_topic(&fs::read(&path)?).ok_or_else(|| no_case(&path))?);
        }
    }
    for entry in fs::read_dir(folder.join("bytes"))? {
        let path = entry?.path();
        let text = fs::read(&path)?;
        cases.push(of_file(&path, text).ok_or_else(|| no_case(&path))?);
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn no_case(path: &Path) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{} does not begin with a case", path.display()))
}

/// Returns the cases of a file with several; none if it does not begin with a case.
fn of_topic(text: &[u8]) -> Option<Vec<Case>> {
    let mut sections = sections(text, |title| verdict(title, ' ').is_some()).into_iter();
    sections.next().filter(|(_, before)| before.is_empty())?;
    sections.map(|(title, text)| case(&title, ' ', text)).collect()
}

/// Returns the case of a file of its own, `NAME.ok.proto` or `NAME.bad.proto`.
fn of_file(path: &Path, text: Vec<u8>) -> Option<Case> {
    case(path.file_name()?.to_str()?.strip_suffix(".proto")?, '.', text)
}

fn case(title: &str, separator: char, text: Vec<u8>) -> Option<Case> {
    let (name, compiles) = verdict(title, separator)?;
    Some(Case { name: name.to_owned(), compiles, text })
}

/// Returns the name in a title, and whether it compiles.
fn verdict(title: &str, separator: char) -> Option<(&str, bool)> {
    match title.split_once(separator)? {
        (name, "ok") => Some((name, true)),
        (name, "bad") => Some((name, false)),
        _ => None,
    }
}

/// Splits `text` at the lines `-- TITLE --` whose title `begins` a section. The first section is the
/// text before them, without a title.
pub(crate) fn sections(text: &[u8], begins: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut current = (String::new(), Vec::new());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match title(line).filter(|title| begins(title)) {
            Some(title) => {
                all.push(std::mem::replace(&mut current, (title.to_owned(), Vec::new())))
            }
            None => current.1.extend_from_slice(line),
        }
    }
    all.push(current);
    all
}

fn title(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok()?.strip_prefix("-- ")?.strip_suffix(" --\n")
}
