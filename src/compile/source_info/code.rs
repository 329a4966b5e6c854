//! Splits the text of a schema into code, strings and comments, without parsing it.

use std::ops::Range;

/// The bytes of a text outside of strings and comments, each with its offset.
pub(in crate::compile) struct Code<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Code<'a> {
    pub(in crate::compile) fn from(source: &'a str, at: usize) -> Self {
        Code { bytes: source.as_bytes(), at }
    }

    /// Returns the offsets of the strings of `source` from `at` on.
    pub(in crate::compile) fn strings(
        source: &'a str,
        at: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let mut code = Code::from(source, at);
        std::iter::from_fn(move || code.next_string())
    }

    fn next_string(&mut self) -> Option<usize> {
        loop {
            let at = self.at;
            let byte = *self.bytes.get(at)?;
            self.at += 1;
            match byte {
                b'"' | b'\'' => {
                    self.skip_string(byte);
                    return Some(at);
                }
                b'/' => drop(self.skip_comment()),
                _ => {}
            }
        }
    }

    fn next_comment(&mut self) -> Option<Range<usize>> {
        loop {
            let at = self.at;
            let byte = *self.bytes.get(at)?;
            self.at += 1;
            match byte {
                b'"' | b'\'' => self.skip_string(byte),
                b'/' if self.skip_comment() => return Some(at..self.at.min(self.bytes.len())),
                _ => {}
            }
        }
    }

    fn skip_string(&mut self, quote: u8) {
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                _ if *byte == quote => return,
                _ => {}
            }
        }
    }

    /// Skips the comment whose first slash has been read. Returns whether it is one.
    fn skip_comment(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        self.at += match rest.first() {
            Some(b'/') => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            Some(b'*') => {
                let end = memchr::memmem::find(&rest[1..], b"*/");
                end.map_or(rest.len(), |end| end + 3)
            }
            _ => return false,
        };
        true
    }
}

/// Finds the statements whose first word is `word`, and returns the ends of these words.
pub(in crate::compile) fn statements(source: &str, word: &str) -> Vec<usize> {
    if memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut begins = true;
    for (at, byte) in Code::from(source, 0) {
        if begins && source.as_bytes()[at..].starts_with(word.as_bytes()) {
            let after = source.as_bytes().get(at + word.len());
            if after.is_some_and(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
                found.push(at + word.len());
            }
        }
        begins = matches!(byte, b';' | b'{' | b'}') || (begins && byte.is_ascii_whitespace());
    }
    found
}

/// Returns the comments of `source`, in order; those of `//` without their line ending.
pub(crate) fn comments(source: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut code = Code::from(source, 0);
    std::iter::from_fn(move || code.next_comment())
}

impl Iterator for Code<'_> {
    type Item = (usize, u8);

    // Called for each byte of every source.
    #[inline]
    fn next(&mut self) -> Option<(usize, u8)> {
        loop {
            let at = self.at;
            let byte = *self.bytes.get(at)?;
            self.at += 1;
            match byte {
                b'"' | b'\'' => self.skip_string(byte),
                b'/' if self.skip_comment() => {}
                _ => return Some((at, byte)),
            }
        }
    }
}
