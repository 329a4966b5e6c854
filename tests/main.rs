//! The tests of the package.

mod cli;
mod image;
mod install;
mod invariants;
mod parity;
