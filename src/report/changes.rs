//! Renders the changes between two schemas: the reports of `diff`, and the entries of a changelog.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::markdown::{counted, inline};
use super::to_json;
use crate::compat::diff::{Bump, Change, Kind, Part, required};
use crate::finding::{Level, Place};
use crate::printable;

/// A report format of `diff`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangesFormat {
    /// One line per change, grouped by file.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Sections of a Markdown document.
    Markdown,
}

/// The changes between two schemas.
pub struct Changes<'a> {
    /// The old schema, as shown to the user.
    pub from: &'a str,
    /// The new schema, as shown to the user.
    pub to: &'a str,
    /// The changes, sorted.
    pub changes: &'a [Change],
}

/// Returns a report of changes.
pub fn render_changes(changes: &Changes<'_>, format: ChangesFormat) -> String {
    match format {
        ChangesFormat::Text => text(changes.changes),
        ChangesFormat::Json => json(changes),
        ChangesFormat::Markdown => {
            let Changes { from, to, .. } = changes;
            let mut out = format!("## Changes from {} to {}\n", inline(from), inline(to));
            let _ = write!(out, "\nRequired version: {}.\n", inline(&bump_line(changes.changes)));
            sections(&mut out, changes.changes);
            printable::lines(&out).into_owned()
        }
    }
}

fn text(changes: &[Change]) -> String {
    let mut files: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        files.entry(change.path()).or_default().push(change);
    }
    let mut out = String::new();
    for (path, changes) in files {
        let _ = writeln!(out, "{}", printable::path(path));
        for change in changes {
            let (kind, bump, level) = (change.kind.name(), change.bump.name(), level(change));
            let what = printable::line(&change.what);
            let audience = change.audience();
            let _ = writeln!(out, "  {kind:7}  {bump:5}  {what}{level} ({audience})");
        }
    }
    let _ = writeln!(out, "bump: {}", printable::line(&bump_line(changes)));
    out
}

/// Returns what is proved about a change, to be written behind it.
fn level(change: &Change) -> String {
    change.level.map(|level| format!(", {level}")).unwrap_or_default()
}

/// Returns the required bump with the first change that requires it.
fn bump_line(changes: &[Change]) -> String {
    let Some(bump) = required(changes) else { return "none (no changes)".to_owned() };
    let mut requiring = changes.iter().filter(|change| change.bump == bump);
    let first = requiring.next().map(Change::to_string).unwrap_or_default();
    match requiring.count() {
        0 => format!("{bump} ({first})"),
        more => format!("{bump} ({first}; and {more} more)"),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    from: &'a str,
    to: &'a str,
    bump: Option<Bump>,
    changes: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    kind: Kind,
    element: &'a str,
    change: &'a str,
    bump: Bump,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    audience: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Location<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    start_line: u32,
    start_column: u32,
}

impl<'a> Location<'a> {
    fn of(place: Option<&'a Place>) -> Option<Self> {
        let place = place?;
        let (start_line, start_column) = (place.start_line, place.start_column);
        Some(Location { path: place.path.as_deref()?, start_line, start_column })
    }
}

fn json(changes: &Changes<'_>) -> String {
    let items = changes.changes.iter().map(|change| Item {
        kind: change.kind,
        element: &change.element,
        change: &change.what,
        bump: change.bump,
        level: change.level,
        audience: change.audience.iter().map(|audience| audience.name()).collect(),
        place: Location::of(change.place.as_ref()),
        against: Location::of(change.against.as_ref()),
    });
    let document = Document {
        from: changes.from,
        to: changes.to,
        bump: required(changes.changes),
        changes: items.collect(),
    };
    to_json(&document) + "\n"
}

/// Returns the entry of a release in a changelog. `changes` are none for the first release, which
/// `contents` describes.
pub fn changelog_entry(heading: &str, changes: Option<&[Change]>, contents: &str) -> String {
    let mut out = format!("## {heading}\n");
    match changes {
        None => {
            let _ = write!(out, "\nFirst release: {}.\n", inline(contents));
        }
        Some([]) => out.push_str("\nNo changes.\n"),
        Some(changes) => sections(&mut out, &folded(changes)),
    }
    printable::lines(&out).into_owned()
}

/// Returns the changes without the elements of packages that were added or removed. Each such package
/// says what is in it.
fn folded(changes: &[Change]) -> Vec<Change> {
    let packages = changes.iter().filter(|change| change.part == Part::Package);
    let mut contents: HashMap<(&str, Kind), BTreeMap<&str, usize>> =
        packages.map(|package| ((&*package.element, package.kind), BTreeMap::new())).collect();
    let mut paths = HashSet::new();
    let mut kept = Vec::new();
    for change in changes {
        let names =
            std::iter::successors(Some(&*change.element), |name| Some(name.rsplit_once('.')?.0));
        let mut packages =
            names.map(|name| (name, change.kind)).filter(|key| contents.contains_key(key));
        match packages.next().filter(|_| change.part == Part::Element) {
            Some(package) => {
                paths.insert((change.path(), change.kind));
                let word = change.what.split(' ').next().unwrap_or_default();
                *contents.entry(package).or_default().entry(word).or_default() += 1;
            }
            None => kept.push(change),
        }
    }
    // A file whose types are all listed by their package.
    kept.retain(|change| {
        change.part != Part::Element
            || !(change.element == change.path() && paths.contains(&(change.path(), change.kind)))
    });
    let with_contents = |change: &Change| {
        let key = (&*change.element, change.kind);
        let contents = contents.get(&key).filter(|_| change.part == Part::Package)?;
        let counts: Vec<String> =
            contents.iter().map(|(word, count)| counted(*count, word)).collect();
        let what = format!("{} with {}", change.what, counts.join(", "));
        (!counts.is_empty()).then(|| Change { what, ..change.clone() })
    };
    kept.into_iter().map(|change| with_contents(change).unwrap_or_else(|| change.clone())).collect()
}

/// Writes a section for what breaks, what was added, what was altered, and how many comments
/// changed.
fn sections(out: &mut String, changes: &[Change]) {
    let is_comment = |change: &&Change| change.part == Part::Comments;
    let breaks = |change: &&Change| change.bump == Bump::Major;
    let of_kind = |kind: &'static [Kind]| {
        let of_kind = move |change: &&Change| kind.contains(&change.kind);
        changes
            .iter()
            .filter(move |change| of_kind(change) && !breaks(change) && !is_comment(change))
    };
    section(out, "Breaking", &changes.iter().filter(breaks).collect::<Vec<_>>());
    section(out, "Added", &of_kind(&[Kind::Added]).collect::<Vec<_>>());
    section(out, "Altered", &of_kind(&[Kind::Altered, Kind::Removed]).collect::<Vec<_>>());
    let comments = changes.iter().filter(is_comment).filter(|change| !breaks(change)).count();
    if comments > 0 {
        let comments = counted(comments, "element");
        let _ = write!(out, "\n### Documentation\n\n- comments of {comments}\n");
    }
}

fn section(out: &mut String, heading: &str, changes: &[&Change]) {
    if changes.is_empty() {
        return;
    }
    let _ = write!(out, "\n### {heading}\n\n");
    for change in changes {
        // The section says that it was added.
        let kind = match change.kind {
            Kind::Removed => "removed: ",
            _ => "",
        };
        let (what, level) = (inline(&change.what), level(change));
        let _ = writeln!(out, "- {kind}{what}{level} ({})", change.audience());
    }
}
