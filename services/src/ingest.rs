//! `agentd ingest`: stores text files as documents.

use std::path::{Path, PathBuf};

use agent_contract::agent::v2::{Document, DocumentId, IngestOutcome};

use crate::rag::Rag;

/// What became of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Documents that are new.
    pub created: usize,
    /// Documents that had another text.
    pub replaced: usize,
    /// Documents that had the same text: an interrupted run goes on where it stopped.
    pub unchanged: usize,
}

/// Stores each of `files` (`.txt`, `.md`) as a document of `collection`. `done` is told after each.
///
/// The id of a document is the name of its file, its title the first heading.
///
/// # Errors
///
/// A file cannot be read, is not UTF-8, or has no text; two files have the same name. What was stored
/// before stays.
pub async fn ingest(
    rag: &Rag,
    collection: &str,
    files: &[PathBuf],
    done: &mut dyn FnMut(usize),
) -> Result<Ingested, String> {
    let mut ids: Vec<(String, &Path)> = Vec::new();
    for file in files {
        let id = id(file)?;
        if let Some((_, other)) = ids.iter().find(|(known, _)| *known == id) {
            let (a, b) = (other.display(), file.display());
            return Err(format!("{a} and {b} would both be the document {id:?}"));
        }
        ids.push((id, file));
    }
    let mut ingested = Ingested::default();
    for (number, (id, file)) in (1..).zip(ids) {
        let shown = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
        let (title, text) = titled(&text);
        let document = Document {
            id: Some(DocumentId { value: id }),
            title: title.to_owned(),
            media_type: media_type(file).to_owned(),
            ..Document::default()
        };
        let stored = rag.put_document(collection, &document, text).await;
        let (outcome, _) = stored.map_err(|status| format!("{shown}: {}", status.message()))?;
        match outcome {
            IngestOutcome::Created => ingested.created += 1,
            IngestOutcome::Replaced => ingested.replaced += 1,
            IngestOutcome::Unchanged | IngestOutcome::Unspecified => ingested.unchanged += 1,
        }
        done(number);
    }
    Ok(ingested)
}

/// The columns of the progress bar.
const COLUMNS: usize = 30;

/// Returns a progress bar: `[=====>    ] 3 of 6 documents`.
pub fn bar(done: usize, total: usize) -> String {
    let full = (done * COLUMNS).checked_div(total).unwrap_or(COLUMNS).min(COLUMNS);
    let head = if full < COLUMNS { ">" } else { "" };
    let drawn = "=".repeat(full) + head;
    format!("[{drawn:<COLUMNS$}] {done} of {total} documents")
}

/// Returns the id of a file's document.
fn id(file: &Path) -> Result<String, String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let id: String = stem.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    match id.len() {
        1..=128 => Ok(id),
        _ => Err(format!("{}: the name is empty or longer than 128 bytes", file.display())),
    }
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("md") => "text/markdown",
        _ => "text/plain",
    }
}

/// Returns the first heading of a Markdown text and what follows it.
fn titled(text: &str) -> (&str, &str) {
    let trimmed = text.trim_start();
    match trimmed.strip_prefix("# ").and_then(|rest| rest.split_once('\n')) {
        Some((title, rest)) => (title.trim(), rest.trim()),
        None => ("", trimmed.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_to_its_end() {
        let half = format!("[{}>{}] 3 of 6 documents", "=".repeat(15), " ".repeat(14));
        assert_eq!(bar(3, 6), half);
        assert_eq!(bar(0, 6), format!("[>{}] 0 of 6 documents", " ".repeat(29)));
        for (done, total) in [(6, 6), (7, 6), (0, 0)] {
            assert!(bar(done, total).starts_with(&format!("[{}]", "=".repeat(COLUMNS))));
        }
    }
}
