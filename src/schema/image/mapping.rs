//! The descriptors for the human-readable formats: descriptor.proto with buf's record in it, and
//! the options that an image defines. prost-reflect does the rest.

use super::budget::Budget;
use super::memory;
use crate::error::{Error, Result};
use crate::schema::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use crate::schema::descriptor::{FieldType, Label};
use crate::schema::runtime::{Maps, pool_with};
use crate::schema::well_known;
use prost::{DecodeError, Message};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use rustc_hash::{FxHashMap, FxHashSet};

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";
const FILE: &str = "google.protobuf.FileDescriptorProto";

/// The descriptor of `FileDescriptorProto` with the options that some files define.
pub(super) struct Mapping {
    /// The descriptor of `FileDescriptorProto`.
    pub(super) file: MessageDescriptor,
    sorting: Option<Sorting>,
}

/// The means to sort map entries: the descriptor with maps as lists of entries, and the names of
/// the entry messages.
struct Sorting {
    file: MessageDescriptor,
    entries: FxHashSet<String>,
}

impl Mapping {
    /// Returns a mapping with the options of descriptor.proto only.
    pub(super) fn plain() -> Result<Self> {
        Mapping::with_lists(&[])
    }

    /// Returns a mapping with the options that `files` define.
    pub(super) fn with_maps(files: &[FileDescriptorProto]) -> Result<Self> {
        let file = file_message(files, Maps::AsMaps)?;
        let pool = file.parent_pool();
        let entries = pool.all_messages().filter(MessageDescriptor::is_map_entry);
        let entries: FxHashSet<_> = entries.map(|entry| entry.full_name().to_owned()).collect();
        let sorting = if entries.is_empty() {
            None
        } else {
            Some(Sorting { file: file_message(files, Maps::AsLists)?, entries })
        };
        Ok(Mapping { file, sorting })
    }

    /// Returns a mapping with the options that `files` define, in which maps are lists of entries.
    pub(super) fn with_lists(files: &[FileDescriptorProto]) -> Result<Self> {
        Ok(Mapping { file: file_message(files, Maps::AsLists)?, sorting: None })
    }

    /// Whether an option contains a map, whose entries have no order.
    pub(super) fn has_maps(&self) -> bool {
        self.sorting.is_some()
    }

    /// Returns `file` as a dynamic message, with decoded options.
    pub(super) fn open(&self, file: &FileDescriptorProto) -> Result<DynamicMessage> {
        decode(&self.file, &file.encode_to_vec()).map_err(|error| {
            Error::new(format!("cannot decode the options: {error}")).at(file.name())
        })
    }

    /// Returns `file` with its options as bytes and the entries of maps sorted. Its memory counts
    /// in `budget`.
    pub(super) fn close(
        &self,
        file: &DynamicMessage,
        budget: &Budget,
    ) -> Result<FileDescriptorProto> {
        let unreadable = |error: DecodeError| Error::new(error.to_string());
        let mut bytes = file.encode_to_vec();
        memory::count_file(&bytes, budget)?;
        if let Some(sorting) = &self.sorting {
            let mut file = decode(&sorting.file, &bytes).map_err(unreadable)?;
            sort_entries(&mut file, &sorting.entries);
            bytes = file.encode_to_vec();
        }
        FileDescriptorProto::decode(bytes.as_slice()).map_err(unreadable)
    }
}

fn file_message(files: &[FileDescriptorProto], maps: Maps) -> Result<MessageDescriptor> {
    let descriptor = descriptor_with_record();
    let files = defining_options(files).into_iter().chain([&descriptor]);
    let pool = pool_with(files, maps).map_err(|error| {
        Error::new(format!("the custom options in the image are invalid: {error}"))
    })?;
    Ok(pool.get_message_by_name(FILE).expect("descriptor.proto is in the pool"))
}

fn decode(message: &MessageDescriptor, bytes: &[u8]) -> Result<DynamicMessage, DecodeError> {
    DynamicMessage::decode(message.clone(), bytes)
}

