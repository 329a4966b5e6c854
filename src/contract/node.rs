//! YAML with the location of every value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};
use serde_saphyr::Spanned;

use crate::error::{Error, Result};
use crate::finding::Place;
use crate::value::{Step, lower_camel_case};
use crate::yaml;

/// A YAML value and its location.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) data: Data,
    /// Line and column, from 1.
    pub(super) at: (u32, u32),
}

/// The content of a YAML value.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// A scalar.
    Plain(Json),
    List(Vec<Node>),
    /// The entries, in the order of the file, each with the location of its key.
    Map(Vec<(String, (u32, u32), Node)>),
}

impl Node {
    /// Reads a YAML file.
    pub(super) fn parse(content: &[u8], name: &str) -> Result<Node> {
        let text = std::str::from_utf8(content)
            .map_err(|error| Error::new(format!("not UTF-8: {error}")).at(name))?;
        serde_saphyr::from_str_with_options(text, yaml::options())
            .map_err(|error| yaml::error(&error, name))
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.data {
            Data::Map(entries) => {
                entries.iter().find(|(name, ..)| name == key).map(|(_, _, node)| node)
            }
            _ => None,
        }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
    }

    pub(super) fn entries(&self) -> &[(String, (u32, u32), Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Plain(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the value as JSON.
    pub(super) fn json(&self) -> Json {
        match &self.data {
            Data::Plain(json) => json.clone(),
            Data::List(items) => Json::Array(items.iter().map(Node::json).collect()),
            Data::Map(entries) => {
                let entries = entries.iter().map(|(key, _, node)| (key.clone(), node.json()));
                Json::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    /// Returns the location of the part at `path`: of the key or item, as far as it leads.
    pub(super) fn locate(&self, path: &[Step]) -> (u32, u32) {
        let (mut node, mut at) = (self, self.at);
        for step in path {
            let next = match (step, &node.data) {
                (Step::Key(key), Data::Map(entries)) => entries
                    .iter()
                    .find(|(name, ..)| name == key || lower_camel_case(name) == *key)
                    .map(|(_, at, node)| (*at, node)),
                (Step::Index(index), Data::List(items)) => {
                    items.get(*index).map(|node| (node.at, node))
                }
                _ => None,
            };
            // A matcher has no part for each item that it matched.
            let Some(next) = next else { break };
            (at, node) = next;
        }
        at
    }

    /// Returns the location of the part at `path` in the file `name`.
    pub(super) fn place(&self, name: &str, path: &[Step]) -> Place {
        place(name, self.locate(path))
    }
}

/// Returns a location of the file `name`.
pub(super) fn place(name: &str, (line, column): (u32, u32)) -> Place {
    let (line, column) = (line.max(1), column.max(1));
    Place {
        path: Some(name.to_owned()),
        start_line: line,
        start_column: column,
        end_line: line,
        end_column: column,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Data>::deserialize(deserializer)?;
        let at = spanned.referenced;
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Node { data: spanned.value, at: (number(at.line()), number(at.column())) })
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Plain(Json::Null))
    }

    fn visit_none<E>(self) -> Result<Data, E> {
        Ok(Data::Plain(Json::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        Ok(Data::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        // The JSON form of what is no finite number is a string.
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        let json = Number::from_f64(value).map_or_else(|| Json::from(name), Json::Number);
        Ok(Data::Plain(json))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        Ok(Data::Plain(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Data, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Data::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Data, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, Node>()? {
            let at = (key.referenced.line(), key.referenced.column());
            let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            map.push((key.value, (number(at.0), number(at.1)), value));
        }
        Ok(Data::Map(map))
    }
}
