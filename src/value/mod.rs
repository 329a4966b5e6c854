//! Messages generated from a descriptor: edge values of every type, messages with one or all fields
//! set, and deterministic encoding.

mod edge;
mod encode;
mod example;

#[cfg(test)]
mod tests;

pub use edge::edges;
pub use encode::{Entries, encode};
pub use example::{Example, all, empty, field_edges, fields, nested};
