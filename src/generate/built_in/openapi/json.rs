//! JSON whose objects keep the order of their keys, so that a document goes from the most to the
//! least important, and fields are in the order of their declarations.

use indexmap::IndexMap;
use serde::Serialize;

/// A JSON value, limited to the kinds that documents need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Json {
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// A JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Object(IndexMap<String, Json>);

impl Object {
    pub(super) fn new() -> Self {
        Object::default()
    }

    /// Returns the object with `value` at `key`.
    #[must_use]
    pub(super) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.set(key, value);
        self
    }

    /// Returns the object with `value` at `key`, if there is a value.
    #[must_use]
    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Returns the object with `value` at `key`, unless the value is empty or false.
    #[must_use]
    pub(super) fn filled(self, key: &str, value: impl Into<Json>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Json::Bool(value) => !value,
            Json::Number(_) => false,
            Json::Text(text) => text.is_empty(),
            Json::List(list) => list.is_empty(),
            Json::Object(object) => object.is_empty(),
        };
        self.maybe(key, (!is_empty).then_some(value))
    }

    /// Sets the value at `key`. A key that exists keeps its position.
    pub(super) fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Object)> for Object {
    fn from_iter<T: IntoIterator<Item = (String, Object)>>(entries: T) -> Self {
        Object(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Json::Number(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::Text(text)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Json::Object(object)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(list: Vec<T>) -> Self {
        Json::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Json>, const N: usize> From<[T; N]> for Json {
    fn from(list: [T; N]) -> Self {
        Json::List(list.into_iter().map(Into::into).collect())
    }
}
