//! The generated code as it is committed.

#[macro_use]
mod contract_types;

mod calls;
#[cfg(feature = "json")]
mod json;
mod vectors;
