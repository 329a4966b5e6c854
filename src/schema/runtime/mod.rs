//! prost-reflect pools. prost-reflect knows proto2 and proto3, trusts what it is given and
//! panics where that is wrong; so it never sees the descriptors of a user, but a checked copy,
//! lowered to what it understands.

mod dialect;
mod lower;
mod proto3;
mod types;

pub use self::proto3::as_proto3;
use self::types::Types;
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use prost::Message;
use prost_reflect::DescriptorPool;

/// A pool of `files`, which hold everything that they refer to. Messages in it read and write
/// what the schema's features say, editions included.
///
/// What prost-reflect cannot express is not in it: options (of custom ones nothing is known
/// here), source places, reserved ranges, extensions with numbers that only message sets have.
/// An enum whose first value is not 0 may begin with a made-up 0; what is read by default stays.
/// Where names clash that prost-reflect holds for the same (`foobar`, `foo_bar`), the later one
/// has a `~` and its number behind it.
pub fn pool<'a>(
    files: impl IntoIterator<Item = &'a FileDescriptorProto>,
) -> Result<DescriptorPool> {
    pool_with(files, Maps::AsMaps)
}

/// What becomes of maps. prost-reflect writes the entries of a map in a different order each time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Maps {
    AsMaps,
    /// As what they are on the wire: lists of entries, whose order is kept.
    AsLists,
}

/// A [`pool`] with maps as `maps` says.
pub(super) fn pool_with<'a>(
    files: impl IntoIterator<Item = &'a FileDescriptorProto>,
    maps: Maps,
) -> Result<DescriptorPool> {
    decode(&lowered(files, maps)?)
}

/// The descriptors of a [`pool`] as the bytes that `DescriptorPool::decode` makes it of, wherever
/// that is done.
pub fn pool_bytes<'a>(files: impl IntoIterator<Item = &'a FileDescriptorProto>) -> Result<Vec<u8>> {
    let bytes = lowered(files, Maps::AsMaps)?;
    decode(&bytes).map(|_| bytes)
}

fn lowered<'a>(
    files: impl IntoIterator<Item = &'a FileDescriptorProto>,
    maps: Maps,
) -> Result<Vec<u8>> {
    let files: Vec<&FileDescriptorProto> = files.into_iter().collect();
    let types = Types::new(&files)?;
    let file = files.iter().map(|file| lower::file(file, &types, maps)).collect::<Result<_>>()?;
    Ok(FileDescriptorSet { file }.encode_to_vec())
}

fn decode(bytes: &[u8]) -> Result<DescriptorPool> {
    DescriptorPool::decode(bytes).map_err(|error| {
        let place = error.file().unwrap_or("descriptor set").to_owned();
        Error::new(format!("the descriptors contradict each other: {error}")).at(place)
    })
}

#[cfg(test)]
mod tests;
