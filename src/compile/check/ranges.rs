//! Checks reserved ranges and extension ranges of messages and enums: start and end are in order,
//! and they do not overlap.

use super::{Problem, problem};
use crate::schema::tag;
use crate::schema::{ElementPath, Enum, Message};

/// The purpose of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// `reserved`.
    Reserved,
    /// `extensions`.
    Extensions,
}

impl Purpose {
    /// Returns the keyword that declares it.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Purpose::Reserved => "reserved",
            Purpose::Extensions => "extensions",
        }
    }
}

/// A range of numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) start: i32,
    pub(super) end: i32,
    pub(super) purpose: Purpose,
    /// Its position among the ranges of its purpose.
    pub(super) index: i32,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.start == self.end {
            write!(f, "{} {}", self.purpose.keyword(), self.start)
        } else {
            write!(f, "{} {} to {}", self.purpose.keyword(), self.start, self.end)
        }
    }
}

/// The ranges of one message or enum, sorted by start.
pub(super) struct Ranges(Vec<Range>);

impl Ranges {
    pub(super) fn of_message(message: Message<'_>) -> Self {
        let proto = message.proto();
        let reserved = (0..).zip(&proto.reserved_range).map(|(index, range)| Range {
            start: range.start(),
            end: range.end().saturating_sub(1),
            purpose: Purpose::Reserved,
            index,
        });
        let extensions = (0..).zip(&proto.extension_range).map(|(index, range)| Range {
            start: range.start(),
            end: range.end().saturating_sub(1),
            purpose: Purpose::Extensions,
            index,
        });
        Ranges::sorted(reserved.chain(extensions).collect())
    }

    pub(super) fn of_enum(enumeration: Enum<'_>) -> Self {
        let reserved = (0..).zip(&enumeration.proto().reserved_range);
        let ranges = reserved.map(|(index, range)| Range {
            start: range.start(),
            end: range.end(),
            purpose: Purpose::Reserved,
            index,
        });
        Ranges::sorted(ranges.collect())
    }

    fn sorted(mut ranges: Vec<Range>) -> Self {
        ranges.sort_unstable();
        Ranges(ranges)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Range> {
        self.0.iter().copied()
    }

    /// Returns a range that contains `number`.
    pub(super) fn containing(&self, number: i32) -> Option<Range> {
        let after = self.0.partition_point(|range| range.start <= number);
        self.0[..after].last().filter(|range| number <= range.end).copied()
    }

    /// Reports ranges that are backwards or overlap, at the locations of `path_of`.
    pub(super) fn check(
        &self,
        path_of: impl Fn(Range) -> ElementPath,
        problems: &mut Vec<Problem>,
    ) {
        let mut furthest: Option<Range> = None;
        for range in self.iter() {
            if range.end < range.start {
                let message = format!("`{range}` is empty: the end is smaller than the start");
                problems.push(problem(path_of(range), &[], message));
                continue;
            }
            if let Some(other) = furthest.filter(|other| range.start <= other.end) {
                let message = format!("`{range}` and `{other}` overlap");
                problems.push(problem(path_of(range), &[], message));
            }
            furthest = furthest.filter(|other| range.end <= other.end).or(Some(range));
        }
    }
}

/// Returns the location of `range` in `message`.
pub(super) fn path_in_message(message: Message<'_>, range: Range) -> ElementPath {
    let list = match range.purpose {
        Purpose::Reserved => tag::message::RESERVED_RANGE,
        Purpose::Extensions => tag::message::EXTENSION_RANGE,
    };
    message.element_path().part(&[list, range.index])
}

/// Returns the location of `range` in `enumeration`.
pub(super) fn path_in_enum(enumeration: Enum<'_>, range: Range) -> ElementPath {
    enumeration.element_path().part(&[tag::enumeration::RESERVED_RANGE, range.index])
}
