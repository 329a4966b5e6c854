//! JSON whose objects keep the order in which they were written, so that a document reads from
//! what matters most to what matters least, and fields stand as they are declared.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A JSON value, as far as documents need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// A JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object(Vec<(String, Json)>);

impl Object {
    pub(super) fn new() -> Self {
        Object::default()
    }

    /// With `value` under `key` besides.
    #[must_use]
    pub(super) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.set(key, value);
        self
    }

    /// With `value` under `key`, if there is one.
    #[must_use]
    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// With `value` under `key`, if there is anything in it.
    #[must_use]
    pub(super) fn filled(self, key: &str, value: impl Into<Json>) -> Self {
        let value = value.into();
        let value = (!value.is_empty()).then_some(value);
        self.maybe(key, value)
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.push((key.to_owned(), value.into()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Json {
    fn is_empty(&self) -> bool {
        match self {
            Json::Bool(value) => !value,
            Json::Number(_) => false,
            Json::Text(text) => text.is_empty(),
            Json::List(list) => list.is_empty(),
            Json::Object(object) => object.is_empty(),
        }
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

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(value) => serializer.serialize_i64(*value),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(list) => serializer.collect_seq(list),
            Json::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
