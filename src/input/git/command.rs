//! Runs git: read-only, without locks, independent of the environment of a hook.
//!
//! A repository under test may contain folders that look like git repositories and whose
//! configuration names programs. So git gets the location of the repository as an argument, or is
//! started at its top (found by `files::top_of_repository`). It runs none of the programs that a
//! configuration can name: no hooks, no file-system monitor, no remote helpers, and it fetches only
//! where that is intended. Old versions of git ignore some of these options, so each of these is
//! prevented twice.

use crate::error::{Error, Result};
use crate::process::{self, Ended, Failure};
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

/// The variables with which git passes the location of a repository to its hooks; the one read here
/// may be another.
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

/// The configuration for every command. It overrides that of the repository.
const CONFIGURATION: [&str; 4] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "safe.bareRepository=explicit",
];

/// The transports that an input may use (`reference::Repository`). All others run a program that
/// the address names (`ext::`) or that is named after the scheme.
const PROTOCOLS: &str = "https:http:ssh:file:git";

/// The time limit of a git command; some connect to a server.
const LIMIT: Duration = Duration::from_secs(600);

/// A repository: the arguments and the environment with which git uses it.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    place: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    promisor: Option<String>,
    fetches: bool,
}

impl Git {
    /// Returns the repository with the `.git` (folder or file) `git_dir`, or the bare repository
    /// `git_dir`.
    pub(super) fn at(git_dir: &Path) -> Self {
        let mut place = OsString::from("--git-dir=");
        place.push(git_dir);
        Git::new(vec![place])
    }

    /// Returns the repository whose working tree begins at `top`, a folder with a `.git`.
    pub(crate) fn with_top(top: &Path) -> Self {
        Git::new(vec!["-C".into(), top.into()])
    }

    fn new(place: Vec<OsString>) -> Self {
        Git { place, variables: Vec::new(), promisor: None, fetches: false }
    }

    /// Sets an environment variable for every command.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Lets commands fetch from the servers that the user or the configuration of the clone names.
    /// ssh runs without prompts, unless the user has configured the ssh command.
    #[must_use]
    pub(super) fn fetching(mut self) -> Self {
        self.fetches = true;
        let by_environment =
            ["GIT_SSH_COMMAND", "GIT_SSH"].iter().any(|name| env::var_os(name).is_some());
        let is_configured =
            || matches!(self.line(&["config", "--get", "core.sshCommand"]), Ok(Some(_)));
        if by_environment || is_configured() {
            return self;
        }
        self.with("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    }

    /// Records that the repository is a partial clone of `remote`, from which missing objects are
    /// fetched.
    #[must_use]
    pub(super) fn into_partial_clone_of(self, remote: &str) -> Self {
        Git { promisor: Some(remote.to_owned()), ..self.fetching() }
    }

    /// Returns the remote with the missing objects of this partial clone.
    pub(super) fn promisor(&self) -> Option<&str> {
        self.promisor.as_deref()
    }

    /// Returns the repository without permission to fetch.
    pub(super) fn offline(&self) -> Self {
        Git { fetches: false, ..self.clone() }
    }

    /// Returns the command `git ARGS`.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for variable in REPOSITORY_VARIABLES {
            command.env_remove(variable);
        }
        command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        if self.fetches {
            command.env_remove("GIT_NO_LAZY_FETCH").env("GIT_ALLOW_PROTOCOL", PROTOCOLS);
        } else {
            // An empty list allows no transport. This prevents fetching also in versions of git
            // that ignore the first variable.
            command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(CONFIGURATION.iter().flat_map(|setting| ["-c", *setting]));
        command.args(&self.place).args(args).stdin(Stdio::null());
        command
    }

    /// Returns the output of `git ARGS`. If it fails, the error quotes the message of git.
    pub(super) fn run(&self, args: &[&str]) -> Result<Vec<u8>> {
        succeed(self.ended(args, b"")?)
    }

    /// Returns the output of `git ARGS` as a trimmed text; none if it fails.
    pub(super) fn line(&self, args: &[&str]) -> Result<Option<String>> {
        let ended = self.ended(args, b"")?;
        let text = String::from_utf8_lossy(&ended.stdout);
        Ok((ended.code == Some(0)).then(|| text.trim_end().to_owned()))
    }

    /// Runs `git ARGS` with `input` on its standard input.
    pub(super) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        succeed(self.ended(args, input)?)
    }

    /// Runs `git ARGS` while `consume` reads its output.
    pub(super) fn read<T: Send + 'static>(
        &self,
        args: &[&str],
        consume: impl FnOnce(ChildStdout) -> io::Result<T> + Send + 'static,
    ) -> Result<Ended<T>> {
        let ended = process::run_reading(&mut self.command(args), Vec::new(), LIMIT, consume);
        ended.map_err(|failure| failed(args, failure))
    }

    /// Returns the ignored ones of `paths`, which are relative to the top; none if git fails.
    pub(crate) fn ignored(&self, paths: &[String]) -> Vec<String> {
        // Without `./`, a path that begins with `:` would be a pathspec with magic.
        let asked: String = paths.iter().flat_map(|path| ["./", path, "\0"]).collect();
        let ended = self.ended(&["check-ignore", "--stdin", "-z"], asked.as_bytes());
        let printed = ended.map_or_else(|_| Vec::new(), |ended| ended.stdout);
        let printed = String::from_utf8_lossy(&printed);
        let ignored = printed.split_terminator('\0').filter_map(|path| path.strip_prefix("./"));
        ignored.map(str::to_owned).collect()
    }

    fn ended(&self, args: &[&str], input: &[u8]) -> Result<Ended> {
        let ended = process::run_attached(&mut self.command(args), input.to_vec(), LIMIT);
        ended.map_err(|failure| failed(args, failure))
    }
}

fn failed(args: &[&str], failure: Failure) -> Error {
    match failure {
        Failure::NotFound(_) => cannot_run(&"program not found"),
        Failure::TimedOut(_) => {
            let name = args.iter().find(|arg| !arg.starts_with('-')).unwrap_or(&"");
            let minutes = LIMIT.as_secs() / 60;
            Error::new(format!("`git {name}` timed out after {minutes} minutes"))
        }
        other => cannot_run(&other),
    }
}

fn succeed<T>(ended: Ended<T>) -> Result<T> {
    if ended.code == Some(0) {
        return Ok(ended.stdout);
    }
    let printed = String::from_utf8_lossy(&ended.stderr);
    let printed = printed.trim();
    Err(Error::quoting(match (printed, ended.code) {
        ("", Some(code)) => format!("git failed with exit code {code}"),
        ("", None) => "git was killed by a signal".to_owned(),
        (printed, _) => printed.to_owned(),
    }))
}

pub(super) fn cannot_run(why: &dyn std::fmt::Display) -> Error {
    Error::new(format!("git cannot be run: {why}"))
        .help("install git and make sure that it is on the PATH")
}

/// Returns the `.git` of the repository at `path`, or `path` itself if it is one. `shown` is the
/// path shown to the user.
pub(super) fn git_dir(path: &Path, shown: &str) -> Result<PathBuf> {
    let inner = path.join(".git");
    if inner.exists() {
        return Ok(inner);
    }
    // The `.git` of a worktree or a submodule is a file.
    if path.is_file() || path.join("objects").is_dir() || path.join("commondir").is_file() {
        return Ok(path.to_owned());
    }
    Err(Error::new("not a git repository").at(shown))
}
