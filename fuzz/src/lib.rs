//! What the fuzz targets share: a tree of files that is made of one input's bytes, and the way
//! from there to a schema that the command line takes, too.

mod tree;
mod way;

pub use tree::Files;
pub use way::{all_rules, configured, images, on_disk, schema, source, tables};
