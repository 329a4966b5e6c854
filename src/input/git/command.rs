//! The one place that starts git: reading only, without locks, untouched by a hook's environment.
//!
//! A repository under test may hold folders that look like git repositories, with a configuration
//! that names programs. So git is told where the repository is, or is started at its top (found
//! by `files::top_of_repository`), and runs none of the programs that a configuration can name:
//! no hooks, no file-system monitor, no remote helpers, no fetching but where it is wanted.
//! Old versions of git ignore some of this: each way is barred twice.

use crate::error::{Error, Result};
use crate::process::{self, Ended, Failure};
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

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

/// The configuration that holds for every command, whatever the repository has.
const CONFIGURATION: [&str; 4] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "safe.bareRepository=explicit",
];

/// The transports that an input may name (`reference::Repository`). All others run a program that
/// the address names (`ext::`) or that is called like the scheme.
const PROTOCOLS: &str = "https:http:ssh:file:git";

/// How long git may take: some of it talks to a server.
const LIMIT: Duration = Duration::from_secs(600);

/// A repository, as the arguments and environment that make git use it.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    place: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    promisor: Option<String>,
    fetches: bool,
}

impl Git {
    /// The repository whose `.git` (folder or file), or which, if bare, is at `git_dir`.
    pub(super) fn at(git_dir: &Path) -> Self {
        let mut place = OsString::from("--git-dir=");
        place.push(git_dir);
        Git::new(vec![place])
    }

    /// The repository whose working tree begins at `top`, a folder with a `.git`.
    pub(crate) fn with_top(top: &Path) -> Self {
        Git::new(vec!["-C".into(), top.into()])
    }

    fn new(place: Vec<OsString>) -> Self {
        Git { place, variables: Vec::new(), promisor: None, fetches: false }
    }

    /// Sets a variable of the environment for every command.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Lets commands fetch from the servers that the user or the repository's own clone named. ssh
    /// asks for nothing, unless the user configured how it is called.
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

    /// Records that the repository is a partial clone of `remote`, which is asked for what is
    /// missing.
    #[must_use]
    pub(super) fn promised_by(self, remote: &str) -> Self {
        Git { promisor: Some(remote.to_owned()), ..self.fetching() }
    }

    /// The remote that has what this partial clone has not.
    pub(super) fn promisor(&self) -> Option<&str> {
        self.promisor.as_deref()
    }

    /// The same repository, without fetching anything.
    pub(super) fn offline(&self) -> Self {
        Git { fetches: false, ..self.clone() }
    }

    /// `git ARGS`, ready to run.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for variable in REPOSITORY_VARIABLES {
            command.env_remove(variable);
        }
        command.env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        if self.fetches {
            command.env_remove("GIT_NO_LAZY_FETCH").env("GIT_ALLOW_PROTOCOL", PROTOCOLS);
        } else {
            // An empty list allows no transport at all: what git is too old to be told not to
            // fetch, it cannot fetch.
            command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.args(CONFIGURATION.iter().flat_map(|setting| ["-c", *setting]));
        command.args(&self.place).args(args).stdin(Stdio::null());
        command
    }

    /// Returns what `git ARGS` prints; that it fails is an error with git's own words.
    pub(super) fn run(&self, args: &[&str]) -> Result<Vec<u8>> {
        succeed(self.ended(args, b"")?)
    }

    /// Returns what `git ARGS` prints, as one line of text; none if it fails.
    pub(super) fn line(&self, args: &[&str]) -> Result<Option<String>> {
        let ended = self.ended(args, b"")?;
        let text = String::from_utf8_lossy(&ended.stdout);
        Ok((ended.code == Some(0)).then(|| text.trim_end().to_owned()))
    }

    /// Runs `git ARGS` with `input` on its standard input.
    pub(super) fn feed(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        succeed(self.ended(args, input)?)
    }

    /// Runs `git ARGS` and has `consume` read what it prints meanwhile.
    pub(super) fn read<T: Send + 'static>(
        &self,
        args: &[&str],
        consume: impl FnOnce(ChildStdout) -> io::Result<T> + Send + 'static,
    ) -> Result<Ended<T>> {
        let ended = process::run_reading(&mut self.command(args), Vec::new(), LIMIT, consume);
        ended.map_err(|failure| failed(args, failure))
    }

    /// Returns the paths of `paths`, relative to the top, that git ignores; none where it cannot
    /// tell.
    pub(crate) fn ignored(&self, paths: &[String]) -> Vec<String> {
        // A path that begins with `:` would be more than a path.
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
        Failure::Absent(_) => cannot_run(&"program not found"),
        Failure::Late(_) => {
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
    Err(Error::new("not a git repository").at(shown))
}
