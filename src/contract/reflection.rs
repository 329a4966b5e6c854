//! Server reflection (grpc.reflection.v1 and v1alpha) and health (grpc.health.v1), for clients that
//! have no schema.
//!
//! Source of the numbers: `grpc/reflection/v1/reflection.proto`, `grpc/health/v1/health.proto`.

use std::collections::BTreeMap;

use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::server::{Ended, Requests, Responder};
use crate::schema::Schema;
use crate::schema::wire::{encode_bytes, records};
use crate::value::{MessageType, Types};

/// The files, services and types of a schema.
pub(super) struct Reflection {
    /// Encoded files by import path, each with the paths that it imports.
    files: BTreeMap<String, (Vec<u8>, Vec<String>)>,
    /// The file of each message, enum, service and method.
    symbols: BTreeMap<String, String>,
    services: Vec<String>,
    requests: BTreeMap<String, MessageType>,
}

impl Reflection {
    pub(super) fn new(schema: &Schema) -> Self {
        let types = Types::new(schema);
        let mut reflection = Reflection {
            files: BTreeMap::new(),
            symbols: BTreeMap::new(),
            services: Vec::new(),
            requests: BTreeMap::new(),
        };
        for file in schema.files() {
            let mut proto = file.proto().clone();
            proto.source_code_info = None;
            let imports = proto.dependency.clone();
            reflection.files.insert(file.path().to_owned(), (proto.encode_to_vec(), imports));
            let mut add = |name: &str| {
                reflection.symbols.insert(name.to_owned(), file.path().to_owned());
            };
            file.all_messages().for_each(|message| add(message.full_name()));
            file.all_enums().for_each(|of| add(of.full_name()));
            for service in file.services() {
                add(service.full_name());
                service.methods().for_each(|method| add(&method.full_name()));
            }
        }
        for service in schema.services().filter(|service| !service.file().is_import()) {
            reflection.services.push(service.full_name().to_owned());
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                if let Some(of) = types.message(method.request_type()) {
                    reflection.requests.insert(path, of);
                }
            }
        }
        reflection
    }

    /// Returns the type of the requests of the method at `path`.
    pub(super) fn request_type(&self, path: &str) -> Option<MessageType> {
        self.requests.get(path).cloned()
    }

    /// Answers a `ServerReflectionRequest` with a `ServerReflectionResponse`.
    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let mut response = Vec::new();
        encode_bytes(2, request, &mut response);
        for record in records(request) {
            let text = record.value.bytes().map(String::from_utf8_lossy).unwrap_or_default();
            let found = match record.number {
                3 => self.with_imports(&text),
                4 => {
                    self.symbols.get(&*text).map(|path| self.with_imports(path)).unwrap_or_default()
                }
                7 => {
                    let mut list = Vec::new();
                    for name in &self.services {
                        let mut service = Vec::new();
                        encode_bytes(1, name.as_bytes(), &mut service);
                        encode_bytes(1, &service, &mut list);
                    }
                    encode_bytes(6, &list, &mut response);
                    continue;
                }
                _ => continue,
            };
            if found.is_empty() {
                let mut error = Vec::new();
                encode_key(1, WireType::Varint, &mut error);
                encode_varint(5, &mut error);
                encode_bytes(2, format!("{text:?} is not found").as_bytes(), &mut error);
                encode_bytes(7, &error, &mut response);
            } else {
                let mut files = Vec::new();
                found.iter().for_each(|file| encode_bytes(1, file, &mut files));
                encode_bytes(4, &files, &mut response);
            }
        }
        response
    }

    /// Returns a file, and the files that it imports, directly or not.
    fn with_imports(&self, path: &str) -> Vec<&[u8]> {
        let (mut open, mut seen, mut found) = (vec![path.to_owned()], Vec::new(), Vec::new());
        while let Some(path) = open.pop() {
            let Some((file, imports)) = self.files.get(&path).filter(|_| !seen.contains(&path))
            else {
                continue;
            };
            found.push(file.as_slice());
            open.extend(imports.iter().cloned());
            seen.push(path);
        }
        found
    }
}

/// A method of the standard services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Reflection,
    Health,
}

impl Known {
    /// Returns the method at `path`, if it is one of them.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            | "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                Some(Known::Reflection)
            }
            "/grpc.health.v1.Health/Check" => Some(Known::Health),
            _ => None,
        }
    }

    pub(super) async fn run(
        self,
        reflection: &Reflection,
        mut requests: Requests,
        responder: &Responder,
    ) -> Ended {
        while let Some(request) = requests.next().await {
            let response = match self {
                Known::Reflection => reflection.answer(&request),
                // The status SERVING.
                Known::Health => vec![0x08, 1],
            };
            if !responder.send(&response).await {
                break;
            }
        }
        Ended::default()
    }
}
