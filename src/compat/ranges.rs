//! Inclusive ranges of numbers, and the differences between lists of them.

use std::fmt;

use rustc_hash::FxHashSet;

use super::findings::Findings;
use crate::schema::Subject;
use crate::schema::pair::Pair;

/// A range of numbers that includes both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    start: i64,
    end: i64,
}

impl Range {
    /// Returns the range from `start` to `end`, inclusive.
    pub(super) fn closed(start: i32, end: i32) -> Self {
        Range { start: start.into(), end: end.into() }
    }

    /// Returns the range from `start` to `end`, exclusive.
    pub(super) fn half_open(start: i32, end: i32) -> Self {
        Range { start: start.into(), end: i64::from(end) - 1 }
    }

    /// Whether the range contains `number`.
    pub(super) fn contains(self, number: i32) -> bool {
        (self.start..=self.end).contains(&i64::from(number))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.start == self.end {
            write!(f, "{}", self.start)
        } else {
            write!(f, "{} to {}", self.start, self.end)
        }
    }
}

/// Returns the old ranges that `new` does not cover completely, each with the missing parts.
pub(super) fn missing(old: &[Range], new: &[Range]) -> Vec<(Range, Vec<Range>)> {
    if old.is_empty() || old == new {
        return Vec::new();
    }
    let covers = joined(new);
    let holes = |range: &Range| (*range, holes(*range, &covers));
    old.iter().map(holes).filter(|(_, holes)| !holes.is_empty()).collect()
}

/// Returns the ranges sorted, with those that overlap or touch merged.
fn joined(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<Range> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end + 1 => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Returns the parts of `range` that `covers` (sorted and disjoint) does not cover.
fn holes(range: Range, covers: &[Range]) -> Vec<Range> {
    let mut holes = Vec::new();
    let mut next = range.start;
    let first = covers.partition_point(|cover| cover.end < range.start);
    for cover in covers[first..].iter().take_while(|cover| cover.start <= range.end) {
        if cover.start > next {
            holes.push(Range { start: next, end: cover.start - 1 });
        }
        next = cover.end + 1;
    }
    if next <= range.end {
        holes.push(Range { start: next, end: range.end });
    }
    holes
}

/// Reports the numbers and names that only the old side of `pair` reserves.
pub(super) fn report_freed<S: Subject>(
    pair: Pair<S>,
    ranges: Pair<Vec<Range>>,
    names: Pair<&[String]>,
    findings: &mut Findings<'_>,
) {
    for (range, missing) in missing(&ranges.old, &ranges.new) {
        let missing = list(&missing);
        findings.on(pair).report(
            format_args!("reserved {range} without {missing}"),
            format_args!("no longer reserves {missing} of `reserved {range}`."),
            format!("restore `reserved {missing};`"),
        );
    }
    if !names.differs() {
        return;
    }
    let left: FxHashSet<&String> = names.new.iter().collect();
    for name in names.old.iter().filter(|name| !left.contains(name)) {
        findings.on(pair).report(
            format_args!("reserved name {name} freed"),
            format_args!("no longer reserves the name `{name}`."),
            format!("restore `reserved \"{name}\";`"),
        );
    }
}

/// Formats the ranges, separated by commas.
pub(super) fn list(ranges: &[Range]) -> String {
    let words: Vec<String> = ranges.iter().map(Range::to_string).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(range: (i32, i32), cover: &[(i32, i32)]) -> String {
        let closed = |(start, end): &(i32, i32)| Range::closed(*start, *end);
        let cover: Vec<Range> = cover.iter().map(closed).collect();
        missing(&[closed(&range)], &cover).iter().map(|(_, holes)| list(holes)).collect()
    }

    #[test]
    fn what_is_missing_of_a_range() {
        assert_eq!(left((1, 9), &[(1, 9)]), "");
        assert_eq!(left((1, 9), &[(5, 20), (-3, 4)]), "", "two adjacent ranges cover the old one");
        assert_eq!(left((1, 9), &[]), "1 to 9");
        assert_eq!(left((1, 9), &[(2, 3), (7, 8)]), "1, 4 to 6, 9");
        assert_eq!(left((1, 9), &[(2, 5), (3, 4)]), "1, 6 to 9", "nested ranges");
        assert_eq!(left((1, i32::MAX), &[(1, i32::MAX - 1)]), "2147483647");
        assert_eq!(left((-9, -1), &[(-5, 3)]), "-9 to -6");
    }
}
