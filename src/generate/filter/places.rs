//! Where the paths of source places lead once elements are gone and those behind them have moved
//! up.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::schema::descriptor::SourceCodeInfo;

/// What became of the paths of a file.
#[derive(Debug, Default)]
pub(super) struct Moves {
    below: BTreeMap<i32, Step>,
}

/// What became of one step of a path.
#[derive(Debug)]
struct Step {
    /// What it is now; none if it is gone.
    now: Option<i32>,
    /// Whether the comments of just this place are gone.
    silent: bool,
    below: Moves,
}

impl Moves {
    /// What is at `path` is gone, with all below it.
    pub(super) fn delete(&mut self, path: &[i32]) {
        if let Some(step) = self.step(path) {
            step.now = None;
        }
    }

    /// The last step of `path` is now `index`.
    pub(super) fn shift(&mut self, path: &[i32], index: usize) {
        if let Some(step) = self.step(path) {
            step.now = Some(index as i32);
        }
    }

    /// What is at `path` has its comments no more.
    pub(super) fn silence(&mut self, path: &[i32]) {
        if let Some(step) = self.step(path) {
            step.silent = true;
        }
    }

    fn step(&mut self, path: &[i32]) -> Option<&mut Step> {
        let (first, rest) = path.split_first()?;
        let fresh = || Step { now: Some(*first), silent: false, below: Moves::default() };
        let step = self.below.entry(*first).or_insert_with(fresh);
        if rest.is_empty() { Some(step) } else { step.below.step(rest) }
    }

    /// Makes `path` what it is now; whether its comments are gone. None if all of it is.
    fn follow(&self, path: &mut [i32]) -> Option<bool> {
        let Some((first, rest)) = path.split_first_mut() else { return Some(false) };
        let Some(step) = self.below.get(first) else { return Some(false) };
        *first = step.now?;
        if rest.is_empty() { Some(step.silent) } else { step.below.follow(rest) }
    }

    /// `info`, a `SourceCodeInfo`, with the paths that are left, as they are now.
    pub(super) fn apply(&self, info: &[u8]) -> Vec<u8> {
        let Ok(mut info) = SourceCodeInfo::decode(info) else { return info.to_vec() };
        info.location.retain_mut(|place| match self.follow(&mut place.path) {
            None => false,
            Some(silent) => {
                if silent {
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
