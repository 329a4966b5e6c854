//! JSON and YAML: the protobuf JSON mapping of a descriptor set, custom options under
//! `"[full.name]"`. As in buf, unknown keys are ignored.

use super::budget::Budget;
use super::counted::Counted;
use super::mapping::{self, Mapping};
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use crate::yaml;
use prost_reflect::{DeserializeOptions, DynamicMessage};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;

pub(super) fn decode(bytes: &[u8], budget: Budget) -> Result<FileDescriptorSet> {
    decode_twice(budget, |reading| {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let files = SetSeed(reading).deserialize(&mut json);
        files
            .and_then(|files| json.end().map(|()| files))
            .map_err(|error| Error::new(format!("not a descriptor set in JSON: {error}")))
    })
}

pub(super) fn encode(set: &FileDescriptorSet) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(&Set::new(set)?).map_err(|error| unwritable(&error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn decode_yaml(bytes: &[u8], budget: Budget) -> Result<FileDescriptorSet> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::new(format!("not a descriptor set in YAML: {error}")))?;
    decode_twice(budget, |reading| {
        serde_saphyr::with_deserializer_from_str_with_options(text, yaml_options(), |yaml| {
            SetSeed(reading).deserialize(yaml)
        })
        .map_err(|error| {
            Error::new(format!("not a descriptor set in YAML: {}", yaml::located(&error)))
        })
    })
}

pub(super) fn encode_yaml(set: &FileDescriptorSet) -> Result<Vec<u8>> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let yaml = serde_saphyr::to_string_with_options(&Set::new(set)?, options);
    yaml.map(String::into_bytes).map_err(|error| unwritable(&error))
}

fn unwritable(error: &dyn fmt::Display) -> Error {
    Error::new(format!("cannot write the descriptor set: {error}"))
}

/// Returns the options of the YAML parser. Its default limits are for configuration files, not for
/// images; the ones kept protect the stack and limit aliases.
fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: super::MAX_SIZE,
            max_depth: 200,
        },
    }
}

/// The mapping and the budget for reading a file.
struct Reading {
    mapping: Mapping,
    budget: Budget,
}

/// Reads once to find the options that the image defines and, if there are any, again to decode
/// them.
fn decode_twice(
    budget: Budget,
    read: impl Fn(&Reading) -> Result<Vec<FileDescriptorProto>>,
) -> Result<FileDescriptorSet> {
    let file = read(&Reading { mapping: Mapping::plain()?, budget: budget.clone() })?;
    if !mapping::define_options(&file) {
        return Ok(FileDescriptorSet { file });
    }
    let mapping = Mapping::with_maps(&file)?;
    // Frees the first copy before the second is read.
    drop(file);
    Ok(FileDescriptorSet { file: read(&Reading { mapping, budget })? })
}

/// A set to write. Its files are opened one by one, since all at once would need many times the
/// memory.
struct Set<'a> {
    files: &'a [FileDescriptorProto],
    mapping: Mapping,
}

impl<'a> Set<'a> {
    fn new(set: &'a FileDescriptorSet) -> Result<Self> {
        Ok(Set { files: &set.file, mapping: Mapping::with_maps(&set.file)? })
    }
}

impl Serialize for Set<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("file", &Files(self))?;
        map.end()
    }
}

struct Files<'a>(&'a Set<'a>);

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Set { files, mapping } = self.0;
        let mut list = serializer.serialize_seq(Some(files.len()))?;
        for file in *files {
            let file = mapping.open(file).map_err(S::Error::custom)?;
            if mapping.has_maps() {
                // `serde_json::Value` sorts its keys.
                list.serialize_element(&serde_json::to_value(&file).map_err(S::Error::custom)?)?;
            } else {
                list.serialize_element(&file)?;
            }
        }
        list.end()
    }
}

/// A seed that reads `{"file": […]}`.
struct SetSeed<'a>(&'a Reading);

impl<'de> DeserializeSeed<'de> for SetSeed<'_> {
    type Value = Vec<FileDescriptorProto>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SetSeed<'_> {
    type Value = Vec<FileDescriptorProto>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with the key `file`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut files = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "file" => files.extend(map.next_value_seed(FilesSeed(self.0))?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(files)
    }
}

/// A seed that reads the list of files.
struct FilesSeed<'a>(&'a Reading);

impl<'de> DeserializeSeed<'de> for FilesSeed<'_> {
    type Value = Vec<FileDescriptorProto>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FilesSeed<'_> {
    type Value = Vec<FileDescriptorProto>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut files = Vec::new();
        while let Some(file) = list.next_element_seed(FileSeed(self.0))? {
            files.push(file);
        }
        Ok(files)
    }
}

/// A seed that reads one file.
struct FileSeed<'a>(&'a Reading);

impl<'de> DeserializeSeed<'de> for FileSeed<'_> {
    type Value = FileDescriptorProto;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let FileSeed(Reading { mapping, budget }) = self;
        let options = DeserializeOptions::new().deny_unknown_fields(false);
        let file = mapping.file.clone();
        // The values are freed as soon as the file is encoded.
        let values = budget.clone();
        let deserializer = Counted { inner: deserializer, budget: &values };
        let file = DynamicMessage::deserialize_with_options(file, deserializer, &options)?;
        mapping.close(&file, budget).map_err(de::Error::custom)
    }
}
