//! Where the entries of a message value went: buf has a place for each that is no single message,
//! and says of rules of protovalidate what is wrong there. Nobody asks for those of other options.

use rustc_hash::FxHashMap;

use super::set::Setter;
use super::text::{self, Entry, Literal};
use super::types::{FieldType, Holds, MessageType};

/// The entries that have a place: the index of each among those of its message value, of that
/// among those of the one around it, from the outside, and its source path.
pub(in crate::compile) type EntryPaths = Vec<(Vec<usize>, Vec<i32>)>;

/// `buf.validate`'s extensions of the options messages.
const WANTED: [i32; 2] = [1159, 1160];

/// Whether the entries of the value of an option matter that goes to `path` in its options message.
pub(super) fn is_wanted(path: &[i32]) -> bool {
    path.first().is_some_and(|number| WANTED.contains(number))
}

impl<'p> Setter<'p, '_, '_> {
    /// Where the entries of `value` go, which `field` at `path` is set to.
    pub(super) fn inside(
        &mut self,
        field: &FieldType,
        value: &Literal<'_>,
        path: &[i32],
    ) -> Option<EntryPaths> {
        let (Holds::Message(index), Literal::Message(entries)) = (field.holds, value) else {
            return None;
        };
        let mut inside = Vec::new();
        let at = (&mut Vec::new(), &mut path.to_vec());
        self.entries(self.types.message(index), entries, at, &mut inside);
        Some(inside)
    }

    fn entries(
        &mut self,
        of: &'p MessageType,
        entries: &[Entry<'_>],
        (index, path): (&mut Vec<usize>, &mut Vec<i32>),
        inside: &mut EntryPaths,
    ) {
        let mut counts = FxHashMap::<i32, i32>::default();
        for (number, entry) in entries.iter().enumerate() {
            // What is wrong with it is said where it is set; an empty list sets nothing.
            let Ok(field) = self.entry_field(of, &entry.name) else { continue };
            if matches!(&entry.value, Literal::List(items) if items.is_empty()) {
                continue;
            }
            let (indexes, depth) = (index.len(), path.len());
            index.push(number);
            path.push(field.number);
            match (&entry.value, field.holds) {
                (Literal::Message(entries), Holds::Message(of)) if !field.is_repeated => {
                    self.entries(self.types.message(of), entries, (index, path), inside);
                }
                _ => {
                    if field.is_repeated {
                        path.push(counts.get(&field.number).copied().unwrap_or(0));
                    }
                    inside.push((index.clone(), path.clone()));
                }
            }
            *counts.entry(field.number).or_default() += 1;
            index.truncate(indexes);
            path.truncate(depth);
        }
    }
}

/// Where in `text`, a message value without its braces, the entries stand.
pub(in crate::compile) fn ranges<'i>(
    text: &str,
    inside: &'i EntryPaths,
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
    inside.iter().filter_map(|(index, path)| Some((range(index)?, path.as_slice()))).collect()
}
