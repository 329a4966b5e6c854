//! Where passages are kept and searched, by their vectors and by their words.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use agent_contract::agent::v2::{Document, Passage, PassageId};
use prost::Message;
use rusqlite::TransactionBehavior::{Deferred, Immediate};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension as _, Row, TransactionBehavior, params};
use tonic::Status;

use super::{StaticEmbedder, words};
use crate::records::{Records, failed};

/// Keeps documents with their passages.
pub trait Store: Send + Sync {
    /// Checks that the vectors of all passages were made by the embedder of this store.
    ///
    /// # Errors
    ///
    /// FAILED_PRECONDITION: another one made them. INTERNAL: the store fails.
    fn check(&self) -> Result<(), Status>;

    /// Stores a document, in place of the one with its id. It fails as a whole or not at all.
    ///
    /// # Errors
    ///
    /// As of [`Store::check`], also if other passages have vectors of other dimensions.
    fn put(&self, collection: &str, stored: &Stored, passages: &[Embedded]) -> Result<(), Status>;

    /// Returns a document with its text, unless it has expired.
    ///
    /// # Errors
    ///
    /// INTERNAL: the store fails.
    fn get(&self, collection: &str, id: &str) -> Result<Option<Stored>, Status>;

    /// Returns passages that may answer a query: those with the nearest vectors, and those with the
    /// best words. The order is not specified.
    ///
    /// # Errors
    ///
    /// As of [`Store::check`], also if the passages have vectors of other dimensions.
    fn search(&self, collection: &str, search: &Search<'_>) -> Result<Vec<Candidate>, Status>;

    /// Deletes a document and its passages.
    ///
    /// # Errors
    ///
    /// INTERNAL: the store fails.
    fn delete(&self, collection: &str, id: &str) -> Result<(), Status>;

    /// Deletes all documents.
    ///
    /// # Errors
    ///
    /// INTERNAL: the store fails.
    fn clear(&self) -> Result<(), Status>;
}

/// A document and its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The document without its text.
    pub about: Document,
    /// The text.
    pub text: String,
}

/// A passage and its vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// The text.
    pub text: String,
    /// The vector of the text, of length 1.
    pub vector: Vec<f32>,
}

/// A search in one collection.
pub struct Search<'s> {
    /// The query.
    pub query: &'s str,
    /// The vector of the query, of length 1.
    pub vector: &'s [f32],
    /// The most passages to return by vector, and as many again by words.
    pub most: usize,
    /// The documents to search; all if it is unset.
    pub accept: Option<&'s dyn Fn(&Document) -> bool>,
}

/// A passage that may answer a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The passage. Its relevance is not known yet.
    pub passage: Passage,
    /// The cosine of its vector and that of the query.
    pub similarity: f32,
    /// Its BM25 score, if it has a word of the query.
    pub bm25: Option<f32>,
}

/// Passages in the SQLite file of the records: an index of words (FTS5) beside the vectors. A search
/// by vector compares all vectors of the collection, so it is exact: no index can miss a passage.
#[derive(Clone)]
pub struct SqliteStore {
    records: Records,
    /// The name of the embedder.
    embedder: Arc<str>,
}

impl SqliteStore {
    /// Returns the store in the file of `records`, of vectors that `embedder` makes. Its tables are
    /// created if they do not exist.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn new(records: Records, embedder: &str) -> Result<Self, Status> {
        let records = records.apart().map_err(failed)?;
        // The key of a passage is never assigned again, because its id is made of it.
        records.transaction(Immediate, |sql| {
            sql.execute_batch(
                "CREATE TABLE IF NOT EXISTS documents (
                   key INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL,
                   expires INTEGER, about BLOB NOT NULL, text TEXT NOT NULL,
                   UNIQUE (collection, id)
                 );
                 CREATE TABLE IF NOT EXISTS passages (
                   key INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL,
                   vector BLOB NOT NULL, text TEXT NOT NULL
                 );
                 CREATE INDEX IF NOT EXISTS passages_of_document ON passages (document);
                 CREATE TABLE IF NOT EXISTS embedder (
                   one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL,
                   dimensions INTEGER NOT NULL
                 );
                 CREATE VIRTUAL TABLE IF NOT EXISTS passage_words USING fts5 (
                   title, text, content = '', contentless_delete = 1,
                   tokenize = 'porter unicode61 remove_diacritics 2'
                 );",
            )?;
            // Before there was a choice, there was one embedder.
            sql.execute(
                "INSERT OR IGNORE INTO embedder
                 SELECT 1, ?1, 256 WHERE EXISTS (SELECT 1 FROM passages)",
                [StaticEmbedder::NAME],
            )
        })?;
        Ok(SqliteStore { records, embedder: embedder.into() })
    }

    /// Runs SQL in one transaction, after a check of who made the vectors. They have these
    /// dimensions, if they are known.
    fn checked<T>(
        &self,
        behavior: TransactionBehavior,
        dimensions: Option<usize>,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Status> {
        let own = &*self.embedder;
        let result = self.records.transaction(behavior, |sql| {
            let query = "SELECT name, dimensions FROM embedder
                         WHERE EXISTS (SELECT 1 FROM passages)";
            let made = sql.query_row(query, [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.cast_unsigned() as usize))
            });
            if let Some((name, known)) = made.optional()?
                && (name != own || dimensions.is_some_and(|given| given != known))
            {
                let given = dimensions.map(|given| format!(" ({given})")).unwrap_or_default();
                return Ok(Err(Status::failed_precondition(format!(
                    "the vectors of the documents are of the embedder {name} ({known} dimensions), \
                     not of {own}{given}: restore the setting `embeddings`, or delete all documents \
                     and store them again with `agentd ingest --fresh`"
                ))));
            }
            run(sql).map(Ok)
        });
        result.flatten()
    }
}

