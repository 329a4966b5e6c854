//! Problems of options, before they are assigned to an option.

use crate::compile::problem::Problem;

/// The maximum length of names that are compared.
const MAX_LENGTH: usize = 100;

/// The number of names that may still be compared with unknown names in a file: the first mistakes
/// get suggestions, and the cost does not grow with the number of mistakes times the number of
/// names.
#[derive(Debug)]
pub(super) struct Suggestions {
    pub(super) left: usize,
}

impl Default for Suggestions {
    fn default() -> Self {
        Suggestions { left: 100_000 }
    }
}

/// A problem, and a fix for it.
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

    /// Suggests the one of `known` that is most similar to `name`, if there is one, while
    /// `suggestions` are left.
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

    /// Returns the problem at the option with the path `path`, or else at the element `element`.
    pub(super) fn at(self, path: Vec<i32>, element: Vec<i32>) -> Problem {
        let mut problem = Problem::at(path, self.message).or_at(element);
        problem.help = self.help;
        problem
    }
}
