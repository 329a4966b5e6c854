//! The protocol between a compiler and its plugins, `google/protobuf/compiler/plugin.proto`: one
//! request on a plugin's standard input, one response on its standard output.

use prost::Message;
use prost::encoding::message;

use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::image::{Budget, MAX_SIZE, in_list};
use crate::schema::wire::{encode_bytes, records};

/// The field number of `file` in `CodeGeneratorResponse`.
const FILE: u32 = 15;

/// Field numbers of `CodeGeneratorRequest`.
const FILE_TO_GENERATE: u32 = 1;
const PARAMETER: u32 = 2;
const PROTO_FILE: u32 = 15;
const SOURCE_FILE: u32 = 17;

/// A request to a plugin. It borrows its files, since every request contains most of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Request<'a> {
    /// The paths of the files to generate code for; imports before importers.
    pub(super) targets: Vec<&'a str>,
    /// The options of the plugin.
    pub(super) parameter: Option<&'a str>,
    /// The files and all their imports; imports before importers.
    pub(super) files: Vec<&'a FileDescriptorProto>,
    /// The files to generate code for, with their options of source retention.
    pub(super) sources: Vec<&'a FileDescriptorProto>,
}

impl Request<'_> {
    /// Returns all files. Those to generate code for have their options of source retention.
    pub(super) fn sources_or_files(&self) -> Vec<FileDescriptorProto> {
        let source = |file: &&FileDescriptorProto| {
            let source = self.sources.iter().find(|source| source.name == file.name);
            (*source.unwrap_or(file)).clone()
        };
        self.files.iter().map(source).collect()
    }

    /// Returns the encoded request.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.targets.iter().for_each(|path| text(FILE_TO_GENERATE, path, &mut out));
        self.parameter.iter().for_each(|parameter| text(PARAMETER, parameter, &mut out));
        self.files.iter().for_each(|file| message::encode(PROTO_FILE, *file, &mut out));
        self.sources.iter().for_each(|file| message::encode(SOURCE_FILE, *file, &mut out));
        out
    }
}

fn text(tag: u32, text: &str, out: &mut Vec<u8>) {
    encode_bytes(tag, text.as_bytes(), out);
}

/// The bits of [`Response::supported_features`].
pub(super) mod feature {
    /// `optional` in proto3.
    pub(in super::super) const PROTO3_OPTIONAL: u64 = 1;
    /// Files with an edition.
    pub(in super::super) const EDITIONS: u64 = 2;
}

/// The response of a plugin, `CodeGeneratorResponse`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    /// The reason why it cannot generate the code.
    #[prost(string, optional, tag = "1")]
    pub(super) error: Option<String>,
    /// The supported features, a bit for each [`feature`].
    #[prost(uint64, optional, tag = "2")]
    pub(super) supported_features: Option<u64>,
    /// The oldest supported edition.
    #[prost(int32, optional, tag = "3")]
    pub(super) minimum_edition: Option<i32>,
    /// The newest supported edition.
    #[prost(int32, optional, tag = "4")]
    pub(super) maximum_edition: Option<i32>,
    /// The generated files.
    #[prost(message, repeated, tag = "15")]
    pub(super) file: Vec<ResponseFile>,
}

impl Response {
    /// Decodes the response in `bytes`, whose files count with their size in memory. The error
    /// tells why it is not a valid response.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let files = records(bytes).filter(|record| record.number == FILE).count();
        let size = bytes.len() + files * in_list::<ResponseFile>();
        Budget::new(MAX_SIZE).take(size).map_err(|error| error.to_string())?;
        Response::decode(bytes).map_err(|error| error.to_string())
    }
}

/// A generated file, or a part of one.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ResponseFile {
    /// Its path; none if it continues the file before it.
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    /// The insertion point of an existing file that it is inserted at.
    #[prost(string, optional, tag = "2")]
    pub(super) insertion_point: Option<String>,
    /// Its content.
    #[prost(string, optional, tag = "15")]
    pub(super) content: Option<String>,
}
