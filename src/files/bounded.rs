//! Reads streams up to a limit, without holding the content twice.

use std::io::{self, Read};

/// A reader that fails with an error of the kind `FileTooLarge` after a number of bytes.
pub(crate) struct AtMost<R> {
    reader: R,
    limit: usize,
    left: usize,
}

impl<R: Read> AtMost<R> {
    /// Limits `reader` to `limit` bytes.
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        AtMost { reader, limit, left: limit }
    }
}

impl<R: Read> Read for AtMost<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more, to notice that the limit is exceeded.
        let length = buffer.len().min(self.left.saturating_add(1));
        let read = self.reader.read(&mut buffer[..length])?;
        self.left = self.left.checked_sub(read).ok_or_else(|| {
            let message = format!("it has more than {} bytes", self.limit);
            io::Error::new(io::ErrorKind::FileTooLarge, message)
        })?;
        Ok(read)
    }
}

/// The number of bytes of one part.
const PART: usize = 8 << 20;

/// Reads all of `reader`; more than `limit` bytes are an error of the kind `FileTooLarge`. A
/// growing vector exists twice while it is moved, so the content is kept in parts, which are joined
/// at the end.
pub(crate) fn read_at_most(reader: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut reader = AtMost::new(reader, limit);
    let mut parts = Vec::new();
    let mut last = read_part(&mut reader, Vec::new())?;
    while last.len() == PART {
        let next = read_part(&mut reader, Vec::with_capacity(PART))?;
        parts.push(std::mem::replace(&mut last, next));
    }
    if parts.is_empty() {
        return Ok(last);
    }
    let mut whole = Vec::with_capacity(parts.len() * PART + last.len());
    parts.into_iter().for_each(|part| whole.extend(part));
    whole.extend(last);
    Ok(whole)
}

fn read_part(reader: &mut impl Read, mut part: Vec<u8>) -> io::Result<Vec<u8>> {
    reader.take(PART as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// Reads the whole stream that `open` returns. A long one is read twice: first to count its bytes,
/// so that the content is held once. More than `limit` bytes are an error of the kind
/// `FileTooLarge`.
pub(crate) fn read_counted<R: Read>(open: impl Fn() -> R, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = read_part(&mut AtMost::new(open(), limit), Vec::new())?;
    if bytes.len() == PART {
        drop(bytes);
        let length = io::copy(&mut AtMost::new(open(), limit), &mut io::sink())?;
        bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(limit));
        AtMost::new(open(), limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_read_whole_or_is_too_long() {
        let read = |length: usize, limit| {
            let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let read = read_at_most(&bytes[..], limit);
            let counted = read_counted(|| &bytes[..], limit);
            assert_eq!(counted.ok(), read.as_ref().ok().cloned(), "{length}");
            read.map(|read| assert!(read == bytes, "{length}")).map_err(|error| error.to_string())
        };
        for length in [0, 1, PART - 1, PART, PART + 1, 2 * PART] {
            assert_eq!(read(length, length), Ok(()), "{length}");
            assert_eq!(read(length, 1 << 30), Ok(()), "{length}");
            let too_long = format!("it has more than {length} bytes");
            assert_eq!(read(length + 1, length), Err(too_long));
        }
    }
}