impl Store for SqliteStore {
    fn check(&self) -> Result<(), Status> {
        self.checked(Deferred, None, |_| Ok(()))
    }

    fn put(&self, collection: &str, stored: &Stored, passages: &[Embedded]) -> Result<(), Status> {
        let Stored { about, text } = stored;
        let id = about.id.clone().unwrap_or_default().value;
        let dimensions = passages.first().map(|passage| passage.vector.len());
        self.checked(Immediate, dimensions, |sql| {
            delete(sql, collection, &id)?;
            sql.execute(
                "INSERT OR REPLACE INTO embedder VALUES (1, ?1, ?2)",
                params![self.embedder, dimensions.map(|it| it as i64)],
            )?;
            let expires = about.expire_time.as_ref().map(|time| time.seconds);
            sql.execute(
                "INSERT INTO documents (collection, id, expires, about, text)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![collection, id, expires, about.encode_to_vec(), text],
            )?;
            let document = sql.last_insert_rowid();
            let mut insert =
                sql.prepare("INSERT INTO passages (document, vector, text) VALUES (?1, ?2, ?3)")?;
            let mut index =
                sql.prepare("INSERT INTO passage_words (rowid, title, text) VALUES (?1, ?2, ?3)")?;
            for Embedded { text, vector } in passages {
                let key = insert.insert(params![document, encode(vector), text])?;
                index.execute(params![key, about.title, text])?;
            }
            Ok(())
        })
    }

    fn get(&self, collection: &str, id: &str) -> Result<Option<Stored>, Status> {
        self.records.transaction(Deferred, |sql| {
            let query = "SELECT about, text FROM documents WHERE collection = ?1 AND id = ?2
                         AND (expires IS NULL OR expires > ?3)";
            let stored = |row: &Row<'_>| Ok(Stored { about: message(row, 0)?, text: row.get(1)? });
            sql.query_row(query, params![collection, id, now()], stored).optional()
        })
    }

    fn search(&self, collection: &str, search: &Search<'_>) -> Result<Vec<Candidate>, Status> {
        self.checked(Deferred, Some(search.vector.len()), |sql| {
            let similarities = similarities(sql, collection, search)?;
            let mut nearest: Vec<(i64, f32)> =
                similarities.iter().map(|(key, similarity)| (*key, *similarity)).collect();
            nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            nearest.truncate(search.most);
            let matches = matches(sql, search, |key| similarities.contains_key(&key))?;
            let more = matches.keys().filter(|key| nearest.iter().all(|(near, _)| near != *key));
            let keys: Vec<i64> = nearest.iter().map(|(key, _)| *key).chain(more.copied()).collect();
            let mut statement = sql.prepare(
                "SELECT about, passages.text FROM passages
                 JOIN documents ON documents.key = document WHERE passages.key = ?1",
            )?;
            keys.into_iter()
                .map(|key| {
                    let passage = statement.query_row([key], |row| {
                        let about: Document = message(row, 0)?;
                        Ok(Passage {
                            id: Some(PassageId { value: format!("passage-{key}") }),
                            document_id: about.id,
                            text: row.get(1)?,
                            relevance: 0.0,
                            title: about.title,
                            uri: about.uri,
                            metadata: about.metadata,
                        })
                    })?;
                    let similarity = similarities[&key];
                    Ok(Candidate { passage, similarity, bm25: matches.get(&key).copied() })
                })
                .collect()
        })
    }

