//! Compressed images: gzip and zstd.

use crate::error::{Error, Result};
use crate::files::{AtMost, read_counted};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{self, Read, Write};

/// The compression of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
}

impl Compression {
    /// Returns the compression that the extension of `path` names, and the path without that
    /// extension.
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

/// Decompresses `bytes`; an error if the result exceeds `max_size`, which is never allocated.
pub fn decompress(bytes: &[u8], compression: Compression, max_size: usize) -> Result<Vec<u8>> {
    read_counted(|| unpacking(bytes, compression), max_size).map_err(|error| {
        let name = match compression {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        Error::new(format!("cannot read the {name} data: {error}"))
    })
}

/// Returns a reader of the decompressed `bytes`; more than `max_size` bytes are an error.
pub fn decompressed(bytes: &[u8], compression: Compression, max_size: usize) -> impl Read {
    AtMost::new(unpacking(bytes, compression), max_size)
}

fn unpacking(bytes: &[u8], compression: Compression) -> Box<dyn Read + '_> {
    match compression {
        Compression::None => Box::new(bytes),
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Zstd => Box::new(Frames { rest: bytes, decoder: FrameDecoder::new() }),
    }
}

/// Compresses `bytes`, deterministically.
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

/// The content of all zstd frames, one after the other, as `zstd -d` writes it. One decoder reads
/// them all, so that its tables are allocated once. It rejects a window of more than 128 MiB, which
/// a frame can declare in a few bytes.
struct Frames<'a> {
    rest: &'a [u8],
    decoder: FrameDecoder,
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.read_frame(buffer)?;
            if read > 0 || self.rest.is_empty() || buffer.is_empty() {
                return Ok(read);
            }
            self.decoder.init(&mut self.rest).map_err(io::Error::other)?;
        }
    }
}

impl Frames<'_> {
    /// Reads from the current frame; returns 0 if there is none or it has ended.
    fn read_frame(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Frames { rest, decoder } = self;
        while decoder.can_collect() == 0 && !decoder.is_finished() {
            let one = BlockDecodingStrategy::UptoBlocks(1);
            decoder.decode_blocks(&mut *rest, one).map_err(io::Error::other)?;
        }
        decoder.read(buffer)
    }
}
