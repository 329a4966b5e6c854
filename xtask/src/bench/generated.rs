//! Generates a tree of schemas, which is measured if there is no corpus. It is the same on every
//! machine.

use std::fmt::Write as _;
use std::path::Path;

use super::tree::{Tree, write};
use wireproof::error::Result;

const FILES: usize = 1_000;
const MESSAGES: usize = 8;
const FIELDS: usize = 12;
const METHODS: usize = 4;

/// The description of the tree, for the page.
const DESCRIPTION: &str = "a generated tree of 1,000 proto3 files, ten to a package: each imports two \
    others and has a service of 4 methods, an enum and 8 messages of 12 fields (scalars, lists, \
    maps, enums, messages of its own and of another file), all with comments; in the new version \
    every tenth file has lost a field";

/// The types of most fields, in rotation.
const TYPES: &[&str] = &["string", "int64", "repeated string", "bool", "map<string, string>"];

/// Writes both versions of the tree below `folder`.
pub(super) fn tree(folder: &Path) -> Result<Tree> {
    let tree = Tree {
        description: DESCRIPTION.to_owned(),
        old: folder.join("old"),
        new: folder.join("new"),
    };
    for root in [&tree.old, &tree.new] {
        write(&root.join("buf.yaml"), "version: v2\n")?;
    }
    for number in 0..FILES {
        write(&tree.old.join(path(number)), &source(number, FIELDS))?;
        let fields = if number % 10 == 0 { FIELDS - 1 } else { FIELDS };
        write(&tree.new.join(path(number)), &source(number, fields))?;
    }
    Ok(tree)
}

fn path(number: usize) -> String {
    format!("bench/p{}/v1/f{number}.proto", number / 10)
}

/// Returns the files that file `number` imports. All of them have smaller numbers.
fn others(number: usize) -> Vec<usize> {
    let mut others = vec![number / 2, number.saturating_sub(1)];
    others.dedup();
    others.retain(|other| *other != number);
    others
}

/// Returns the text of a file whose first message has `fields` fields.
fn source(number: usize, fields: usize) -> String {
    let mut text = format!("syntax = \"proto3\";\n\npackage bench.p{}.v1;\n\n", number / 10);
    for other in others(number) {
        let _ = writeln!(text, "import \"{}\";", path(other));
    }
    service(&mut text, number);
    kinds(&mut text, number);
    for index in 0..MESSAGES {
        message(&mut text, number, index, if index == 0 { fields } else { FIELDS });
    }
    text
}

fn service(text: &mut String, number: usize) {
    let _ = writeln!(text, "\n// Service {number}.\nservice S{number} {{");
    for method in 0..METHODS {
        let (request, response) = (2 * method, 2 * method + 1);
        let _ = writeln!(text, "  // Method {method}.");
        let _ = writeln!(
            text,
            "  rpc Call{method}(F{number}M{request}) returns (F{number}M{response});"
        );
    }
    text.push_str("}\n");
}

fn kinds(text: &mut String, number: usize) {
    let _ = writeln!(text, "\n// The kinds.\nenum F{number}Kind {{");
    for value in 0..6 {
        let _ = writeln!(text, "  // Kind {value}.");
        let _ = writeln!(text, "  F{number}_KIND_{value} = {value};");
    }
    text.push_str("}\n");
}

fn message(text: &mut String, number: usize, index: usize, fields: usize) {
    let _ = writeln!(text, "\n// Message {index}.\nmessage F{number}M{index} {{");
    for field in 1..=fields {
        let _ = writeln!(text, "  // Field {field}.");
        let _ = writeln!(text, "  {} field_{field} = {field};", field_type(number, field));
    }
    text.push_str("}\n");
}

fn field_type(number: usize, field: usize) -> String {
    let other = others(number).pop().unwrap_or(number);
    match field {
        6 => format!("F{number}Kind"),
        7 => format!("repeated F{number}M1"),
        8 => format!("bench.p{}.v1.F{other}M0", other / 10),
        _ => TYPES[field % TYPES.len()].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_import_only_earlier_ones() {
        assert!((0..FILES).all(|number| others(number).iter().all(|other| *other < number)));
        assert_eq!(others(0), [0; 0]);
        assert_eq!(others(9), [4, 8]);
    }
}
