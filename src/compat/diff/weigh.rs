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

#[cfg(test)]
mod tests {
    use super::super::Audience;
    use super::*;
    use crate::finding::{Level, Levels, Place, Proof};

    fn draft(kind: Kind, part: Part, element: &str) -> Draft {
        let change = Change {
            kind,
            part,
            element: element.to_owned(),
            what: format!("{part:?}"),
            bump: Bump::of(kind, part),
            level: None,
            audience: &[Audience::Binary],
            place: None,
            against: None,
        };
        Draft { change, keys: vec![element.to_owned()] }
    }

    fn finding(rule: &'static str, element: &str, level: Option<Level>) -> Finding {
        let proof = level.map(|level| Proof {
            level,
            witnesses: Vec::new(),
            effects: Levels::new(),
            reason: None,
        });
        let element = element.to_owned();
        let message = format!("Field `{element}` broke.");
        Finding { rule, element, proof, ..Finding::compile(Place::file("a.proto"), message) }
    }

    #[test]
    fn a_finding_is_about_the_part_that_its_rule_looks_at() {
        let drafts = || {
            [Part::Declaration, Part::Reserved, Part::Options, Part::Comments]
                .map(|part| draft(Kind::Altered, part, "M.a"))
                .into()
        };
        let major = |rule| {
            let changes = weigh(drafts(), &[finding(rule, "M.a", None)]);
            let major = changes.into_iter().filter(|change| change.bump == Bump::Major);
            major.map(|change| change.what).collect::<Vec<_>>()
        };
        assert_eq!(major("FIELD_SAME_TYPE"), ["Declaration"]);
        assert_eq!(major("FIELD_SAME_JSTYPE"), ["Options"]);
        assert_eq!(major("RESERVED_MESSAGE_NO_DELETE"), ["Reserved"]);
    }

    #[test]
    fn a_change_has_the_highest_level_of_its_findings() {
        let found = [Some(Level::Lossy), Some(Level::Breaks), Some(Level::Note), None]
            .map(|level| finding("FIELD_SAME_TYPE", "M.a", level));
        let changes = weigh(vec![draft(Kind::Altered, Part::Declaration, "M.a")], &found);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].level, Some(Level::Breaks));
    }

    #[test]
    fn a_finding_about_nothing_else_is_a_change() {
        let removed = draft(Kind::Removed, Part::Element, "p.M");
        let found =
            ["p.M.Nested.a", "p.N.a"].map(|element| finding("FIELD_SAME_TYPE", element, None));
        let changes = weigh(vec![removed], &found);
        let words: Vec<(&str, Bump)> =
            changes.iter().map(|change| (&*change.what, change.bump)).collect();
        let expected = [("Element", Bump::Major), ("field `p.N.a` broke", Bump::Major)];
        assert_eq!(words, expected, "what is in a removed message is part of it");
    }
}
