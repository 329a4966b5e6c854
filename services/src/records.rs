//! What the roles keep: encoded messages by kind and key, in one SQLite file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;
use prost_types::Timestamp;
use rusqlite::auto_extension::{RawAutoExtension, register_auto_extension};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use tonic::Status;

use crate::checks::invalid;

/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the key of a request holds: a week.
const KEYS_HOLD: Duration = DAY.saturating_mul(7);

/// Messages on disk. All clones are one.
#[derive(Clone)]
pub struct Records {
    connection: Arc<Mutex<Connection>>,
    answering: Answering,
}

/// The keys of requests that are being answered.
type Answering = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>;

/// A call's share in a key that is being answered. The last one removes the key, also if its call is
/// dropped.
struct Slot<'s> {
    answering: &'s Answering,
    key: &'s str,
    own: Arc<tokio::sync::Mutex<()>>,
}

impl<'s> Slot<'s> {
    fn of(answering: &'s Answering, key: &'s str) -> Self {
        let mut keys = answering.lock().unwrap_or_else(PoisonError::into_inner);
        let own = keys.entry(key.to_owned()).or_default().clone();
        Slot { answering, key, own }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut keys = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        // One is the map's.
        if Arc::strong_count(&self.own) == 2 {
            keys.remove(self.key);
        }
    }
}

/// Adds sqlite-vec to all connections that are opened from now on. SQLite adds it once, however often
/// it is called.
#[expect(unsafe_code, reason = "the crate has only the function in C, as SQLite calls it")]
fn load_sqlite_vec() -> rusqlite::Result<()> {
    let init = sqlite_vec::sqlite3_vec_init as *const ();
    // SAFETY: sqlite-vec.h declares the function with the parameters of an extension; the crate leaves
    // them out. It opens and closes no connection, and does not change the list of extensions.
    unsafe { register_auto_extension(std::mem::transmute::<*const (), RawAutoExtension>(init)) }
}

impl Records {
    /// Opens a file, and creates it if it does not exist. Without a path the records are in memory.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or is no database.
    pub fn open(path: Option<&Path>) -> rusqlite::Result<Self> {
        load_sqlite_vec()?;
        let connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = NORMAL;
             CREATE TABLE IF NOT EXISTS records (
               kind TEXT NOT NULL, key TEXT NOT NULL, message BLOB NOT NULL,
               PRIMARY KEY (kind, key)
             ) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS answers (
               key TEXT PRIMARY KEY, time INTEGER NOT NULL, message BLOB NOT NULL
             ) WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS answers_by_time ON answers (time);
             CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
             -- Where answers were before they had a time.
             DELETE FROM records WHERE kind = 'answered';",
        )?;
        Ok(Records { connection: Arc::new(Mutex::new(connection)), answering: Arc::default() })
    }

    /// Returns the same data over a connection of its own, so that long work holds up nobody else. Data
    /// in memory has one connection only.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub(crate) fn apart(&self) -> rusqlite::Result<Self> {
        let path = self.connection().path().filter(|path| !path.is_empty()).map(PathBuf::from);
        path.map_or_else(|| Ok(self.clone()), |path| Records::open(Some(&path)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs SQL in one transaction: for data that is more than messages by key. One that writes after
    /// it has read is `Immediate`, or it fails if another connection writes meanwhile.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database or `run` fails. Then nothing has changed.
    pub(crate) fn transaction<T>(
        &self,
        behavior: TransactionBehavior,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Status> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(behavior).map_err(failed)?;
        let result = run(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(result)
    }

    /// Returns an id that was not assigned before: `kind-17`.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn new_id(&self, kind: &str) -> Result<String, Status> {
        let sql = "INSERT INTO counters VALUES (?1, 1)
                   ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last";
        let last: i64 =
            self.connection().query_row(sql, [kind], |row| row.get(0)).map_err(failed)?;
        Ok(format!("{kind}-{last}"))
    }

    /// Returns the message of a key.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn get<M: Message + Default>(&self, kind: &str, key: &str) -> Result<Option<M>, Status> {
        let sql = "SELECT message FROM records WHERE kind = ?1 AND key = ?2";
        let found: Option<Vec<u8>> = self
            .connection()
            .query_row(sql, params![kind, key], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        found.map(|bytes| M::decode(&*bytes).map_err(failed)).transpose()
    }

    /// Stores a message, in place of the one of the same key.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn put(&self, kind: &str, key: &str, message: &impl Message) -> Result<(), Status> {
        let sql = "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)";
        let bytes = message.encode_to_vec();
        self.connection().execute(sql, params![kind, key, bytes]).map_err(failed)?;
        Ok(())
    }

    /// Returns all messages of a kind with their keys, in the order of the keys.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn all<M: Message + Default>(&self, kind: &str) -> Result<Vec<(String, M)>, Status> {
        let connection = self.connection();
        let sql = "SELECT key, message FROM records WHERE kind = ?1 ORDER BY key";
        let mut statement = connection.prepare(sql).map_err(failed)?;
        let rows = statement
            .query_map([kind], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .map_err(failed)?;
        rows.map(|row| {
            let (key, bytes) = row.map_err(failed)?;
            Ok((key, M::decode(&*bytes).map_err(failed)?))
        })
        .collect()
    }

    /// Deletes the message of a key.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn delete(&self, kind: &str, key: &str) -> Result<(), Status> {
        let sql = "DELETE FROM records WHERE kind = ?1 AND key = ?2";
        self.connection().execute(sql, params![kind, key]).map_err(failed)?;
        Ok(())
    }

    /// Deletes everything but the counters: no id is assigned twice.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn clear(&self) -> Result<(), Status> {
        let sql = "DELETE FROM records; DELETE FROM answers;";
        self.connection().execute_batch(sql).map_err(failed)
    }

    /// Answers a request with a key once: a repeated request gets the first response, for a week.
    /// `request` is what must not differ, encoded.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT: another request had the key; or what `make` returns.
    pub async fn once<T: Message + Default>(
        &self,
        (method, key): (&str, &str),
        request: Vec<u8>,
        make: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let key = format!("{method} {key}");
        // A repeated request that comes before the first one is answered waits for it.
        let slot = Slot::of(&self.answering, &key);
        let _guard = slot.own.lock().await;
        self.answer(&key, request, make).await
    }

    async fn answer<T: Message + Default>(
        &self,
        key: &str,
        request: Vec<u8>,
        make: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let request = ring::digest::digest(&ring::digest::SHA256, &request).as_ref().to_vec();
        if let Some(Answered { request: first, response }) = self.answered(key)? {
            if first != request {
                return Err(invalid("request_id", "is that of a different request"));
            }
            return T::decode(&*response).map_err(failed);
        }
        let response = make.await?;
        let answered = Answered { request, response: response.encode_to_vec() };
        self.remember(key, &answered, seconds_since_1970())?;
        Ok(response)
    }

    fn answered(&self, key: &str) -> Result<Option<Answered>, Status> {
        let sql = "SELECT message FROM answers WHERE key = ?1 AND time > ?2";
        let found: Option<Vec<u8>> = self
            .connection()
            .query_row(sql, params![key, oldest_key()], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        found.map(|bytes| Answered::decode(&*bytes).map_err(failed)).transpose()
    }

    /// Stores the answer to a request at `time`, in seconds since 1970, and deletes those whose keys
    /// hold no longer.
    fn remember(&self, key: &str, answered: &Answered, time: i64) -> Result<(), Status> {
        let (connection, bytes) = (self.connection(), answered.encode_to_vec());
        let put = "INSERT OR REPLACE INTO answers VALUES (?1, ?2, ?3)";
        connection
            .execute(put, params![key, time, bytes])
            .and_then(|_| {
                connection.execute("DELETE FROM answers WHERE time <= ?1", [oldest_key()])
            })
            .map_err(failed)?;
        Ok(())
    }
}

