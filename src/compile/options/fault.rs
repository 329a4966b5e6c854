//! What is wrong with an option, before it is known which one it is.

use crate::compile::problem::Problem;

/// Longer names are not compared.
const MAX_LENGTH: usize = 100;

/// How many names may still be compared with those that are not known in a file: help for its
/// first mistakes, and no cost that grows with the number of mistakes times that of the names.
#[derive(Debug)]
pub(super) struct Suggestions {
    pub(super) left: usize,
}

impl Default for Suggestions {
    fn default() -> Self {
        Suggestions { left: 100_000 }
    }
}

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

    /// Names the one of `known` that is most like `name`, if one is like it at all, and `guesses`
    /// are left.
    #[must_use]
    pub(super) fn suggest<'k>(
        self,
        name: &str,
        known: impl Iterator<Item = &'k str>,
        suggestions: &mut Suggestions,
    ) -> Self {
        if name.len() > MAX_LENGTH {
            return self;
        }
        let likeness =
            |known: &'k str| ((strsim::jaro_winkler(known, name) * 1000.0) as u32, known);
        let known = known.filter(|known| known.len() <= MAX_LENGTH).take(suggestions.left);
        let alike = known.inspect(|_| suggestions.left -= 1).map(likeness);
        match alike.filter(|(likeness, _)| *likeness > 700).max_by_key(|(likeness, _)| *likeness) {
            Some((_, known)) => self.help(format!("did you mean `{known}`?")),
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
