//! Adjusts the parser's source info, which follows protoc, to that of buf.

use prost_types::source_code_info::Location;
use rustc_hash::FxHashMap;

use super::code::Code;
use super::{columns, comment_text, comments};
use crate::schema::tag::field::{DEFAULT_VALUE, TYPE, TYPE_NAME};
use crate::schema::tag::{UNINTERPRETED_OPTION, file, message};

/// Adjusts `locations`, whose columns are still bytes, to those that buf finds in `source`.
pub(in crate::compile) fn adjust(locations: &mut [Location], source: &str) {
    order_within_paths(locations);
    interleave_statements(locations);
    widen_defaults(locations, source);
    comment_text::restore(locations, source);
    comments::reattach(locations, source);
    move_group_types(locations);
}

/// Sorts the locations with the same path, such as those of `json_name = "x"` and its `"x"`, by
/// span: readers of images use the first one, and the parser writes them in any order.
fn order_within_paths(locations: &mut [Location]) {
    for same in locations.chunk_by_mut(|a, b| a.path == b.path).filter(|same| same.len() > 1) {
        same.sort_by(|a, b| a.span.cmp(&b.span));
    }
}

/// Puts each of several statements that contribute to one list (`option`, `reserved`, `extend`)
/// before its elements, as in the source: buf's managed mode relies on this order to find the
/// statement of an option. The parser writes all statements first, then all elements.
fn interleave_statements(locations: &mut [Location]) {
    let mut at = 0;
    while let Some(Location { path, .. }) = locations.get(at) {
        let statements =
            locations[at..].iter().take_while(|location| location.path == *path).count();
        if statements > 1 {
            let held =
                locations[at..].iter().take_while(|location| location.path.starts_with(path));
            let end = at + held.count();
            interleave(&mut locations[at..end], statements);
        }
        at += statements;
    }
}

/// Interleaves the locations of one list; the first ones are those of its `statements`.
fn interleave(locations: &mut [Location], statements: usize) {
    let start = |location: &Location| [location.span[0], location.span[1]];
    let starts: Vec<[i32; 2]> = locations[..statements].iter().map(start).collect();
    let depth = locations[0].path.len();
    let mut of = 0;
    let statement = |(index, location): (usize, &Location)| {
        if index < statements {
            return index;
        }
        // A longer path belongs to the location before it.
        let own = if location.path[depth] == UNINTERPRETED_OPTION { depth + 2 } else { depth + 1 };
        if location.path.len() == own {
            of = starts.partition_point(|other| *other <= start(location)).saturating_sub(1);
        }
        of
    };
    let of: Vec<usize> = locations.iter().enumerate().map(statement).collect();
    let mut order: Vec<_> = of.into_iter().zip(locations.iter_mut().map(std::mem::take)).collect();
    // The sort is stable: a statement stays before its elements, and these stay in order.
    order.sort_by_key(|(statement, _)| *statement);
    locations.iter_mut().zip(order).for_each(|(slot, (_, location))| *slot = location);
}

/// Widens the span of a default to `default = value`, as in buf; the parser has that of the value.
fn widen_defaults(locations: &mut [Location], source: &str) {
    let is_default = |location: &Location| match *location.path {
        [file::EXTENSION, _, DEFAULT_VALUE] => true,
        [.., message::FIELD | message::EXTENSION, _, DEFAULT_VALUE] => location.path.len() > 3,
        _ => false,
    };
    if !locations.iter().any(is_default) {
        return;
    }
    let lines = columns::line_starts(source);
    let offset = |span: &[i32]| lines[span[0] as usize] + span[1] as usize;
    let starts: FxHashMap<Vec<i32>, usize> =
        locations.iter().map(|l| (l.path.clone(), offset(&l.span))).collect();
    for location in locations.iter_mut().filter(|location| is_default(location)) {
        let field = &location.path[..location.path.len() - 1];
        let (Some(field), value) = (starts.get(field), offset(&location.span)) else { continue };
        let Some(word) = last_word(source, *field, value, "default") else { continue };
        let line = lines.partition_point(|start| *start <= word) - 1;
        let [.., last, end] = *location.span else { continue };
        let last = if location.span.len() == 3 { location.span[0] } else { last };
        let (line, column) = (line as i32, (word - lines[line]) as i32);
        location.span =
            if line == last { vec![line, column, end] } else { vec![line, column, last, end] };
    }
}

