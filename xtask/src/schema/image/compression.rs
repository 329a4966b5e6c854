//! Compressed images: gzip and zstd.

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Read, Write};

/// The size up to which an image is unpacked: more than any schema needs, less than what a
/// small hostile file can ask for.
pub const MAX_SIZE: usize = 1 << 30;

/// How an image is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// The compression that the ending of `path` names, and the path without that ending.
    pub fn of_path(path: &str) -> (&str, Compression) {
        if let Some(rest) = path.strip_suffix(".gz") {
            (rest, Compression::Gzip)
        } else if let Some(rest) = path.strip_suffix(".zst") {
            (rest, Compression::Zstd)
        } else {
            (path, Compression::None)
        }
    }
}

/// Unpacks `bytes`; more than `max_size` bytes are an error, and never allocated.
pub fn decompress(bytes: &[u8], compression: Compression, max_size: usize) -> Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    let result = match compression {
        Compression::None => read_bounded(bytes, max_size, &mut unpacked),
        Compression::Gzip => read_bounded(MultiGzDecoder::new(bytes), max_size, &mut unpacked),
        Compression::Zstd => read_zstd(bytes, max_size, &mut unpacked),
    };
    result.map_err(|error| {
        let name = match compression {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        Error::new(format!("cannot read the {name} data: {error}"))
    })?;
    Ok(unpacked)
}

/// Packs `bytes`; the same bytes always give the same.
pub fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
            written.expect("writing to memory does not fail")
        }
        Compression::Zstd => compress_to_vec(bytes, CompressionLevel::Fastest),
    }
}

/// Reads all frames, one after the other, as `zstd -d` does.
fn read_zstd(mut bytes: &[u8], max_size: usize, unpacked: &mut Vec<u8>) -> io::Result<()> {
    while !bytes.is_empty() {
        let frame = StreamingDecoder::new(&mut bytes).map_err(io::Error::other)?;
        read_bounded(frame, max_size, unpacked)?;
    }
    Ok(())
}

fn read_bounded(reader: impl Read, max_size: usize, unpacked: &mut Vec<u8>) -> io::Result<()> {
    let room = max_size - unpacked.len();
    let limit = u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_to_end(unpacked)?;
    if unpacked.len() > max_size {
        return Err(io::Error::other(format!("it unpacks to more than {max_size} bytes")));
    }
    Ok(())
}
