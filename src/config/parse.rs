//! Text into raw structures; what the parser has to say becomes an [`Error`] with its place.

use serde::de::DeserializeOwned;
use serde_saphyr::{DeserializeError, Location};

use crate::error::{Error, Result};

/// The first document of a YAML (or JSON) file; `name` is what the user calls the file. A file
/// without content is `T`'s default.
pub(super) fn yaml<T: DeserializeOwned + Default>(content: &[u8], name: &str) -> Result<T> {
    let options = serde_saphyr::options! { with_snippet: false };
    let mut reader = content;
    let mut documents = serde_saphyr::read_with_options::<_, Option<T>>(&mut reader, options);
    match documents.next() {
        None => Ok(T::default()),
        Some(Ok(document)) => Ok(document.unwrap_or_default()),
        Some(Err(error)) => Err(yaml_error(&error, name)),
    }
}

fn yaml_error(error: &DeserializeError, name: &str) -> Error {
    let place = error.location().map_or_else(|| name.to_owned(), |at| place(name, at));
    let error = match error {
        DeserializeError::SerdeUnknownField { field, expected, .. } => unknown_key(field, expected),
        other => Error::new(other.to_string()),
    };
    error.at(place)
}

/// The error for a key that does not exist, with the one that was probably meant.
pub(super) fn unknown_key(key: &str, known: &[&str]) -> Error {
    let error = Error::new(format!("unknown key `{key}`"));
    match nearest(key, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known keys here: {}", known.join(", "))),
    }
}

/// `name:line:column`.
pub(super) fn place(name: &str, at: Location) -> String {
    if at == Location::UNKNOWN {
        name.to_owned()
    } else {
        format!("{name}:{}:{}", at.line(), at.column())
    }
}

/// The known name that is most like `name`, if any is like it at all.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
