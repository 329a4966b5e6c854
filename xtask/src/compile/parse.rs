//! One source text becomes a descriptor and its places, or findings. The grammar is protox's;
//! what it cannot be handed (bytes that are no text, nesting that would exhaust the stack, an
//! edition) is found here first.

use crate::finding::{Finding, Place};
use crate::schema::descriptor::{FileDescriptorProto, MethodDescriptorProto};

use super::columns::{self, Columns};
use super::convert;
use super::places::PendingPlaces;

/// Brackets nest at most this deep in a text that is handed to the parser: messages 31 deep and
/// an option value 100 deep are the most that any compiler takes.
const MAX_DEPTH: usize = 200;

/// A parsed file: names as written, options not interpreted.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) descriptor: FileDescriptorProto,
    pub(super) places: PendingPlaces,
}

/// Parses `bytes`, which other files import as `path` and the user knows as `external`.
pub(super) fn parse(path: &str, external: &str, bytes: &[u8]) -> Result<Parsed, Box<Finding>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let source =
        std::str::from_utf8(bytes).map_err(|error| invalid_utf8(external, bytes, error))?;
    let refuse =
        |offset, message| Box::new(Finding::compile(point(external, source, offset), message));
    if let Some(offset) = too_deep(source) {
        return Err(refuse(offset, format!("nested more than {MAX_DEPTH} levels deep")));
    }
    if let Some(offset) = edition(source) {
        let mut finding = refuse(offset, "editions are not read from source yet".to_owned());
        let help = "write `syntax = \"proto3\";`, or hand in an image that protoc or buf has built";
        finding.help = Some(help.to_owned());
        return Err(finding);
    }
    let mut parsed = protox_parse::parse(path, source).map_err(|error| {
        let offset = error.span().map_or(source.len(), |span| span.start);
        refuse(offset, error.to_string())
    })?;
    let locations = parsed.source_code_info.take().unwrap_or_default().location;
    let mut descriptor = convert::file(parsed);
    mark_method_bodies(&mut descriptor, source, &locations);
    let places = PendingPlaces::new(locations, &Columns::new(source));
    Ok(Parsed { descriptor, places })
}

fn point(external: &str, source: &str, offset: usize) -> Place {
    let (line, column) = columns::position(source, offset);
    let (line, column) = (line + 1, column + 1);
    Place {
        path: Some(external.to_owned()),
        start_line: line,
        start_column: column,
        end_line: line,
        end_column: column,
    }
}

fn invalid_utf8(external: &str, bytes: &[u8], error: std::str::Utf8Error) -> Box<Finding> {
    let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let place = point(external, &valid, valid.len());
    let byte = bytes[error.valid_up_to()];
    let finding = Finding::compile(place, format!("byte 0x{byte:02x} is not UTF-8"));
    Box::new(finding.with_help("save the file as UTF-8"))
}

/// The tokens that matter to a look ahead of the parser: brackets outside strings and comments.
struct Brackets<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Brackets<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<(usize, u8)> {
        loop {
            let at = self.at;
            let byte = *self.bytes.get(at)?;
            self.at += 1;
            match byte {
                b'{' | b'}' | b'[' | b']' | b'<' | b'>' => return Some((at, byte)),
                b'"' | b'\'' => self.skip_string(byte),
                b'/' => self.skip_comment(),
                _ => {}
            }
        }
    }
}

impl Brackets<'_> {
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

    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += match rest.first() {
            Some(b'/') => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            Some(b'*') => {
                let end = memchr::memmem::find(&rest[1..], b"*/");
                end.map_or(rest.len(), |end| end + 3)
            }
            _ => 0,
        };
    }
}

/// Where the text nests deeper than the parser may be asked to follow.
fn too_deep(source: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, bracket) in (Brackets { bytes: source.as_bytes(), at: 0 }) {
        match bracket {
            b'{' | b'[' | b'<' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

/// Where an `edition = …` statement stands: it can only be the first statement.
fn edition(source: &str) -> Option<usize> {
    let mut rest = source;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        rest = match rest.get(..2) {
            Some("//") => rest.split_once('\n')?.1,
            Some("/*") => rest.split_once("*/")?.1,
            _ => break,
        };
    }
    let after = rest.strip_prefix("edition")?.trim_start();
    after.starts_with(['=', '/']).then(|| source.len() - rest.len())
}

/// `rpc … {}` has options, if empty ones; `rpc …;` has none. The parser makes no difference, the
/// last character of a method does.
fn mark_method_bodies(
    file: &mut FileDescriptorProto,
    source: &str,
    locations: &[prost_types::source_code_info::Location],
) {
    if file.service.iter().all(|service| service.method.iter().all(has_options)) {
        return;
    }
    let lines: Vec<&str> = source.split('\n').collect();
    for location in locations {
        let &[6, service, 2, method] = location.path.as_slice() else { continue };
        let method = &mut file.service[service as usize].method[method as usize];
        let (line, end) = match *location.span {
            [line, _, end] | [_, _, line, end] => (line as usize, end as usize),
            _ => continue,
        };
        let text = lines.get(line).and_then(|line| line.get(..end));
        if !has_options(method) && text.is_some_and(|text| text.ends_with('}')) {
            method.options = Some(Vec::new());
        }
    }
}

fn has_options(method: &MethodDescriptorProto) -> bool {
    method.options.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &[u8]) -> (u32, u32, String) {
        let finding = parse("a.proto", "a.proto", source).expect_err("it is refused");
        (finding.place.start_line, finding.place.start_column, finding.message)
    }

    #[test]
    fn what_is_no_schema_is_refused_at_its_place() {
        assert_eq!(refused(b"message M {\n\t\xff}").0, 2);
        assert_eq!(refused(b"message M {\n\t\xff}").1, 5);
        let deep = format!("syntax = \"proto3\";\n{}", "message M {".repeat(10_000));
        assert_eq!(refused(deep.as_bytes()).0, 2);
        let value = format!("option (x) = {}", "{ a ".repeat(10_000));
        assert!(refused(value.as_bytes()).2.contains("nested"));
    }

    #[test]
    fn an_edition_is_refused_by_name() {
        let source = b"// edition = \"2023\";\n/* */ edition = \"2023\";";
        let (line, column, message) = refused(source);
        assert_eq!((line, column), (2, 7));
        assert!(message.contains("editions are not read from source"));
        assert!(parse("a.proto", "a.proto", b"message edition { }").is_ok());
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let source = format!("// {0}\n/* {0} */ option go_package = \"{0}\";", "{".repeat(300));
        assert_eq!(too_deep(&source), None);
    }

    #[test]
    fn a_method_with_a_body_has_options() {
        let source = b"service S { rpc A(M) returns (M) {} rpc B(M) returns (M); }";
        let parsed = parse("a.proto", "a.proto", source).expect("it is well formed");
        let options = |index: usize| parsed.descriptor.service[0].method[index].options.clone();
        assert_eq!((options(0), options(1)), (Some(Vec::new()), None));
    }
}
