//! The tests of the package.

fn main() {}
