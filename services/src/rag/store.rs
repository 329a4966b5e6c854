//! Where passages are kept and searched, by their vectors and by their words.

use std::collections::{BTreeSet, HashMap};
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

/// The most passages that sqlite-vec returns by vector.
const MAX_NEAREST: usize = 4096;

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

    /// Deletes the documents that have expired, and their passages.
    ///
    /// # Errors
    ///
    /// INTERNAL: the store fails.
    fn delete_expired(&self) -> Result<(), Status>;

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

/// Passages in the SQLite file of the records: their vectors in a table of sqlite-vec, beside an index
/// of their words (FTS5). A search by vector compares all vectors of the collection, so it is exact.
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
                   text TEXT NOT NULL
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
            )?;
            move_vectors(sql)
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
    /// Prepares the table for vectors of the embedder of this store. Tables of sqlite-vec have fixed
    /// dimensions; one of others is empty, as was checked.
    fn prepare(&self, sql: &Connection, dimensions: i64) -> rusqlite::Result<()> {
        let query = "SELECT name, dimensions FROM embedder";
        let known = sql.query_row(query, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
        if known.optional()? == Some((self.embedder.to_string(), dimensions)) {
            return Ok(());
        }
        create_vectors(sql, dimensions)?;
        sql.execute(
            "INSERT OR REPLACE INTO embedder VALUES (1, ?1, ?2)",
            params![self.embedder, dimensions],
        )?;
        Ok(())
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
            if let Some(dimensions) = dimensions {
                self.prepare(sql, dimensions as i64)?;
            }
            let expires = about.expire_time.as_ref().map(|time| time.seconds);
            sql.execute(
                "INSERT INTO documents (collection, id, expires, about, text)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![collection, id, expires, about.encode_to_vec(), text],
            )?;
            let document = sql.last_insert_rowid();
            for Embedded { text, vector } in passages {
                let insert = "INSERT INTO passages (document, text) VALUES (?1, ?2)";
                let key = sql.prepare_cached(insert)?.insert(params![document, text])?;
                let insert = "INSERT INTO passage_words (rowid, title, text) VALUES (?1, ?2, ?3)";
                sql.prepare_cached(insert)?.execute(params![key, about.title, text])?;
                add_vector(sql, key, collection, vector)?;
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
            let keys = keys(sql, collection, search)?;
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut similarities = nearest(sql, collection, search, &keys)?;
            let matches = matches(sql, search, |key| keys.contains(&key))?;
            for key in matches.keys() {
                if !similarities.contains_key(key) {
                    similarities.insert(*key, similarity(sql, search.vector, *key)?);
                }
            }
            let mut statement = sql.prepare(
                "SELECT about, passages.text FROM passages
                 JOIN documents ON documents.key = document WHERE passages.key = ?1",
            )?;
            similarities
                .into_iter()
                .map(|(key, similarity)| {
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
                    Ok(Candidate { passage, similarity, bm25: matches.get(&key).copied() })
                })
                .collect()
        })
    }

    fn delete(&self, collection: &str, id: &str) -> Result<(), Status> {
        self.records.transaction(Immediate, |sql| delete(sql, collection, id))
    }

    fn delete_expired(&self) -> Result<(), Status> {
        // One at a time: other writers do not wait for all of them.
        let next = "SELECT collection, id FROM documents WHERE expires <= ?1 LIMIT 1";
        let pair = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let delete_next = |sql: &Connection| {
            let expired = sql.query_row(next, [now()], pair).optional()?;
            let Some((collection, id)) = expired else { return Ok(false) };
            delete(sql, &collection, &id).map(|()| true)
        };
        while self.records.transaction(Immediate, delete_next)? {}
        Ok(())
    }

    fn clear(&self) -> Result<(), Status> {
        self.records.transaction(Immediate, |sql| {
            sql.execute_batch(
                "DELETE FROM passage_words; DELETE FROM passages; DELETE FROM documents;
                 DELETE FROM embedder; DROP TABLE IF EXISTS passage_vectors;",
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
    let mut passages = sql.prepare("SELECT key FROM passages WHERE document = ?1")?;
    let keys: Vec<i64> =
        passages.query_map([document], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for key in keys {
        sql.prepare_cached("DELETE FROM passage_vectors WHERE rowid = ?1")?.execute([key])?;
    }
    for statement in [
        "DELETE FROM passage_words WHERE rowid IN (SELECT key FROM passages WHERE document = ?1)",
        "DELETE FROM passages WHERE document = ?1",
        "DELETE FROM documents WHERE key = ?1",
    ] {
        sql.execute(statement, [document])?;
    }
    Ok(())
}

/// Creates the table of vectors, in place of one of other dimensions. sqlite-vec keeps the vectors of a
/// collection in blobs of `chunk_size` vectors. With its default, 1,024, writing a large vector is slow
/// and a small collection takes megabytes.
fn create_vectors(sql: &Connection, dimensions: i64) -> rusqlite::Result<()> {
    sql.execute_batch(&format!(
        "DROP TABLE IF EXISTS passage_vectors;
         CREATE VIRTUAL TABLE passage_vectors USING vec0 (
           collection TEXT PARTITION KEY, vector FLOAT[{dimensions}] DISTANCE_METRIC=cosine,
           chunk_size=64
         );"
    ))
}

fn add_vector(
    sql: &Connection,
    key: i64,
    collection: &str,
    vector: &[f32],
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO passage_vectors (rowid, collection, vector) VALUES (?1, ?2, ?3)";
    sql.prepare_cached(insert)?.execute(params![key, collection, bytes(vector)])?;
    Ok(())
}

/// Returns a vector in the form of sqlite-vec.
fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_ne_bytes()).collect()
}

/// Moves the vectors of a file in which they were a column of the passages: the scale as f32, then
/// one i8 for each dimension.
fn move_vectors(sql: &Connection) -> rusqlite::Result<()> {
    let query = "SELECT 1 FROM pragma_table_info('passages') WHERE name = 'vector'";
    if sql.query_row(query, [], |_| Ok(())).optional()?.is_none() {
        return Ok(());
    }
    let query = "SELECT dimensions FROM embedder WHERE EXISTS (SELECT 1 FROM passages)";
    if let Some(dimensions) = sql.query_row(query, [], |row| row.get(0)).optional()? {
        create_vectors(sql, dimensions)?;
        let mut statement = sql.prepare(
            "SELECT passages.key, collection, vector FROM passages
             JOIN documents ON documents.key = document",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let encoded = row.get_ref(2)?.as_blob()?;
            let (scale, values) = encoded.split_first_chunk().unwrap_or((&[0; 4], &[]));
            let scale = f32::from_le_bytes(*scale);
            let vector: Vec<f32> =
                values.iter().map(|value| scale * f32::from(value.cast_signed())).collect();
            add_vector(sql, row.get(0)?, &row.get::<_, String>(1)?, &vector)?;
        }
    } else {
        // Its table is created with the first passage.
        sql.execute("DELETE FROM embedder", [])?;
    }
    sql.execute_batch("ALTER TABLE passages DROP COLUMN vector")
}

/// Returns the keys of the passages that may be found.
fn keys(
    sql: &Connection,
    collection: &str,
    search: &Search<'_>,
) -> rusqlite::Result<BTreeSet<i64>> {
    let mut documents = sql.prepare(
        "SELECT key, about FROM documents
         WHERE collection = ?1 AND (expires IS NULL OR expires > ?2)",
    )?;
    let mut passages = sql.prepare("SELECT key FROM passages WHERE document = ?1")?;
    let mut rows = documents.query(params![collection, now()])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let is_accepted = match search.accept {
            Some(accept) => accept(&message(row, 1)?),
            None => true,
        };
        if is_accepted {
            let mut keys = passages.query([row.get::<_, i64>(0)?])?;
            while let Some(key) = keys.next()? {
                found.insert(key.get(0)?);
            }
        }
    }
    Ok(found)
}

/// Returns the similarities of the passages with the nearest vectors among `keys`, by their keys. A
/// vector of zeros has no distance, which sqlite-vec would take for the nearest: the limit, above all
/// distances, leaves it out. Such passages come last.
fn nearest(
    sql: &Connection,
    collection: &str,
    search: &Search<'_>,
    keys: &BTreeSet<i64>,
) -> rusqlite::Result<HashMap<i64, f32>> {
    let mut statement = sql.prepare(
        "SELECT rowid, 1 - distance FROM passage_vectors
         WHERE vector MATCH ?1 AND k = ?2 AND collection = ?3
           AND rowid IN (SELECT value FROM json_each(?4)) AND distance <= 2.5",
    )?;
    let most = search.most.min(MAX_NEAREST);
    let list: Vec<&i64> = keys.iter().collect();
    let vector = bytes(search.vector);
    let rows = statement.query_map(
        // The debug form of a list of numbers is JSON.
        params![vector, most as i64, collection, format!("{list:?}")],
        |row| Ok((row.get(0)?, similar(row, 1)?)),
    )?;
    let mut found = rows.collect::<rusqlite::Result<HashMap<_, _>>>()?;
    for key in keys {
        if found.len() >= most {
            break;
        }
        found.entry(*key).or_insert(0.0);
    }
    Ok(found)
}

/// Returns the similarity of one passage.
fn similarity(sql: &Connection, vector: &[f32], key: i64) -> rusqlite::Result<f32> {
    let query = "SELECT 1 - vec_distance_cosine(vector, ?1) FROM passage_vectors WHERE rowid = ?2";
    sql.prepare_cached(query)?.query_row(params![bytes(vector), key], |row| similar(row, 0))
}

/// Returns the similarity in a column. A vector of zeros, which has no direction, is similar to none.
fn similar(row: &Row<'_>, column: usize) -> rusqlite::Result<f32> {
    Ok(row.get::<_, Option<f32>>(column)?.unwrap_or(0.0))
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

#[cfg(test)]
mod tests {
    use agent_contract::agent::v2::DocumentId;

    use super::*;

    fn search(vector: &[f32]) -> Search<'_> {
        Search { query: "", vector, most: 5, accept: None }
    }

    fn found(store: &SqliteStore, vector: &[f32]) -> Vec<(String, f32)> {
        let mut found = store.search("notes", &search(vector)).expect("it is searched");
        found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        found.into_iter().map(|it| (it.passage.text, it.similarity)).collect()
    }

    #[test]
    fn a_vector_of_zeros_is_similar_to_none() {
        let records = Records::open(None).expect("it is in memory");
        let store = SqliteStore::new(records, "test").expect("it is set up");
        assert_eq!(found(&store, &[1.0, 0.0]), []);
        let about =
            Document { id: Some(DocumentId { value: "a".to_owned() }), ..Document::default() };
        let stored = Stored { about, text: String::new() };
        let embedded = |text: &str, vector: [f32; 2]| Embedded {
            text: text.to_owned(),
            vector: vector.to_vec(),
        };
        let passages = [
            embedded("zero", [0.0, 0.0]),
            embedded("one", [1.0, 0.0]),
            embedded("back", [-1.0, 0.0]),
        ];
        store.put("notes", &stored, &passages).expect("it is stored");
        let all = [("one", 1.0), ("zero", 0.0), ("back", -1.0)];
        assert_eq!(found(&store, &[1.0, 0.0]), all.map(|(text, it)| (text.to_owned(), it)));
        assert!(found(&store, &[0.0, 0.0]).iter().all(|(_, similarity)| *similarity == 0.0));
        // Many of them leave no vector out that is similar.
        let zeros = vec![embedded("zero", [0.0, 0.0]); 5];
        let passages = [&zeros[..], &[embedded("one", [1.0, 0.0]), embedded("up", [0.0, 1.0])]];
        store.put("notes", &stored, &passages.concat()).expect("it is stored");
        let nearest = found(&store, &[1.0, 0.0]);
        assert_eq!((nearest.len(), &nearest[0]), (5, &("one".to_owned(), 1.0)));
        let other = store.search("other", &search(&[1.0, 0.0])).expect("it is searched");
        assert_eq!(other, []);
    }

    /// An expired document leaves all tables; the others stay.
    #[test]
    fn an_expired_document_is_deleted() {
        let records = Records::open(None).expect("it is in memory");
        let store = SqliteStore::new(records, "test").expect("it is set up");
        for (id, after) in [("gone", 0), ("kept", 3600)] {
            let about = Document {
                id: Some(DocumentId { value: id.to_owned() }),
                expire_time: crate::records::time_in(std::time::Duration::from_secs(after)),
                ..Document::default()
            };
            let passage = Embedded { text: id.to_owned(), vector: vec![1.0, 0.0] };
            let stored = Stored { about, text: id.to_owned() };
            store.put("notes", &stored, &[passage]).expect("it is stored");
        }
        let counts = || {
            let tables = ["documents", "passages", "passage_vectors", "passage_words"];
            let count = |sql: &Connection, table: &str| {
                let query = format!("SELECT count(*) FROM {table}");
                sql.query_row(&query, [], |row| row.get::<_, i64>(0))
            };
            let counts = |sql: &Connection| tables.iter().map(|table| count(sql, table)).collect();
            let counts: rusqlite::Result<Vec<i64>> =
                store.records.transaction(Deferred, |sql| Ok(counts(sql))).expect("it is read");
            counts.expect("they are counted")
        };
        assert_eq!(counts(), [2; 4]);
        store.delete_expired().expect("it is deleted");
        assert_eq!(counts(), [1; 4]);
        assert_eq!(found(&store, &[1.0, 0.0]), [("kept".to_owned(), 1.0)]);
    }

    /// Returns a file of a version that had vectors in the passages.
    fn old_file(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("it can be made");
        let old = Connection::open(file.path()).expect("it is a database");
        old.execute_batch(
            "CREATE TABLE documents (
               key INTEGER PRIMARY KEY, collection TEXT NOT NULL, id TEXT NOT NULL,
               expires INTEGER, about BLOB NOT NULL, text TEXT NOT NULL, UNIQUE (collection, id)
             );
             CREATE TABLE passages (
               key INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL,
               vector BLOB NOT NULL, text TEXT NOT NULL
             );
             CREATE TABLE embedder (
               one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, dimensions INTEGER NOT NULL
             );
             INSERT INTO embedder VALUES (1, 'test', 2);",
        )
        .expect("it is SQL");
        old.execute_batch(content).expect("it is SQL");
        file
    }

    #[test]
    fn a_file_without_passages_takes_some() {
        let file = old_file("");
        let records = Records::open(Some(file.path())).expect("it is a database");
        let store = SqliteStore::new(records, "test").expect("it is moved");
        let about =
            Document { id: Some(DocumentId { value: "a".to_owned() }), ..Document::default() };
        let passage = Embedded { text: "one".to_owned(), vector: vec![1.0, 0.0] };
        let stored = Stored { about, text: String::new() };
        store.put("notes", &stored, &[passage]).expect("it is stored");
        assert_eq!(found(&store, &[1.0, 0.0]), [("one".to_owned(), 1.0)]);
    }

    #[test]
    fn a_file_with_vectors_in_the_passages_keeps_them() {
        let file = old_file(
            "INSERT INTO documents VALUES (7, 'notes', 'a', NULL, x'', 'both');
             INSERT INTO passages VALUES (3, 7, x'0402013c007f', 'up');
             INSERT INTO passages VALUES (4, 7, x'0402013c7f00', 'right');",
        );
        for _ in 0..2 {
            let records = Records::open(Some(file.path())).expect("it is a database");
            let store = SqliteStore::new(records, "test").expect("it is moved");
            let expected = [("right", 1.0), ("up", 0.0)].map(|(text, it)| (text.to_owned(), it));
            assert_eq!(found(&store, &[1.0, 0.0]), expected);
        }
    }
}
