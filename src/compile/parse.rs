//! Parses a source text into a descriptor and its source info, or into findings. The grammar is
//! that of protox. Input that protox does not handle (bytes that are not UTF-8, nesting that would
//! exhaust the stack, editions) is detected here first.

use prost_types::source_code_info::Location;

use crate::finding::{Finding, Place};
use crate::schema::descriptor::{FileDescriptorProto, MethodDescriptorProto};
use crate::schema::tag;

use super::EntryLocations;
use super::convert;
use super::dialect::Dialect;
use super::limits;
use super::source_info::adjust::adjust;
use super::source_info::code::{self, Code};
use super::source_info::columns;
use super::source_info::pending::PendingSourceInfo;
use super::syntax_errors::{self, SyntaxError};

/// A parsed file: names as written, options not interpreted.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) descriptor: FileDescriptorProto,
    pub(super) source_info: PendingSourceInfo,
    /// Whether it has a `syntax` statement.
    pub(super) has_syntax: bool,
}

/// Parses `bytes` of the file with the import path `path` and the external path `external`.
/// `entries` selects the options whose entries get locations.
pub(super) fn parse(
    path: &str,
    external: &str,
    bytes: &[u8],
    entries: &EntryLocations,
) -> Result<Parsed, Vec<Finding>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let source =
        std::str::from_utf8(bytes).map_err(|error| vec![invalid_utf8(external, bytes, error)])?;
    let refuse = |offset, message| Finding::compile(point(external, source, offset), message);
    if let Some((offset, message)) = limits::exceeded(source) {
        return Err(vec![refuse(offset, message)]);
    }
    if let Some(offset) = find_edition(source) {
        let mut finding = refuse(offset, "editions are not read from source yet".to_owned());
        let help = "use an image that buf has built: `buf build -o api.binpb`";
        finding.help = Some(help.to_owned());
        return Err(vec![finding]);
    }
    if let Some(offset) = find_empty_extend(source) {
        let message = "an `extend` must declare at least one extension".to_owned();
        return Err(vec![refuse(offset, message)]);
    }
    let dialect = Dialect::new(source);
    let mut parsed = protox_parse::parse(path, &dialect.text).map_err(|error| {
        let errors = syntax_errors::find(path, source, &dialect, &error).into_iter();
        let finding =
            |SyntaxError { offset, message, help }| Finding { help, ..refuse(offset, message) };
        errors.map(finding).collect::<Vec<_>>()
    })?;
    dialect.restore(&mut parsed, source);
    let mut locations = parsed.source_code_info.take().unwrap_or_default().location;
    adjust(&mut locations, source);
    let mut descriptor = convert::file(parsed);
    mark_method_bodies(&mut descriptor, source, &locations);
    // The descriptor of a proto2 file has no `syntax`, even if the file declares it.
    let has_syntax = locations.iter().any(|location| location.path == [tag::file::SYNTAX]);
    let source_info = PendingSourceInfo::new(locations, source, entries);
    if let Some((path, message)) = limits::long_names(&descriptor) {
        let span = source_info.places().span(&path).unwrap_or_default();
        return Err(vec![Finding::compile(Place::spanning(external, span), message)]);
    }
    Ok(Parsed { descriptor, source_info, has_syntax })
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

fn invalid_utf8(external: &str, bytes: &[u8], error: std::str::Utf8Error) -> Finding {
    let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let place = point(external, &valid, valid.len());
    let byte = bytes[error.valid_up_to()];
    let finding = Finding::compile(place, format!("byte 0x{byte:02x} is not UTF-8"));
    finding.with_help("save the file as UTF-8")
}

/// Finds an `extend` block without fields: the parser accepts it and leaves no trace of it.
fn find_empty_extend(source: &str) -> Option<usize> {
    const EXTEND: &str = "extend";
    let is_empty = |start: &usize| {
        let mut code = Code::from(source, *start).skip_while(|(_, byte)| !b"{};=".contains(byte));
        let is_blank = |byte: u8| byte == b';' || byte.is_ascii_whitespace();
        code.next().is_some_and(|(_, byte)| byte == b'{')
            && code.find(|(_, byte)| !is_blank(*byte)).is_some_and(|(_, byte)| byte == b'}')
    };
    let start = code::statements(source, EXTEND).into_iter().find(is_empty)?;
    Some(start - EXTEND.len())
}

/// Finds the `edition` statement, which can only be the first statement.
fn find_edition(source: &str) -> Option<usize> {
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

/// Sets empty options for methods with a body: `rpc … {}` has empty options, `rpc …;` has none. The
/// parser does not distinguish them; the last character of a method does.
fn mark_method_bodies(file: &mut FileDescriptorProto, source: &str, locations: &[Location]) {
    if file.service.iter().all(|service| service.method.iter().all(has_options)) {
        return;
    }
    let lines: Vec<&str> = source.split('\n').collect();
    for location in locations {
        let &[tag::file::SERVICE, service, tag::service::METHOD, method] = location.path.as_slice()
        else {
            continue;
        };
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

/// Parses a source text as `a.proto`.
#[cfg(test)]
pub(super) fn parse_text(source: &str) -> Result<Parsed, Vec<Finding>> {
    parse("a.proto", "a.proto", source.as_bytes(), &EntryLocations::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &[u8]) -> (u32, u32, String) {
        let findings = parse("a.proto", "a.proto", source, &EntryLocations::default());
        let finding = findings.expect_err("it is refused").remove(0);
        (finding.place.start_line, finding.place.start_column, finding.message)
    }

    #[test]
    fn malformed_sources_are_refused_at_their_location() {
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
        assert!(parse_text("message edition { }").is_ok());
    }

    #[test]
    fn an_extend_without_extensions_is_refused() {
        for (source, place) in [
            ("message M { extensions 1; }\nextend M { ; }", Some((2, 1))),
            ("message M { extensions 1;\n/* */extend .p . M // {\n{\n} }", Some((2, 6))),
            ("message extend { optional extend extend = 1; }", None),
            (
                "enum E { extend = 0; } message M { extensions 1; extend M { optional E e = 1; } }",
                None,
            ),
        ] {
            let refused = parse_text(source).err();
            let start =
                refused.map(|found| (found[0].place.start_line, found[0].place.start_column));
            assert_eq!(start, place, "{source}");
        }
    }

    #[test]
    fn a_method_with_a_body_has_options() {
        let source = "service S { rpc A(M) returns (M) {} rpc B(M) returns (M); }";
        let parsed = parse_text(source).expect("it is well formed");
        let options = |index: usize| parsed.descriptor.service[0].method[index].options.clone();
        assert_eq!((options(0), options(1)), (Some(Vec::new()), None));
    }
}
