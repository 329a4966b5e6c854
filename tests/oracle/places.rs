//! Source places of another compiler in the form that wireproof and buf have.

use prost::Message;
use wireproof::schema::descriptor::{FileDescriptorProto, Location, SourceCodeInfo};

use super::width::width;

/// How a compiler counts columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// As they are displayed, tabs to 4: buf and wireproof.
    Display,
    /// Bytes, a tab is one: protox.
    Bytes,
    /// Bytes, tabs to 8, a byte order mark is three: protoc.
    Tabs8,
}

/// The places of `file`, taken out of it, in order of their paths, with display columns.
pub(super) fn take(
    file: &mut FileDescriptorProto,
    source: &[u8],
    columns: Columns,
) -> Vec<Location> {
    let info = file.source_code_info.take().unwrap_or_default();
    let mut locations = SourceCodeInfo::decode(&*info).expect("a compiler wrote it").location;
    if columns != Columns::Display {
        let source = match columns {
            Columns::Tabs8 => source,
            _ => source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source),
        };
        let lines: Vec<&[u8]> = source.split(|byte| *byte == b'\n').collect();
        locations.iter_mut().for_each(|location| convert(&mut location.span, &lines, columns));
    }
    locations
}

/// Rewrites the columns of a span.
fn convert(span: &mut [i32], lines: &[&[u8]], columns: Columns) {
    let at = |line: i32, column: &mut i32| {
        let line = lines.get(line as usize).copied().unwrap_or_default();
        let offset = offset(line, *column as usize, columns);
        *column = width(&String::from_utf8_lossy(&line[..offset])) as i32;
    };
    match span {
        [line, start, end] => {
            at(*line, start);
            at(*line, end);
        }
        [first, start, last, end] => {
            at(*first, start);
            at(*last, end);
        }
        _ => {}
    }
}

/// The byte of `line` that stands at `column`.
fn offset(line: &[u8], column: usize, columns: Columns) -> usize {
    if columns == Columns::Bytes {
        return column.min(line.len());
    }
    let mut at = 0;
    line.iter()
        .position(|byte| {
            let reached = at >= column;
            at += if *byte == b'\t' { 8 - at % 8 } else { 1 };
            reached
        })
        .unwrap_or(line.len())
}
