//! The memory of an encoded file once it is decoded, computed without an allocation. Two bytes on
//! the wire can become a message of some hundred bytes in memory.

use super::budget::{Budget, in_list};
use super::buf_file::BufFile;
use crate::error::Result;
use crate::schema::descriptor as d;
use crate::schema::{tag, wire};

/// The maximum depth of messages; prost rejects deeper ones.
const MAX_DEPTH: usize = 101;

/// The memory that one byte of an option can take while a file is printed or passed to a generator:
/// a custom option may be a list of numbers with one byte each on the wire.
const OPTION_BYTE: usize = 128;

/// The memory of a message and its fields.
struct Shape {
    /// The memory of the message itself, as an item of a list.
    size: usize,
    /// The field with the name of the message, if the full names of its elements begin with it.
    name: Option<i32>,
    /// The fields that are lists or have nested content.
    fields: &'static [(i32, Content)],
}

/// The content of a field.
enum Content {
    /// An item of a list of messages.
    Message(&'static Shape),
    /// An item of a list of strings.
    Text,
    /// An item of a list of numbers, or several of them, packed.
    Numbers,
    /// Options, which are decoded on demand.
    Options,
    /// A message that is decoded on demand.
    Later(&'static Shape),
}
use Content::{Later, Message, Numbers, Options, Text};

static FILE: Shape = Shape {
    size: in_list::<d::FileDescriptorProto>(),
    name: Some(tag::file::PACKAGE),
    fields: &[
        (tag::file::DEPENDENCY, Text),
        (tag::file::MESSAGE_TYPE, Message(&MESSAGE)),
        (tag::file::ENUM_TYPE, Message(&ENUM)),
        (tag::file::SERVICE, Message(&SERVICE)),
        (tag::file::EXTENSION, Message(&FIELD)),
        (tag::file::OPTIONS, Options),
        (tag::file::SOURCE_CODE_INFO, Later(&SOURCE_CODE_INFO)),
        (tag::file::PUBLIC_DEPENDENCY, Numbers),
        (tag::file::WEAK_DEPENDENCY, Numbers),
        (tag::file::OPTION_DEPENDENCY, Text),
        (8042, Message(&RECORD)),
    ],
};

static MESSAGE: Shape = Shape {
    size: in_list::<d::DescriptorProto>(),
    name: Some(tag::NAME),
    fields: &[
        (tag::message::FIELD, Message(&FIELD)),
        (tag::message::NESTED_TYPE, Message(&MESSAGE)),
        (tag::message::ENUM_TYPE, Message(&ENUM)),
        (tag::message::EXTENSION_RANGE, Message(&EXTENSION_RANGE)),
        (tag::message::EXTENSION, Message(&FIELD)),
        (tag::message::OPTIONS, Options),
        (tag::message::ONEOF_DECL, Message(&ONEOF)),
        (tag::message::RESERVED_RANGE, Message(&RESERVED_RANGE)),
        (tag::message::RESERVED_NAME, Text),
    ],
};

static FIELD: Shape = Shape {
    size: in_list::<d::FieldDescriptorProto>(),
    name: None,
    fields: &[(tag::field::OPTIONS, Options)],
};
static EXTENSION_RANGE: Shape = Shape {
    size: in_list::<d::ExtensionRange>(),
    name: None,
    fields: &[(tag::extension_range::OPTIONS, Options)],
};
static RESERVED_RANGE: Shape =
    Shape { size: in_list::<d::ReservedRange>(), name: None, fields: &[] };
static ONEOF: Shape = Shape {
    size: in_list::<d::OneofDescriptorProto>(),
    name: None,
    fields: &[(tag::oneof::OPTIONS, Options)],
};
static ENUM: Shape = Shape {
    size: in_list::<d::EnumDescriptorProto>(),
    name: Some(tag::NAME),
    fields: &[
        (tag::enumeration::VALUE, Message(&ENUM_VALUE)),
        (tag::enumeration::OPTIONS, Options),
        (tag::enumeration::RESERVED_RANGE, Message(&RESERVED_RANGE)),
        (tag::enumeration::RESERVED_NAME, Text),
    ],
};
static ENUM_VALUE: Shape = Shape {
    size: in_list::<d::EnumValueDescriptorProto>(),
    name: None,
    fields: &[(tag::enum_value::OPTIONS, Options)],
};
static SERVICE: Shape = Shape {
    size: in_list::<d::ServiceDescriptorProto>(),
    name: Some(tag::NAME),
    fields: &[(tag::service::METHOD, Message(&METHOD)), (tag::service::OPTIONS, Options)],
};
static METHOD: Shape = Shape {
    size: in_list::<d::MethodDescriptorProto>(),
    name: None,
    fields: &[(tag::method::OPTIONS, Options)],
};

/// buf's record of a file. Only its list has a variable size.
static RECORD: Shape = Shape { size: size_of::<BufFile>(), name: None, fields: &[(4, Numbers)] };

static SOURCE_CODE_INFO: Shape =
    Shape { size: 0, name: None, fields: &[(tag::source_code_info::LOCATION, Message(&LOCATION))] };
static LOCATION: Shape = Shape {
    size: in_list::<d::Location>(),
    name: None,
    fields: &[
        (tag::location::PATH, Numbers),
        (tag::location::SPAN, Numbers),
        (tag::location::LEADING_DETACHED_COMMENTS, Text),
    ],
};

/// Counts the memory of the decoded file in `bytes`. Options and source code info are decoded
/// later, for one file at a time: their memory must be available, but is freed again, so that it
/// does not reduce `budget`.
pub(crate) fn count_file(bytes: &[u8], budget: &Budget) -> Result<()> {
    let later = budget.clone();
    budget.take(FILE.size)?;
    let scope = Scope { depth: 0, length: 0 };
    count(&FILE, bytes, Counts { now: budget, later: Some(&later) }, scope)
}

/// The position of a message in its file.
#[derive(Clone, Copy)]
struct Scope {
    depth: usize,
    /// The length of the enclosing names. They are part of the full name of each element, which so
    /// takes that many bytes.
    length: usize,
}

impl Scope {
    /// Returns the scope inside the message in `bytes`.
    fn inside(self, shape: &Shape, bytes: &[u8]) -> Scope {
        let is_name = |(number, _): &(i32, &[u8])| Some(*number) == shape.name;
        let names = fields(bytes).filter(is_name).map(|(_, name)| name.len());
        // `names` is lazy: most shapes have no name, and `bytes` is not read then.
        let length = if shape.name.is_none() { 0 } else { names.max().unwrap_or_default() };
        Scope { depth: self.depth + 1, length: self.length + length }
    }
}

/// The budgets for memory that is held while a file is decoded, and for memory used later.
#[derive(Clone, Copy)]
struct Counts<'b> {
    now: &'b Budget,
    later: Option<&'b Budget>,
}

/// Counts the fields in `bytes` up to the first malformed record, where decoding stops, too.
fn count(shape: &Shape, bytes: &[u8], counts: Counts<'_>, around: Scope) -> Result<()> {
    if around.depth > MAX_DEPTH {
        return Ok(());
    }
    let scope = around.inside(shape, bytes);
    for (number, bytes) in fields(bytes) {
        let Some((_, content)) = shape.fields.iter().find(|(field, _)| *field == number) else {
            continue;
        };
        match content {
            Message(shape) => {
                counts.now.take(shape.size + scope.length)?;
                count(shape, bytes, counts, scope)?;
            }
            Text => counts.now.take(in_list::<String>())?,
            // A number that is not packed has no bytes of its own in the record.
            Numbers => counts.now.take(bytes.len().max(1) * in_list::<i32>())?,
            Options => counts.later(|later| later.take(bytes.len().saturating_mul(OPTION_BYTE)))?,
            Later(shape) => {
                counts.later(|now| count(shape, bytes, Counts { now, later: None }, scope))?;
            }
        }
    }
    Ok(())
}

impl Counts<'_> {
    fn later(&self, count: impl FnOnce(&Budget) -> Result<()>) -> Result<()> {
        self.later.map_or(Ok(()), count)
    }
}

/// Iterates over the numbers and bytes of the fields in `bytes`, up to the first malformed record.
/// Bytes are empty for numbers.
fn fields(bytes: &[u8]) -> impl Iterator<Item = (i32, &[u8])> {
    let records = wire::read(bytes).map_while(Result::ok);
    records.map(|record| (record.number as i32, record.value.bytes().unwrap_or_default()))
}
