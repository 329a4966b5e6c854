//! What compilers say differently and mean alike. Each normalisation says who does what.

use std::collections::{HashMap, HashSet};

use wireproof::schema::descriptor::{
    DescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto, Location,
};

use super::compare::Oracle;
use super::tree::Tree;

/// Fields of descriptors that normalisations are about.
const TYPE: i32 = 5;
const TYPE_NAME: i32 = 6;
const DEFAULT_VALUE: i32 = 7;
const OPTIONS: i32 = 8;
const JSON_NAME: i32 = 10;

/// Normalises a descriptor whose options are decoded already.
pub(super) fn file(file: &mut FileDescriptorProto, oracle: Oracle) {
    if oracle != Oracle::Protoc {
        file.extension.iter_mut().for_each(float_default);
        file.message_type.iter_mut().for_each(float_defaults);
    }
    if oracle != Oracle::Buf {
        file.extension.iter_mut().for_each(enum_default);
        file.message_type.iter_mut().for_each(enum_defaults);
    }
    if oracle == Oracle::Protox {
        bodies(file);
    }
}

fn enum_defaults(message: &mut DescriptorProto) {
    message.field.iter_mut().chain(&mut message.extension).for_each(enum_default);
    message.nested_type.iter_mut().for_each(enum_defaults);
}

/// Where several names have one number, buf and we write the first of them, whichever it is in
/// the source; protoc and protox write that one.
fn enum_default(field: &mut FieldDescriptorProto) {
    if field.r#type() == FieldType::Enum {
        field.default_value = field.default_value.take().map(|_| "any".to_owned());
    }
}

/// `rpc … {}` has options that are empty; protox leaves them out.
fn bodies(file: &mut FileDescriptorProto) {
    for method in file.service.iter_mut().flat_map(|service| &mut service.method) {
        method.options.take_if(|options| options == b"{}");
    }
}

fn float_defaults(message: &mut DescriptorProto) {
    message.field.iter_mut().chain(&mut message.extension).for_each(float_default);
    message.nested_type.iter_mut().for_each(float_defaults);
}

/// buf writes a float as the double that it is ("1.5000000512e+10"), protox writes digits, protoc
/// and we write the fewest digits: the same number is the same default.
fn float_default(field: &mut FieldDescriptorProto) {
    if let Some(text) = &mut field.default_value {
        match field.r#type.and_then(|kind| FieldType::try_from(kind).ok()) {
            Some(FieldType::Float) => {
                let number: f32 = text.parse().expect("it is the text of a number");
                *text = number.to_string();
            }
            Some(FieldType::Double) => {
                let number: f64 = text.parse().expect("it is the text of a number");
                *text = number.to_string();
            }
            _ => {}
        }
    }
}

/// Normalises the places of both sides, ours first.
pub(super) fn places(sides: [Vec<Location>; 2], oracle: Oracle, tree: &Tree) -> [Vec<Location>; 2] {
    let [mut ours, mut theirs] = sides;
    if oracle != Oracle::Buf {
        group_types(&mut theirs);
        json_values(&mut theirs);
    }
    if oracle == Oracle::Buf {
        without_pseudo_options(&mut ours);
    }
    for side in [&mut ours, &mut theirs] {
        match oracle {
            Oracle::Protoc => {
                side.iter_mut().for_each(default_value);
                single_numbers(side);
            }
            Oracle::Protox => {
                side.iter_mut().for_each(default_value);
                side.iter_mut().for_each(carriage_returns);
                side.iter_mut().for_each(map_entry);
            }
            Oracle::Buf => {
                side.iter_mut().for_each(last_newlines);
                side.iter_mut().for_each(nothing);
                side.retain(|place| !is_custom_or_inside(&place.path));
                once(side);
            }
        }
        match oracle {
            Oracle::Buf if tree.has_comments_anywhere => {
                side.iter_mut().for_each(only_leading_comment);
            }
            _ if tree.has_comments_anywhere => side.iter_mut().for_each(without_comments),
            _ => {}
        }
    }
    [ours, theirs]
}

