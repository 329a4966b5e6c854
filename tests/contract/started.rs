//! `contract test` and `check`: the provider is started, verified and stopped.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::provider::{self, Fault};
use super::{runtime, types, wireproof, workspace};
use crate::parity::programs::tools;
/// The command in `contract.provider` is started, verified and stopped; one that is no provider is
/// an error with its last lines.
#[test]
fn a_provider_is_started_and_stopped() {
    let (folder, runtime) = (workspace(), runtime());
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let script = format!(
        "echo $$ > pid; echo ${{CARGO_MANIFEST_DIR-none}} > cargo; echo booting; echo listening on http://{}, states at http://{}/; sleep 600",
        provider.address, provider.states
    );
    let write = |command: &str| {
        let toml = format!("[contract]\nprovider = [\"sh\", \"-c\", {command:?}]\n");
        fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    };
    write(&script);
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    // What `cargo test` set for this program: a provider that runs cargo would compile again.
    let seen = fs::read_to_string(folder.path().join("cargo")).expect("it was started");
    assert_eq!(seen, "none\n");
    let pid = fs::read_to_string(folder.path().join("pid")).expect("it was started");
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "{pid} still runs");
    let answer = wireproof(folder.path(), &["check"]);
    assert!(
        answer.stderr.contains("10 pass of 10 interactions of 1 consumer"),
        "{}",
        answer.stderr
    );
    let stages: Vec<&str> = answer
        .stderr
        .lines()
        .filter(|line| line.ends_with(" ms"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let all = ["compile", "lint", "check-compat", "generate", "roundtrip", "contract"];
    assert_eq!(stages, all, "{}", answer.stderr);
    // Each stage, in this order, has its time.
    assert!(answer.stderr.contains("contract      ok"), "{}", answer.stderr);
    // A hook for states in the settings replaces that of the provider: this one fails.
    let toml = fs::read_to_string(folder.path().join("wireproof.toml")).expect("it is there");
    fs::write(folder.path().join("hook"), "#!/bin/sh\necho \"$1, $2\" >&2; exit 5\n")
        .expect("it can be written");
    let hooked = format!("{toml}states = \"sh hook\"\n");
    fs::write(folder.path().join("wireproof.toml"), hooked).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert!(
        answer.code == 100 && answer.stdout.contains("a book exists, reader"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    for (script, expected) in [
        ("echo no schema >&2; exit 3", "it ended with exit status: 3\n  no schema"),
        ("exec 1>&-; sleep 600", "it closed its standard output"),
    ] {
        write(script);
        let answer = wireproof(folder.path(), &["contract", "test"]);
        assert_eq!(answer.code, 1);
        assert!(answer.stderr.contains(expected), "{script}: {}", answer.stderr);
    }
    // One that dies when it is called: its standard error is shown, and the stage did not pass.
    let listener = "import socket,sys; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); \
                    print('http://127.0.0.1:%d' % s.getsockname()[1], flush=True); s.accept(); \
                    sys.exit('out of memory')";
    write(&format!("exec python3 -c \"{listener}\""));
    for args in [&["contract", "test"][..], &["check"]] {
        let answer = wireproof(folder.path(), args);
        let expected = "the provider ended before the last call: exit status: 1\n  out of memory";
        assert!(answer.code == 1 && answer.stderr.contains(expected), "{args:?}: {answer:?}");
        assert!(
            args.len() > 1 || answer.stderr.contains("contract      FAILED"),
            "{}",
            answer.stderr
        );
    }
    let toml = "[contract]\nprovider = [\"no-such-program\"]\n";
    fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert!(answer.code == 1 && answer.stderr.contains("no-such-program"), "{}", answer.stderr);
}

/// Whether this process ignores SIGINT (proc_pid_status(5)).
fn ignores_interrupts() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 2 != 0)
}

/// Ctrl-C during `contract test` and `check` ends the provider and what it started: both hold a pipe
/// open, and what is left of them would write to it.
#[test]
fn an_interrupt_ends_the_provider() {
    let folder = workspace();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo makes the pipe");
    let script = "exec 3> pipe; (sleep 30; echo left >&3) & echo started >&3; wait";
    let toml = format!("[contract]\nprovider = [\"sh\", \"-c\", {script:?}]\n");
    fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    // A program that was started in the background ignores SIGINT, as its children do.
    let signal = if ignores_interrupts() { "TERM" } else { "INT" };
    for args in [&["contract", "test"][..], &["check"]] {
        let mut command = tools::command(tools::wireproof(), folder.path());
        let mut running = command.args(args).stderr(Stdio::null()).spawn().expect("it starts");
        let mut output = BufReader::new(fs::File::open(&pipe).expect("it can be read"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it is text");
        assert_eq!(line, "started\n");
        let sent = Command::new("kill").args(["-s", signal, &running.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it still runs");
        let mut left = String::new();
        output.read_to_string(&mut left).expect("it is text");
        assert_eq!(left, "", "{args:?}");
        assert!(!running.wait().expect("it is ours").success());
    }
}
