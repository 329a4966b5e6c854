//! The stubs as they lie.

mod calls;
#[cfg(feature = "json")]
mod json;
mod vectors;
