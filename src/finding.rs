//! A finding is data: what a rule or the compiler has to say about one element.
//! How it is shown is `report`'s business.

mod baseline;

use std::fmt;

pub use self::baseline::{Baseline, Matched, Remembered};

/// Where a finding stands: a file and a span in it. Lines and columns count from 1; columns are
/// buf's display columns (a tab goes to the next multiple of 4, a wide character counts 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The path as the user sees it; none for what is said about a file that is gone.
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
    /// The first character of `path`: the place of a finding about the whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Place { path: Some(path.into()), ..Place::nowhere() }
    }

    /// The span of a descriptor (counted from 0) in `path`.
    pub fn spanning(path: impl Into<String>, span: [u32; 4]) -> Self {
        let [start_line, start_column, end_line, end_column] = span.map(|number| number + 1);
        Place { path: Some(path.into()), start_line, start_column, end_line, end_column }
    }

    /// The place of a finding about something that no file holds any more.
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

/// A change of the source that mends a finding: it has one right answer, and changes neither what
/// is sent nor what generated code is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// The statement at the place of the finding goes, with the comments that are its own.
    Delete,
    /// The file begins with this statement.
    Prepend(&'static str),
}

/// The rule id of what the compiler says.
pub const COMPILE: &str = "COMPILE";

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, or [`COMPILE`].
    pub rule: &'static str,
    /// Where it stands in the schema that was checked.
    pub place: Place,
    /// The full name of the element (`pkg.Message.field`); a file's is its path.
    pub element: String,
    /// One sentence for a stranger: what is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What changed, in a form that no line number moves: part of the fingerprint.
    pub change: String,
    /// Where the element stands in the schema it was compared with.
    pub against: Option<Place>,
    /// The releases that the finding concerns, oldest first; empty for one comparison.
    pub releases: Vec<String>,
    /// What mends it, if a program can.
    pub fix: Option<Fix>,
    /// The policy whose rule it is, as the configuration names its file; none: a module's own.
    pub policy: Option<String>,
}

impl Finding {
    /// A finding of the compiler at `place`.
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
            releases: Vec::new(),
            fix: None,
            policy: None,
        }
    }

    /// A finding of `rule` about the whole file at `path`.
    pub fn of_file(rule: &'static str, path: &str, message: impl Into<String>) -> Self {
        Finding { rule, ..Finding::compile(Place::file(path), message) }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which policy's rule it is.
    #[must_use]
    pub fn under(mut self, policy: &str) -> Self {
        self.policy = Some(policy.to_owned());
        self
    }

    /// Sixteen hexadecimal digits made of rule, element, change and policy, never of a line
    /// number: the name under which a baseline remembers a finding (64-bit FNV-1a).
    pub fn fingerprint(&self) -> String {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let policy = self.policy.iter().flat_map(|policy| ["\0", policy]);
        for part in [self.rule, "\0", &self.element, "\0", &self.change].into_iter().chain(policy) {
            for byte in part.bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        format!("{hash:016x}")
    }

    /// The order in which findings are reported: path, line, column, rule; then what makes the
    /// order total.
    pub fn sort_key(&self) -> impl Ord + '_ {
        let Place { path, start_line, start_column, end_line, end_column } = &self.place;
        let place = (path.as_deref().unwrap_or(""), start_line, start_column);
        (place, self.rule, &self.element, (end_line, end_column), &self.message)
    }
}