    fn delete(&self, collection: &str, id: &str) -> Result<(), Status> {
        self.records.transaction(Immediate, |sql| delete(sql, collection, id))
    }

    fn clear(&self) -> Result<(), Status> {
        self.records.transaction(Immediate, |sql| {
            sql.execute_batch(
                "DELETE FROM passage_words; DELETE FROM passages; DELETE FROM documents;",
            )
        })
    }
}

/// Returns the time in seconds.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs().cast_signed()
}

/// Deletes a document from all tables.
fn delete(sql: &Connection, collection: &str, id: &str) -> rusqlite::Result<()> {
    let query = "SELECT key FROM documents WHERE collection = ?1 AND id = ?2";
    let found = sql.query_row(query, [collection, id], |row| row.get::<_, i64>(0)).optional()?;
    let Some(document) = found else { return Ok(()) };
    for statement in [
        "DELETE FROM passage_words WHERE rowid IN (SELECT key FROM passages WHERE document = ?1)",
        "DELETE FROM passages WHERE document = ?1",
        "DELETE FROM documents WHERE key = ?1",
    ] {
        sql.execute(statement, [document])?;
    }
    Ok(())
}

/// Returns the similarity of each passage that may be found, by its key.
fn similarities(
    sql: &Connection,
    collection: &str,
    search: &Search<'_>,
) -> rusqlite::Result<HashMap<i64, f32>> {
    let mut accepted = HashSet::new();
    if let Some(accept) = search.accept {
        let mut statement =
            sql.prepare("SELECT key, about FROM documents WHERE collection = ?1")?;
        let mut rows = statement.query([collection])?;
        while let Some(row) = rows.next()? {
            if accept(&message(row, 1)?) {
                accepted.insert(row.get::<_, i64>(0)?);
            }
        }
    }
    let mut statement = sql.prepare(
        "SELECT passages.key, document, vector FROM documents
         JOIN passages ON document = documents.key
         WHERE collection = ?1 AND (expires IS NULL OR expires > ?2)",
    )?;
    let mut rows = statement.query(params![collection, now()])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        if search.accept.is_none() || accepted.contains(&row.get(1)?) {
            let vector = row.get_ref(2)?.as_blob()?;
            found.insert(row.get(0)?, similarity(search.vector, vector));
        }
    }
    Ok(found)
}

/// Returns the BM25 scores of the passages that match the words of a query best, by their keys. How
/// rare a word is, is counted over all collections.
fn matches(
    sql: &Connection,
    search: &Search<'_>,
    may_be_found: impl Fn(i64) -> bool,
) -> rusqlite::Result<HashMap<i64, f32>> {
    let words: Vec<String> =
        words::significant(search.query).into_iter().map(|word| format!("\"{word}\"")).collect();
    let mut found = HashMap::new();
    if words.is_empty() {
        return Ok(found);
    }
    let mut statement = sql.prepare(
        "SELECT rowid, bm25(passage_words) FROM passage_words
         WHERE passage_words MATCH ?1 ORDER BY rank, rowid",
    )?;
    let mut rows = statement.query([words.join(" OR ")])?;
    while found.len() < search.most
        && let Some(row) = rows.next()?
    {
        let key = row.get(0)?;
        if may_be_found(key) {
            // SQLite's scores are negative, so that the best is the first.
            found.insert(key, -row.get::<_, f64>(1)? as f32);
        }
    }
    Ok(found)
}

fn message<M: Message + Default>(row: &Row<'_>, column: usize) -> rusqlite::Result<M> {
    M::decode(row.get_ref(column)?.as_blob()?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}

/// Encodes a vector: the scale as f32, then one i8 for each dimension.
fn encode(vector: &[f32]) -> Vec<u8> {
    let largest = vector.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let values = vector.iter().map(|value| ((value / scale).round() as i8).cast_unsigned());
    scale.to_le_bytes().into_iter().chain(values).collect()
}

/// Returns the cosine of a vector and an encoded one, both of length 1: 0 if their dimensions differ.
fn similarity(vector: &[f32], encoded: &[u8]) -> f32 {
    let Some((scale, values)) = encoded.split_first_chunk() else { return 0.0 };
    if values.len() != vector.len() {
        return 0.0;
    }
    let pairs = vector.iter().zip(values);
    let sum: f32 = pairs.map(|(a, b)| a * f32::from(b.cast_signed())).sum();
    sum * f32::from_le_bytes(*scale)
}
