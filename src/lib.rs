//! wireproof: the contract gate for gRPC and Protocol Buffers.
//!
//! [`main`] is the whole command line. Which module may use which other stands in
//! ARCHITECTURE.md, and a test keeps it true.

use std::process::ExitCode;

mod cli;
pub mod compat;
pub mod compile;
pub mod config;
pub mod error;
mod files;
pub mod finding;
pub mod generate;
pub mod input;
pub mod lint;
mod parallel;
mod printable;
mod process;
pub mod report;
pub mod rule;
pub mod schema;
pub mod value;

/// Runs the command line `args` (the program's name first) and returns its exit code:
/// 0 nothing found, 100 findings, 1 the tool could not do its work.
pub fn main(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    cli::main(args)
}
