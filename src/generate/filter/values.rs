//! The elements that values of custom options need: their extensions, and the message types inside
//! a `google.protobuf.Any`.

use super::index::{Id, Index, Item};
use crate::schema::descriptor::FieldDescriptorProto;
use crate::schema::options::Kind;
use crate::schema::wire::{self, Record, Value};

/// The message that contains any other.
const ANY: &str = "google.protobuf.Any";

/// The field number of its `type_url`.
const TYPE_URL: i32 = 1;

/// The maximum depth of nested values; compilers have lower limits.
const DEPTH: usize = 128;

/// A custom option that is set.
pub(super) struct Custom<'b> {
    /// The extension that declares it.
    pub(super) extension: Id,
    record: Record<'b>,
}

/// Returns the custom options in the `options` of an element of that kind.
pub(super) fn custom<'b>(
    index: &Index<'_>,
    kind: Kind,
    options: Option<&'b [u8]>,
) -> impl Iterator<Item = Custom<'b>> {
    wire::records(options.unwrap_or_default()).filter_map(move |record| {
        let extension = index.extension(kind.options_type(), record.number)?;
        Some(Custom { extension, record })
    })
}

impl Custom<'_> {
    /// Returns the types of the messages that its value contains as `Any`.
    pub(super) fn packed_types(&self, index: &Index<'_>) -> Vec<Id> {
        let mut found = Vec::new();
        if let Item::Extension(field) = index.get(self.extension).item {
            value(index, field, &self.record, DEPTH, &mut found);
        }
        found
    }
}

/// Adds the types of `Any` messages in the value of `field` to `found`.
fn value(
    index: &Index<'_>,
    field: &FieldDescriptorProto,
    record: &Record<'_>,
    depth: usize,
    found: &mut Vec<Id>,
) {
    let Some(id) = index.type_of(field) else { return };
    let (Item::Message(message), name) = (index.get(id).item, &*index.get(id).name) else { return };
    let (Value::Bytes(content) | Value::Group(content)) = record.value else { return };
    if name == ANY {
        let url = wire::last_bytes(Some(content), TYPE_URL).unwrap_or_default();
        let url = String::from_utf8_lossy(url);
        let named = index.named(url.rsplit('/').next().unwrap_or_default());
        found.extend(named.filter(|id| matches!(index.get(*id).item, Item::Message(_))));
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    for record in wire::records(content) {
        let own = message.field.iter().find(|field| field.number() == record.number as i32);
        let field = own.or_else(|| match index.get(index.extension(name, record.number)?).item {
            Item::Extension(field) => Some(field),
            _ => None,
        });
        if let Some(field) = field {
            value(index, field, &record, depth, found);
        }
    }
}
