//! Findings of rules and of the compiler, as data. `report` renders them.

mod approval;
mod baseline;
mod witness;

use std::fmt;

pub use self::approval::{Approval, Approvals, Date, Malformed};
pub use self::baseline::{Baseline, Entry as BaselineEntry, Matched};
pub use self::witness::{
    Argument, Direction, Effect, Extent, Level, Levels, Proof, Reading, Surface, Witness, from_hex,
    hex,
};
pub(crate) use self::witness::{add_effects, effects_of};

/// The location of a finding: a file and a span in it. Lines and columns count from 1; columns are
/// buf's display columns (a tab advances to the next multiple of 4, a wide character counts 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The path as shown to the user; none for a finding about a deleted file.
    pub path: Option<String>,
    /// First line.
    pub start_line: u32,
    /// First column.
    pub start_column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

impl Place {
    /// Returns the location of a finding about the whole file: the first character of `path`.
    pub fn file(path: impl Into<String>) -> Self {
        Place { path: Some(path.into()), ..Place::nowhere() }
    }

    /// Returns the location of a descriptor's span (counted from 0) in `path`.
    pub fn spanning(path: impl Into<String>, span: [u32; 4]) -> Self {
        let [start_line, start_column, end_line, end_column] = span.map(|number| number + 1);
        Place { path: Some(path.into()), start_line, start_column, end_line, end_column }
    }

    /// Returns the location of a finding whose file is deleted.
    pub fn nowhere() -> Self {
        Place { path: None, start_line: 1, start_column: 1, end_line: 1, end_column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or("<input>");
        write!(f, "{path}:{}:{}", self.start_line, self.start_column)
    }
}

/// A change of the source that fixes a finding. It is unambiguous, and changes neither the wire
/// format nor generated names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Delete the statement at the location of the finding, with its own comments.
    Delete,
    /// Insert this statement at the beginning of the file.
    Prepend(&'static str),
}

/// The rule id of compile errors.
pub const COMPILE: &str = "COMPILE";

/// The rule id of a generated file that is modified, missing or stale.
pub const STALE_STUB: &str = "STALE_STUB";

/// The rule id of properties of round trips that do not hold.
pub const ROUNDTRIP: &str = "ROUNDTRIP";

/// The rule id of interactions that do not hold.
pub const CONTRACT: &str = "CONTRACT";

/// The rule id of approvals that are expired, unused or not valid.
pub const APPROVAL: &str = "APPROVAL";

/// Begins each line of a message below the first one.
pub const DETAIL: &str = "\n    ";

/// Returns the 64-bit FNV-1a hash of the parts, one after the other. It is the same everywhere and
/// in every version.
pub(crate) fn fnv1a<'p>(parts: impl IntoIterator<Item = &'p str>) -> u64 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Returns the fingerprint of a finding with these parts.
fn fingerprint(rule: &str, element: &str, change: &str, policy: Option<&str>) -> String {
    let policy = policy.into_iter().flat_map(|policy| ["\0", policy]);
    let parts = [rule, "\0", element, "\0", change].into_iter().chain(policy);
    format!("{:016x}", fnv1a(parts))
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The id of the rule, or [`COMPILE`].
    pub rule: &'static str,
    /// The location in the checked schema.
    pub place: Place,
    /// The full name of the element (`pkg.Message.field`); the path of a file.
    pub element: String,
    /// One sentence that describes the problem to readers without context.
    pub message: String,
    /// The instruction for the user.
    pub help: Option<String>,
    /// A description of the change without line numbers, which is part of the fingerprint.
    pub change: String,
    /// The location in the old schema, if schemas were compared.
    pub against: Option<Place>,
    /// The input of `--against`, if the finding is about it: the location is none in the checked
    /// schema.
    pub against_input: Option<String>,
    /// The affected releases, oldest first; empty if only two schemas were compared.
    pub releases: Vec<String>,
    /// The automatic fix, if there is one.
    pub fix: Option<Fix>,
    /// The policy that the rule belongs to, by its file as written in the configuration; none for a
    /// rule of the module.
    pub policy: Option<String>,
    /// What is proved about the change; none for findings that no change causes.
    pub proof: Option<Proof>,
    /// The approval that accepts the finding, which then does not fail.
    pub accepted: Option<Accepted>,
}

/// What an approval says about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The file of the approval, as shown to the user.
    pub file: String,
    /// Why the break is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: String,
    /// The last day on which the approval holds, as `2027-01-31`; none if it does not expire.
    pub expires: Option<String>,
}

impl Finding {
    /// Returns a compile error at `place`.
    pub fn compile(place: Place, message: impl Into<String>) -> Self {
        let element = place.path.clone().unwrap_or_default();
        let message = message.into();
        Finding {
            rule: COMPILE,
            place,
            element,
            change: message.clone(),
            message,
            help: None,
            against: None,
            against_input: None,
            releases: Vec::new(),
            fix: None,
            policy: None,
            proof: None,
            accepted: None,
        }
    }

    /// Returns a finding of `rule` about the whole file at `path`.
    pub fn of_file(rule: &'static str, path: &str, message: impl Into<String>) -> Self {
        Finding { rule, ..Finding::compile(Place::file(path), message) }
    }

    /// Whether the message has lines below its first one, each after a [`DETAIL`]. In other
    /// messages, line breaks come from names.
    pub fn has_details(&self) -> bool {
        matches!(self.rule, STALE_STUB | ROUNDTRIP | CONTRACT)
    }

    /// Marks the finding as one about `input`, the value of `--against`.
    #[must_use]
    pub fn of_against(self, input: &str) -> Self {
        Finding {
            message: format!("in --against {input}: {}", self.message),
            against: Some(self.place.clone()),
            against_input: Some(input.to_owned()),
            ..self
        }
    }

    /// Adds the instruction for the user.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the policy that the rule belongs to.
    #[must_use]
    pub fn under(mut self, policy: &str) -> Self {
        self.policy = Some(policy.to_owned());
        self
    }

    /// Returns the fingerprint by which baselines and approvals identify the finding: sixteen hexadecimal digits,
    /// the 64-bit FNV-1a hash of rule, element, change and policy. It does not depend on line
    /// numbers.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.rule, &self.element, &self.change, self.policy.as_deref())
    }

    /// Returns the level of the proof, if there is one.
    pub(crate) fn level(&self) -> Option<Level> {
        self.proof.as_ref().map(|proof| proof.level)
    }

    /// Returns the effects of the proof.
    pub(crate) fn effects(&self) -> Levels {
        self.proof.as_ref().map(|proof| proof.effects.clone()).unwrap_or_default()
    }

    /// Whether the finding fails a run: no approval accepts it.
    pub fn fails(&self) -> bool {
        self.accepted.is_none()
    }

    /// Returns the key by which findings are sorted in reports: path, line, column, rule; then
    /// other parts, to make the order total.
    pub fn sort_key(&self) -> impl Ord + '_ {
        let Place { path, start_line, start_column, end_line, end_column } = &self.place;
        let place = (path.as_deref().unwrap_or(""), start_line, start_column);
        (place, self.rule, &self.element, (end_line, end_column), &self.message)
    }
}
