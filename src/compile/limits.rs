//! Limits on one source. No real schema comes near them; beyond them, the parser or a later step
//! would need stack or memory out of proportion to the text.

use super::source_info::code::{self, Code};
use crate::input::max_items;
use crate::schema::descriptor::{DescriptorProto, FileDescriptorProto};
use crate::schema::tag;

/// The depth of nested brackets. Compilers accept at most messages 31 deep and an option value 100
/// deep.
const MAX_DEPTH: usize = 200;

/// The number of declarations and values in a file: each `;`, `,`, `:` and `{` counts as one. The
/// largest file of Google's APIs has 12,000.
const MAX_ITEMS: usize = 250_000;

/// The bytes of the options of `extensions` statements, which are copied to each of their ranges.
const MAX_COPIED: usize = 4 << 20;

/// The bytes of all full names that one file declares.
const MAX_NAMES: usize = 64 << 20;

/// Returns the offset at which `source` exceeds a limit, and a sentence that names the limit.
pub(super) fn exceeded(source: &str) -> Option<(usize, String)> {
    let bytes = source.as_bytes();
    // Counting bytes is fast. Distinguishing code from comments is slow, and seldom needed.
    let brackets = memchr::memchr3_iter(b'{', b'[', b'<', bytes).count();
    let may_exceed = brackets > MAX_DEPTH || max_items(bytes) > MAX_ITEMS;
    may_exceed.then(|| exceeded_in_code(source)).flatten().or_else(|| copied_options(source))
}

fn exceeded_in_code(source: &str) -> Option<(usize, String)> {
    let (mut depth, mut items) = (0_usize, 0_usize);
    for (at, byte) in Code::from(source, 0) {
        match byte {
            b'{' | b'[' | b'<' => depth += 1,
            b'}' | b']' | b'>' => depth = depth.saturating_sub(1),
            b';' | b',' | b':' => {}
            _ => continue,
        }
        items += usize::from(matches!(byte, b';' | b',' | b':' | b'{'));
        if depth > MAX_DEPTH {
            return Some((at, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        if items > MAX_ITEMS {
            let message = format!("the file has more than {MAX_ITEMS} declarations and values");
            return Some((at, message));
        }
    }
    None
}

/// Returns the first `extensions` statement whose options are too long for its number of ranges.
fn copied_options(source: &str) -> Option<(usize, String)> {
    let mut read = 0;
    for start in code::statements(source, "extensions") {
        // An option value may contain text that looks like a statement.
        if start < read {
            continue;
        }
        let (ranges, length) = ranges(source, start, &mut read);
        if ranges > 1 && ranges * length > MAX_COPIED {
            let message = format!(
                "the options of the statement hold for each of its {ranges} ranges, and are more \
                 than {MAX_COPIED} bytes together"
            );
            return Some((start, message));
        }
    }
    None
}

/// Returns the number of ranges of the statement whose keyword ends at `start`, and the length of
/// its options; advances `read` to the end of what was read.
fn ranges(source: &str, start: usize, read: &mut usize) -> (usize, usize) {
    let (mut ranges, mut depth, mut open) = (1, 0_usize, None);
    for (at, byte) in Code::from(source, start) {
        *read = at;
        match byte {
            b',' if open.is_none() => ranges += 1,
            b';' | b'{' | b'}' if open.is_none() => break,
            b'[' | b'{' => {
                open.get_or_insert(at);
                depth += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    (ranges, open.map_or(0, |open| *read - open))
}

/// Returns the path of the element with which the full names in `file` exceed the limit, and a
/// sentence that names the limit. Each member of a message repeats the names of all messages around
/// it.
pub(super) fn long_names(file: &FileDescriptorProto) -> Option<(Vec<i32>, String)> {
    let mut names = Names { left: MAX_NAMES };
    let path = names.file(file)?;
    let message = format!("the full names in the file have more than {MAX_NAMES} bytes together");
    Some((path, message))
}

struct Names {
    /// The number of bytes left.
    left: usize,
}

impl Names {
    fn file(&mut self, file: &FileDescriptorProto) -> Option<Vec<i32>> {
        let package = file.package().len();
        let values: usize = file.enum_type.iter().map(|it| it.value.len()).sum();
        let types = file.message_type.len() + file.enum_type.len() + file.service.len();
        if !self.take(package, types + values + file.extension.len()) {
            return Some(vec![tag::file::PACKAGE]);
        }
        for (index, service) in (0..).zip(&file.service) {
            if !self.take(package + service.name().len(), service.method.len()) {
                return Some(vec![tag::file::SERVICE, index]);
            }
        }
        let mut messages = (0..).zip(&file.message_type);
        messages.find_map(|(index, message)| {
            self.message(package, message, &[tag::file::MESSAGE_TYPE, index])
        })
    }

    fn message(
        &mut self,
        scope: usize,
        message: &DescriptorProto,
        path: &[i32],
    ) -> Option<Vec<i32>> {
        let name = scope + message.name().len();
        // Enum values are in the scope that contains their enum: the message.
        let values: usize = message.enum_type.iter().map(|it| it.value.len()).sum();
        let members = message.field.len() + message.extension.len() + message.oneof_decl.len();
        let types = message.nested_type.len() + message.enum_type.len();
        if !self.take(name, 1 + members + types + values) {
            return Some(path.to_vec());
        }
        let mut nested = (0..).zip(&message.nested_type);
        nested.find_map(|(index, nested)| {
            self.message(name, nested, &[path, &[tag::message::NESTED_TYPE, index]].concat())
        })
    }

    /// Takes `count` names in a scope whose own name has `length` bytes. Returns whether they are
    /// within the limit.
    fn take(&mut self, length: usize, count: usize) -> bool {
        let left = self.left.checked_sub(length.saturating_mul(count));
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(source: &str) -> Option<String> {
        exceeded(source).map(|(_, message)| message)
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let source = format!("// {0}\n/* {0} */ option go_package = \"{0}\";", "{".repeat(300));
        assert_eq!(message(&source), None);
    }

    #[test]
    fn as_many_declarations_as_the_limit_are_taken() {
        let source = ";".repeat(MAX_ITEMS) + "//;\n";
        assert_eq!(message(&source), None);
        assert_eq!(exceeded(&(source.clone() + "\n;")).expect("too many").0, source.len() + 1);
    }

    #[test]
    fn options_count_once_for_each_range() {
        let statement = |ranges: usize, bytes: usize| {
            let numbers = "1,".repeat(ranges - 1);
            format!("message M {{ extensions {numbers}1 [(x) = \"{}\"]; }}", "a".repeat(bytes))
        };
        assert_eq!(message(&statement(1, 2 * MAX_COPIED)), None);
        assert_eq!(message(&statement(3, MAX_COPIED / 4)), None);
        assert!(message(&statement(5, MAX_COPIED / 4)).is_some());
    }
}
