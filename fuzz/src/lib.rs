//! What the fuzz targets share: a tree of files made from the bytes of one input, and how it is loaded.

mod pipeline;
mod tree;

pub use pipeline::{all_rules, images, loaded, on_disk, source};
pub use tree::Files;
