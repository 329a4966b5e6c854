//! The compiled model.

pub mod descriptor;
