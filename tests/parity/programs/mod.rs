//! The programs that are compared: where they are, how they are run, what they found.
//!
//! `tools` finds and runs the real buf and others; `table` reads its lists of rules; `judge` puts
//! one question to both programs; `sandbox` is the file system that they run in; `scale` says how
//! many cases a run has.

pub(crate) mod judge;
pub(crate) mod sandbox;
pub(crate) mod scale;
pub(crate) mod table;
pub(crate) mod tools;
