//! Parity with buf, proved: generated trees and changes, the fixtures, hand-written cases and
//! broken schemas go through the real buf and through wireproof, and what DESIGN.md section 4
//! says must be equal is compared.

mod action;
mod add;
mod broken;
pub(crate) mod cases;
mod change;
mod differences;
mod fault;
mod fixtures;
mod formats;
mod ink;
mod input_forms;
mod inputs;
mod judge;
mod lint;
mod lint_inputs;
mod literal;
mod managed;
mod managed_cases;
mod managed_chance;
mod mend;
mod model;
mod names;
mod outline;
pub(crate) mod pair;
mod policy_inputs;
mod print;
mod rules;
mod rules_made;
pub(crate) mod scale;
pub(crate) mod setup;
mod silence;
mod style;
pub(crate) mod table;
pub(crate) mod tools;
mod world;
