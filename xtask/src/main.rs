//! `cargo xtask`: the commands for developers of wireproof. Every other command is forwarded to
//! wireproof itself, built from this checkout.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod bench;
mod fuzz;
mod new_rule;
mod reference;
mod serve;
mod test;
mod tools;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use wireproof::error::{Error, Result};

/// The developers' commands of the wireproof repository.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Bench(bench::BenchArgs),
    Fuzz(fuzz::FuzzArgs),
    NewRule(new_rule::NewRuleArgs),
    Reference(reference::ReferenceArgs),
    Serve(serve::ServeArgs),
    Test(test::TestArgs),
    Tools(tools::ToolsArgs),
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let command = args.get(1).and_then(|arg| arg.to_str());
    if command.is_some_and(is_task) {
        return exit_code(run(&Cli::parse_from(args).command));
    }
    if matches!(command, Some("check" | "generate")) && !root().join(".tools").exists() {
        say("run `cargo xtask tools` to install the plugins of buf.gen.yaml");
    }
    let code = wireproof::main(args.iter().cloned());
    match command {
        // A usage error: the product has printed its help to standard error.
        None => eprint!("{}", task_list()),
        // Help that nobody reads to its end is no failure.
        Some("--help" | "-h" | "help") => _ = io::stdout().write_all(task_list().as_bytes()),
        Some(_) => {}
    }
    code
}

/// Whether `name` is a task of this program.
fn is_task(name: &str) -> bool {
    Cli::command().find_subcommand(name).is_some()
}

/// Returns the names and purposes of the tasks, in the layout of `--help`.
fn task_list() -> String {
    let cli = Cli::command();
    let line = |task: &clap::Command| {
        let about = task.get_about().map(ToString::to_string).unwrap_or_default();
        format!("  {:<14}{about}\n", task.get_name())
    };
    let lines: String = cli.get_subcommands().map(line).collect();
    format!("\nOnly in this repository, as `cargo xtask COMMAND`:\n{lines}")
}

fn run(task: &Task) -> Result<()> {
    let root = root();
    match task {
        Task::Bench(args) => bench::run(args, &root),
        Task::Fuzz(args) => fuzz::run(args, &root),
        Task::NewRule(args) => new_rule::run(args, &root),
        Task::Reference(args) => reference::run(args, &root),
        Task::Serve(args) => serve::run(args, &root),
        Task::Test(args) => test::run(args, &root),
        Task::Tools(args) => tools::run(args, &root),
    }
}

fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the root of the checkout that this program was built from.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("the crate is in a folder of the repository").to_owned()
}

/// Returns the cargo that runs this program, or the one on `PATH`. It does not see what `cargo run`
/// set for this program: the build script of `ring` depends on it, and would run again.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Writes a text file under a temporary name and renames it, so that an interrupted run leaves no
/// partial file.
fn write(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
    written.map_err(|error| Error::io(path, error))
}

/// Prints a progress line to standard error.
fn say(message: &str) {
    eprintln!("xtask: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_do_not_shadow_commands_of_the_product() {
        Cli::command().debug_assert();
        for command in ["build", "check", "check-compat", "generate", "lint", "release", "rules"] {
            assert!(!is_task(command), "{command}");
        }
        for task in Cli::command().get_subcommands() {
            assert!(task_list().contains(&format!("  {} ", task.get_name())));
        }
    }
}
