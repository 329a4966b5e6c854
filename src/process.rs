//! Runs programs as processes, with input, output and a time limit.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::files::{self, SCHEMAS};

/// The result of a process.
#[derive(Debug)]
pub(crate) struct Ended<T = Vec<u8>> {
    /// Its exit code; none if it was killed.
    pub(crate) code: Option<i32>,
    /// Its standard output, or the result of consuming it.
    pub(crate) stdout: T,
    pub(crate) stderr: Vec<u8>,
}

/// The reason why a process has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The program does not exist.
    NotFound(String),
    /// The program could not be started.
    Start(io::Error),
    /// Its output could not be read, or was too long.
    Output(io::Error),
    /// A file that it reads or writes could not be written or read.
    Files(io::Error),
    /// It timed out, with its standard error up to then.
    TimedOut(Vec<u8>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotFound(program) => write!(f, "program {program:?} not found"),
            Failure::Start(error) | Failure::Files(error) => write!(f, "cannot run: {error}"),
            Failure::Output(error) => write!(f, "cannot be read: {error}"),
            Failure::TimedOut(_) => f.write_str("timed out"),
        }
    }
}

/// Runs `command` with `input`, and waits until it has ended and closed its outputs, for `limit` at
/// most.
pub(crate) fn run(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> Result<Ended, Failure> {
    prepare(command);
    watch_signals().map_err(Failure::Start)?;
    run_reading(command, input, limit, |stdout| read_all(stdout, SCHEMAS))
}

/// Runs a program like [`run`], but in the process group of wireproof: Ctrl-C ends it, and it may
/// use the terminal.
pub(crate) fn run_attached(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> Result<Ended, Failure> {
    run_reading(command, input, limit, |stdout| read_all(stdout, SCHEMAS))
}

/// Runs a program like [`run_attached`], while `consume` reads its standard output. If `consume`
/// stops early, the output is closed for the process.
pub(crate) fn run_reading<T: Send + 'static>(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
    consume: impl FnOnce(ChildStdout) -> io::Result<T> + Send + 'static,
) -> Result<Ended<T>, Failure> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let deadline = Instant::now() + limit;
    let mut child = LIVE.spawn(command).map_err(|error| not_started(command, error))?;
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program need not read its input, so a failed write is ignored.
    std::thread::spawn(move || _ = stdin.write_all(&input));
    let stdout = in_background(child.stdout.take().expect("it is piped"), consume);
    let stderr_bytes = Arc::new(Mutex::new(Vec::new()));
    let stderr = {
        let kept = Arc::clone(&stderr_bytes);
        in_background(child.stderr.take().expect("it is piped"), move |from| {
            drain_stderr(from, &kept)
        })
    };
    let left = || deadline.saturating_duration_since(Instant::now());
    let out = stdout.recv_timeout(left());
    let is_read = matches!(out, Ok(Ok(_)));
    let status = is_read.then(|| ended(&mut child, deadline)).flatten();
    if status.is_none() {
        kill(&mut child);
    }
    LIVE.forget(&child);
    // A child of the process may keep standard error open without writing to it.
    let _ = stderr.recv_timeout(GRACE);
    let err = stderr_bytes.lock().expect("nobody panics while holding it").clone();
    match (status, out) {
        (Some(Ok(status)), Ok(Ok(stdout))) => {
            Ok(Ended { code: status.code(), stdout, stderr: err })
        }
        (Some(Err(error)), _) => Err(Failure::Start(error)),
        (_, Ok(Err(error))) => Err(Failure::Output(error)),
        _ => Err(Failure::TimedOut(err)),
    }
}

/// The number of bytes of standard error that are kept.
const MAX_STDERR: usize = 1 << 20;

/// Returns the reason why `command` could not be started.
fn not_started(command: &Command, error: io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return Failure::Start(error);
    }
    let program = Path::new(command.get_program());
    let is_there = match program.components().count() {
        1 => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        }
        _ => program.exists(),
    };
    // Shown as written by the user, without the folder.
    let folder = command.get_current_dir().unwrap_or(Path::new(""));
    let shown = program.strip_prefix(folder).unwrap_or(program).display().to_string();
    if !is_there {
        return Failure::NotFound(shown);
    }
    let needs = "the program exists, but its interpreter or a shared library does not";
    Failure::Start(io::Error::other(format!("{shown}: {needs}")))
}

/// The time limit for reading the rest of standard error after a process has ended or was killed.
const GRACE: Duration = Duration::from_secs(1);

/// Waits for the end of a process whose output is closed; none if it has not ended by `deadline`.
fn ended(child: &mut Child, deadline: Instant) -> Option<io::Result<ExitStatus>> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(Ok(status)),
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(None) => return None,
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Reads all of `from`; an error if it is more than `limit` bytes.
fn read_all(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    files::read_bounded(from, limit).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => {
            io::Error::other(format!("the output is larger than {} MiB", limit >> 20))
        }
        _ => error,
    })
}

/// Appends the content of `from` to `kept`, up to a limit. The rest is read and dropped, since the
/// process would block otherwise.
fn drain_stderr(mut from: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut part) {
        let mut kept = kept.lock().expect("nobody panics while holding it");
        if kept.len() < MAX_STDERR {
            kept.extend(&part[..length]);
        }
    }
}

/// Runs `work` on `from` in a thread.
fn in_background<R: Read + Send + 'static, T: Send + 'static>(
    from: R,
    work: impl FnOnce(R) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work(from)));
    receiver
}

