//! The source paths of the entries of message values: buf has a location for each entry except
//! single messages. The caller of the compiler selects the options that need them.

use rustc_hash::FxHashMap;

use super::fields::Fields;
use super::text::{self, Entry, Literal};
use super::types::{FieldType, MessageType, ValueType};

/// An entry of a message value that has a location.
#[derive(Debug)]
pub(in crate::compile) struct EntryPath {
    /// The index of the message value's outermost entry that contains it, then the index inside
    /// that entry's value, and so on down to the entry itself.
    pub(in crate::compile) index: Vec<usize>,
    /// Its source path.
    pub(in crate::compile) path: Vec<i32>,
}

/// Returns the paths of the entries of `value`, to which `field` at `path` is set.
pub(super) fn entry_paths(
    fields: &mut Fields<'_, '_, '_>,
    field: &FieldType,
    value: &Literal<'_>,
    path: &[i32],
) -> Option<Vec<EntryPath>> {
    let (ValueType::Message(index), Literal::Message(entries)) = (field.value_type, value) else {
        return None;
    };
    let of = fields.types.message(index);
    let mut walk = Walk { fields, index: Vec::new(), path: path.to_vec(), found: Vec::new() };
    walk.entries(of, entries);
    Some(walk.found)
}

/// A walk over the entries of a message value.
struct Walk<'w, 'p, 'f, 'n> {
    fields: &'w mut Fields<'p, 'f, 'n>,
    index: Vec<usize>,
    path: Vec<i32>,
    found: Vec<EntryPath>,
}

impl<'p> Walk<'_, 'p, '_, '_> {
    fn entries(&mut self, of: &'p MessageType, entries: &[Entry<'_>]) {
        let mut counts = FxHashMap::<i32, i32>::default();
        for (number, entry) in entries.iter().enumerate() {
            // An invalid entry is reported when it is set; an empty list sets nothing.
            let Ok(field) = self.fields.entry_field(of, &entry.name) else { continue };
            if matches!(&entry.value, Literal::List(items) if items.is_empty()) {
                continue;
            }
            let (indexes, depth) = (self.index.len(), self.path.len());
            self.index.push(number);
            self.path.push(field.number);
            match (&entry.value, field.value_type) {
                (Literal::Message(entries), ValueType::Message(of)) if !field.is_repeated => {
                    self.entries(self.fields.types.message(of), entries);
                }
                _ => {
                    if field.is_repeated {
                        self.path.push(counts.get(&field.number).copied().unwrap_or(0));
                    }
                    let (index, path) = (self.index.clone(), self.path.clone());
                    self.found.push(EntryPath { index, path });
                }
            }
            *counts.entry(field.number).or_default() += 1;
            self.index.truncate(indexes);
            self.path.truncate(depth);
        }
    }
}

/// Returns the ranges of the entries at `paths` in `text`, a message value without its braces.
pub(in crate::compile) fn entry_ranges<'i>(
    text: &str,
    paths: &'i [EntryPath],
) -> Vec<(std::ops::Range<usize>, &'i [i32])> {
    let entries = text::parse(text, 0).unwrap_or_default();
    let range = |index: &[usize]| {
        let (first, deeper) = index.split_first()?;
        let mut entry = entries.get(*first)?;
        for number in deeper {
            let Literal::Message(entries) = &entry.value else { return None };
            entry = entries.get(*number)?;
        }
        Some(entry.at.clone())
    };
    // The text is parsed again, because the interpreted value has no offsets.
    paths.iter().filter_map(|entry| Some((range(&entry.index)?, entry.path.as_slice()))).collect()
}
