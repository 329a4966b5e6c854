//! Parses text into raw structures. Problems become an [`Error`] with a location.

use serde::de::DeserializeOwned;
use serde_saphyr::DeserializeError;

use crate::error::{Error, Result};
pub(super) use crate::yaml::place;

/// Parses the first document of a YAML (or JSON) file; `name` is shown to the user. A file without
/// content yields the default of `T`.
pub(super) fn yaml<T: DeserializeOwned + Default>(content: &[u8], name: &str) -> Result<T> {
    let mut reader = content;
    let options = crate::yaml::options();
    let mut documents = serde_saphyr::read_with_options::<_, Option<T>>(&mut reader, options);
    match documents.next() {
        None => Ok(T::default()),
        Some(Ok(document)) => Ok(document.unwrap_or_default()),
        Some(Err(error)) => Err(yaml_error(&error, name)),
    }
}

fn yaml_error(error: &DeserializeError, name: &str) -> Error {
    let place = error.location().map_or_else(|| name.to_owned(), |at| place(name, at));
    match error {
        DeserializeError::SerdeUnknownField { field, expected, .. } => {
            unknown_key(field, expected).at(place)
        }
        other => crate::yaml::error(other, name),
    }
}

/// Returns the error for an unknown key, with the most similar known key.
pub(super) fn unknown_key(key: &str, known: &[&str]) -> Error {
    let error = Error::new(format!("unknown key `{key}`"));
    match nearest(key, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known keys here: {}", known.join(", "))),
    }
}

/// Returns the known name that is most similar to `name`, if one is similar enough.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
