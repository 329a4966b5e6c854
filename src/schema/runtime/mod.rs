//! prost-reflect pools. prost-reflect supports proto2 and proto3 only; it does not validate its
//! input and panics on errors in it. So it never gets the descriptors of a user, but a checked and
//! lowered copy.

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

/// Returns a pool of `files`, which must contain all their imports. Its messages are read and
/// written according to the features of the schema, editions included.
///
/// The pool does not contain what prost-reflect cannot express: options (so there are no custom
/// options), source info, reserved ranges, and extensions with numbers that only message sets
/// allow. An enum whose first value is not 0 may get an artificial 0 as its first value; the
/// default of its fields does not change. If names clash for prost-reflect (`foobar`, `foo_bar`),
/// `~` and the number are appended to the later one.
pub fn pool<'a>(
    files: impl IntoIterator<Item = &'a FileDescriptorProto>,
) -> Result<DescriptorPool> {
    pool_with(files, Maps::AsMaps)
}

/// The representation of maps. prost-reflect writes the entries of a map in random order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Maps {
    AsMaps,
    /// As lists of entries, as on the wire; they keep their order.
    AsLists,
}

/// Returns a [`pool`] with maps represented as `maps`.
pub(super) fn pool_with<'a>(
    files: impl IntoIterator<Item = &'a FileDescriptorProto>,
    maps: Maps,
) -> Result<DescriptorPool> {
    decode(&lowered(files, maps)?)
}

/// Returns the descriptors of a [`pool`] as bytes from which `DescriptorPool::decode` builds it, in
/// another process, too.
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