/// Whom a comment belongs to that stands between the tokens of one line, each compiler decides for
/// itself. Where comments stand on their own lines, or behind what they describe, all agree.
fn without_comments(place: &mut Location) {
    only_leading_comment(place);
    place.leading_comments = None;
}

/// Of comments between the tokens of one line those that lint asks for are buf's, the others the
/// parser's.
fn only_leading_comment(place: &mut Location) {
    place.trailing_comments = None;
    place.leading_detached_comments.clear();
}

/// protoc and protox have a place for the keyword `group` (the type) and one for the group's name
/// (the type's name); buf and we have one, the keyword's, and call it that of the type's name.
fn group_types(places: &mut Vec<Location>) {
    let parts = |number| places.iter().filter_map(move |place| of_field(&place.path, number));
    let names: HashSet<&[i32]> = parts(TYPE_NAME).collect();
    let groups: HashSet<Vec<i32>> =
        parts(TYPE).filter(|field| names.contains(field)).map(<[i32]>::to_vec).collect();
    let is_of_group = |place: &Location, number| {
        of_field(&place.path, number).is_some_and(|field| groups.contains(field))
    };
    places.retain(|place| !is_of_group(place, TYPE_NAME));
    for place in places.iter_mut() {
        if is_of_group(place, TYPE) {
            *place.path.last_mut().expect("it is a field's") = TYPE_NAME;
        }
    }
}

/// The field that `path` is the part `number` of.
fn of_field(path: &[i32], number: i32) -> Option<&[i32]> {
    let (last, field) = path.split_last()?;
    let is_field = match field {
        [7, _] => true,
        [4, .., 2 | 6, _] => field.len() % 2 == 0,
        _ => false,
    };
    (is_field && *last == number).then_some(field)
}

/// The place of a default: buf and we have it from its name on (`default = 7`), protoc and protox
/// that of the value alone. They end together.
fn default_value(place: &mut Location) {
    if of_field(&place.path, DEFAULT_VALUE).is_some() {
        let last = place.span.len() - 2;
        place.span = match place.span[..] {
            [line, _, end] => vec![line, end],
            _ => place.span[last..].to_vec(),
        };
    }
}

/// A reserved range that is one number ends where it begins: buf and we have the number for its
/// end, too, protoc of a negative one the minus alone.
fn single_numbers(places: &mut [Location]) {
    let is = |place: &&Location, last| place.path.last() == Some(&last);
    let starts = places.iter().filter(|place| is(place, 1));
    let starts: HashMap<Vec<i32>, Vec<i32>> =
        starts.map(|place| (place.path.clone(), place.span.clone())).collect();
    for place in places.iter_mut().filter(|place| place.path.last() == Some(&2)) {
        let mut path = place.path.clone();
        *path.last_mut().expect("it is an end") = 1;
        if let Some(start) = starts.get(&path).filter(|start| start[..2] == place.span[..2]) {
            place.span.clone_from(start);
        }
    }
}

/// A JSON name has two places for protoc and protox, that of `json_name = "x"` and that of the
/// value; buf and we have the first.
fn json_values(places: &mut Vec<Location>) {
    places.sort_by(|a, b| (&a.path, &a.span).cmp(&(&b.path, &b.span)));
    places.dedup_by(|value, whole| {
        value.path == whole.path && of_field(&value.path, JSON_NAME).is_some()
    });
}

/// Where a message or an enum has several statements of ranges or of names (`reserved 1; reserved
/// 3;`), each has a place for protoc, protox and us; buf has the first.
fn once(places: &mut Vec<Location>) {
    let is_list = |path: &[i32]| path.len() % 2 == 1 && matches!(path.last(), Some(4 | 5 | 9 | 10));
    places.sort_by(|a, b| (&a.path, &a.span).cmp(&(&b.path, &b.span)));
    places.dedup_by(|later, earlier| {
        later.path == earlier.path && (later.span == earlier.span || is_list(&later.path))
    });
}

