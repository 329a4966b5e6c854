//! The syntax errors of a file, as sentences about what is written. The parser's errors name its
//! own terms, and only the first of them is certain; so the statement that has it is replaced by
//! spaces, and the rest is parsed again.

use std::borrow::Cow;
use std::ops::Range;

use protox_parse::ParseError;

use super::dialect::{Dialect, blank};
use super::source_info::code::{self, Code};

/// The number of errors of a file that are reported.
const MAX_ERRORS: usize = 10;

/// The number of characters of a token that are quoted.
const MAX_QUOTED: usize = 60;

/// A syntax error.
pub(super) struct SyntaxError {
    /// Its offset in the source.
    pub(super) offset: usize,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Returns the syntax errors of the file at `path`, at most one per top-level statement. `first` is
/// that of the whole file.
pub(super) fn find(
    path: &str,
    source: &str,
    dialect: &Dialect<'_>,
    first: &ParseError,
) -> Vec<SyntaxError> {
    let mut text = dialect.text.to_string();
    let mut parsed = Some(Raw::new(first, &text));
    let mut found = Vec::new();
    while let Some(raw) = parsed.take().filter(|_| found.len() < MAX_ERRORS) {
        let mut error = raw.error(source, dialect);
        if error.message.ends_with("the file ends")
            && let Some(open) = unclosed(&text)
        {
            let line = 1 + text[..open].matches('\n').count();
            error.help = Some(format!("the `{{` in line {line} is not closed"));
        }
        found.push(error);
        let statement = statement(&text, raw.span.start);
        if raw.is_last(&text[statement.clone()]) {
            break;
        }
        blank(&mut text, statement);
        parsed = protox_parse::parse(path, &text).err().map(|error| Raw::new(&error, &text));
    }
    found
}

/// Returns the offset of the last brace that is not closed.
fn unclosed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    for (at, byte) in Code::from(text, 0) {
        match byte {
            b'{' => open.push(at),
            b'}' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Returns the top-level statement that contains the byte at `offset`, with what precedes it.
fn statement(text: &str, offset: usize) -> Range<usize> {
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in Code::from(text, 0) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(byte, b';' | b'}') {
            if at >= offset {
                return start..at + 1;
            }
            start = at + 1;
        }
    }
    start..text.len()
}

/// An error of the parser.
struct Raw {
    message: String,
    /// Its span in the text for the parser; empty if it has none.
    span: Range<usize>,
}

impl Raw {
    fn new(error: &ParseError, text: &str) -> Self {
        const TWICE: &str = "package";
        let message = error.to_string();
        let end = text.len();
        let second_package = || {
            let end = *code::statements(text, TWICE).get(1)?;
            Some(end - TWICE.len()..end)
        };
        let span = match error.span() {
            Some(span) => span,
            None if message.starts_with("multiple package") => second_package().unwrap_or(end..end),
            None => end..end,
        };
        Raw { message, span }
    }

    /// Whether errors after this one, which is in `statement`, may only follow from it.
    fn is_last(&self, statement: &str) -> bool {
        self.span.is_empty()
            || self.message.starts_with("nested block comments")
            // A brace too many: what follows belongs inside.
            || self.message.starts_with("expected 'enum', 'extend'")
            // Without the syntax statement the rest means something else.
            || statement.contains("syntax")
    }

    fn error(&self, source: &str, dialect: &Dialect<'_>) -> SyntaxError {
        let offset = dialect.original(self.span.start);
        let rest = source.get(offset..).unwrap_or_default();
        let written = source.get(offset..dialect.original(self.span.end)).unwrap_or_default();
        let (message, help) = match explain(&self.message, rest, written) {
            Some((message, help)) => (message, (!help.is_empty()).then(|| help.to_owned())),
            None => (self.message.replace('\'', "`"), None),
        };
        SyntaxError { offset, message, help }
    }
}

/// Returns a sentence and help for the parser's `message`; `None` if it is a good sentence itself.
/// `written` is the text that it is about, `rest` the source from there on.
fn explain(message: &str, rest: &str, written: &str) -> Option<(String, &'static str)> {
    let quoted = quote(written);
    Some(match message {
        "invalid token" => (format!("{quoted} has no meaning here"), ""),
        "integer is too large" => {
            (format!("the number {quoted} is too large"), "integers have at most 64 bits")
        }
        "invalid string character" => {
            let help = "write the character as an escape sequence such as `\\0`";
            ("the string has a character that strings cannot have".to_owned(), help)
        }
        "unterminated string" => {
            let help = "write the quote that the string began with at its end";
            ("the string does not end on its line".to_owned(), help)
        }
        "invalid string escape" => {
            let end = rest.char_indices().map(|(at, c)| at + c.len_utf8()).nth(1);
            let quoted = quote(&rest[..end.unwrap_or(rest.len()).max(written.len())]);
            (format!("{quoted} is no escape sequence"), "write a backslash in a string as `\\\\`")
        }
        "string is not valid utf-8" => (format!("the string {quoted} is not UTF-8"), ""),
        "nested block comments are not supported" => {
            let message = "there is another `/*` in a comment that begins with `/*`";
            (message.to_owned(), "comments do not nest: use `//` inside")
        }
        "invalid identifier" => {
            let help = "a name has letters, digits and underscores, and begins with no digit";
            (format!("the reserved name {quoted} is not the name of a field or value"), help)
        }
        "invalid group name" if written.starts_with(['"', '\'']) => return import(written),
        "invalid group name" => {
            let message = format!("the group name {quoted} does not begin with a capital letter");
            (message, "the field gets the name in lower case")
        }
        "multiple package names specified" => {
            ("this is the second `package` statement of the file".to_owned(), "delete one of them")
        }
        "whitespace is required between an integer literal and an identifier" => {
            (format!("{quoted} is neither a number nor a name"), "")
        }
        "'#' comments are not allowed here" => {
            ("a comment cannot begin with `#`".to_owned(), "begin it with `//`")
        }
        "'f' suffix for float literals is not allowed" => {
            (format!("the number {quoted} ends in a letter"), "delete the letter")
        }
        "identifiers may not be negative" => {
            (format!("{quoted} is a word with a minus: only numbers have one"), "")
        }
        "a map field key type must be an integer, boolean or string" => {
            let message = format!("the keys of a map cannot be of type {quoted}");
            (message, "they can be integers, booleans or strings")
        }
        "reached maximum recursion limit for nested messages" => {
            ("messages are nested more than 31 levels deep".to_owned(), "")
        }
        _ => return expected(message, &quoted).map(|message| (message, "")),
    })
}

/// Explains an import path that the parser refuses.
fn import(written: &str) -> Option<(String, &'static str)> {
    let path = written.trim_matches(['"', '\'']);
    let reason = if path.is_empty() {
        "is empty"
    } else if path.starts_with('/') {
        "is absolute"
    } else if path.contains('\\') {
        "has a backslash"
    } else if path.split('/').any(|part| matches!(part, "." | "..")) {
        "has a part `.` or `..`"
    } else {
        "has an empty part"
    };
    let help = "write the path from the root of the module, as in `import \"dir/file.proto\";`";
    Some((format!("the import path {} {reason}", shorten(written)), help))
}

/// Explains errors of the forms "expected A, but B" and "A numbers must be between B"; `quoted` was
/// found.
fn expected(message: &str, quoted: &str) -> Option<String> {
    if let Some((_, range)) = message.split_once(" numbers must be between ") {
        return Some(format!("the number {quoted} is not between {range}"));
    }
    let rest = message.strip_prefix("expected ")?;
    let (wanted, but) = rest.strip_prefix("value to be ").unwrap_or(rest).split_once(", but ")?;
    let wanted = match wanted {
        "string terminator" => "the end of the string".to_owned(),
        "comment terminator" => "the end of the comment".to_owned(),
        _ => wanted.replace('\'', "`"),
    };
    Some(match but {
        "reached end of file" => format!("expected {wanted}, but the file ends"),
        _ if but.ends_with("is out of range") => {
            format!("the number {quoted} is out of the range of {wanted}")
        }
        _ => format!("expected {wanted}, but found {quoted}"),
    })
}

fn quote(written: &str) -> String {
    format!("`{}`", shorten(written))
}

fn shorten(written: &str) -> Cow<'_, str> {
    match written.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &written[..end]).into(),
        None => written.into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::compile::parse::parse_text;

