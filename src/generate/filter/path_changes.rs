//! The changes of descriptor paths in source info when elements are deleted and later ones move up.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::schema::descriptor::SourceCodeInfo;

/// The changes of the descriptor paths of a file.
#[derive(Debug, Default)]
pub(super) struct Moves {
    below: BTreeMap<i32, Step>,
}

/// The change of one number of a path.
#[derive(Debug)]
struct Step {
    /// The new number; none if the element is deleted.
    new_index: Option<i32>,
    /// Whether the comments of this element are dropped, without those below it.
    drops_comments: bool,
    below: Moves,
}

impl Moves {
    /// Records that the element at `path`, with everything below it, is deleted.
    pub(super) fn delete(&mut self, path: &[i32]) {
        if let Some(step) = self.step(path) {
            step.new_index = None;
        }
    }

    /// Records that the last number of `path` becomes `index`.
    pub(super) fn shift(&mut self, path: &[i32], index: usize) {
        if let Some(step) = self.step(path) {
            step.new_index = Some(index as i32);
        }
    }

    /// Records that the comments of the element at `path` are dropped.
    pub(super) fn drop_comments(&mut self, path: &[i32]) {
        if let Some(step) = self.step(path) {
            step.drops_comments = true;
        }
    }

    fn step(&mut self, path: &[i32]) -> Option<&mut Step> {
        let (first, rest) = path.split_first()?;
        let fresh =
            || Step { new_index: Some(*first), drops_comments: false, below: Moves::default() };
        let step = self.below.entry(*first).or_insert_with(fresh);
        if rest.is_empty() { Some(step) } else { step.below.step(rest) }
    }

    /// Updates `path`. Returns whether its comments are dropped; none if the element is deleted.
    fn follow(&self, path: &mut [i32]) -> Option<bool> {
        let Some((first, rest)) = path.split_first_mut() else { return Some(false) };
        let Some(step) = self.below.get(first) else { return Some(false) };
        *first = step.new_index?;
        if rest.is_empty() { Some(step.drops_comments) } else { step.below.follow(rest) }
    }

    /// Returns `info`, a `SourceCodeInfo`, with updated paths and without deleted elements.
    pub(super) fn apply(&self, info: &[u8]) -> Vec<u8> {
        let Ok(mut info) = SourceCodeInfo::decode(info) else { return info.to_vec() };
        info.location.retain_mut(|place| match self.follow(&mut place.path) {
            None => false,
            Some(drops_comments) => {
                if drops_comments {
                    place.leading_comments = None;
                    place.trailing_comments = None;
                    place.leading_detached_comments.clear();
                }
                true
            }
        });
        info.encode_to_vec()
    }
}
