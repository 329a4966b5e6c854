//! A plugin as a process: a request in, a response out, within a time, whatever it does.

use std::fmt;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What a process left behind.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; none if something ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why there is nothing to show of a process.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be started.
    Start(io::Error),
    /// A file that is handed to it, or that it made, could not be written or read.
    Files(io::Error),
    /// It did not end in time; what it had written to standard error by then.
    Late(Vec<u8>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Start(error) | Failure::Files(error) => write!(f, "cannot run: {error}"),
            Failure::Late(_) => f.write_str("has not ended in time"),
        }
    }
}

/// Starts `command`, hands it `input`, and waits until it has ended and closed its outputs, for
/// `limit` at most.
pub(super) fn run(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> Result<Ended, Failure> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(command);
    let deadline = Instant::now() + limit;
    let mut child = command.spawn().map_err(Failure::Start)?;
    let mut stdin = child.stdin.take().expect("it is piped");
    // A plugin need not read what it is asked: then writing fails, and that is its own affair.
    std::thread::spawn(move || _ = stdin.write_all(&input));
    let stdout = collect(child.stdout.take().expect("it is piped"));
    let stderr = collect(child.stderr.take().expect("it is piped"));
    let left = || deadline.saturating_duration_since(Instant::now());
    let out = stdout.recv_timeout(left());
    let status = out.is_ok().then(|| ended(&mut child, deadline)).flatten();
    if status.is_none() {
        end(&mut child);
    }
    let err = stderr.recv_timeout(left().max(GRACE)).unwrap_or_default();
    match status.zip(out.ok()) {
        Some((Ok(status), stdout)) => Ok(Ended { code: status.code(), stdout, stderr: err }),
        Some((Err(error), _)) => Err(Failure::Start(error)),
        None => Err(Failure::Late(err)),
    }
}

/// How long is waited for what a process that was ended had written.
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

/// Reads all of `from` beside what else is done.
fn collect(mut from: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        // Where reading fails, what was read before is all that there is.
        let _ = from.read_to_end(&mut all);
        let _ = sender.send(all);
    });
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
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let mut kill = Command::new("kill");
        kill.args(["-KILL", "--", &group]).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = kill.status();
    }
    let _ = child.kill();
    let _ = child.wait();
}
