//! Input that nobody would write, and somebody will hand in: always a schema, findings or an
//! error with a location, never a panic, an overflowing stack, or another kind of end.

mod bombs;
mod files;
mod git;
mod limits;
mod printing;
mod schemas;

use std::path::Path;
use std::process::{Command, Output};

/// Runs `wireproof ARGS` in `folder`; that it panics or dies of a signal fails the test.
fn wireproof(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let output = command
        .args(args)
        .current_dir(folder)
        .env_remove("CI")
        .output()
        .expect("it has been built");
    let errors = String::from_utf8_lossy(&output.stderr);
    // A signal has no code.
    let code = output.status.code().unwrap_or_else(|| panic!("{args:?}: {}", output.status));
    assert!([0, 1, 100].contains(&code) && !errors.contains("panicked"), "{args:?}: {errors}");
    output
}
