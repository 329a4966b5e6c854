//! A place that has not been looked up yet: a rule says where a finding belongs by element and
//! part, and only the findings that are reported cost a look into the source code info.

use super::{Places, Schema};
use crate::finding::Place;

/// An element, or a part of one, by file and descriptor path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub(super) file: u32,
    pub(super) path: Vec<i32>,
}

impl Spot {
    /// Its descriptor path within its file.
    pub fn path(&self) -> &[i32] {
        &self.path
    }

    /// The index of its file in its schema.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// What the first `length` numbers of its path stand for: something around it.
    #[must_use]
    pub fn up_to(&self, length: usize) -> Self {
        Spot { file: self.file, path: self.path[..length.min(self.path.len())].to_vec() }
    }

    /// The part of this element at `tail` (field numbers of descriptor.proto and indexes).
    #[must_use]
    pub fn part(mut self, tail: &[i32]) -> Self {
        self.path.extend_from_slice(tail);
        self
    }
}

/// Looks up spots of one schema, keeping the places of the file it read last: ask in the order
/// of files.
#[derive(Debug)]
pub struct Lookup<'s> {
    schema: &'s Schema,
    current: Option<(u32, Places)>,
}

impl<'s> Lookup<'s> {
    /// A lookup in `schema`.
    pub fn new(schema: &'s Schema) -> Self {
        Lookup { schema, current: None }
    }

    /// The place of the first of `spots` that the source code info knows; the first line of the
    /// file where it knows none; nowhere for no spot at all.
    pub fn place(&mut self, spots: &[Spot]) -> Place {
        let Some(first) = spots.first() else { return Place::nowhere() };
        let span = spots.iter().find_map(|spot| self.places(spot.file).span(&spot.path));
        let path = self.schema.files[first.file as usize].external.clone();
        match span {
            None => Place::file(path),
            Some(span) => Place::spanning(path, span),
        }
    }

    /// The places of a file.
    fn places(&mut self, file: u32) -> &Places {
        if self.current.as_ref().is_none_or(|(id, _)| *id != file) {
            let info = self.schema.files[file as usize].descriptor.source_code_info.as_deref();
            self.current = Some((file, info.map(Places::decode).unwrap_or_default()));
        }
        let (_, places) = self.current.as_ref().expect("it was set above");
        places
    }
}
