//! The wire format. A set is split into files here, so that an error can name the broken file and
//! its offset. Each file is decoded by prost, whose errors name the field.

use std::sync::mpsc::sync_channel;

use super::budget::Budget;
use super::memory;
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use crate::schema::tag;
use crate::schema::wire::{self, Value, Why};
use prost::Message;

const FILE: u32 = tag::file_set::FILE as u32;

pub(super) fn decode(bytes: &[u8], budget: &Budget) -> Result<FileDescriptorSet> {
    let mut set = FileDescriptorSet::default();
    each_file(bytes, &mut |file, number, offset| {
        set.file.push(decode_one(file, number, offset, budget)?);
        Ok(())
    })?;
    Ok(set)
}

/// Calls `visit` with the bytes of each file of a set, its number, from 1, and its offset.
pub(super) fn each_file(
    bytes: &[u8],
    visit: &mut impl FnMut(&[u8], usize, usize) -> Result<()>,
) -> Result<()> {
    let (mut offset, mut number) = (0, 0);
    for record in wire::read(bytes) {
        let record = record.map_err(|malformed| {
            garbage(&format!("{}, at byte {offset}", description(&malformed.why)))
        })?;
        if let (FILE, Value::Bytes(file)) = (record.number, record.value) {
            number += 1;
            visit(file, number, offset)?;
        }
        offset += record.bytes.len();
    }
    Ok(())
}

/// Decodes the bytes of one file.
pub(super) fn decode_one(
    bytes: &[u8],
    number: usize,
    offset: usize,
    budget: &Budget,
) -> Result<FileDescriptorProto> {
    memory::count_file(bytes, budget)?;
    decode_file(bytes, number, offset)
}

fn description(why: &Why) -> String {
    match why {
        Why::Cut { number: FILE, length, left } => {
            format!("a file of {length} bytes is cut off after {left} bytes")
        }
        why => why.to_string(),
    }
}

pub(super) fn encode(set: &FileDescriptorSet) -> Vec<u8> {
    set.encode_to_vec()
}

/// The number of files that are encoded in one piece.
const PIECE: usize = 128;

/// Encodes `set` in pieces and calls `write` with each one, while the next ones are encoded.
pub(super) fn write(
    set: &FileDescriptorSet,
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        scope.spawn(move || {
            // A failed write drops the receiver: `send` fails, and encoding ends early.
            set.file.chunks(PIECE).try_for_each(|files| sender.send(encode_files(files)))
        });
        receiver.into_iter().try_for_each(|piece| write(&piece))
    })
}

fn encode_files(files: &[FileDescriptorProto]) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.iter().for_each(|file| prost::encoding::message::encode(FILE, file, &mut bytes));
    bytes
}

fn decode_file(bytes: &[u8], number: usize, offset: usize) -> Result<FileDescriptorProto> {
    FileDescriptorProto::decode(bytes)
        .map_err(|error| garbage(&format!("{error}, in file {number} at byte {offset}")))
}

fn garbage(why: &str) -> Error {
    Error::new(format!("not a descriptor set in the protobuf wire format: {why}"))
        .help("build an image with `wireproof build`, `buf build` or `protoc --descriptor_set_out`")
}
