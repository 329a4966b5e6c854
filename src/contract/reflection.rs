//! Server reflection: the schema of a server, for clients that have none. The messages of
//! grpc.reflection.v1 and v1alpha are the same.
//!
//! Source of the numbers: `grpc/reflection/v1/reflection.proto`.

use std::collections::BTreeMap;

use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::standard::{self, INVALID_ARGUMENT, NOT_FOUND};
use crate::schema::wire::{Record, Value, encode_bytes, records};
use crate::schema::{Container, File, Schema};
use crate::value::{MessageType, Types};

/// The files, services and types of a schema, and of the standard services.
pub(super) struct Reflection {
    /// Encoded files by import path, each with the paths that it imports.
    files: BTreeMap<String, (Vec<u8>, Vec<String>)>,
    /// The file of each element that has a full name.
    symbols: BTreeMap<String, String>,
    /// The numbers of the extensions of each message, each with its file.
    extensions: BTreeMap<String, BTreeMap<i32, String>>,
    services: Vec<String>,
    requests: BTreeMap<String, MessageType>,
}

impl Reflection {
    pub(super) fn new(schema: &Schema) -> Self {
        let types = Types::new(schema);
        let mut reflection = Reflection {
            files: BTreeMap::new(),
            symbols: BTreeMap::new(),
            extensions: BTreeMap::new(),
            services: Vec::new(),
            requests: BTreeMap::new(),
        };
        // A schema may have files of the standard services itself: they come first, and stay.
        for schema in [schema, &standard::schema()] {
            schema.files().for_each(|file| reflection.add(file));
            for service in schema.services().filter(|service| !service.file().is_import()) {
                if !reflection.has_service(service.full_name()) {
                    reflection.services.push(service.full_name().to_owned());
                }
            }
        }
        for service in schema.services().filter(|service| !service.file().is_import()) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                if let Some(of) = types.message(method.request_type()) {
                    reflection.requests.insert(path, of);
                }
            }
        }
        reflection
    }

    /// Adds a file and what it declares, unless there is a file with its path.
    fn add(&mut self, file: File<'_>) {
        let path = file.path();
        if self.files.contains_key(path) {
            return;
        }
        let mut proto = file.proto().clone();
        proto.source_code_info = None;
        let imports = proto.dependency.clone();
        self.files.insert(path.to_owned(), (proto.encode_to_vec(), imports));
        for name in names(file) {
            self.symbols.entry(name).or_insert_with(|| path.to_owned());
        }
        for message in file.all_messages() {
            self.extensions.entry(message.full_name().to_owned()).or_default();
        }
        for extension in file.all_extensions() {
            let of = self.extensions.entry(extension.extendee().to_owned()).or_default();
            of.entry(extension.number()).or_insert_with(|| path.to_owned());
        }
    }

    /// Returns the type of the requests of the method at `path`.
    pub(super) fn request_type(&self, path: &str) -> Option<MessageType> {
        self.requests.get(path).cloned()
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(String::as_str)
    }

    pub(super) fn has_service(&self, name: &str) -> bool {
        self.services().any(|service| service == name)
    }

    /// Answers a `ServerReflectionRequest` with a `ServerReflectionResponse`.
    pub(super) fn answer(&self, request: &[u8]) -> Vec<u8> {
        let mut response = Vec::new();
        let (mut host, mut question) = (None, None);
        for record in records(request) {
            match record.number {
                1 => host = record.value.bytes(),
                // The fields of a oneof: the last one counts.
                3..=7 => question = Some(record),
                _ => {}
            }
        }
        if let Some(host) = host {
            encode_bytes(1, host, &mut response);
        }
        encode_bytes(2, request, &mut response);
        let (number, value) = match question {
            Some(question) => self.found(question),
            None => error(INVALID_ARGUMENT, "there is no question in the request"),
        };
        encode_bytes(number, &value, &mut response);
        response
    }

    /// Returns the field of the response that answers a question: its number and its value.
    fn found(&self, question: Record<'_>) -> (u32, Vec<u8>) {
        let bytes = question.value.bytes().unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        let found = match question.number {
            3 => self.files.contains_key(&*text).then(|| self.with_imports(&text)),
            4 => self.symbols.get(&*text).map(|path| self.with_imports(path)),
            5 => {
                let (of, number) = extension(bytes);
                let path = self.extensions.get(&of).and_then(|numbers| numbers.get(&number));
                let Some(path) = path else {
                    let message = format!("the extension {number} of {of:?} is not found");
                    return error(NOT_FOUND, &message);
                };
                Some(self.with_imports(path))
            }
            6 => self.extensions.get(&*text).map(|numbers| extension_numbers(&text, numbers)),
            _ => Some(self.service_list()),
        };
        found.unwrap_or_else(|| error(NOT_FOUND, &format!("{text:?} is not found")))
    }

    /// Returns the response with a file, and the files that it imports, directly or not.
    fn with_imports(&self, path: &str) -> (u32, Vec<u8>) {
        let (mut open, mut seen) = (vec![path.to_owned()], Vec::new());
        let mut files = Vec::new();
        while let Some(path) = open.pop() {
            let Some((file, imports)) = self.files.get(&path).filter(|_| !seen.contains(&path))
            else {
                continue;
            };
            encode_bytes(1, file, &mut files);
            open.extend(imports.iter().cloned());
            seen.push(path);
        }
        (4, files)
    }

    /// Returns the response with the services.
    fn service_list(&self) -> (u32, Vec<u8>) {
        let mut list = Vec::new();
        for name in self.services() {
            let mut service = Vec::new();
            encode_bytes(1, name.as_bytes(), &mut service);
            encode_bytes(1, &service, &mut list);
        }
        (6, list)
    }
}