/// A file with nothing in it ends before it begins (`1:0` to `0:0`) with protoc, protox and us; buf
/// says that it is empty.
fn nothing(place: &mut Location) {
    if let [first, _, last, _] = place.span[..]
        && last < first
    {
        place.span = vec![0, 0, 0];
    }
}

/// The part of a custom option that is an entry of a map has its index in protoc and for us; in
/// protox it has not.
fn map_entry(place: &mut Location) {
    let inside = option(&place.path).map_or(0, <[i32]>::len);
    if inside > 2 {
        place.path.truncate(place.path.len() + 2 - inside);
    }
}

/// protox leaves out the carriage returns of comments; protoc, buf and we keep them.
fn carriage_returns(place: &mut Location) {
    comments(place).for_each(|comment| *comment = comment.replace('\r', ""));
}

fn comments(place: &mut Location) -> impl Iterator<Item = &mut String> {
    let comments = place.leading_comments.iter_mut().chain(&mut place.trailing_comments);
    comments.chain(&mut place.leading_detached_comments)
}

/// Comments end with a line end where they do in the source; buf leaves off the last one.
fn last_newlines(place: &mut Location) {
    for comment in comments(place) {
        if comment.ends_with('\n') {
            comment.pop();
        }
    }
}

/// buf has no place for brackets in which nothing but a default and a JSON name stands; we have it,
/// as protoc does.
fn without_pseudo_options(places: &mut Vec<Location>) {
    let options: HashSet<Vec<i32>> =
        places.iter().filter_map(|place| option_of_field(&place.path)).collect();
    places.retain(|place| {
        let brackets = of_field(&place.path, OPTIONS);
        brackets.is_none_or(|_| options.contains(&place.path))
    });
}

/// The path of the options of the field that `path` is an option of.
fn option_of_field(path: &[i32]) -> Option<Vec<i32>> {
    let at = (1..path.len()).find(|at| of_field(&path[..*at], OPTIONS).is_some())?;
    Some(path[..at].to_vec())
}

/// buf has the place of a custom option from its name to its value, and places for what is inside
/// of the value of any option; protoc, protox and we have the whole statement.
pub(crate) fn is_custom_or_inside(path: &[i32]) -> bool {
    const FIRST_CUSTOM: i32 = 1000;
    match option(path) {
        Some([option]) => *option >= FIRST_CUSTOM,
        Some([]) | None => false,
        Some(_) => true,
    }
}

/// What a path leads to on its way.
#[derive(Clone, Copy)]
enum Element {
    File,
    Message,
    Field,
    Oneof,
    Range,
    Enum,
    Value,
    Service,
    Method,
}

/// Where `path` leads inside of options, if it leads there.
fn option(path: &[i32]) -> Option<&[i32]> {
    use Element::{Enum, Field, File, Message, Method, Oneof, Range, Service, Value};
    let mut element = File;
    let mut at = 0;
    loop {
        element = match (element, *path.get(at)?) {
            (Message, 7) | (File | Field, 8) | (Oneof, 2) | (Method, 4) => break,
            (Range | Enum | Value | Service, 3) => break,
            (File, 4) | (Message, 3) => Message,
            (File, 7) | (Message, 2 | 6) => Field,
            (File, 5) | (Message, 4) => Enum,
            (File, 6) => Service,
            (Message, 5) => Range,
            (Message, 8) => Oneof,
            (Enum, 2) => Value,
            (Service, 2) => Method,
            _ => return None,
        };
        at += 2;
    }
    Some(&path[at + 1..])
}

/// A file as lines that can be compared one by one: each with the lines that it is in.
pub(super) fn print(file: &FileDescriptorProto) -> Vec<String> {
    let mut around: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for line in format!("{file:#?}").lines() {
        let depth = (line.len() - line.trim_start().len()) / 4;
        around.truncate(depth);
        around.push(line.trim().to_owned());
        lines.push(around.join(" "));
    }
    lines
}
