//! The differences between buf's grammar and that of protox's parser. Only buf accepts `extensions
//! 4 [ … ];` (descriptor.proto has it), `reserved "_name";`, `option (of_a_float) = -inf;`, and the
//! empty statement `reserved;`. Such a text is rewritten for the parser: a few bytes are inserted,
//! or replaced by spaces. Afterwards the parser's result is corrected, source info included.

use std::borrow::Cow;
use std::ops::Range;

use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use rustc_hash::FxHashSet;

use super::source_info::code::{self, Code};
use super::source_info::columns;

/// A text rewritten for the parser, with the mapping of its offsets to the original.
pub(super) struct Dialect<'a> {
    /// The rewritten text.
    pub(super) text: Cow<'a, str>,
    /// The insertions, in ascending order.
    edits: Vec<Edit>,
    /// The prefix of reserved names that begin with an underscore.
    prefix: String,
}

/// An insertion.
struct Edit {
    /// Its offset in the original text.
    at: usize,
    /// Its offset in the rewritten text.
    patched: usize,
    text: String,
    /// The offset of the original text that the insertion repeats.
    repeats: usize,
}

impl<'a> Dialect<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let prefix = unused_prefix(source);
        let mut edits = single_extensions(source);
        edits.extend(reserved_underscores(source, &prefix));
        edits.extend(negative_words(source));
        edits.sort_by_key(|edit| edit.at);
        let mut text = Cow::Borrowed(source);
        for range in
            ["reserved", "extensions"].iter().flat_map(|word| empty_statements(source, word))
        {
            blank(text.to_mut(), range);
        }
        if !edits.is_empty() {
            text = Cow::Owned(insert(&text, &mut edits));
        }
        Dialect { text, edits, prefix }
    }

    /// Maps an offset in the rewritten text to the original.
    pub(super) fn original(&self, offset: usize) -> usize {
        match self.edit_before(offset) {
            None => offset,
            Some(edit) if offset < edit.end() => edit.at,
            Some(edit) => edit.at + (offset - edit.end()),
        }
    }

    /// Returns the last insertion before an offset in the rewritten text.
    fn edit_before(&self, offset: usize) -> Option<&Edit> {
        self.edits[..self.edits.partition_point(|edit| edit.patched < offset)].last()
    }

    /// Undoes the effects of the rewriting in the parser's result.
    pub(super) fn restore(&self, file: &mut FileDescriptorProto, source: &str) {
        if self.edits.is_empty() {
            return;
        }
        file.message_type.iter_mut().for_each(|message| self.restore_message(message));
        file.enum_type.iter_mut().for_each(|enumeration| self.restore_enum(enumeration));
        let locations = file.source_code_info.iter_mut().flat_map(|info| &mut info.location);
        self.restore_locations(locations, source);
    }

    fn restore_message(&self, message: &mut DescriptorProto) {
        self.restore_names(&mut message.reserved_name);
        message.enum_type.iter_mut().for_each(|enumeration| self.restore_enum(enumeration));
        message.nested_type.iter_mut().for_each(|nested| self.restore_message(nested));
    }

    fn restore_enum(&self, enumeration: &mut EnumDescriptorProto) {
        self.restore_names(&mut enumeration.reserved_name);
    }

    fn restore_names(&self, names: &mut [String]) {
        for name in names {
            let written = name.strip_prefix(&self.prefix);
            if let Some(written) = written.filter(|written| written.starts_with('_')) {
                *name = written.to_owned();
            }
        }
    }

    fn restore_locations<'l>(
        &self,
        locations: impl Iterator<Item = &'l mut Location>,
        source: &str,
    ) {
        let (patched, lines) = (columns::line_starts(&self.text), columns::line_starts(source));
        for Location { span, .. } in locations {
            let [line, column, ref rest @ ..] = span[..] else { continue };
            let (last, end) = match *rest {
                [end] => (line, end),
                [last, end] => (last, end),
                _ => continue,
            };
            let back = |line: i32, offset: usize| (offset - lines[line as usize]) as i32;
            let start = self.start(patched[line as usize] + column as usize);
            let end = self.original(patched[last as usize] + end as usize);
            *span = if line == last {
                vec![line, back(line, start), back(last, end)]
            } else {
                vec![line, back(line, start), last, back(last, end)]
            };
        }
    }

    /// Maps the beginning of an element in the rewritten text to the original. The beginning of an
    /// insertion is mapped to the text that it repeats.
    fn start(&self, offset: usize) -> usize {
        match self.edit_before(offset) {
            Some(edit) if offset < edit.end() => edit.repeats,
            _ => self.original(offset),
        }
    }
}

impl Edit {
    fn new(at: usize, text: impl Into<String>, repeats: usize) -> Self {
        Edit { at, patched: at, text: text.into(), repeats }
    }

