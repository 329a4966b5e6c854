//! Attributes findings to changes: a change with a finding requires a major version.

use rustc_hash::FxHashMap;

use super::walk::Draft;
use super::words::lower_first;
use super::{Audience, Bump, Change, Kind, Part};
use crate::finding::Finding;

/// Returns the changes of `drafts` with the bump and the level that `findings` give them.
pub(super) fn weigh(mut drafts: Vec<Draft>, findings: &[Finding]) -> Vec<Change> {
    let mut by_key: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (index, draft) in drafts.iter_mut().enumerate() {
        for key in draft.keys.drain(..) {
            by_key.entry(key).or_default().push(index);
        }
    }
    let mut changes: Vec<Change> = drafts.into_iter().map(|draft| draft.change).collect();
    for finding in findings {
        let known = by_key.get(&finding.element).map_or(&[][..], Vec::as_slice);
        let level = finding.proof.as_ref().map(|proof| proof.level);
        let found = matching(finding.rule, known, &changes);
        for index in &found {
            let change = &mut changes[*index];
            change.bump = Bump::Major;
            change.level = change.level.max(level);
        }
        if found.is_empty() && !is_in_removed(&finding.element, &by_key, &changes) {
            by_key.entry(finding.element.clone()).or_default().push(changes.len());
            changes.push(of_finding(finding));
        }
    }
    changes
}

/// Whether an element was removed together with one around it, which is the change.
fn is_in_removed(
    element: &str,
    by_key: &FxHashMap<String, Vec<usize>>,
    changes: &[Change],
) -> bool {
    let around = std::iter::successors(Some(element), |name| Some(name.rsplit_once('.')?.0));
    let mut known = around.skip(1).filter_map(|name| by_key.get(name)).flatten();
    known
        .any(|index| changes[*index].kind == Kind::Removed && changes[*index].part == Part::Element)
}

/// Returns those of the changes `known` of an element that a finding of `rule` is about: changes of
/// the part that the rule looks at, else any change but of comments.
fn matching(rule: &str, known: &[usize], changes: &[Change]) -> Vec<usize> {
    let part = part(rule);
    let select = |test: &dyn Fn(&Change) -> bool| -> Vec<usize> {
        known.iter().copied().filter(|index| test(&changes[*index])).collect()
    };
    let of_part = select(&|change| change.part == part && change.kind != Kind::Added);
    if !of_part.is_empty() {
        return of_part;
    }
    let of_old = select(&|change| change.part != Part::Comments && change.kind != Kind::Added);
    match part {
        Part::Element | Part::Declaration if of_old.is_empty() => {
            select(&|change| change.part == Part::Element)
        }
        _ => of_old,
    }
}

/// Returns the part of an element that a rule looks at.
fn part(rule: &str) -> Part {
    const OPTIONS: [&str; 9] = [
        "FILE_SAME_",
        "PACKAGE_SAME_",
        "JSTYPE",
        "CTYPE",
        "STRING_TYPE",
        "UTF8",
        "ACCESSOR",
        "WIRE_FORMAT",
        "IDEMPOTENCY_LEVEL",
    ];
    if rule.starts_with("RESERVED_") {
        Part::Reserved
    } else if rule == "PACKAGE_NO_DELETE" {
        Part::Package
    } else if rule.contains("_NO_DELETE") {
        Part::Element
    } else if ["FILE_SAME_PACKAGE", "FILE_SAME_SYNTAX"].contains(&rule) {
        Part::Declaration
    } else if OPTIONS.iter().any(|option| rule.contains(option)) {
        Part::Options
    } else {
        Part::Declaration
    }
}

/// Returns the change that only a finding describes, such as a feature that an element inherits.
fn of_finding(finding: &Finding) -> Change {
    let audience: &[Audience] = match finding.rule.split('_').next() {
        Some("RPC" | "SERVICE") => &[Audience::Callers],
        Some("FILE" | "PACKAGE") => &[Audience::GeneratedCode],
        _ => super::walk::DATA,
    };
    Change {
        kind: Kind::Altered,
        part: Part::Declaration,
        element: finding.element.clone(),
        what: lower_first(finding.message.trim_end_matches('.')),
        bump: Bump::Major,
        level: finding.proof.as_ref().map(|proof| proof.level),
        audience,
        place: finding.place.path.is_some().then(|| finding.place.clone()),
        against: finding.against.clone(),
    }
}
