//! Images: descriptor sets as files. [`decode`] and [`encode`] read and write the formats of buf
//! and protoc, [`check`] checks that it is a schema, [`BufFile`] is buf's record of each file,
//! `freeze` returns the form of a release.

mod binary;
mod budget;
mod buf_file;
mod compression;
mod counted;
mod freeze;
mod json;
mod mapping;
mod memory;
mod of_schema;
mod scan;
mod shared;
mod text;
mod valid;

pub use budget::{Budget, EXCEEDED, MAX_SIZE, in_list};
pub use buf_file::{BufFile, ModuleInfo, ModuleName, is_import};
pub use compression::{Compression, compress, decompress, decompressed};
pub use freeze::freeze;
pub(crate) use memory::count_file;
pub use of_schema::{of_schema, schema};
pub use shared::SharedImages;
pub use valid::check;

use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use rustc_hash::FxHashSet;

/// The encoding of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The protobuf wire format, as protoc's `--descriptor_set_out` writes it.
    Binary,
    /// The protobuf JSON mapping.
    Json,
    /// The protobuf text format.
    Text,
    /// The JSON mapping, in YAML.
    Yaml,
}

impl Format {
    /// Returns the format and compression that the extension of `path` names: `api.binpb.gz`.
    pub fn of_path(path: &str) -> Option<(Format, Compression)> {
        let (rest, compression) = Compression::of_path(path);
        let format = match rest.rsplit_once('.')?.1 {
            "binpb" | "bin" => Format::Binary,
            "json" => Format::Json,
            "txtpb" => Format::Text,
            "yaml" => Format::Yaml,
            _ => return None,
        };
        Some((format, compression))
    }
}

/// Decodes an image. Returns a set whose files all have different names, or an error whose message
/// has the position in the bytes. The caller adds the name of the file.
pub fn decode(bytes: &[u8], format: Format) -> Result<FileDescriptorSet> {
    let budget = Budget::new(MAX_SIZE);
    budget.take(bytes.len())?;
    let set = match format {
        Format::Binary => binary::decode(bytes, &budget)?,
        Format::Json => with_deep_stack(|| json::decode(bytes, budget))?,
        Format::Text => with_deep_stack(|| text::decode(bytes, budget))?,
        Format::Yaml => with_deep_stack(|| json::decode_yaml(bytes, budget))?,
    };
    check_files(&set)?;
    Ok(set)
}

/// Encodes an image, deterministically.
pub fn encode(set: &FileDescriptorSet, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Binary => Ok(binary::encode(set)),
        Format::Json => with_deep_stack(|| json::encode(set)),
        Format::Text => with_deep_stack(|| text::encode(set)),
        Format::Yaml => with_deep_stack(|| json::encode_yaml(set)),
    }
}

/// Encodes an image as [`encode`] does, and calls `write` with each piece as soon as it is encoded.
pub fn write(
    set: &FileDescriptorSet,
    format: Format,
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    match format {
        Format::Binary => binary::write(set, write),
        _ => write(&encode(set, format)?),
    }
}

/// The stack size that the limits on nesting require: each nested call of serde takes kilobytes.
const DEEP_STACK: usize = 64 << 20;

fn with_deep_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work);
        let thread =
            thread.map_err(|error| Error::new(format!("cannot start a thread: {error}")))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn check_files(set: &FileDescriptorSet) -> Result<()> {
    for (index, file) in set.file.iter().enumerate() {
        if file.name().is_empty() {
            return Err(Error::new(format!("file {} of the image has no name", index + 1)));
        }
    }
    check_names(set.file.iter().map(FileDescriptorProto::name))?;
    for file in &set.file {
        valid::check_paths(file)?;
        BufFile::of(file).map(|_| ())?;
    }
    Ok(())
}

/// Checks that there are files, and that none has the name of another one.
fn check_names<'n>(names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut seen = FxHashSet::default();
    for name in names {
        if !seen.insert(name) {
            return Err(Error::new(format!("duplicate file `{name}` in the image")));
        }
    }
    if seen.is_empty() { Err(Error::new("the image contains no files")) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests;
