//! Generates valid schemas, changes to them, faults in them, and configurations, at random from a
//! seed.
//!
//! `model` is a tree of schemas as data. `action` lists the steps that build and change one, in
//! `add` and `change`; `repair` makes the result valid again; `print` writes it as text. `fault`
//! breaks that text. `setup`, `random_rules`, `suppressions` and `random_managed` write
//! configurations.

pub(crate) mod action;
pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod fault;
pub(crate) mod literal;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod outline;
pub(crate) mod print;
pub(crate) mod random_managed;
#[cfg(feature = "protovalidate")]
pub(crate) mod random_rules;
pub(crate) mod repair;
pub(crate) mod setup;
pub(crate) mod style;
pub(crate) mod suppressions;
pub(crate) mod token_printer;
