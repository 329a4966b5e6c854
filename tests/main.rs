//! The tests of the package.

mod cli;
mod compat;
mod image;
mod install;
mod invariants;
mod parity;