/// Whether `files` define options, so that a second pass with a mapping of these decodes more.
pub(super) fn define_options(files: &[FileDescriptorProto]) -> bool {
    files.iter().any(has_extensions)
}

fn sort_entries(message: &mut DynamicMessage, entries: &FxHashSet<String>) {
    for (field, value) in message.fields_mut() {
        sort_entries_in(&field.kind(), value, entries);
    }
    for (extension, value) in message.extensions_mut() {
        sort_entries_in(&extension.kind(), value, entries);
    }
}

fn sort_entries_in(kind: &Kind, value: &mut Value, entries: &FxHashSet<String>) {
    let Kind::Message(message) = kind else { return };
    match value {
        Value::Message(message) => sort_entries(message, entries),
        Value::List(list) => {
            for element in list.iter_mut() {
                sort_entries_in(kind, element, entries);
            }
            if entries.contains(message.full_name()) {
                list.sort_by_cached_key(|entry| entry.as_message().map(Message::encode_to_vec));
            }
        }
        _ => {}
    }
}

/// Returns the files that declare extensions, and all their imports. If one imports `Any`, all
/// files, since an `Any` can contain every message.
fn defining_options(files: &[FileDescriptorProto]) -> Vec<&FileDescriptorProto> {
    let by_name: FxHashMap<&str, &FileDescriptorProto> =
        files.iter().map(|file| (file.name(), file)).collect();
    let mut wanted: Vec<&str> =
        files.iter().filter(|file| has_extensions(file)).map(|file| file.name()).collect();
    let mut seen: FxHashSet<&str> = FxHashSet::from_iter([DESCRIPTOR]);
    let mut found = Vec::new();
    while let Some(name) = wanted.pop() {
        let file = by_name.get(name).copied().or_else(|| well_known::file(name));
        if let Some(file) = file.filter(|_| seen.insert(name)) {
            wanted.extend(file.dependency.iter().map(String::as_str));
            found.push(file);
        }
    }
    if seen.contains("google/protobuf/any.proto") {
        found.extend(files.iter().filter(|file| seen.insert(file.name())));
    }
    found
}

fn has_extensions(file: &FileDescriptorProto) -> bool {
    fn inside(message: &DescriptorProto) -> bool {
        !message.extension.is_empty() || message.nested_type.iter().any(inside)
    }
    !file.extension.is_empty() || file.message_type.iter().any(inside)
}

/// Returns descriptor.proto with buf's record as field 8042, as buf uses it for its images.
fn descriptor_with_record() -> FileDescriptorProto {
    use FieldType::{Bool, Int32, Message, String};
    let mut descriptor = well_known::file(DESCRIPTOR).expect("it is built in").clone();
    descriptor.source_code_info = None;
    let mut messages = descriptor.message_type.iter_mut();
    let file = messages.find(|message| FILE.ends_with(message.name()));
    let file = file.expect("it is in descriptor.proto");

    let of = |name: &str, field: FieldDescriptorProto| FieldDescriptorProto {
        type_name: Some(format!(".{FILE}.{name}")),
        ..field
    };
    let unused = FieldDescriptorProto {
        label: Some(Label::Repeated as i32),
        ..field("unused_dependency", 4, Int32)
    };
    file.field.push(of("ImageFileExtension", field("buf_extension", 8042, Message)));
    file.nested_type.extend([
        message(
            "ImageFileExtension",
            vec![
                field("is_import", 1, Bool),
                of("ModuleInfo", field("module_info", 2, Message)),
                field("is_syntax_unspecified", 3, Bool),
                unused,
            ],
        ),
        message(
            "ModuleInfo",
            vec![of("ModuleName", field("name", 1, Message)), field("commit", 2, String)],
        ),
        message(
            "ModuleName",
            vec![
                field("remote", 1, String),
                field("owner", 2, String),
                field("repository", 3, String),
            ],
        ),
    ]);
    descriptor
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field, ..Default::default() }
}

fn field(name: &str, number: i32, r#type: FieldType) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(r#type as i32),
        ..Default::default()
    }
}
