//! Errors that stop wireproof: usage, input, configuration, environment. A problem of a schema is a
//! [`Finding`](crate::finding::Finding), never an error.

use std::fmt;
use std::path::Path;

use crate::printable;

/// An error that stops wireproof (exit code 1): a message, its location, and help.
pub struct Error(Box<Inner>);

struct Inner {
    message: String,
    /// Whether line breaks in the message are kept.
    has_lines: bool,
    place: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Returns an error with `message`, without a location.
    pub fn new(message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            message: message.into(),
            has_lines: false,
            place: None,
            help: None,
            source: None,
        }))
    }

    /// Returns an error with a message of another program, which may have several lines. In all
    /// other errors, line breaks come from names or paths, and are escaped.
    pub fn quoting(message: impl Into<String>) -> Self {
        let mut error = Error::new(message);
        error.0.has_lines = true;
        error
    }

    /// Returns the error of a file-system operation on `path`.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        let mut error = Error::new(source.to_string()).at(path.display().to_string());
        error.0.source = Some(Box::new(source));
        error
    }

    /// Sets the location: `path`, or `path:line:column`.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Returns the location, if it is known.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }
}

/// Writes the error for a terminal or a log: names and paths in it are escaped.
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
        fn text_in_an_error_adds_no_lines_or_commands(
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
