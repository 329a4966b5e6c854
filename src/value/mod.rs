//! Messages made from a descriptor: the values at the edge of every type, messages that show one
//! field or all of them, and the bytes that mean a message whoever writes it.

mod edge;
mod encode;
mod example;

#[cfg(test)]
mod tests;

pub use edge::edges;
pub use encode::{Entries, encode};
pub use example::{Example, all, empty, field_edges, fields, nested};
