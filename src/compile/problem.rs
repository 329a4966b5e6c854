//! Problems of one file, before their locations are looked up.

use crate::finding::{Finding, Place};
use crate::schema::Places;

/// A reason to refuse a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The descriptor paths to report it at. The first one with a location is used.
    pub(crate) paths: Vec<Vec<i32>>,
    /// One sentence that describes the problem.
    pub(crate) message: String,
    /// One sentence with the fix.
    pub(crate) help: Option<String>,
    /// The type that is not declared, as written, and whether it is that of a field: what it may have
    /// been meant to be is looked for later, for the first ones of a run.
    pub(super) undeclared: Option<(String, bool)>,
}

impl Problem {
    /// Returns a problem with the element at `path`.
    pub(crate) fn at(path: Vec<i32>, message: impl Into<String>) -> Self {
        Problem { paths: vec![path], message: message.into(), help: None, undeclared: None }
    }

    /// Adds a path to report it at if the ones before have no location.
    #[must_use]
    pub(crate) fn or_at(mut self, path: Vec<i32>) -> Self {
        self.paths.push(path);
        self
    }

    /// Adds a hint how to fix it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the problem as a finding in the file that the user knows as `external`.
    pub(super) fn finding(&self, external: &str, places: &Places) -> Finding {
        let span = self.paths.iter().find_map(|path| places.span(path));
        let place =
            span.map_or_else(|| Place::file(external), |span| Place::spanning(external, span));
        Finding { help: self.help.clone(), ..Finding::compile(place, self.message.clone()) }
    }
}
