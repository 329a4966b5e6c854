//! The tests of the package.

mod image;
mod install;
mod invariants;
mod parity;
