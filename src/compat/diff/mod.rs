//! Lists every change between two schemas in words, with the version that it requires and whom it
//! concerns.
//!
//! In contrast to the rules, which look for what breaks, a diff also has what was added, options and
//! comments. What breaks is taken from findings.

mod bump;
mod fields;
mod options;
mod side;
mod walk;
mod weigh;
mod words;

use std::fmt;

use serde::{Serialize, Serializer};

use crate::finding::{Finding, Level, Place};
use crate::schema::Schema;
use crate::schema::pair::Pair;

pub use self::bump::{Bump, least_version};

/// What happened to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Only the old schema has it.
    Removed,
    /// Both schemas have it, and it differs.
    Altered,
    /// Only the new schema has it.
    Added,
}

impl Kind {
    /// Returns the name in reports: `added`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Removed => "removed",
            Kind::Altered => "altered",
            Kind::Added => "added",
        }
    }
}

/// The part of an element that a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A package, which is in one of the schemas only.
    Package,
    /// The element itself: it was added, removed, or moved to another file.
    Element,
    /// Its declaration: name, type, label, and so on.
    Declaration,
    /// Its reserved numbers and names.
    Reserved,
    /// Its options.
    Options,
    /// Its comments.
    Comments,
}

/// A group of people or programs that a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Readers and writers of binary data.
    Binary,
    /// Readers and writers of JSON.
    Json,
    /// Users of generated code.
    GeneratedCode,
    /// Callers of the method or service.
    Callers,
    /// Those who edit the schema.
    Authors,
    /// Readers of the documentation.
    Documentation,
}

impl Audience {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Audience::Binary => "binary",
            Audience::Json => "JSON",
            Audience::GeneratedCode => "generated code",
            Audience::Callers => "callers",
            Audience::Authors => "authors of the schema",
            Audience::Documentation => "documentation",
        }
    }
}

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A change of one element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened to the element.
    pub kind: Kind,
    /// The part of the element that changed.
    pub part: Part,
    /// The full name of the element; the path of a file, the name of a package.
    pub element: String,
    /// The change in words: ``field `total` (3) of message `shop.Order`: type `int32` → `int64` ``.
    pub what: String,
    /// The version that the change requires.
    pub bump: Bump,
    /// What is proved about the change, if anything is.
    pub level: Option<Level>,
    /// Whom the change concerns.
    pub audience: &'static [Audience],
    /// The location in the new schema; none for what was removed.
    pub place: Option<Place>,
    /// The location in the old schema; none for what was added.
    pub against: Option<Place>,
}

impl Change {
    /// Returns the names of its audience, separated by commas.
    pub fn audience(&self) -> String {
        let names: Vec<&str> = self.audience.iter().map(|audience| audience.name()).collect();
        names.join(", ")
    }

    /// Returns the path of the file that contains it: in the new schema, for a removed element in
    /// the old one.
    pub fn path(&self) -> &str {
        let place = self.place.as_ref().or(self.against.as_ref());
        place.and_then(|place| place.path.as_deref()).unwrap_or_default()
    }
}

/// Writes what happened, and to what: ``removed: field `total` (3) of message `shop.Order` ``.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.what)
    }
}

/// Returns every change from old to new, sorted by element. Files that are only imported, and the
/// imports themselves, are left out.
///
/// `findings` are the breaking changes between the two schemas: each requires a major version. One
/// that belongs to no other change is a change of its own.
pub fn diff(pair: Pair<&Schema>, findings: &[Finding]) -> Vec<Change> {
    let drafts = walk::changes(pair);
    let mut changes = weigh::weigh(drafts, findings);
    changes.sort_by(|a, b| {
        (&a.element, a.part, a.kind, &a.what).cmp(&(&b.element, b.part, b.kind, &b.what))
    });
    changes
}

/// Returns the greatest bump that any of the changes requires; none without changes.
pub fn required(changes: &[Change]) -> Option<Bump> {
    changes.iter().map(|change| change.bump).max()
}
