//! Stored counterexamples: `contracts/regressions/*.toml`. They are tried first in every run.

use serde::Deserialize;

use super::Counterexample;
use crate::error::{Error, Result};
use crate::finding::{fnv1a, from_hex, hex};

/// A message for which a property did not hold once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regression {
    /// The full name of the message type.
    pub message: String,
    /// The version that wrote it.
    pub writer: String,
    /// The message in the binary format.
    pub bytes: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    message: String,
    writer: String,
    bytes: String,
    #[serde(rename = "property")]
    _property: Option<String>,
    #[serde(rename = "text")]
    _text: Option<String>,
}

impl Regression {
    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// It is not TOML, a key is missing or unknown, or the bytes are not hexadecimal.
    pub fn parse(content: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(content).map_err(|error| Error::new(error.to_string()))?;
        let raw: Raw = toml::from_str(text).map_err(|error| {
            Error::new(error.message().to_owned()).help("delete the file, or restore it from git")
        })?;
        let bytes = from_hex(&raw.bytes)
            .ok_or_else(|| Error::new("`bytes` is not a string of hexadecimal digits"))?;
        Ok(Regression { message: raw.message, writer: raw.writer, bytes })
    }

    /// Returns the name and the content of the file for `example`.
    pub fn file(example: &Counterexample) -> (String, String) {
        // A JSON string is a TOML string: control characters are escaped in both.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let bytes = hex(&example.bytes);
        let surface = example.surface.to_string();
        let hash = fnv1a([&*surface, &example.writer, &example.reader, &bytes]);
        let name = format!("{}-{hash:016x}.toml", example.message);
        let property = format!("{}: {}", example.surface, example.property);
        let content = format!(
            "# A counterexample of `wireproof roundtrip`. Delete the file when it is of no use.\n\
             property = {}\nmessage = {}\nwriter = {}\nbytes = \"{bytes}\"\ntext = {}\n",
            quoted(&property),
            quoted(&example.message),
            quoted(&example.writer),
            quoted(&example.written),
        );
        (name, content)
    }
}
