//! What stands where in the text of a schema: tokens, statements and bodies, as far as a fault has
//! to know them. It reads what the generator prints, not any text.

use std::ops::Range;

/// What a body is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    File,
    Message,
    Oneof,
    Enum,
    Service,
    Method,
    Extend,
}

/// A body: a file, or what stands between two braces.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub what: What,
    /// Its bytes, without the braces.
    pub range: Range<usize>,
}

/// A statement with its body, if it has one.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Which body it stands in, as an index of [`Outline::bodies`].
    pub within: usize,
    /// Its bytes, the semicolon or the body included.
    pub range: Range<usize>,
    /// Where an option in brackets goes in, and whether there are brackets: fields, enum values.
    pub brackets: Option<(usize, bool)>,
    /// What it declares, and its number: fields and enum values.
    pub member: Option<(String, String)>,
    /// The first word and the second.
    pub head: (String, String),
}

/// The outline of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    pub tokens: Vec<Range<usize>>,
    pub bodies: Vec<Body>,
    pub statements: Vec<Statement>,
}

impl Outline {
    /// Reads `text`.
    pub(crate) fn of(text: &str) -> Self {
        let outline = Outline { tokens: tokens(text), ..Outline::default() };
        let mut reader = Reader { text, outline, next: 0 };
        reader.body(What::File, 0..text.len());
        reader.outline
    }

    /// The members of a body.
    pub(crate) fn members(&self, body: usize) -> Vec<&(String, String)> {
        let inside = self.statements.iter().filter(|s| s.within == body);
        inside.filter_map(|s| s.member.as_ref()).collect()
    }

    /// The names of what is declared by `keyword`: `message`, `enum`.
    pub(crate) fn declared(&self, keyword: &str) -> Vec<&str> {
        let found = self.statements.iter().filter(|s| s.head.0 == keyword);
        found.map(|s| s.head.1.as_str()).collect()
    }
}

struct Reader<'a> {
    text: &'a str,
    outline: Outline,
    next: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        let token = self.outline.tokens.get(self.next + ahead);
        token.map_or("", |range| &self.text[range.clone()])
    }

    /// Reads statements up to the end of the body.
    fn body(&mut self, what: What, range: Range<usize>) {
        let index = self.outline.bodies.len();
        self.outline.bodies.push(Body { what, range });
        while self.next < self.outline.tokens.len() && self.peek(0) != "}" {
            self.statement(index, what);
        }
        if let Some(end) = self.outline.tokens.get(self.next) {
            self.outline.bodies[index].range.end = end.start;
        }
    }

    /// Reads one statement; its place in the list is before those in its body.
    fn statement(&mut self, within: usize, outer: What) {
        let start = self.outline.tokens[self.next].start;
        let head = (self.peek(0).to_owned(), self.peek(1).to_owned());
        let index = self.outline.statements.len();
        let (brackets, member) = (None, None);
        self.outline.statements.push(Statement {
            within,
            range: start..start,
            brackets,
            member,
            head,
        });
        let own = self.own_body(outer);
        let mut depth = 0;
        while self.next < self.outline.tokens.len() {
            let token = self.outline.tokens[self.next].clone();
            match self.peek(0) {
                "{" if depth == 0 && own.is_some() => {
                    self.next += 1;
                    self.member_site(index, token.start);
                    self.body(own.expect("it is some"), token.end..token.end);
                    return self.end(index);
                }
                "[" if depth == 0 => {
                    self.outline.statements[index].brackets = Some((token.end, true));
                    depth += 1;
                }
                "{" | "[" => depth += 1,
                "}" | "]" if depth > 0 => depth -= 1,
                "}" => return,
                ";" if depth == 0 => {
                    self.member_site(index, token.start);
                    return self.end(index);
                }
                "=" if depth == 0 => self.member(index, outer),
                _ => {}
            }
            self.next += 1;
        }
    }

    /// Ends a statement at the token that is next.
    fn end(&mut self, index: usize) {
        let end = self.outline.tokens.get(self.next).map_or(self.text.len(), |token| token.end);
        self.outline.statements[index].range.end = end;
        self.next += 1;
    }

    /// What the braces of the statement hold, if they are a body and no value.
    fn own_body(&self, outer: What) -> Option<What> {
        let labelled = ["optional", "required", "repeated"].contains(&self.peek(0));
        let word = if labelled { self.peek(1) } else { self.peek(0) };
        match word {
            "message" => Some(What::Message),
            "group" if outer != What::Enum => Some(What::Message),
            "enum" => Some(What::Enum),
            "oneof" => Some(What::Oneof),
            "extend" => Some(What::Extend),
            "service" => Some(What::Service),
            "rpc" if outer == What::Service => Some(What::Method),
            _ => None,
        }
        .filter(|_| self.peek(1) != "=")
    }

    /// At the `=` of a member: its name stands before, its number behind.
    fn member(&mut self, index: usize, outer: What) {
        let members = [What::Message, What::Oneof, What::Extend, What::Enum];
        if !members.contains(&outer) || self.outline.statements[index].head.0 == "option" {
            return;
        }
        let name = self.text[self.outline.tokens[self.next - 1].clone()].to_owned();
        let sign = if self.peek(1) == "-" { "-" } else { "" };
        let number = format!("{sign}{}", self.peek(1 + sign.len()));
        self.outline.statements[index].member.get_or_insert((name, number));
    }

    fn member_site(&mut self, index: usize, at: usize) {
        let statement = &mut self.outline.statements[index];
        if statement.member.is_none() {
            statement.brackets = None;
        } else if statement.brackets.is_none() {
            statement.brackets = Some((at, false));
        }
    }
}

/// The tokens of a text, without its comments.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' => quoted(rest, first),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let comment = first == '/' && length > 1;
        if !first.is_whitespace() && !comment {
            tokens.push(at..at + length);
        }
        at += length;
    }
    tokens
}

/// Words, and numbers with their points: `google.protobuf` is one, and so is `.5`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return i + 1,
            _ => {}
        }
    }
    rest.len()
}
