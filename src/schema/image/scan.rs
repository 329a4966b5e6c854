//! A scanner of the structure of a text format file: the ranges of the files of an image and of the
//! extensions that are set. Unknown extensions have to be removed before parsing. Also, the parser
//! of prost-reflect neither limits the depth nor reports the position of an error.

use std::ops::Range;

use super::budget::{Budget, EXCEEDED};
use super::counted::{MESSAGE, VALUE};
use super::in_list;

/// The maximum depth of nested messages: the limit of the wire format's readers within a file, plus
/// one for the set.
const MAX_DEPTH: u32 = 101;

/// The result of a scan.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shape<'a> {
    /// The top-level fields `file`.
    pub(super) files: Vec<File>,
    /// The extensions that are set, at any depth: their names and the text that sets them.
    pub(super) extensions: Vec<(&'a str, Range<usize>)>,
}

/// A top-level field `file`.
#[derive(Debug, PartialEq)]
pub(super) struct File {
    /// The range of its content.
    pub(super) content: Range<usize>,
    /// The extensions set in it, as a range of [`Shape::extensions`].
    pub(super) extensions: Range<usize>,
}

/// A syntax error and its offset in the text.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) why: &'static str,
}

/// Scans `text`. The memory of the scan must fit into `budget`, and so must the parsed values of
/// each single file.
pub(super) fn shape<'a>(text: &'a str, budget: &Budget) -> Result<Shape<'a>, Fault> {
    let (budget, values) = (budget.clone(), budget.clone());
    let shape = Shape::default();
    let mut scanner = Scanner { text, offset: 0, depth: 0, shape, budget, values };
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
    /// The budget left for the shape.
    budget: Budget,
    /// The budget left for the values of the current file.
    values: Budget,
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
            self.count(&self.budget, in_list::<(&str, Range<usize>)>())?;
            self.shape.extensions.push((name, start..end));
        }
        Ok(())
    }

    fn name(&mut self, extension: bool) -> Result<&'a str, Fault> {
        self.peek();
        let name = self.word(|byte| extension && b"/ \t\r\n".contains(&byte)).trim_ascii();
        if name.is_empty() || extension && !self.take(b']') {
            Err(self.fault("expected a field name"))
        } else {
            Ok(name)
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
        self.count(&self.values, VALUE)?;
        match self.peek() {
            Some(b'{') if is_file => self.file(b'}'),
            Some(b'<') if is_file => self.file(b'>'),
            Some(b'{') => self.message(b'}'),
            Some(b'<') => self.message(b'>'),
            Some(b'"' | b'\'') => self.strings(),
            _ => self.scalar(),
        }
    }

    fn file(&mut self, close: u8) -> Result<(), Fault> {
        self.values = self.budget.clone();
        let (start, first) = (self.offset + 1, self.shape.extensions.len());
        self.message(close)?;
        let (content, extensions) = (start..self.offset - 1, first..self.shape.extensions.len());
        // The content is copied if unknown extensions are removed from it.
        self.count(&self.values, content.len())?;
        self.count(&self.budget, in_list::<File>())?;
        self.shape.files.push(File { content, extensions });
        Ok(())
    }

    fn message(&mut self, close: u8) -> Result<(), Fault> {
        self.count(&self.values, MESSAGE)?;
        self.offset += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("messages are nested too deeply"));
        }
        while self.peek() != Some(close) {
            self.field()?;
        }
        self.offset += 1;
        self.depth -= 1;
        Ok(())
    }

    /// Takes adjacent string literals, which are one value.
    fn strings(&mut self) -> Result<(), Fault> {
        let first = self.offset;
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
                return Err(Fault { offset: start, why: "unterminated string" });
            }
            self.offset += 1;
        }
        self.count(&self.values, 2 * (self.offset - first))
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        self.take(b'-');
        self.peek();
        if self.word(|byte| b"+-".contains(&byte)).is_empty() {
            Err(self.fault("expected a value"))
        } else {
            Ok(())
        }
    }

    /// Takes letters, digits, `_`, `.` and the bytes that `more` allows.
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

    /// Moves to the next byte that is neither space nor comment, and returns it.
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

    fn count(&self, budget: &Budget, size: usize) -> Result<(), Fault> {
        budget.take(size).map_err(|_| self.fault(EXCEEDED))
    }

    fn fault(&self, why: &'static str) -> Fault {
        Fault { offset: self.offset, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Result<Shape<'_>, Fault> {
        super::shape(text, &Budget::new(1 << 30))
    }

    #[test]
    fn files_and_extensions_are_found() {
        let text =
            "# a {\nfile { a: 1 [x.y]: 'q' \"}\" , b [{c: -inf}, {}] }\nfile: <[z] < [w]: [1] >>";
        let shape = shape(text).unwrap();
        let files: Vec<&str> = shape.files.iter().map(|file| &text[file.content.clone()]).collect();
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
        let name = "expected a field name";
        assert_eq!(fault("file {"), Fault { offset: 6, why: name });
        assert_eq!(fault("}"), Fault { offset: 0, why: name });
        assert_eq!(fault("a: 'b"), Fault { offset: 3, why: "unterminated string" });
        assert_eq!(fault("a: 'b\\"), Fault { offset: 3, why: "unterminated string" });
        assert_eq!(fault("a: é"), Fault { offset: 3, why: "expected a value" });
        assert_eq!(fault("[a: 1"), Fault { offset: 2, why: name });
        assert_eq!(fault(&"a{".repeat(200_000)).why, "messages are nested too deeply");
        assert_eq!(fault("a: ["), Fault { offset: 4, why: "expected a value" });
    }
}
