//! Locations and comments, decoded from the source code info of a file when a finding needs them.

use std::ops::Range;

use prost::encoding::decode_varint;

use super::tag::{location, source_code_info};
use super::wire::{self, Value};

/// First line, first column, last line, column after the last character; counted from 0, as in
/// descriptors.
pub type Span = [u32; 4];

/// The comments of an element, as in the descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Directly before the element.
    pub leading: Option<String>,
    /// Directly after it.
    pub trailing: Option<String>,
    /// Before it, each followed by an empty line.
    pub detached: Vec<String>,
}

/// The locations of the elements of one file.
#[derive(Debug, Default)]
pub struct Places {
    /// The locations, sorted by path, and by span where several have the same path: `json_name =
    /// "x"` comes before the `"x"` in it.
    locations: Vec<Location>,
    /// The numbers of all locations: the path of each, and its span after it.
    numbers: Vec<i32>,
    /// All comments, one after the other.
    text: String,
    /// Where the comments of a location are in the text.
    comments: Vec<Comment>,
}

/// The location of one element. A file has many, so they own nothing.
#[derive(Clone, Copy, Debug)]
struct Location {
    path: u32,
    span: u32,
    end: u32,
    /// The end of its comments in [`Places::comments`]; they begin at `comments`.
    comments: u32,
    comments_end: u32,
}

#[derive(Debug)]
struct Comment {
    /// Its field in the descriptor.
    kind: u32,
    text: Range<usize>,
}

impl Places {
    /// Decodes source code info. Invalid info has no locations.
    pub fn decode(info: &[u8]) -> Self {
        Places::read(info).unwrap_or_default()
    }

    fn read(info: &[u8]) -> Option<Self> {
        let mut places = Places::default();
        let mut spans = Vec::new();
        for record in wire::read(info) {
            let record = record.ok()?;
            if record.number == source_code_info::LOCATION as u32 {
                places.read_location(record.value.bytes()?, &mut spans)?;
            }
        }
        let Places { locations, numbers, .. } = &mut places;
        locations.sort_by(|a, b| {
            let key = |of: &Location| (of.path(numbers), of.span(numbers));
            key(a).cmp(&key(b))
        });
        Some(places)
    }

    /// Reads one location. `spans` is empty, before and after: it saves an allocation for each.
    fn read_location<'i>(&mut self, bytes: &'i [u8], spans: &mut Vec<Value<'i>>) -> Option<()> {
        let comments = position(self.comments.len())?;
        let path = position(self.numbers.len())?;
        for record in wire::read(bytes) {
            let record = record.ok()?;
            match record.number {
                PATH => read_numbers(record.value, &mut self.numbers)?,
                SPAN => spans.push(record.value),
                kind if COMMENTS.contains(&kind) => {
                    let text = std::str::from_utf8(record.value.bytes()?).ok()?;
                    let begin = self.text.len();
                    self.text.push_str(text);
                    self.comments.push(Comment { kind, text: begin..self.text.len() });
                }
                _ => {}
            }
        }
        let span = position(self.numbers.len())?;
        for numbers in spans.drain(..) {
            read_numbers(numbers, &mut self.numbers)?;
        }
        let end = position(self.numbers.len())?;
        let comments_end = position(self.comments.len())?;
        self.locations.push(Location { path, span, end, comments, comments_end });
        Some(())
    }

    /// Returns the span of the element at `path`; the first one of several.
    pub fn span(&self, path: &[i32]) -> Option<Span> {
        let at = |number: &i32| u32::try_from(*number).unwrap_or(0);
        match self.find(path)?.span(&self.numbers) {
            [line, column, end] => Some([at(line), at(column), at(line), at(end)]),
            [line, column, last, end] => Some([at(line), at(column), at(last), at(end)]),
            _ => None,
        }
    }

    /// Returns the comments of the element at `path`.
    pub fn comments(&self, path: &[i32]) -> Option<Comments> {
        let mut comments = Comments::default();
        for (kind, text) in self.texts(self.find(path)?) {
            match kind {
                LEADING => comments.leading = Some(text.to_owned()),
                TRAILING => comments.trailing = Some(text.to_owned()),
                _ => comments.detached.push(text.to_owned()),
            }
        }
        Some(comments)
    }

    /// Returns the comment directly before the element at `path`, empty if there is none.
    pub fn leading(&self, path: &[i32]) -> Option<&str> {
        let texts = self.texts(self.find(path)?);
        Some(texts.filter(|(kind, _)| *kind == LEADING).last().map_or("", |(_, text)| text))
    }

    /// Returns the comments of a location, each with its field in the descriptor.
    fn texts(&self, location: &Location) -> impl Iterator<Item = (u32, &str)> {
        let comments = location.comments as usize..location.comments_end as usize;
        self.comments[comments].iter().map(|it| (it.kind, &self.text[it.text.clone()]))
    }

    /// Returns the path of the location that is nearest to `path`: `path` itself if it has a
    /// location, else the first location inside it, else the closest around it whose path has at
    /// least `least` numbers.
    pub fn nearest<'p>(&'p self, path: &'p [i32], least: usize) -> Option<&'p [i32]> {
        if self.find(path).is_some() {
            return Some(path);
        }
        let after = self.locations[self.first_from(path)..].iter();
        let inside = after.take_while(|at| at.path(&self.numbers).starts_with(path));
        if let Some(first) = inside.min_by_key(|at| at.span(&self.numbers)) {
            return Some(first.path(&self.numbers));
        }
        let around = (least..path.len()).rev().map(|length| &path[..length]);
        around.into_iter().find(|around| self.find(around).is_some())
    }

    fn find(&self, path: &[i32]) -> Option<&Location> {
        let found = self.locations.get(self.first_from(path));
        found.filter(|location| location.path(&self.numbers) == path)
    }

    /// Returns the index of the first location whose path is not before `path`.
    fn first_from(&self, path: &[i32]) -> usize {
        self.locations.partition_point(|location| location.path(&self.numbers) < path)
    }
}

