//! Parses the command line. Each command has a file of its own.

mod accept;
mod approvals;
mod baseline;
mod build;
mod changelog;
mod check;
mod check_compat;
#[cfg(feature = "contract")]
mod contract;
mod diff;
mod explain;
mod findings;
mod fix;
mod generate;
mod install_hint;
mod lint;
mod output;
mod plugin;
mod release;
mod releases;
mod replay;
#[cfg(feature = "roundtrip")]
mod roundtrip;
mod rules;
mod selection;
mod text;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::printable;

/// The contract gate for gRPC and Protocol Buffers.
#[derive(Debug, Parser)]
#[command(name = "wireproof", bin_name = "wireproof", version, about)]
#[command(after_help = "Exit codes: 0 no findings, 100 findings, 1 error.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Accept(accept::AcceptArgs),
    Build(build::BuildArgs),
    Changelog(changelog::ChangelogArgs),
    Check(check::CheckArgs),
    #[command(alias = "breaking")]
    CheckCompat(check_compat::CheckCompatArgs),
    #[cfg(feature = "contract")]
    Contract(contract::ContractArgs),
    Diff(diff::DiffArgs),
    Explain(explain::ExplainArgs),
    Generate(generate::GenerateArgs),
    Lint(lint::LintArgs),
    Plugin(plugin::PluginArgs),
    Release(release::ReleaseArgs),
    Replay(replay::ReplayArgs),
    #[cfg(feature = "roundtrip")]
    Roundtrip(roundtrip::RoundtripArgs),
    Rules(rules::RulesArgs),
}

/// The outcome of a command that ran, which becomes its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No findings (0).
    Clean,
    /// Findings (100).
    Findings,
}

/// Parses `args` (the program's name first), runs the command and returns the exit code.
pub(crate) fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    crate::process::end_children_on_signals();
    let result = match parse(args) {
        Ok(cli) => run(&cli.command),
        Err(usage) if usage.use_stderr() => {
            eprint(&usage.to_string());
            return ExitCode::FAILURE;
        }
        Err(help) => print(&help.to_string()).map(|()| Outcome::Clean),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(100),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprint(&format!("wireproof: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let args: Vec<OsString> = args.into_iter().collect();
    // `-#format=tar` is not a flag but standard input with options.
    if args.iter().any(|arg| arg.as_encoded_bytes().starts_with(b"-#")) {
        let is_input = |arg: &clap::Arg| matches!(arg.get_id().as_str(), "input" | "against");
        let hyphens = |arg| if is_input(&arg) { arg.allow_hyphen_values(true) } else { arg };
        command = command.mut_subcommands(|command| command.mut_args(hyphens));
    }
    Cli::from_arg_matches(&command.try_get_matches_from(args)?)
}

fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Accept(args) => accept::run(args),
        Command::Build(args) => build::run(args),
        Command::Changelog(args) => changelog::run(args),
        Command::Check(args) => check::run(args),
        Command::CheckCompat(args) => check_compat::run(args),
        #[cfg(feature = "contract")]
        Command::Contract(args) => contract::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Lint(args) => lint::run(args),
        Command::Plugin(args) => plugin::run(args),
        Command::Release(args) => release::run(args),
        Command::Replay(args) => replay::run(args),
        #[cfg(feature = "roundtrip")]
        Command::Roundtrip(args) => roundtrip::run(args),
        Command::Rules(args) => rules::run(args),
    }
}

/// The place that errors about standard output name.
const STDOUT: &str = "standard output";

/// Writes lines to standard output. Control characters and CI commands in them are escaped. If the
/// pipe is closed, the error makes [`main`] exit with success.
pub(crate) fn print(text: &str) -> Result<()> {
    print_exactly(printable::lines(text).as_bytes())
}

/// Writes data to standard output without escaping: output for programs, and reports, which their
/// formats escape.
fn print_exactly(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| Error::io(Path::new(STDOUT), error))
}

/// Whether `error` means that the reader of standard output has closed the pipe.
fn is_closed_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    error.place() == Some(STDOUT)
        && source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes lines to standard error. Control characters and CI commands in them are escaped.
pub(crate) fn eprint(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = io::stderr().write_all(printable::lines(text).as_bytes());
}

/// Replaces the line of progress on a terminal; elsewhere writes nothing. Empty text removes it.
#[cfg(feature = "roundtrip")]
pub(crate) fn status(text: &str) {
    use std::io::IsTerminal as _;
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\u{1b}[K{}", printable::line(text));
    }
}

/// Writes the line `wireproof: MESSAGE` to standard error. Line breaks in it are escaped.
pub(crate) fn say(message: &str) {
    eprint(&format!("wireproof: {}\n", printable::line(message)));
}
