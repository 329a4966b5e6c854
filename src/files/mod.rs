//! Reading and writing files on disk.
//!
//! A repository under test can contain links to devices and to files of `/proc`, pipes, and files
//! of any size; its settings can name paths outside of it. Every module that reads or writes files
//! uses this one, so that these cases are rejected in one place.

mod bounded;
mod bounds;
mod read;
mod write;

pub(crate) use bounded::{AtMost, read_at_most, read_counted};
pub(crate) use bounds::{is_folder_of_git, is_inside, top_of_repository};
pub(crate) use read::{BASELINE, SCHEMAS, SETTINGS, read, read_bounded, read_named};
pub(crate) use write::{Sink, create_new, write, write_all, write_pieces};