/// Returns the full names of everything that `file` declares.
fn names(file: File<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for message in file.all_messages() {
        names.push(message.full_name().to_owned());
        names.extend(message.fields().map(|field| field.full_name()));
        let oneofs = message.oneofs().map(|of| format!("{}.{}", message.full_name(), of.name()));
        names.extend(oneofs);
    }
    names.extend(file.all_extensions().map(|extension| extension.full_name()));
    for of in file.all_enums() {
        names.push(of.full_name().to_owned());
        // A value is named as if it were declared beside its enum.
        let scope = match of.container() {
            Container::File(file) => file.package(),
            Container::Message(message) => message.full_name(),
        };
        names.extend(of.values().map(|value| match scope {
            "" => value.name().to_owned(),
            scope => format!("{scope}.{}", value.name()),
        }));
    }
    for service in file.services() {
        names.push(service.full_name().to_owned());
        names.extend(service.methods().map(|method| method.full_name()));
    }
    names
}

/// Reads an `ExtensionRequest`: the name of a message, and the number of its extension.
fn extension(request: &[u8]) -> (String, i32) {
    let (mut of, mut number) = (String::new(), 0);
    for record in records(request) {
        match (record.number, record.value) {
            (1, Value::Bytes(name)) => of = String::from_utf8_lossy(name).into_owned(),
            (2, Value::Varint(value)) => number = value as i32,
            _ => {}
        }
    }
    (of, number)
}

/// Returns the response with the numbers of the extensions of a message.
fn extension_numbers(of: &str, numbers: &BTreeMap<i32, String>) -> (u32, Vec<u8>) {
    let (mut response, mut packed) = (Vec::new(), Vec::new());
    encode_bytes(1, of.as_bytes(), &mut response);
    numbers.keys().for_each(|number| encode_varint(*number as u64, &mut packed));
    encode_bytes(2, &packed, &mut response);
    (5, response)
}

/// Returns the response with an error.
fn error(code: i32, message: &str) -> (u32, Vec<u8>) {
    let mut error = Vec::new();
    encode_key(1, WireType::Varint, &mut error);
    encode_varint(code as u64, &mut error);
    encode_bytes(2, message.as_bytes(), &mut error);
    (7, error)
}
