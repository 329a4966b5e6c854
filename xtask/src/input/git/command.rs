//! Running the system's git: reading only, without locks, untouched by a hook's environment.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a hook's environment may say of the repository it runs in; ours may be another one.
const REPOSITORY_VARIABLES: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
];

/// A repository, as the arguments and environment that make git use it.
#[derive(Clone, Debug)]
pub(super) struct Git {
    place: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    promisor: Option<String>,
}

impl Git {
    /// The repository whose `.git` (folder or file), or which, if bare, is at `git_dir`.
    pub(super) fn at(git_dir: &Path) -> Self {
        let mut place = OsString::from("--git-dir=");
        place.push(git_dir);
        Git { place: vec![place], variables: Vec::new(), promisor: None }
    }

    /// The repository that the folder `dir` belongs to.
    pub(super) fn around(dir: &Path) -> Self {
        Git { place: vec!["-C".into(), dir.into()], variables: Vec::new(), promisor: None }
    }

    /// Sets a variable of the environment for every command.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Says that the repository is a partial clone of `remote`.
    #[must_use]
    pub(super) fn promised_by(mut self, remote: &str) -> Self {
        self.promisor = Some(remote.to_owned());
        self
    }

    /// The remote that has what this partial clone has not.
    pub(super) fn promisor(&self) -> Option<&str> {
        self.promisor.as_deref()
    }

    /// `git ARGS`, ready to run.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for variable in REPOSITORY_VARIABLES {
            command.env_remove(variable);
        }
        command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]);
        command.args(&self.place).args(args).stdin(Stdio::null());
        command
    }

    /// What `git ARGS` prints; that it fails is an error with git's own words.
    pub(super) fn run(&self, args: &[&str]) -> Result<Vec<u8>> {
        succeed(self.output(args)?)
    }

    /// What `git ARGS` prints, as one line of text; none if it fails.
    pub(super) fn line(&self, args: &[&str]) -> Result<Option<String>> {
        let output = self.output(args)?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(output.status.success().then(|| text.trim_end().to_owned()))
    }

    /// `git ARGS` with `input` on its standard input.
    pub(super) fn feed(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| cannot_run(&error))?;
        let mut stdin = child.stdin.take().expect("it was asked to be piped");
        let written = stdin.write_all(input);
        drop(stdin);
        let output = child.wait_with_output().map_err(|error| cannot_run(&error))?;
        let printed = succeed(output)?;
        written.map_err(|error| cannot_run(&error))?;
        Ok(printed)
    }

    fn output(&self, args: &[&str]) -> Result<Output> {
        self.command(args).output().map_err(|error| cannot_run(&error))
    }
}

fn succeed(output: Output) -> Result<Vec<u8>> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(Error::new(if said.is_empty() {
        format!("git: {}", output.status)
    } else {
        said.to_owned()
    }))
}

pub(super) fn cannot_run(error: &std::io::Error) -> Error {
    Error::new(format!("git cannot be run: {error}"))
        .help("git inputs are read by the git command; it must be installed and on the PATH")
}

/// The `.git` of what is at `path` (the user calls it `shown`), or `path` itself if it is one.
pub(super) fn git_dir(path: &Path, shown: &str) -> Result<PathBuf> {
    let inner = path.join(".git");
    if inner.exists() {
        return Ok(inner);
    }
    // A worktree's or a submodule's `.git` is a file.
    if path.is_file() || path.join("objects").is_dir() || path.join("commondir").is_file() {
        return Ok(path.to_owned());
    }
    Err(Error::new("there is no git repository").at(shown))
}
