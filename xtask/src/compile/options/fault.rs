//! What is wrong with an option, before it is known which one it is.

use crate::compile::problem::Problem;

/// What is wrong, and what to do about it.
#[derive(Debug)]
pub(super) struct Fault {
    message: String,
    help: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), help: None }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the one of `known` that is most like `name`, if one is like it at all.
    #[must_use]
    pub(super) fn or_similar<'k>(self, name: &str, known: impl Iterator<Item = &'k str>) -> Self {
        let likeness = |known: &&str| (strsim::jaro_winkler(known, name) * 1000.0) as u32;
        match known.filter(|known| likeness(known) > 700).max_by_key(likeness) {
            Some(known) => self.help(format!("did you mean `{known}`?")),
            None => self,
        }
    }

    /// The problem at the option with the path `path`, or else at the element `element`.
    pub(super) fn at(self, path: Vec<i32>, element: Vec<i32>) -> Problem {
        let mut problem = Problem::at(path, self.message).or_at(element);
        problem.help = self.help;
        problem
    }
}
