//! wireproof: the contract gate for gRPC and Protocol Buffers.
//!
//! [`main`] runs the command line. Other programs, such as an xtask or a `build.rs`, call
//! [`workspace::load`], then [`lint()`] or [`compat()`]:
//!
//! ```
//! use wireproof::workspace::{CompatOptions, Load, Options, load};
//!
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("old"))?;
//! # std::fs::create_dir(folder.path().join("new"))?;
//! # let schema = |fields: &str| format!("syntax = \"proto3\";\n\nmessage Order {{\n{fields}}}\n");
//! # std::fs::write(folder.path().join("old/a.proto"), schema("  string id = 1;\n"))?;
//! # std::fs::write(folder.path().join("new/a.proto"), schema(""))?;
//! let options = Options::new(folder.path());
//! let (Load::Ready(old), Load::Ready(new)) = (load("old", &options)?, load("new", &options)?)
//! else {
//!     panic!("a version does not compile");
//! };
//! let findings = wireproof::compat(&old.schema, &new, &CompatOptions::default());
//! assert_eq!(findings[0].rule, "FIELD_NO_DELETE");
//! assert_eq!(findings[0].element, "Order.id");
//! let proof = findings[0].proof.as_ref().expect("every change is proved");
//! assert_eq!(proof.witnesses[0].value(), "Order { id: \"a\" }");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules without documentation here are internal. They are public for the tests and the fuzz
//! targets of this repository, and change without notice. ARCHITECTURE.md describes them.
#![forbid(unsafe_code)]

use std::process::ExitCode;

mod cli;
#[doc(hidden)]
pub mod compat;
#[doc(hidden)]
pub mod compile;
#[doc(hidden)]
pub mod config;
#[cfg(feature = "contract")]
#[doc(hidden)]
pub mod contract;
pub mod error;
mod files;
pub mod finding;
#[doc(hidden)]
pub mod generate;
#[doc(hidden)]
pub mod input;
#[doc(hidden)]
pub mod lint;
mod parallel;
mod printable;
mod process;
#[doc(hidden)]
pub mod report;
#[cfg(feature = "roundtrip")]
pub mod roundtrip;
pub mod rule;
#[doc(hidden)]
pub mod schema;
pub mod value;
pub mod workspace;
mod yaml;

pub use schema::Schema;
pub use workspace::{run_compat as compat, run_lint as lint};

/// Runs the command line `args`, the first of which is the name of the program. Returns the exit
/// code: 0 if there are no findings, 100 if there are findings, 1 if an error stopped wireproof.
pub fn main(args: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    cli::main(args)
}