/// Returns the time of the oldest key that holds no longer, in seconds since 1970.
fn oldest_key() -> i64 {
    seconds_since_1970() - KEYS_HOLD.as_secs().cast_signed()
}

/// A request that was answered, and its response.
#[derive(Clone, PartialEq, Message)]
struct Answered {
    /// The SHA-256 of the request: its text does not outlive what it is about.
    #[prost(bytes = "vec", tag = "1")]
    request: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    response: Vec<u8>,
}

pub(crate) fn failed(error: impl std::fmt::Display) -> Status {
    Status::internal(format!("the database failed: {error}"))
}

/// Returns the time in `after` from now.
pub fn time_in(after: Duration) -> Option<Timestamp> {
    Some((SystemTime::now() + after).into())
}

fn seconds_since_1970() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs().cast_signed()
}

/// Returns whether a time is set and has come.
pub fn is_past(time: Option<&Timestamp>) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = (now.as_secs().cast_signed(), now.subsec_nanos().cast_signed());
    time.is_some_and(|time| (time.seconds, time.nanos) <= now)
}

/// Returns a time to live: `most` if it is unset, negative or longer.
pub fn at_most(most: Duration, given: Option<prost_types::Duration>) -> Duration {
    given.and_then(|given| given.try_into().ok()).map_or(most, |given: Duration| given.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key holds for a week; then its answer is gone, and the key can be used again.
    #[tokio::test]
    async fn a_key_holds_for_a_week() {
        let records = Records::open(None).expect("it opens");
        let answer = |text: &'static str| {
            records.once(("M", "k"), Vec::new(), async move { Ok(text.to_owned()) })
        };
        assert_eq!(answer("first").await.ok().as_deref(), Some("first"));
        assert_eq!(answer("second").await.ok().as_deref(), Some("first"));
        let known = records.answered("M k").expect("it can be read").expect("it was answered");
        let age = |age: u64| seconds_since_1970() - age.cast_signed();
        let week = KEYS_HOLD.as_secs();
        records.remember("M k", &known, age(week - 60)).expect("it is stored");
        assert_eq!(answer("third").await.ok().as_deref(), Some("first"));
        records.remember("M k", &known, age(week + 60)).expect("it is stored");
        let count = || {
            let connection = records.connection();
            let sql = "SELECT count(*) FROM answers";
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("it is counted")
        };
        assert_eq!(count(), 0, "the old answer is deleted");
        assert_eq!(answer("fourth").await.ok().as_deref(), Some("fourth"));
        assert_eq!(count(), 1);
    }
}
