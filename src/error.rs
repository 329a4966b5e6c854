//! What went wrong with the tool's own work: usage, input, configuration, environment.
//! What is wrong with a schema is a [`Finding`](crate::finding::Finding), never an error.

use std::fmt;
use std::path::Path;

use crate::printable;

/// The tool could not do its work (exit code 1): what, where, and what to do about it.
pub struct Error(Box<Inner>);

struct Inner {
    message: String,
    /// Whether the message has lines of its own.
    has_lines: bool,
    place: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says `message` and nothing of a place.
    pub fn new(message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            message: message.into(),
            has_lines: false,
            place: None,
            help: None,
            source: None,
        }))
    }

    /// An error in the words of another program, which may be several lines. In every other error a
    /// line break comes from a name or a path, and is escaped.
    pub fn quoting(message: impl Into<String>) -> Self {
        let mut error = Error::new(message);
        error.0.has_lines = true;
        error
    }

    /// A file-system operation on `path` that failed.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        let mut error = Error::new(source.to_string()).at(path.display().to_string());
        error.0.source = Some(Box::new(source));
        error
    }

    /// Says where: `path`, or `path:line:column`.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Where it happened, if that is known.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }
}

/// Writes the error as a terminal or a log can show it: names and paths in it are escaped.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { message, has_lines, place, help, .. } = &*self.0;
        if let Some(place) = place {
            write!(f, "{}: ", printable::line(place))?;
        }
        let shown = if *has_lines { printable::lines } else { printable::line };
        f.write_str(&shown(message))?;
        match help {
            Some(help) => write!(f, "\n  help: {}", printable::line(help)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source: &(dyn std::error::Error + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::printable::is_hidden;
    use crate::printable::tests::{is_command, odd};

    proptest! {
        #[test]
        fn whatever_stands_in_an_error_it_has_its_own_lines(
            message in odd(), place in odd(), help in odd(), said in any::<bool>(),
        ) {
            let error = if said { Error::quoting(&*message) } else { Error::new(&*message) };
            let shown = format!("wireproof: {}", error.at(place).help(help));
            for line in shown.split('\n') {
                prop_assert!(!line.contains(is_hidden) && !is_command(line), "{line:?}");
            }
            let more = if said { message.matches('\n').count() } else { 0 };
            prop_assert_eq!(shown.matches('\n').count(), 1 + more, "{}", shown);
        }
    }
}
