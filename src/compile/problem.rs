//! What is wrong with one file, before its place is looked up.

use crate::finding::{Finding, Place};
use crate::schema::Places;

/// One thing that the compiler refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The descriptor paths to show it at: the first that the source code info knows counts.
    pub(crate) paths: Vec<Vec<i32>>,
    /// One sentence: what is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Problem {
    /// A problem with the element at `path`.
    pub(crate) fn at(path: Vec<i32>, message: impl Into<String>) -> Self {
        Problem { paths: vec![path], message: message.into(), help: None }
    }

    /// Where to show it if the source code info does not know the first place.
    #[must_use]
    pub(crate) fn or_at(mut self, path: Vec<i32>) -> Self {
        self.paths.push(path);
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The problem as a finding in the file that the user knows as `external`.
    pub(super) fn finding(&self, external: &str, places: &Places) -> Finding {
        let span = self.paths.iter().find_map(|path| places.span(path));
        let place =
            span.map_or_else(|| Place::file(external), |span| Place::spanning(external, span));
        Finding { help: self.help.clone(), ..Finding::compile(place, self.message.clone()) }
    }
}
