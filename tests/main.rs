//! The tests of the package.

mod image;
