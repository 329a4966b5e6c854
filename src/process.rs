//! A program as a process: input in, output out, within a time, whatever it does.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::files::{self, SCHEMAS};

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended<T = Vec<u8>> {
    /// Its exit code; none if something ended it.
    pub(crate) code: Option<i32>,
    /// Its standard output, or what was made of it while it was read.
    pub(crate) stdout: T,
    pub(crate) stderr: Vec<u8>,
}

/// Why there is nothing to show of a process.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such program.
    Absent(String),
    /// It could not be started.
    Start(io::Error),
    /// What it wrote could not be read, or was too much.
    Output(io::Error),
    /// A file that is handed to it, or that it made, could not be written or read.
    Files(io::Error),
    /// It did not end in time; what it had written to standard error by then.
    Late(Vec<u8>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Absent(program) => write!(f, "program {program:?} not found"),
            Failure::Start(error) | Failure::Files(error) => write!(f, "cannot run: {error}"),
            Failure::Output(error) => write!(f, "cannot be read: {error}"),
            Failure::Late(_) => f.write_str("timed out"),
        }
    }
}

/// Starts `command`, hands it `input`, and waits until it has ended and closed its outputs, for
/// `limit` at most.
pub(crate) fn run(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> Result<Ended, Failure> {
    own_group(command);
    watch_signals().map_err(Failure::Start)?;
    run_reading(command, input, limit, |stdout| read_all(stdout, SCHEMAS))
}

/// The same for a program that stays in our group: it ends with us on Ctrl-C, and may use the
/// terminal.
pub(crate) fn run_attached(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> Result<Ended, Failure> {
    run_reading(command, input, limit, |stdout| read_all(stdout, SCHEMAS))
}

/// The same as [`run_attached`], with `consume` reading its standard output while it runs. Where
/// that stops before the end, the process finds its output closed.
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
    // A plugin need not read what it is asked: then writing fails, and that is its own affair.
    std::thread::spawn(move || _ = stdin.write_all(&input));
    let stdout = in_background(child.stdout.take().expect("it is piped"), consume);
    let said = Arc::new(Mutex::new(Vec::new()));
    let stderr = {
        let said = Arc::clone(&said);
        in_background(child.stderr.take().expect("it is piped"), move |from| hear(from, &said))
    };
    let left = || deadline.saturating_duration_since(Instant::now());
    let out = stdout.recv_timeout(left());
    let is_read = matches!(out, Ok(Ok(_)));
    let status = is_read.then(|| ended(&mut child, deadline)).flatten();
    if status.is_none() {
        end(&mut child);
    }
    LIVE.forget(&child);
    // What it has started may hold on to its standard error, and be silent.
    let _ = stderr.recv_timeout(GRACE);
    let err = said.lock().expect("nobody panics while holding it").clone();
    match (status, out) {
        (Some(Ok(status)), Ok(Ok(stdout))) => {
            Ok(Ended { code: status.code(), stdout, stderr: err })
        }
        (Some(Err(error)), _) => Err(Failure::Start(error)),
        (_, Ok(Err(error))) => Err(Failure::Output(error)),
        _ => Err(Failure::Late(err)),
    }
}

/// How many bytes are kept of what a process writes to standard error.
const MOST_SAID: usize = 1 << 20;

/// Why `command` could not be started.
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
    // As whoever named it wrote it.
    let folder = command.get_current_dir().unwrap_or(Path::new(""));
    let shown = program.strip_prefix(folder).unwrap_or(program).display().to_string();
    if !is_there {
        return Failure::Absent(shown);
    }
    let needs = "the program exists, but its interpreter or a shared library does not";
    Failure::Start(io::Error::other(format!("{shown}: {needs}")))
}

/// How long is waited for what a process that has ended, or was ended, had written.
const GRACE: Duration = Duration::from_secs(1);

/// How a process whose output is closed ended; none if it has not by `deadline`.
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

/// Reads all of `from`, which is an error where it is more than `most` bytes.
fn read_all(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    files::read_bounded(from, most).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => {
            io::Error::other(format!("the output is larger than {} MiB", most >> 20))
        }
        _ => error,
    })
}

/// Adds what `from` says to `said`. What does not fit into a message is lost; it is read all the same,
/// or the process would wait.
fn hear(mut from: impl Read, said: &Mutex<Vec<u8>>) {
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut part) {
        let mut said = said.lock().expect("nobody panics while holding it");
        if said.len() < MOST_SAID {
            said.extend(&part[..length]);
        }
    }
}

/// Has `work` read `from` beside what else is done.
fn in_background<R: Read + Send + 'static, T: Send + 'static>(
    from: R,
    work: impl FnOnce(R) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work(from)));
    receiver
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends a process that is late, and on Unix what it has started: it would hold our pipes open.
fn end(child: &mut Child) {
    end_group(child.id());
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(unix)]
fn end_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // One that has ended already is no group any more.
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_: u32) {}

/// The processes that have been started and have not ended yet.
struct Live(Mutex<Vec<u32>>);

static LIVE: Live = Live(Mutex::new(Vec::new()));

impl Live {
    /// Starts `command`: there is no moment in which it runs and is not known.
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

/// Whether signals are to be watched from the next start of a process on.
static WATCHES: AtomicBool = AtomicBool::new(false);

/// From now on, what is started ends when a signal ends this process: it has a group of its own, so
/// that Ctrl-C does not reach it. For programs; a library leaves signals to those who call it.
pub(crate) fn end_children_on_signals() {
    WATCHES.store(true, Ordering::Relaxed);
}

/// Watches for signals, if that was wanted and is not done yet.
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
            // Held until this process is gone: nothing is started any more.
            let live = LIVE.0.lock().expect("nobody panics while holding it");
            live.iter().copied().for_each(end_group);
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

/// Whether whoever started this process wants it to ignore a signal, as `nohup` does: where that can
/// be read, which is on Linux (proc_pid_status(5)).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// There are no groups of processes: what ends this one ends what it has started.
#[cfg(not(unix))]
fn watch_signals() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_somewhere() {
        let read = |length, most| read_all(io::repeat(7).take(length), most).map(|all| all.len());
        assert_eq!(read(1 << 20, 1 << 20).ok(), Some(1 << 20));
        let error = read(u64::MAX, 1 << 20).expect_err("it is too much").to_string();
        assert_eq!(error, "the output is larger than 1 MiB");
    }
}