    /// Returns its end in the rewritten text.
    fn end(&self) -> usize {
        self.patched + self.text.len()
    }
}

/// Returns `source` with `edits`, which are in ascending order, and stores their offsets.
fn insert(source: &str, edits: &mut [Edit]) -> String {
    let mut text = String::with_capacity(source.len() + 16 * edits.len());
    let mut copied = 0;
    for edit in edits {
        text.push_str(&source[copied..edit.at]);
        copied = edit.at;
        edit.patched = text.len();
        text.push_str(&edit.text);
    }
    text + &source[copied..]
}

/// Returns a prefix that no string in `source` has: `reserved` and a number.
fn unused_prefix(source: &str) -> String {
    const WORD: &str = "reserved";
    let number = |(at, _): (usize, &str)| {
        let is_string = at > 0 && matches!(source.as_bytes()[at - 1], b'"' | b'\'');
        let rest = &source[at + WORD.len()..];
        let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
        if is_string { rest[..digits].parse::<usize>().ok() } else { None }
    };
    let used: FxHashSet<usize> = source.match_indices(WORD).filter_map(number).collect();
    let unused = (0..).find(|number| !used.contains(number)).unwrap_or_default();
    format!("{WORD}{unused}")
}

/// Inserts ` to 4` into `extensions 4 [`.
fn single_extensions(source: &str) -> Vec<Edit> {
    let statements = statements(source, "extensions");
    let edit = |start: usize| {
        let code: Vec<(usize, u8)> =
            Code::from(source, start).take_while(|(_, byte)| !b"[;{}".contains(byte)).collect();
        let (last, _) = *code.last()?;
        if source.as_bytes().get(Code::from(source, last + 1).next()?.0) != Some(&b'[') {
            return None;
        }
        let code: Vec<(usize, u8)> =
            code.into_iter().filter(|(_, byte)| !byte.is_ascii_whitespace()).collect();
        let (end, _) = *code.last()?;
        let digits = code.iter().rev().take_while(|(_, byte)| byte.is_ascii_alphanumeric());
        let contiguous = digits.enumerate().take_while(|(back, (at, _))| at + back == end);
        let (_, (repeats, _)) = contiguous.last()?;
        let before = code.iter().rev().find(|(at, _)| at < repeats).map(|(_, byte)| *byte);
        let number = &source[*repeats..=end];
        let is_single = number.starts_with(|c: char| c.is_ascii_digit())
            && before.is_none_or(|byte| byte == b',');
        is_single.then(|| Edit::new(end + 1, format!(" to {number}"), *repeats))
    };
    statements.into_iter().filter_map(edit).collect()
}

/// Finds statements like `reserved;`: their bytes, comments included, up to the semicolon.
fn empty_statements(source: &str, word: &str) -> Vec<Range<usize>> {
    let all = |end: usize| {
        let mut rest = Code::from(source, end).filter(|(_, byte)| !byte.is_ascii_whitespace());
        let (semicolon, _) = rest.next().filter(|(_, byte)| *byte == b';')?;
        let has_name = Code::strings(&source[..semicolon], end).next().is_some();
        (!has_name).then(|| end - word.len()..semicolon)
    };
    statements(source, word).into_iter().filter_map(all).collect()
}

/// Replaces `range` of `source` by spaces; line endings stay.
pub(super) fn blank(source: &mut String, range: Range<usize>) {
    let space = |byte: u8| if byte == b'\n' || byte == b'\r' { byte as char } else { ' ' };
    let spaces: String = source.as_bytes()[range.clone()].iter().map(|byte| space(*byte)).collect();
    source.replace_range(range, &spaces);
}

/// Rewrites `reserved "_a"` as `reserved "<prefix>_a"`.
fn reserved_underscores(source: &str, prefix: &str) -> Vec<Edit> {
    if !source.contains("\"_") && !source.contains("'_") {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for start in statements(source, "reserved") {
        let end = Code::from(source, start).find(|(_, byte)| b";{}".contains(byte));
        let end = end.map_or(source.len(), |(at, _)| at);
        for at in Code::strings(&source[..end], start).map(|quote| quote + 1) {
            if source.as_bytes().get(at) == Some(&b'_') {
                edits.push(Edit::new(at, prefix, at));
            }
        }
    }
    edits
}

/// Rewrites `= -inf` as `= -/*inf*/1e999`, which is the same number, and `= -nan` as `= /*-*/nan`.
/// In a default the parser accepts both, and it does not parse message values.
fn negative_words(source: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let minus = |at: &usize| source.as_bytes()[*at] == b'-';
    // Most texts need no second pass.
    let is_candidate = |at| {
        let rest = source[at + 1..].trim_start();
        ["inf", "nan", "/"].iter().any(|word| rest.starts_with(word))
    };
    if !memchr::memchr_iter(b'-', source.as_bytes()).any(is_candidate) {
        return edits;
    }
    for value in values(source).into_iter().filter(minus) {
        let mut code =
            Code::from(source, value + 1).filter(|(_, byte)| !byte.is_ascii_whitespace());
        let Some((word, _)) = code.next() else { break };
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let rest = &source[word..];
        let mut put = |at, text: &str| edits.push(Edit::new(at, text, value));
        match &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())] {
            "inf" => {
                put(word, "/*");
                put(word + 3, "*/1e999");
            }
            "nan" => {
                put(value, "/*");
                put(value + 1, "*/");
            }
            _ => {}
        }
    }
    edits
}

