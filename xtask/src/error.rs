//! What went wrong with the tool's own work: usage, input, configuration, environment.
//! What is wrong with a schema is a [`Finding`](crate::finding::Finding), never an error.

use std::fmt;
use std::path::Path;

/// The tool could not do its work (exit code 1): what, where, and what to do about it.
pub struct Error(Box<Inner>);

struct Inner {
    message: String,
    place: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that says `message` and nothing of a place.
    pub fn new(message: impl Into<String>) -> Self {
        Error(Box::new(Inner { message: message.into(), place: None, help: None, source: None }))
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)?;
        match &self.0.help {
            Some(help) => write!(f, "\n  help: {help}"),
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
