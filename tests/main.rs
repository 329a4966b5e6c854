//! The tests of the package.

mod agent;
mod baseline;
mod ci;
mod cli;
mod compat;
mod compile;
mod corpus;
mod docs;
mod editions;
mod fixture;
mod gate;
mod generate;
mod hooks;
mod hostile;
mod image;
mod install;
mod invariants;
mod lint;
mod lint_fix;
mod oracle;
mod parity;
mod policies;
mod proto2;
mod reading;
mod sarif;
mod vectors;
