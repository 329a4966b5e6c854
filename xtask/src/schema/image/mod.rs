//! Images: descriptor sets as files. [`decode`] and [`encode`] know the formats buf and protoc
//! write, [`BufFile`] is what buf records of each file, [`freeze`] gives a release its form.

mod binary;
mod buf_file;
mod compression;
mod freeze;
mod of_schema;

pub use buf_file::{BufFile, ModuleInfo, ModuleName, is_import};
pub use compression::{Compression, MAX_SIZE, compress, decompress};
pub use freeze::freeze;
pub use of_schema::{of_schema, schema};

use crate::error::{Error, Result};
use crate::schema::descriptor::FileDescriptorSet;
use rustc_hash::FxHashSet;

/// How an image is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The protobuf wire format: what protoc's `--descriptor_set_out` writes.
    Binary,
}

impl Format {
    /// The format and compression that the ending of `path` names: `api.binpb.gz`.
    pub fn of_path(path: &str) -> Option<(Format, Compression)> {
        let (rest, compression) = Compression::of_path(path);
        let format = match rest.rsplit_once('.')?.1 {
            "binpb" | "bin" => Format::Binary,
            _ => return None,
        };
        Some((format, compression))
    }
}

/// Reads an image. Whatever the bytes are, the answer is a set whose files all have names, no
/// two the same, or an error that says where the bytes stop making sense.
pub fn decode(bytes: &[u8], format: Format) -> Result<FileDescriptorSet> {
    let set = match format {
        Format::Binary => binary::decode(bytes)?,
    };
    check_files(&set)?;
    Ok(set)
}

/// Writes an image; the same set always gives the same bytes.
pub fn encode(set: &FileDescriptorSet, format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Binary => Ok(binary::encode(set)),
    }
}

fn check_files(set: &FileDescriptorSet) -> Result<()> {
    if set.file.is_empty() {
        return Err(Error::new("the image contains no files"));
    }
    let mut seen = FxHashSet::default();
    for (index, file) in set.file.iter().enumerate() {
        match file.name.as_deref() {
            None | Some("") => return Err(Error::new("the file has no name").at(nth_file(index))),
            Some(name) if !seen.insert(name) => {
                let message = format!("the image contains `{name}` more than once");
                return Err(Error::new(message).at(nth_file(index)));
            }
            Some(_) => BufFile::of(file).map(|_| ())?,
        }
    }
    Ok(())
}

/// The place of a file that may have no name.
fn nth_file(index: usize) -> String {
    format!("file {} of the image", index + 1)
}

#[cfg(test)]
pub(crate) mod tests;
