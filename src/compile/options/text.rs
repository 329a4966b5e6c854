//! Parses the text format of message values, `{ name: "x" [pkg.ext] { … } }`, into a tree of
//! literals. Names and literals are resolved later, with the types.

use std::borrow::Cow;
use std::ops::Range;

/// The depth of nested message values and lists.
const MAX_DEPTH: usize = 100;

/// A value as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal<'a> {
    Identifier(&'a str),
    /// An identifier after a minus.
    NegativeIdentifier(&'a str),
    Unsigned(u64),
    /// An integer after a minus, possibly zero.
    Negative(i64),
    Float(f64),
    String(Cow<'a, [u8]>),
    Message(Vec<Entry<'a>>),
    List(Vec<Literal<'a>>),
}

/// One `name: value` of a message value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) name: Name<'a>,
    pub(super) has_colon: bool,
    pub(super) value: Literal<'a>,
    /// Its range in the text.
    pub(super) at: Range<usize>,
}

/// The name of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Name<'a> {
    Field(&'a str),
    /// `[pkg.ext]`.
    Extension(String),
    /// `[type.googleapis.com/pkg.Message]`: the part before the last slash, and after it.
    Any(String, String),
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Field(name) => f.write_str(name),
            Name::Extension(name) => write!(f, "[{name}]"),
            Name::Any(domain, name) => write!(f, "[{domain}/{name}]"),
        }
    }
}

/// Parses the text between the braces of a message value at the nesting depth `depth`.
pub(super) fn parse(text: &str, depth: usize) -> Result<Vec<Entry<'_>>, String> {
    check_depth(depth + 1)?;
    let mut parser = Parser { rest: text, length: text.len(), end: 0, depth: depth + 1 };
    let entries = parser.entries(None)?;
    Ok(entries)
}

/// Reports nesting beyond the limit.
pub(super) fn check_depth(depth: usize) -> Result<(), String> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(format!("the value is nested more than {MAX_DEPTH} levels deep"))
}

