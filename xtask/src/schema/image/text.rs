//! The protobuf text format of a descriptor set, custom options as `[full.name]`. As in buf, an
//! option that nobody knows is passed over.

use super::mapping::{self, Mapping};
use super::scan::{self, Shape};
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use prost_reflect::DynamicMessage;
use prost_reflect::text_format::FormatOptions;
use std::fmt::Display;
use std::ops::Range;

pub(super) fn decode(bytes: &[u8]) -> Result<FileDescriptorSet> {
    let text = std::str::from_utf8(bytes).map_err(|error| garbage(&error))?;
    let shape = scan::shape(text)
        .map_err(|fault| garbage(&format!("{} at {}", fault.why, place(text, fault.offset))))?;
    let mut file = read(text, &shape, &Mapping::plain()?)?;
    if mapping::define_options(&file) {
        file = read(text, &shape, &Mapping::with_lists(&file)?)?;
    }
    Ok(FileDescriptorSet { file })
}

pub(super) fn encode(set: &FileDescriptorSet) -> Result<Vec<u8>> {
    let mapping = Mapping::with_lists(&set.file)?;
    let format = FormatOptions::new().pretty(true);
    let mut text = String::new();
    for file in &set.file {
        text.push_str("file {\n");
        for line in mapping.open(file)?.to_text_format_with_options(&format).lines() {
            text.extend(["  ", line, "\n"]);
        }
        text.push_str("}\n");
    }
    Ok(text.into_bytes())
}

fn read(text: &str, shape: &Shape<'_>, mapping: &Mapping) -> Result<Vec<FileDescriptorProto>> {
    let text_of_known = without_unknown_extensions(text, shape, mapping);
    let read_file = |range: &Range<usize>| {
        let file = &text_of_known[range.clone()];
        DynamicMessage::parse_text_format(mapping.file.clone(), file)
            .map_err(|error| error.to_string())
            .and_then(|file| mapping.close(&file).map_err(|error| error.to_string()))
            .map_err(|why| {
                let place = place(text, range.start);
                garbage(&format!("{why}, in the file whose content begins at {place}"))
            })
    };
    shape.files.iter().map(read_file).collect()
}

/// `text` with blanks for the extensions that `mapping` does not know, so that places stay.
fn without_unknown_extensions(text: &str, shape: &Shape<'_>, mapping: &Mapping) -> String {
    let pool = mapping.file.parent_pool();
    let mut bytes = text.as_bytes().to_vec();
    for (name, range) in &shape.extensions {
        let is_any = name.contains('/');
        if !is_any && pool.get_extension_by_name(name).is_none() {
            bytes[range.clone()].fill(b' ');
        }
    }
    String::from_utf8(bytes).expect("whole characters were replaced by blanks")
}

/// `line x column y` of the byte at `offset`, both counted from 1.
fn place(text: &str, offset: usize) -> String {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line} column {}", before.len() - line_start + 1)
}

fn garbage(why: &dyn Display) -> Error {
    Error::new(format!("this is not a descriptor set in the protobuf text format: {why}"))
}
