//! One compiler's descriptors beside ours: normalised, then equal or not.

use std::collections::BTreeMap;

use wireproof::schema::descriptor::{FileDescriptorProto, FileDescriptorSet, Location};

use super::places::{self, Columns};
use super::tree::{Files, Tree, by_path};
use super::{normal, options};

/// Which compiler's descriptors are compared with ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oracle {
    Buf,
    Protoc,
    Protox,
}

/// How many lines of a difference are shown.
const SHOWN: usize = 20;

/// Where the files of `tree` differ; empty if nowhere. Imports from elsewhere are not compared:
/// each compiler has well-known types of its own version.
pub(crate) fn differences(
    tree: &Tree,
    ours: &Files,
    theirs: FileDescriptorSet,
    oracle: Oracle,
) -> Vec<String> {
    differences_of_parts(tree, ours, ours, theirs, oracle)
}

/// The same for files with only a part of what stands in them; `whole` are the files with all of
/// it, which say what options mean.
pub(crate) fn differences_of_parts(
    tree: &Tree,
    whole: &Files,
    ours: &Files,
    theirs: FileDescriptorSet,
    oracle: Oracle,
) -> Vec<String> {
    let mut theirs = by_path(theirs);
    let mut sides = Sides { oracle, tree, whole, pool: None };
    let mut differences = Vec::new();
    for path in &tree.paths {
        let at = |what: String| format!("{} {path}: {oracle:?}: {what}", tree.name);
        match (ours.get(path).cloned(), theirs.remove(path)) {
            (Some(ours), Some(theirs)) => {
                let source = tree.bytes(path);
                differences.extend(sides.file(ours, theirs, &source).into_iter().map(at));
            }
            (ours, theirs) => {
                let has = |file: &Option<_>| if file.is_some() { "there" } else { "missing" };
                let (ours, theirs) = (has(&ours), has(&theirs));
                differences.push(at(format!("ours is {ours}, theirs {theirs}")));
            }
        }
    }
    differences
}

struct Sides<'a> {
    oracle: Oracle,
    tree: &'a Tree,
    whole: &'a Files,
    /// Made when the first options have other bytes.
    pool: Option<prost_reflect::DescriptorPool>,
}

impl Sides<'_> {
    /// Where two versions of one file differ.
    fn file(
        &mut self,
        mut ours: FileDescriptorProto,
        mut theirs: FileDescriptorProto,
        source: &[u8],
    ) -> Vec<String> {
        let columns = match self.oracle {
            Oracle::Buf => Columns::Display,
            Oracle::Protoc => Columns::Tabs8,
            Oracle::Protox => Columns::Bytes,
        };
        let our_places = places::take(&mut ours, source, Columns::Display);
        let their_places = places::take(&mut theirs, source, columns);
        if self.oracle != Oracle::Buf {
            ours.buf_image_file = None;
        }
        let mut differences = self.content(ours, theirs);
        let [our_places, their_places] =
            normal::places([our_places, their_places], self.oracle, self.tree)
                .map(|places| lines(&places));
        differences.extend(difference(&our_places, &their_places));
        differences
    }

    /// Where the descriptors differ, places apart.
    fn content(
        &mut self,
        mut ours: FileDescriptorProto,
        mut theirs: FileDescriptorProto,
    ) -> Vec<String> {
        if ours == theirs {
            return Vec::new();
        }
        let pool = self.pool.get_or_insert_with(|| options::pool(self.whole));
        for side in [&mut ours, &mut theirs] {
            options::decode(pool, side);
            normal::file(side, self.oracle);
        }
        if ours == theirs {
            return Vec::new();
        }
        difference(&normal::print(&ours), &normal::print(&theirs))
    }
}

/// A line a place.
fn lines(places: &[Location]) -> Vec<String> {
    places.iter().map(|place| format!("{place:?}")).collect()
}

/// What only one of two lists has.
fn difference(ours: &[String], theirs: &[String]) -> Vec<String> {
    let mut counts = BTreeMap::<&String, i64>::new();
    ours.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    theirs.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    let differing = counts.iter().filter(|(_, count)| **count != 0);
    let side = |count: i64| if count > 0 { "only ours" } else { "only theirs" };
    differing.map(|(line, count)| format!("{}: {line}", side(*count))).take(SHOWN).collect()
}