/// Moves the type of a group to its keyword, as in buf; the parser has it at the name. Only groups
/// have a location for both.
fn move_group_types(locations: &mut [Location]) {
    // Lists are at even positions of a path, and so are the parts of a field.
    let is_of_field = |path: &[i32]| match *path {
        [file::EXTENSION, _, _] => true,
        [file::MESSAGE_TYPE, .., message::FIELD | message::EXTENSION, _, _] => path.len() % 2 == 1,
        _ => false,
    };
    let mut keyword: Option<Location> = None;
    for location in locations.iter_mut().filter(|location| is_of_field(&location.path)) {
        let (last, field) = location.path.split_last().expect("it is of a field");
        match *last {
            TYPE => keyword = Some(location.clone()),
            TYPE_NAME => {
                if let Some(keyword) = keyword.take_if(|k| k.path[..k.path.len() - 1] == *field) {
                    location.span = keyword.span;
                }
            }
            _ => {}
        }
    }
}

/// Finds the last occurrence of the word `word` between two offsets, outside of strings and
/// comments.
fn last_word(source: &str, from: usize, to: usize, word: &str) -> Option<usize> {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let bytes = source.as_bytes();
    let mut found = None;
    let mut before = None;
    for (at, byte) in Code::from(source, from).take_while(|(at, _)| *at < to) {
        let is_word = !is_part(before.as_ref()) && !is_part(bytes.get(at + word.len()));
        if is_word && bytes[at..].starts_with(word.as_bytes()) {
            found = Some(at);
        }
        before = Some(byte);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::parse::parse_text;

    #[test]
    fn the_type_of_a_group_is_its_keyword() {
        let source = "message M { optional int32 a = 1; optional group G = 2 {} optional M m = 3; }\n\
                      service S { rpc R(stream M) returns (stream M); }\n";
        let mut locations = protox_parse::parse("a.proto", source)
            .expect("it parses")
            .source_code_info
            .expect("it has locations")
            .location;
        let before = locations.clone();
        move_group_types(&mut locations);
        let moved = before.iter().zip(&locations).filter(|(before, after)| before != after);
        let moved: Vec<_> = moved.map(|(_, after)| (&*after.path, &*after.span)).collect();
        assert_eq!(moved, [(&[4, 0, 2, 1, 6][..], &[0, 43, 48][..])]);
    }

    #[test]
    fn a_json_name_comes_before_its_value() {
        let location = |span: [i32; 3]| Location {
            path: vec![4, 0, 2, 0, 10],
            span: span.to_vec(),
            ..Location::default()
        };
        let mut locations = [location([2, 36, 39]), location([2, 24, 39])];
        order_within_paths(&mut locations);
        assert_eq!(locations, [location([2, 24, 39]), location([2, 36, 39])]);
    }

    #[test]
    fn a_statement_is_before_its_elements() {
        let source = "option java_package = \"a\";\nmessage M { reserved 1; }\noption go_package = \"b\";\n\
                      extend M { optional int32 a = 5; }\nextend M { optional int32 b = 6; }\n";
        let mut locations = protox_parse::parse("a.proto", source)
            .expect("it parses")
            .source_code_info
            .expect("it has locations")
            .location;
        interleave_statements(&mut locations);
        let paths = |list: i32| -> Vec<&[i32]> {
            let of_list = locations.iter().map(|location| &*location.path);
            of_list.filter(|path| path.first() == Some(&list) && path.len() < 3).collect()
        };
        assert_eq!(paths(7), [&[7][..], &[7, 0], &[7], &[7, 1]]);
        assert_eq!(paths(8).len(), 2);
        let options = locations.iter().filter(|location| location.path.first() == Some(&8));
        let lines: Vec<i32> = options.map(|location| location.span[0]).collect();
        assert!(lines.is_sorted() && lines.len() > 3, "{lines:?}");
    }

    #[test]
    fn the_span_of_a_default_includes_its_name() {
        let source = "message M { optional int32 default = 1 [ /* default */\n default = 7]; }";
        let parsed = parse_text(source).expect("it is well formed");
        let span = parsed.source_info.places().span(&[4, 0, 2, 0, DEFAULT_VALUE]);
        assert_eq!(span, Some([1, 1, 1, 12]));
    }

    #[test]
    fn comments_keep_the_line_endings_of_the_file() {
        let source = "// one\r\n// two\r\nmessage M {}\r\n";
        let comment = |source: &str| {
            let parsed = parse_text(source).expect("it is well formed");
            parsed.source_info.places().comments(&[4, 0]).expect("it has comments").leading
        };
        assert_eq!(comment(source).as_deref(), Some(" one\r\n two\r\n"));
        assert_eq!(comment(&source.replacen('\r', "", 1)).as_deref(), Some(" one\n two\r\n"));
    }
}