/// Finds the values that follow a `=`, defaults excepted.
fn values(source: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let (mut before, mut open) = ([0; 8], false);
    for (at, byte) in Code::from(source, 0).filter(|(_, byte)| !byte.is_ascii_whitespace()) {
        if std::mem::take(&mut open) {
            found.push(at);
        }
        open = byte == b'=' && !(&before[1..] == b"default" && b",[".contains(&before[0]));
        before.rotate_left(1);
        before[7] = byte;
    }
    found
}

/// Finds the statements with the keyword `word`, and returns the ends of the keywords. Elsewhere
/// the word is a name.
fn statements(source: &str, word: &str) -> Vec<usize> {
    let is_keyword = |at: &usize| !matches!(source.as_bytes().get(*at), Some(b'.' | b'='));
    code::statements(source, word).into_iter().filter(is_keyword).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_text;

    const SOURCE: &str = "syntax = \"proto2\"; message M {\n  extensions /* [ */ 2, 4 \
        [verification = UNVERIFIED]; reserved 'a', \"_b\"; enum E { A = 0; reserved '_c'; }\n}";

    #[test]
    fn insertions_leave_no_trace() {
        let parsed = parse_text(SOURCE).expect("it is taken");
        let message = &parsed.descriptor.message_type[0];
        let ranges: Vec<_> = message.extension_range.iter().map(|r| (r.start(), r.end())).collect();
        assert_eq!(ranges, [(2, 3), (4, 5)]);
        assert_eq!(message.reserved_name, ["a", "_b"]);
        assert_eq!(message.enum_type[0].reserved_name, ["_c"]);

        let places = parsed.source_info.places();
        let text = |path: &[i32]| {
            let [line, start, _, end] = places.span(path).expect("it has a place");
            let line = SOURCE.lines().nth(line as usize).expect("there is such a line");
            &line[start as usize..end as usize]
        };
        assert_eq!(text(&[4, 0, 5, 1]), "4");
        assert_eq!(text(&[4, 0, 5, 1, 1]), "4");
        assert_eq!(text(&[4, 0, 5, 1, 2]), "4");
        assert_eq!(text(&[4, 0, 5, 1, 3]), "[verification = UNVERIFIED]");
        assert_eq!(text(&[4, 0, 10, 1]), "\"_b\"");
        assert_eq!(text(&[4, 0, 4, 0, 5, 0]), "'_c'");
    }

    #[test]
    fn negative_words_are_numbers() {
        let source = "option (a) = -inf; option (b) = - /* - */ nan; message M { \
                      optional float default = 1 [default = -inf, (c) = -inf]; }";
        let text = super::Dialect::new(source).text;
        assert!(text.starts_with("option (a) = -/*inf*/1e999; option (b) = /*-*/ /* - */ nan;"));
        assert!(text.ends_with("[default = -inf, (c) = -/*inf*/1e999]; }"));
        let parsed = parse_text(source).expect("it is taken");
        assert_eq!(parsed.descriptor.message_type[0].field[0].default_value(), "-inf");
        assert_eq!(parsed.source_info.places().span(&[8, 999, 0]), Some([0, 0, 0, 18]));
        let inside = parsed.source_info.places().span(&[4, 0, 2, 0, 8, 999, 0]);
        let column = |text| source.find(text).expect("it is there") as u32;
        let [start, end] = [column("(c)"), column("]; }")];
        assert_eq!(inside, Some([0, start, 0, end]));
    }

    #[test]
    fn errors_after_an_insertion_keep_their_location() {
        let source = SOURCE.replace("'a',", "'a' 5");
        let finding = &parse_text(&source).expect_err("it is refused")[0];
        let line = source.lines().nth(1).expect("it has two lines");
        assert_eq!(finding.place.start_column as usize, line.find('5').expect("it is there") + 1);
    }

    #[test]
    fn unneeded_insertions_are_not_made() {
        let taken = "message M { extensions 1 to 4 [verification = UNVERIFIED]; extensions 7; \
                     optional extensions extensions = 8 [deprecated = true]; reserved 'a_b'; }";
        assert!(super::Dialect::new(taken).edits.is_empty());
    }
}
