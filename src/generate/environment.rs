//! The environment that generators run in, and the reasons why one gives no response.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::response::MissingPlugin;
use crate::process::Failure;

/// The environment of the plugins of one run.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The folder that plugins run in, and that their outputs are relative to.
    pub folder: PathBuf,
    /// The time limit of one request.
    pub limit: Duration,
    /// Whether a plugin that is not installed is left out
    /// ([`GeneratedOutputs::not_installed`](super::GeneratedOutputs)). Otherwise it is an error.
    pub allow_missing: bool,
    /// A function that returns the help for a plugin that is not installed.
    pub help: fn(&MissingPlugin) -> String,
}

impl Environment {
    /// Returns the command of `words`, a program and its arguments.
    pub(super) fn command(&self, words: &[String]) -> Command {
        let (program, arguments) = words.split_first().expect("a program has a name");
        // A path is relative to the folder of the template; a name is looked up on the PATH.
        let is_path = program.contains('/') || cfg!(windows) && program.contains('\\');
        let mut command =
            if is_path { Command::new(self.folder.join(program)) } else { Command::new(program) };
        command.args(arguments).current_dir(&self.folder);
        command
    }
}

/// The reason why a generator gives no response.
#[derive(Debug)]
pub(super) enum RunError {
    /// The generator refuses the request: its message.
    Refused(String),
    /// Its program does not run, or does not end in time.
    Failed(Failure),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Refused(why) => f.write_str(why),
            RunError::Failed(failure) => failure.fmt(f),
        }
    }
}

impl From<String> for RunError {
    fn from(why: String) -> Self {
        RunError::Refused(why)
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        RunError::Failed(failure)
    }
}
