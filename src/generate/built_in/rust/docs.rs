//! Comments in the output of prost-build, which would change them line by line. Each element gets a
//! mark instead of its comment, and the marks in the output are replaced by the comments.

use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
    SourceCodeInfo,
};
use rustc_hash::FxHashMap;

use super::markdown;
use crate::schema::tag;

/// The prefix of a mark.
const MARK: &str = "@wireproof-comment-";

/// The comments of all elements, by the numbers in their marks.
#[derive(Default)]
pub(super) struct Docs {
    texts: Vec<Vec<String>>,
}

impl Docs {
    /// Replaces the comments of `file` by marks. Afterwards every element has a location, which
    /// prost-build requires.
    pub(super) fn mark(&mut self, file: &mut FileDescriptorProto) {
        let places = file.source_code_info.take().unwrap_or_default();
        let mut comments = FxHashMap::default();
        for place in places.location {
            let text = markdown::lines([place.leading_comments(), place.trailing_comments()]);
            if !text.is_empty() {
                comments.entry(place.path).or_insert(text);
            }
        }
        let mut marks = Marks { docs: self, comments, path: Vec::new(), location: Vec::new() };
        marks.each(tag::file::MESSAGE_TYPE, &file.message_type, Marks::message);
        marks.each(tag::file::ENUM_TYPE, &file.enum_type, Marks::enumeration);
        marks.each(tag::file::SERVICE, &file.service, Marks::service);
        file.source_code_info = Some(SourceCodeInfo { location: marks.location });
    }

    /// Returns `text` with the marks replaced by the comments.
    pub(super) fn put(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let code = line.trim_start();
            let comment = code.strip_prefix("///").and_then(|text| self.marked(text.trim()));
            let Some(comment) = comment else {
                out.push_str(line);
                continue;
            };
            let indent = &line[..line.len() - code.len()];
            for text in comment {
                let space = if text.is_empty() { "" } else { " " };
                out.extend([indent, "///", space, text, "\n"]);
            }
        }
        out
    }

    fn marked(&self, text: &str) -> Option<&[String]> {
        let number = text.strip_prefix(MARK)?.parse::<usize>().ok()?;
        self.texts.get(number).map(Vec::as_slice)
    }
}

/// A walk over the elements of a file.
struct Marks<'a> {
    docs: &'a mut Docs,
    comments: FxHashMap<Vec<i32>, Vec<String>>,
    path: Vec<i32>,
    location: Vec<Location>,
}

impl Marks<'_> {
    /// Marks all of `elements`, a list with the field number `number` in its parent.
    fn each<T>(&mut self, number: i32, elements: &[T], inside: impl Fn(&mut Self, &T)) {
        for (index, element) in (0..).zip(elements) {
            self.path.extend([number, index]);
            let mark = self.comments.remove(&self.path).map(|text| {
                self.docs.texts.push(text);
                format!("{MARK}{}", self.docs.texts.len() - 1)
            });
            let path = self.path.clone();
            self.location.push(Location { path, leading_comments: mark, ..Location::default() });
            inside(self, element);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn message(&mut self, message: &DescriptorProto) {
        self.each(tag::message::FIELD, &message.field, |_, _| {});
        self.each(tag::message::NESTED_TYPE, &message.nested_type, Self::message);
        self.each(tag::message::ENUM_TYPE, &message.enum_type, Self::enumeration);
        self.each(tag::message::ONEOF_DECL, &message.oneof_decl, |_, _| {});
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptorProto) {
        self.each(tag::enumeration::VALUE, &enumeration.value, |_, _| {});
    }

    fn service(&mut self, service: &ServiceDescriptorProto) {
        self.each(tag::service::METHOD, &service.method, |_, _| {});
    }
}
