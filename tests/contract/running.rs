//! A command of wireproof that serves until Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::parity::programs::tools;

/// A running command; it is ended when it is dropped.
pub(super) struct Running {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// The address that it printed.
    pub(super) url: String,
}

/// What a command printed after its address, and its exit code.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Running {
    /// Starts `contract` with `args`.
    pub(super) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = tools::command(Path::new(env!("CARGO_BIN_EXE_wireproof")), folder);
        command.arg("contract").args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut running = Running { process, stdout, url: String::new() };
        let mut line = String::new();
        running.stdout.read_line(&mut line).expect("it prints its address");
        let url = line.trim().strip_prefix("listening on ");
        running.url = url.unwrap_or_else(|| panic!("no address: {line}")).to_owned();
        running
    }

    /// Ends the command as Ctrl-C does.
    pub(super) fn interrupt(mut self) -> Ended {
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", "INT", &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it still runs");
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("it ends");
        let mut errors = self.process.stderr.take().expect("it is piped");
        errors.read_to_string(&mut stderr).expect("it ends");
        Ended { code: self.process.wait().expect("it is ours").code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