    /// Returns the errors of `source` as `line:column message`.
    fn errors(source: &str) -> Vec<String> {
        let findings = parse_text(source).expect_err("it is refused");
        let show = |place: &crate::finding::Place, message: &str| {
            format!("{}:{} {message}", place.start_line, place.start_column)
        };
        findings.iter().map(|finding| show(&finding.place, &finding.message)).collect()
    }

    #[test]
    fn messages_are_about_what_is_written() {
        for (source, expected) in [
            ("message M { $ }", "1:13 `$` has no meaning here"),
            ("import \"../x\";", "1:8 the import path \"../x\" has a part `.` or `..`"),
            ("import \"./y\";", "1:8 the import path \"./y\" has a part `.` or `..`"),
            ("import \"/z\";", "1:8 the import path \"/z\" is absolute"),
            ("import \"a//b\";", "1:8 the import path \"a//b\" has an empty part"),
            ("import \"a\\\\c\";", "1:8 the import path \"a\\\\c\" has a backslash"),
            ("import \"\";", "1:8 the import path \"\" is empty"),
            ("message Ä {}", "1:9 `Ä` has no meaning here"),
            ("message M { string a 1; }", "1:22 expected `=`, but found `1`"),
            ("message M { string 'a\"b' = 1; }", "1:20 expected an identifier, but found `'a\"b'`"),
            (
                "message M {",
                "1:12 expected a message field, oneof, reserved range, enum, message, option or `}`, but the file ends",
            ),
            ("/* a", "1:5 expected the end of the comment, but the file ends"),
            ("import \"a", "1:10 expected the end of the string, but the file ends"),
            ("import \"a\n;", "1:10 the string does not end on its line"),
            ("option java_package = \"a\\qb\";", "1:25 `\\q` is no escape sequence"),
            ("/* /* */ */", "1:4 there is another `/*` in a comment that begins with `/*`"),
            ("# a", "1:1 a comment cannot begin with `#`"),
            ("syntax = \"proto4\";", "1:10 unknown syntax `proto4`"),
            ("package a; package b;", "1:12 this is the second `package` statement of the file"),
            (
                "message M { reserved \"1a\"; }",
                "1:22 the reserved name `\"1a\"` is not the name of a field or value",
            ),
            (
                "message M { reserved \"_ a\"; }",
                "1:22 the reserved name `\"_ a\"` is not the name of a field or value",
            ),
            (
                "message M { optional group g = 1 {} }",
                "1:28 the group name `g` does not begin with a capital letter",
            ),
            (
                "message M { optional int32 a = 0; }",
                "1:32 the number `0` is not between 1 and 536870911",
            ),
            ("message M { optional int32 a = 1a; }", "1:32 `1a` is neither a number nor a name"),
            (
                "enum E { A = 3000000000; }",
                "1:14 the number `3000000000` is not between -2147483648 and 2147483647",
            ),
            (
                "enum E { A = 99999999999999999999; }",
                "1:14 the number `99999999999999999999` is too large",
            ),
            (
                "message M { optional int32 a = 1 [default = 1.5]; }",
                "1:45 expected an integer, but found `1.5`",
            ),
            (
                "message M { optional int32 a = 1 [default = -3000000000]; }",
                "1:45 the number `-3000000000` is out of the range of a signed 32-bit integer",
            ),
            (
                "message M { optional float a = 1 [default = 1.5f]; }",
                "1:45 the number `1.5f` ends in a letter",
            ),
            (
                "option java_package = -a;",
                "1:23 `-a` is a word with a minus: only numbers have one",
            ),
            (
                "message M { map<float, int32> a = 1; }",
                "1:17 the keys of a map cannot be of type `float`",
            ),
            (
                "message M { int32 a = 1; }",
                "1:13 fields must have a label with proto2 syntax (expected one of `optional`, `repeated` or `required`)",
            ),
        ] {
            assert_eq!(errors(source), [expected], "{source}");
        }
    }

    #[test]
    fn every_statement_has_its_first_error() {
        let source = "syntax = \"proto3\"; // {\nimport \"../a\"; message A { int32 a }\nmessage B {}\n\
            enum E { A = }\nmessage C { message D { $ } option = 1; }\nmessage F { int32 f = 0; int32 g = 0; }";
        let found = errors(source);
        let places: Vec<&str> = found.iter().filter_map(|error| error.split(' ').next()).collect();
        assert_eq!(places, ["2:8", "2:36", "4:14", "5:25", "6:23"]);
    }

    #[test]
    fn errors_that_follow_from_others_are_not_reported() {
        for source in [
            // The fields would need labels.
            "syntax = \"proto4\"; message M { int32 a = 1; }",
            "syntx = \"proto3\"; message M { int32 a = 1; }",
            // A brace too many.
            "message M { } optional int32 a = 1; optional int32 b = 2; }",
            "message M { optional int32 a = 1; message N {} enum E { A = 0; }",
            "/* /* */ message M {} */ */",
        ] {
            assert_eq!(errors(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_file_has_only_so_many_errors() {
        assert_eq!(errors(&"import \"\";\n".repeat(100)).len(), super::MAX_ERRORS);
    }
}
