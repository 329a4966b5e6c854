//! The JSON form of messages, as the protobuf JSON mapping defines it
//! (<https://protobuf.dev/programming-guides/json/>).

mod read;
mod well_known;
mod write;

use std::fmt;

use self::read::Reader;
use super::data::MessageValue;
#[cfg(feature = "contract")]
use super::data::Value;
use super::types::MessageType;
#[cfg(feature = "contract")]
use super::types::{Kind, Types};
#[cfg(feature = "contract")]
pub(super) use read::map_key;
#[cfg(feature = "contract")]
pub(in crate::value) use well_known::has_own_form;
pub(in crate::value) use well_known::is_wrapper;
pub(super) use well_known::of_time;
#[cfg(feature = "contract")]
pub(super) use write::key_text;

/// One step from a JSON value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The value of a key of an object.
    Key(String),
    /// An item of an array.
    Index(usize),
}

/// The reason why JSON is no message, or a message has no JSON form, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// The way from the whole to the part that is wrong.
    pub path: Vec<Step>,
    /// What is wrong with it.
    pub message: String,
}

impl JsonError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        JsonError { path: Vec::new(), message: message.into() }
    }

    /// Adds the step that leads to the part with the error.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", path(&self.path))?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}

/// Returns a path as text: `documents[0].score`.
pub fn path(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
        }
    }
    text
}

/// Reads one value of the type `kind`.
#[cfg(feature = "contract")]
pub(super) fn read_single(
    types: &Types,
    kind: Kind,
    json: &serde_json::Value,
) -> Result<Value, JsonError> {
    read::single(Reader { types, is_open: false }, kind, json, 0)
}

/// Returns the JSON form of one value of the type `kind`.
#[cfg(feature = "contract")]
pub(super) fn write_single(
    types: &Types,
    kind: Kind,
    value: &Value,
) -> Result<serde_json::Value, JsonError> {
    write::single(types, kind, value)
}

impl MessageType {
    /// Returns the JSON form of `message`, which is of this type. Unknown fields are left out.
    ///
    /// # Errors
    ///
    /// A well-known type in it has a value that JSON cannot express.
    pub fn to_json(&self, message: &MessageValue) -> Result<serde_json::Value, JsonError> {
        write::message(self.types(), self.id(), message)
    }

    /// Reads the JSON form of a message of this type.
    ///
    /// # Errors
    ///
    /// A name is unknown, a value does not fit its field, or a field is set twice.
    pub fn read_json(&self, json: &serde_json::Value) -> Result<MessageValue, JsonError> {
        read::message(Reader { types: self.types(), is_open: false }, self.id(), json)
    }

    /// Reads like [`MessageType::read_json`], with all enums open, as Go does.
    ///
    /// # Errors
    ///
    /// Those of [`MessageType::read_json`].
    pub(super) fn read_open_json(
        &self,
        json: &serde_json::Value,
    ) -> Result<MessageValue, JsonError> {
        read::message(Reader { types: self.types(), is_open: true }, self.id(), json)
    }
}