struct Parser<'a> {
    rest: &'a str,
    /// The length of the whole text.
    length: usize,
    /// The end of the last token.
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Parses entries up to `close`, which is consumed, or up to the end.
    fn entries(&mut self, close: Option<char>) -> Result<Vec<Entry<'a>>, String> {
        let mut entries = Vec::new();
        loop {
            match (self.peek(), close) {
                (None, None) => return Ok(entries),
                (found, Some(close)) if found == Some(close) => {
                    self.bump();
                    return Ok(entries);
                }
                (None, Some(close)) => return Err(self.expected(&format!("`{close}`"))),
                _ => {}
            }
            entries.push(self.entry()?);
            if matches!(self.peek(), Some(',' | ';')) {
                self.bump();
            }
        }
    }

    fn entry(&mut self) -> Result<Entry<'a>, String> {
        self.peek();
        let start = self.length - self.rest.len();
        let name = if self.take('[') { self.bracketed()? } else { Name::Field(self.identifier()?) };
        let has_colon = self.take(':');
        let value = match self.peek() {
            Some('{' | '<' | '[') => self.value()?,
            Some(_) if has_colon => self.value()?,
            _ => return Err(self.expected(&format!("`:` after `{name}`"))),
        };
        if let (false, Literal::List(items)) = (has_colon, &value)
            && !items.iter().all(|item| matches!(item, Literal::Message(_)))
        {
            return Err(format!(
                "a `:` is needed between `{name}` and a list that is not of messages"
            ));
        }
        Ok(Entry { name, has_colon, value, at: start..self.end })
    }

    /// Parses the name of an extension or a type after its `[`.
    fn bracketed(&mut self) -> Result<Name<'a>, String> {
        let (mut name, mut domain) = (String::new(), None::<String>);
        loop {
            name.push_str(self.identifier()?);
            match self.peek() {
                Some('.') => name.push('.'),
                Some('/') => {
                    let part = std::mem::take(&mut name);
                    match &mut domain {
                        Some(domain) => domain.extend(["/", &part]),
                        None => domain = Some(part),
                    }
                }
                Some(']') => break,
                // The domain of a type may contain a hyphen; none of the allowed domains does.
                _ => return Err(self.expected("`.`, `/` or `]`")),
            }
            self.bump();
        }
        self.bump();
        Ok(match domain {
            Some(domain) => Name::Any(domain, name),
            None => Name::Extension(name),
        })
    }

    fn value(&mut self) -> Result<Literal<'a>, String> {
        match self.peek() {
            Some('{') => self.nested(|parser| Ok(Literal::Message(parser.entries(Some('}'))?))),
            Some('<') => self.nested(|parser| Ok(Literal::Message(parser.entries(Some('>'))?))),
            Some('[') => self.nested(Parser::list),
            Some('"' | '\'') => self.strings(),
            Some('-') => {
                self.bump();
                self.negative()
            }
            Some('0'..='9' | '.') => self.number(),
            _ => Ok(Literal::Identifier(self.identifier()?)),
        }
    }

    /// Parses a text between brackets, one level deeper.
    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Literal<'a>, String>,
    ) -> Result<Literal<'a>, String> {
        check_depth(self.depth + 1)?;
        self.bump();
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Literal<'a>, String> {
        let mut items = Vec::new();
        if self.take(']') {
            return Ok(Literal::List(items));
        }
        loop {
            if self.peek() == Some('[') {
                return Err("a list cannot hold another list".to_owned());
            }
            items.push(self.value()?);
            if self.take(']') {
                return Ok(Literal::List(items));
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn negative(&mut self) -> Result<Literal<'a>, String> {
        if !matches!(self.peek(), Some('0'..='9' | '.')) {
            return Ok(Literal::NegativeIdentifier(self.identifier()?));
        }
        Ok(match self.number()? {
            Literal::Unsigned(number) => match 0i64.checked_sub_unsigned(number) {
                Some(number) => Literal::Negative(number),
                None => Literal::Float(-(number as f64)),
            },
            Literal::Float(number) => Literal::Float(-number),
            other => other,
        })
    }

    fn number(&mut self) -> Result<Literal<'a>, String> {
        let token = self.number_token();
        let digits_of = |prefix: [&str; 2]| prefix.iter().find_map(|p| token.strip_prefix(p));
        let integer = if let Some(digits) = digits_of(["0x", "0X"]) {
            Some(u64::from_str_radix(digits, 16).ok())
        } else if token.len() > 1 && token.starts_with('0') && is_digits(token) {
            Some(u64::from_str_radix(token, 8).ok())
        } else if is_digits(token) {
            token.parse().ok().map(Some)
        } else {
            None
        };
        let float = || token.trim_end_matches(['f', 'F']).parse().ok().map(Literal::Float);
        integer
            .map_or_else(float, |number| number.map(Literal::Unsigned))
            .ok_or_else(|| format!("`{token}` is no number"))
    }

    fn number_token(&mut self) -> &'a str {
        let mut previous = b' ';
        let is_hex = self.rest.starts_with("0x") || self.rest.starts_with("0X");
        let length = self.rest.bytes().position(|byte| {
            let exponent =
                !is_hex && matches!(previous, b'e' | b'E') && matches!(byte, b'+' | b'-');
            previous = byte;
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent)
        });
        self.split(length.unwrap_or(self.rest.len()))
    }

    fn identifier(&mut self) -> Result<&'a str, String> {
        if !matches!(self.peek(), Some('a'..='z' | 'A'..='Z' | '_')) {
            return Err(self.expected("a name"));
        }
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let length = self.rest.bytes().position(|byte| !is_word(byte));
        Ok(self.split(length.unwrap_or(self.rest.len())))
    }

    /// Parses adjacent string literals, which are one.
    fn strings(&mut self) -> Result<Literal<'a>, String> {
        let mut value = self.string()?;
        while matches!(self.peek(), Some('"' | '\'')) {
            let next = self.string()?;
            value.to_mut().extend_from_slice(&next);
        }
        Ok(Literal::String(value))
    }

    fn string(&mut self) -> Result<Cow<'a, [u8]>, String> {
        let quote = self.rest.as_bytes()[0];
        let (mut at, mut escaped) = (1, false);
        loop {
            match self.rest.as_bytes().get(at) {
                None | Some(b'\n') => return Err("a string is not closed".to_owned()),
                Some(b'\\') => {
                    escaped = true;
                    at += 1;
                }
                Some(byte) if *byte == quote => break,
                Some(_) => {}
            }
            at += 1;
        }
        let content = &self.split(at + 1).as_bytes()[1..at];
        if escaped { unescape(content).map(Cow::Owned) } else { Ok(Cow::Borrowed(content)) }
    }

    /// Returns the next character that is neither white space nor part of a comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return self.rest.chars().next();
            }
        }
    }

    /// Consumes the peeked character.
    fn bump(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
        self.end = self.length - self.rest.len();
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn split(&mut self, length: usize) -> &'a str {
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.end = self.length - rest.len();
        token
    }

    fn expected(&mut self, what: &str) -> String {
        match self.peek() {
            Some(found) => format!("expected {what}, found `{found}`"),
            None => format!("expected {what}, found the end of the value"),
        }
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Resolves the escapes of a string literal.
fn unescape(mut rest: &[u8]) -> Result<Vec<u8>, String> {
    let mut value = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\' {
            escape(&mut rest, &mut value).ok_or("a string holds an escape that does not exist")?;
        } else {
            value.push(byte);
        }
    }
    Ok(value)
}

/// Resolves one escape, whose backslash is consumed.
fn escape(rest: &mut &[u8], value: &mut Vec<u8>) -> Option<()> {
    let (&kind, after) = rest.split_first()?;
    let simple = match kind {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'?' | b'\\' | b'\'' | b'"' => kind,
        b'0'..=b'7' => {
            value.push(u8::try_from(digits(rest, 8, 3)?).ok()?);
            return Some(());
        }
        b'x' | b'X' => {
            *rest = after;
            value.push(u8::try_from(digits(rest, 16, 2)?).ok()?);
            return Some(());
        }
        b'u' | b'U' => {
            *rest = after;
            let length = if kind == b'u' { 4 } else { 8 };
            let before = rest.len();
            let scalar = char::from_u32(digits(rest, 16, length)?)?;
            value.extend_from_slice(scalar.encode_utf8(&mut [0; 4]).as_bytes());
            return (before - rest.len() == length).then_some(());
        }
        _ => return None,
    };
    *rest = after;
    value.push(simple);
    Some(())
}

/// Takes up to `most` digits, at least one.
fn digits(rest: &mut &[u8], radix: u32, most: usize) -> Option<u32> {
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let length = rest.iter().take(most).take_while(is_digit).count();
    let (digits, after) = rest.split_at(length);
    *rest = after;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}
