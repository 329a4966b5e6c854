//! The protobuf text format of a descriptor set, custom options as `[full.name]`. As in buf,
//! unknown options are ignored.

use super::budget::Budget;
use super::mapping::{self, Mapping};
use super::scan::{self, Shape};
use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use prost_reflect::DynamicMessage;
use prost_reflect::text_format::FormatOptions;
use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

pub(super) fn decode(bytes: &[u8], budget: Budget) -> Result<FileDescriptorSet> {
    let text = std::str::from_utf8(bytes).map_err(|error| garbage(&error))?;
    let shape = scan::shape(text, &budget)
        .map_err(|fault| garbage(&format!("{} at {}", fault.why, place(text, fault.offset))))?;
    let file = read(text, &shape, &Mapping::plain()?, &budget.clone())?;
    if !mapping::define_options(&file) {
        return Ok(FileDescriptorSet { file });
    }
    let mapping = Mapping::with_lists(&file)?;
    // Frees the first copy before the second is read.
    drop(file);
    Ok(FileDescriptorSet { file: read(text, &shape, &mapping, &budget)? })
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

fn read(
    text: &str,
    shape: &Shape<'_>,
    mapping: &Mapping,
    budget: &Budget,
) -> Result<Vec<FileDescriptorProto>> {
    let read_file = |file: &scan::File| {
        let content = without_unknown_extensions(text, file, shape, mapping);
        DynamicMessage::parse_text_format(mapping.file.clone(), &content)
            .map_err(|error| error.to_string())
            .and_then(|file| mapping.close(&file, budget).map_err(|error| error.to_string()))
            .map_err(|why| {
                let place = place(text, file.content.start);
                garbage(&format!("{why}, in the file that begins at {place}"))
            })
    };
    shape.files.iter().map(read_file).collect()
}

/// Returns the content of `file` with the extensions that `mapping` does not have replaced by
/// blanks, so that positions do not change.
fn without_unknown_extensions<'t>(
    text: &'t str,
    file: &scan::File,
    shape: &Shape<'_>,
    mapping: &Mapping,
) -> Cow<'t, str> {
    let pool = mapping.file.parent_pool();
    let is_unknown = |(name, _): &&(&str, Range<usize>)| {
        let is_any = name.contains('/');
        !is_any && pool.get_extension_by_name(name).is_none()
    };
    let mut unknown =
        shape.extensions[file.extensions.clone()].iter().filter(is_unknown).peekable();
    let content = &text[file.content.clone()];
    if unknown.peek().is_none() {
        return Cow::Borrowed(content);
    }
    let mut bytes = content.as_bytes().to_vec();
    let start = file.content.start;
    for (_, range) in unknown {
        bytes[range.start - start..range.end - start].fill(b' ');
    }
    String::from_utf8(bytes).expect("whole characters were replaced by blanks").into()
}

/// Returns `line x column y` of the byte at `offset`, both counted from 1.
fn place(text: &str, offset: usize) -> String {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line} column {}", before.len() - line_start + 1)
}

fn garbage(why: &dyn Display) -> Error {
    Error::new(format!("not a descriptor set in the protobuf text format: {why}"))
}
