//! The shape of a text format file, without its meaning: where the files of an image are, and
//! where extensions are set. Those have to be taken out before they are known; and the parser of
//! prost-reflect neither bounds its depth nor says where an error is.

use std::ops::Range;

/// How deep messages may stand in each other: as deep as the wire format's readers go in a file,
/// which itself stands in the set.
const MAX_DEPTH: u32 = 101;

/// What is found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shape<'a> {
    /// The contents of the top-level fields `file`.
    pub(super) files: Vec<Range<usize>>,
    /// The extensions that are set, at any depth: their names and the text that sets them.
    pub(super) extensions: Vec<(&'a str, Range<usize>)>,
}

/// Why a text has no shape, and at which byte.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) why: &'static str,
}

/// Finds the shape of `text`.
pub(super) fn shape(text: &str) -> Result<Shape<'_>, Fault> {
    let mut scanner = Scanner { text, offset: 0, depth: 0, shape: Shape::default() };
    while scanner.peek().is_some() {
        scanner.field()?;
    }
    Ok(scanner.shape)
}

struct Scanner<'a> {
    text: &'a str,
    offset: usize,
    depth: u32,
    shape: Shape<'a>,
}

impl<'a> Scanner<'a> {
    fn field(&mut self) -> Result<(), Fault> {
        self.peek();
        let start = self.offset;
        let extension = self.take(b'[');
        let name = self.name(extension)?;
        let is_file = self.depth == 0 && name == "file";
        self.take(b':');
        match self.peek() {
            Some(b'[') => self.list(is_file)?,
            _ => self.value(is_file)?,
        }
        let end = self.offset;
        let separated = self.take(b',') || self.take(b';');
        if extension {
            let end = if separated { self.offset } else { end };
            self.shape.extensions.push((name, start..end));
        }
        Ok(())
    }

    fn name(&mut self, extension: bool) -> Result<&'a str, Fault> {
        self.peek();
        let name = self.word(|byte| extension && b"/ \t\r\n".contains(&byte)).trim_ascii();
        match name.is_empty() || extension && !self.take(b']') {
            true => Err(self.fault("the name of a field should stand here")),
            false => Ok(name),
        }
    }

    fn list(&mut self, is_file: bool) -> Result<(), Fault> {
        self.take(b'[');
        while !self.take(b']') {
            self.value(is_file)?;
            self.take(b',');
        }
        Ok(())
    }

    fn value(&mut self, is_file: bool) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => self.message(b'}', is_file),
            Some(b'<') => self.message(b'>', is_file),
            Some(b'"' | b'\'') => self.strings(),
            _ => self.scalar(),
        }
    }

    fn message(&mut self, close: u8, is_file: bool) -> Result<(), Fault> {
        self.offset += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("messages nest too deep"));
        }
        let start = self.offset;
        while self.peek() != Some(close) {
            self.field()?;
        }
        if is_file {
            self.shape.files.push(start..self.offset);
        }
        self.offset += 1;
        self.depth -= 1;
        Ok(())
    }

    /// String literals that follow each other are one value.
    fn strings(&mut self) -> Result<(), Fault> {
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            let start = self.offset;
            self.offset += 1;
            while let Some(byte) = self.bytes().first().filter(|byte| **byte != quote) {
                match byte {
                    b'\n' => break,
                    b'\\' => self.offset += 2,
                    _ => self.offset += 1,
                }
            }
            if self.bytes().first() != Some(&quote) {
                return Err(Fault { offset: start, why: "the string does not end" });
            }
            self.offset += 1;
        }
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        self.take(b'-');
        self.peek();
        match self.word(|byte| b"+-".contains(&byte)).is_empty() {
            true => Err(self.fault("a value should stand here")),
            false => Ok(()),
        }
    }

    /// Takes letters, digits, `_`, `.` and what `more` allows.
    fn word(&mut self, more: impl Fn(u8) -> bool) -> &'a str {
        let in_word =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte) || more(*byte);
        let length = self.bytes().iter().take_while(|byte| in_word(byte)).count();
        let word = &self.text[self.offset..self.offset + length];
        self.offset += length;
        word
    }

    /// Takes `byte` if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.offset += usize::from(next);
        next
    }

    /// The next byte that is neither space nor comment, where the scanner then stands.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes().first()?;
            match byte {
                b'#' => {
                    self.offset += self.bytes().iter().take_while(|byte| **byte != b'\n').count()
                }
                _ if byte.is_ascii_whitespace() || byte == 0x0b => self.offset += 1,
                _ => return Some(byte),
            }
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or_default()
    }

    fn fault(&self, why: &'static str) -> Fault {
        Fault { offset: self.offset, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_extensions_are_found() {
        let text =
            "# a {\nfile { a: 1 [x.y]: 'q' \"}\" , b [{c: -inf}, {}] }\nfile: <[z] < [w]: [1] >>";
        let shape = shape(text).unwrap();
        let files: Vec<&str> = shape.files.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(files, [" a: 1 [x.y]: 'q' \"}\" , b [{c: -inf}, {}] ", "[z] < [w]: [1] >"]);
        let extensions: Vec<_> =
            shape.extensions.iter().map(|(name, range)| (*name, &text[range.clone()])).collect();
        let expected =
            [("x.y", "[x.y]: 'q' \"}\" ,"), ("w", "[w]: [1]"), ("z", "[z] < [w]: [1] >")];
        assert_eq!(extensions, expected);
    }

    #[test]
    fn faults_have_places() {
        let fault = |text: &str| shape(text).map(|_| ()).unwrap_err();
        let name = "the name of a field should stand here";
        assert_eq!(fault("file {"), Fault { offset: 6, why: name });
        assert_eq!(fault("}"), Fault { offset: 0, why: name });
        assert_eq!(fault("a: 'b"), Fault { offset: 3, why: "the string does not end" });
        assert_eq!(fault("a: 'b\\"), Fault { offset: 3, why: "the string does not end" });
        assert_eq!(fault("a: é"), Fault { offset: 3, why: "a value should stand here" });
        assert_eq!(fault("[a: 1"), Fault { offset: 2, why: name });
        assert_eq!(fault(&"a{".repeat(200_000)).why, "messages nest too deep");
        assert_eq!(fault("a: ["), Fault { offset: 4, why: "a value should stand here" });
    }
}
