//! Parity with buf: generated trees and changes, the fixtures, hand-written cases and broken
//! schemas go through the real buf and through wireproof, and both must find the same.
//!
//! `generator` makes schemas, changes and configurations at random; `programs` runs both programs on
//! them and compares the results. The tests are in the files beside those two.

pub(crate) mod generator;
pub(crate) mod programs;

mod broken;
pub(crate) mod cases;
mod differences;
mod fixtures;
mod formats;
mod input_forms;
mod inputs;
mod lint;
mod lint_inputs;
mod managed;
mod managed_cases;
pub(crate) mod pair;
mod policy_inputs;
#[cfg(feature = "protovalidate")]
mod rules;
