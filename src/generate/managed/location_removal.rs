//! Removes the locations of options that no longer have the value in the source, and those of lists
//! of options without an option left.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::schema::tag::location::{PATH, SPAN};
use crate::schema::tag::source_code_info::LOCATION;
use crate::schema::tag::{field, file, message};
use crate::schema::wire::{self, Value};

/// The descriptor paths of options.
pub(super) type Paths = FxHashSet<Vec<i32>>;

/// Returns `info`, a `SourceCodeInfo`, without the locations of the options at the paths `gone`.
pub(super) fn without(info: &[u8], gone: &Paths) -> Vec<u8> {
    let mut sweep = Sweep {
        gone,
        dropped: Vec::new(),
        statements: Vec::new(),
        spans: Vec::new(),
        lists: FxHashMap::default(),
    };
    let mut path = Vec::new();
    for (index, record) in wire::records(info).enumerate() {
        path.clear();
        let location = match record.value {
            Value::Bytes(location) if record.number as i32 == LOCATION => location,
            _ => &[],
        };
        read_path(location, &mut path);
        sweep.place(index, &path, location);
    }
    let keep = sweep.keep();
    let records = wire::records(info).zip(keep).filter(|(_, keep)| *keep);
    records.flat_map(|(record, _)| record.bytes).copied().collect()
}

/// The search for the locations to remove, by index.
struct Sweep<'a> {
    gone: &'a Paths,
    dropped: Vec<bool>,
    /// The indices of the locations of file option statements, with their spans.
    statements: Vec<(usize, &'a [u8])>,
    /// The spans of the removed file options.
    spans: Vec<&'a [u8]>,
    /// The indices of the locations of field option lists, and whether an option in the list stays.
    lists: FxHashMap<Vec<i32>, (usize, bool)>,
}

impl<'a> Sweep<'a> {
    /// Visits the location at `path`. Every file option has its own location `[8]` with the same
    /// span; the options of a field share one location.
    fn place(&mut self, index: usize, path: &[i32], location: &'a [u8]) {
        let goes = self.gone.contains(path);
        self.dropped.push(goes);
        match path {
            [file::OPTIONS] => self.statements.push((index, span(location))),
            [file::OPTIONS, _] if goes => self.spans.push(span(location)),
            _ => self.place_in_field(index, path, goes),
        }
    }

    fn place_in_field(&mut self, index: usize, path: &[i32], goes: bool) {
        let Some(list) = list_of_field(path) else { return };
        if list.end == path.len() {
            let stays = self.lists.get(path).is_some_and(|(_, stays)| *stays);
            self.lists.insert(path.to_vec(), (index, stays));
        } else if let Some((_, stays)) = self.lists.get_mut(&path[list])
            && !goes
        {
            *stays = true;
        }
    }

    fn keep(mut self) -> Vec<bool> {
        let statements = self.statements.iter().filter(|(_, span)| self.spans.contains(span));
        let lists = self.lists.values().filter(|(_, stays)| !stays);
        for index in statements.map(|(index, _)| *index).chain(lists.map(|(index, _)| *index)) {
            self.dropped[index] = true;
        }
        self.dropped.into_iter().map(|goes| !goes).collect()
    }
}

/// Returns the bytes of the span of a location.
fn span(location: &[u8]) -> &[u8] {
    wire::last_bytes(Some(location), SPAN).unwrap_or_default()
}

/// Returns the prefix of `path` that is the path of the options of a field, if it has one.
fn list_of_field(path: &[i32]) -> Option<Range<usize>> {
    let mut at = 0;
    match *path.first()? {
        file::EXTENSION => {}
        file::MESSAGE_TYPE => {
            at = 2;
            while path.get(at) == Some(&message::NESTED_TYPE) {
                at += 2;
            }
            path.get(at).filter(|list| [message::FIELD, message::EXTENSION].contains(*list))?;
        }
        _ => return None,
    }
    (path.get(at + 2) == Some(&field::OPTIONS)).then_some(0..at + 3)
}

/// Decodes the path of a location, packed or not.
fn read_path(location: &[u8], path: &mut Vec<i32>) {
    for record in wire::records(location).filter(|record| record.number as i32 == PATH) {
        match record.value {
            Value::Varint(part) => path.push(part as i32),
            Value::Bytes(packed) => {
                path.extend(wire::packed_varints(packed).map(|part| part as i32));
            }
            _ => {}
        }
    }
}