/// Reads the numbers of one record, packed or not.
fn read_numbers(value: Value<'_>, numbers: &mut Vec<i32>) -> Option<()> {
    match value {
        Value::Varint(number) => numbers.push(number as i32),
        Value::Bytes(mut packed) => {
            while !packed.is_empty() {
                numbers.push(decode_varint(&mut packed).ok()? as i32);
            }
        }
        _ => return None,
    }
    Some(())
}

const PATH: u32 = location::PATH as u32;
const SPAN: u32 = location::SPAN as u32;
const LEADING: u32 = location::LEADING_COMMENTS as u32;
const TRAILING: u32 = location::TRAILING_COMMENTS as u32;

/// The fields of a location that are comments.
const COMMENTS: [u32; 3] = [LEADING, TRAILING, location::LEADING_DETACHED_COMMENTS as u32];

/// Returns an index in less space. A file with more of them is not decoded.
fn position(index: usize) -> Option<u32> {
    u32::try_from(index).ok()
}

impl Location {
    fn path(self, numbers: &[i32]) -> &[i32] {
        &numbers[self.path as usize..self.span as usize]
    }

    fn span(self, numbers: &[i32]) -> &[i32] {
        &numbers[self.span as usize..self.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::schema::descriptor::{self, SourceCodeInfo};

    fn location(path: &[i32], span: &[i32], leading: &str) -> descriptor::Location {
        let (path, span) = (path.to_vec(), span.to_vec());
        let leading_comments = (!leading.is_empty()).then(|| leading.to_owned());
        descriptor::Location { path, span, leading_comments, ..Default::default() }
    }

    #[test]
    fn locations_are_found_by_their_paths() {
        let full = descriptor::Location {
            trailing_comments: Some("after".to_owned()),
            leading_detached_comments: vec!["one".to_owned(), "two".to_owned()],
            ..location(&[4, 0], &[1, 2, 3, 4], "before")
        };
        let location = vec![
            full,
            location(&[], &[0, 0, 9], ""),
            location(&[4, 0, 2, 1], &[2, 5, 6], "second"),
            location(&[4, 0, 2, 1], &[2, 4, 6], "first"),
            location(&[4, 1], &[7], ""),
        ];
        let places = Places::decode(&SourceCodeInfo { location }.encode_to_vec());
        assert_eq!(places.span(&[]), Some([0, 0, 0, 9]));
        assert_eq!(places.span(&[4, 0]), Some([1, 2, 3, 4]));
        assert_eq!(places.span(&[4, 1]), None);
        assert_eq!(places.span(&[4]), None);
        assert_eq!(places.leading(&[4, 0, 2, 1]), Some("first"));
        assert_eq!((places.leading(&[]), places.leading(&[4])), (Some(""), None));
        let comments = places.comments(&[4, 0]).expect("it has a location");
        assert_eq!(comments.leading.as_deref(), Some("before"));
        assert_eq!(comments.trailing.as_deref(), Some("after"));
        assert_eq!(comments.detached, ["one", "two"]);
        assert_eq!(places.nearest(&[4, 0, 2], 1), Some(&[4, 0, 2, 1][..]));
        assert_eq!(places.nearest(&[4, 1, 5], 1), Some(&[4, 1][..]));
        assert_eq!(places.nearest(&[5, 1], 1), None);
    }

    #[test]
    fn invalid_info_has_no_locations() {
        let location = location(&[4, 0], &[1, 2, 3], "text");
        let info = SourceCodeInfo { location: vec![location] }.encode_to_vec();
        assert!(Places::decode(&info).span(&[4, 0]).is_some());
        let without_utf8: Vec<u8> =
            info.iter().map(|byte| if *byte == b'x' { 0xff } else { *byte }).collect();
        for broken in [&info[..info.len() - 1], &without_utf8, b"\x0a\x02\x0a\x80", b"\x08\x01"] {
            assert!(Places::decode(broken).locations.is_empty(), "{broken:?}");
        }
        // Numbers that are not packed.
        let places = Places::decode(b"\x0a\x0a\x08\x04\x08\x00\x10\x01\x10\x02\x10\x03");
        assert_eq!(places.span(&[4, 0]), Some([1, 2, 1, 3]));
    }
}