/// Gives a program a process group of its own, and leaves out the variables that `cargo run` sets for
/// its program: if this one runs cargo, build scripts that depend on them would run again, and
/// everything above them would be compiled again, each time.
fn prepare(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Kills a process that timed out and, on Unix, its children, which could keep the pipes open.
fn kill(child: &mut Child) {
    kill_group(child.id());
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // A group whose processes have ended does not exist any more.
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

/// A process that runs until this value is dropped.
#[cfg(feature = "contract")]
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// What it wrote to its standard error, and what tells that it closed it.
    errors: Arc<Mutex<Vec<u8>>>,
    drained: mpsc::Receiver<()>,
}

#[cfg(feature = "contract")]
impl Running {
    /// Returns how the process ended, with the end of its standard error; none if it still runs
    /// after `limit`.
    pub(crate) fn ended(&mut self, limit: Duration) -> Option<String> {
        let status = ended(&mut self.child, Instant::now() + limit)?.ok()?;
        Some(format!("{status}{}", self.last_errors()))
    }

    /// Returns the last lines of the standard error of a process that has ended, each on a line of
    /// its own.
    fn last_errors(&self) -> String {
        let _ = self.drained.recv_timeout(GRACE);
        let errors = self.errors.lock().expect("nobody panics while holding it");
        let errors = String::from_utf8_lossy(&errors);
        let last: Vec<&str> = errors.lines().rev().take(10).collect();
        last.iter().rev().map(|line| format!("\n  {line}")).collect()
    }
}

#[cfg(feature = "contract")]
impl Drop for Running {
    fn drop(&mut self) {
        kill(&mut self.child);
        LIVE.forget(&self.child);
    }
}

/// Starts `command`, and waits for the first line of its standard output for which `ready` returns
/// a value, for `limit` at most. The process may write more: that is read and dropped.
///
/// # Errors
///
/// The process does not start, ends, or prints no such line in time; with the end of its standard
/// error.
#[cfg(feature = "contract")]
pub(crate) fn start<T>(
    command: &mut Command,
    limit: Duration,
    ready: impl Fn(&str) -> Option<T>,
) -> Result<(Running, T), String> {
    use std::io::BufRead as _;

    prepare(command);
    watch_signals().map_err(|error| error.to_string())?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = LIVE.spawn(command).map_err(|error| not_started(command, error).to_string())?;
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    let errors = Arc::new(Mutex::new(Vec::new()));
    let drained = {
        let errors = Arc::clone(&errors);
        in_background(stderr, move |from| drain_stderr(from, &errors))
    };
    let mut running = Running { child, errors, drained };
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = io::BufReader::new(stdout);
        let mut line = Vec::new();
        // A line without an end must not fill the memory.
        while matches!(reader.by_ref().take(1 << 16).read_until(b'\n', &mut line), Ok(1..)) {
            let _ = sender.send(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    });
    let deadline = Instant::now() + limit;
    let why = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                if let Some(value) = ready(&line) {
                    return Ok((running, value));
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                break format!("it printed no address within {} s", limit.as_secs());
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = ended(&mut running.child, Instant::now() + GRACE);
                break match status {
                    Some(Ok(status)) => format!("it ended with {status}"),
                    _ => "it closed its standard output".to_owned(),
                };
            }
        }
    };
    kill(&mut running.child);
    Err(format!("{why}{}", running.last_errors()))
}

/// The running processes.
struct Live(Mutex<Vec<u32>>);

static LIVE: Live = Live(Mutex::new(Vec::new()));

impl Live {
    /// Starts `command` and records it, under one lock, so that no running process is missed.
    fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        let mut live = self.0.lock().expect("nobody panics while holding it");
        let child = command.spawn()?;
        live.push(child.id());
        Ok(child)
    }

    fn forget(&self, child: &Child) {
        let mut live = self.0.lock().expect("nobody panics while holding it");
        live.retain(|id| *id != child.id());
    }
}

/// Whether the next start of a process has to begin watching signals.
static WATCHES: AtomicBool = AtomicBool::new(false);

/// Makes processes that are started from now on end when a signal ends wireproof. They have a
/// process group of their own, so Ctrl-C does not reach them. Programs call this; a library leaves
/// signals to its caller.
pub(crate) fn end_children_on_signals() {
    WATCHES.store(true, Ordering::Relaxed);
}

/// Starts watching for signals, if requested and not done yet.
#[cfg(unix)]
fn watch_signals() -> io::Result<()> {
    if !WATCHES.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|it| !is_ignored(*it));
    let mut signals = signal_hook::iterator::Signals::new(ends)?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // Held until this process has ended, so that no other process is started.
            let live = LIVE.0.lock().expect("nobody panics while holding it");
            live.iter().copied().for_each(kill_group);
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Whether a signal is ignored in this process, as with `nohup`. This can be determined on Linux
/// only (proc_pid_status(5)).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Does nothing: without process groups, ending this process ends its children.
#[cfg(not(unix))]
fn watch_signals() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_over_the_limit_is_an_error() {
        let read = |length, limit| read_all(io::repeat(7).take(length), limit).map(|all| all.len());
        assert_eq!(read(1 << 20, 1 << 20).ok(), Some(1 << 20));
        let error = read(u64::MAX, 1 << 20).expect_err("it is too much").to_string();
        assert_eq!(error, "the output is larger than 1 MiB");
    }
}
