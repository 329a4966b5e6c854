//! wireproof: the contract gate for gRPC and Protocol Buffers.
//!
//! [`main`] is the command line. Other programs call [`workspace::load`], then [`lint()`] or
//! [`compat()`]; see [`workspace`] for an example. ARCHITECTURE.md shows the modules and which may use
//! which.

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
pub mod workspace;

pub use workspace::{run_compat as compat, run_lint as lint};

/// Runs the command line `args` (the program's name first) and returns its exit code:
/// 0 nothing found, 100 findings, 1 the tool could not do its work.
pub fn main(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    cli::main(args)
}
