//! Messages as data: read and written in binary and JSON, written as text, compared across versions
//! of a type, and generated.
//!
//! [`Types`] are the types of a schema with all features resolved. What a reader does with bytes
//! follows from them and not from a library: prost-reflect treats closed enums, UTF-8 checks and
//! groups otherwise.

#[cfg(feature = "roundtrip")]
mod arbitrary;
mod compare;
mod data;
mod decode;
mod edge;
mod encode;
mod example;
mod json;
pub mod judge;
#[cfg(feature = "roundtrip")]
mod matching;
#[cfg(feature = "contract")]
mod pattern;
#[cfg(feature = "roundtrip")]
mod rules;
mod text;
pub mod transfer;
mod types;
mod versions;

#[cfg(test)]
mod tests;

pub use crate::finding::Effect;
#[cfg(feature = "roundtrip")]
pub use arbitrary::{Arbitrary, arbitrary};
pub use compare::{Difference, compare};
pub use data::{MapKey, MessageValue, Value};
pub use decode::DecodeError;
pub use encode::Entries;
pub use example::Example;
use example::{all_of, empty_of};
pub use json::{JsonError, Step, path as json_path};
#[cfg(feature = "contract")]
pub use pattern::{Mismatch, Pattern, Received, Redacted, matching_text};
pub(crate) use types::lower_camel_case;
pub use types::{Field, MessageType, Types};
pub use versions::{Restrict, restricted};
