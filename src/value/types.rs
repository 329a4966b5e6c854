//! The types of a schema as a reader and a writer need them: features resolved, fields by number,
//! nothing borrowed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

#[cfg(feature = "roundtrip")]
use super::rules::Rules;
use crate::schema::descriptor::{FieldType as Scalar, Utf8Validation};
use crate::schema::{self, FieldKind, Schema};

/// All message types of a schema. A clone shares them.
#[derive(Clone)]
pub struct Types(Arc<Table>);

struct Table {
    messages: Vec<Layout>,
    by_name: FxHashMap<String, u32>,
    enums: Vec<EnumType>,
    enum_ids: FxHashMap<String, u32>,
}

/// A message type. A clone shares everything.
#[derive(Clone)]
pub struct MessageType {
    types: Types,
    id: u32,
}

/// The fields of a message type.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) name: String,
    /// Extensions included, by number.
    pub(super) fields: Vec<Field>,
    pub(super) is_map_entry: bool,
    pub(super) oneofs: Vec<String>,
    /// Whether a field is required.
    pub(super) has_required: bool,
    /// The indexes of the fields by name and by JSON name; empty if the message is small.
    by_key: FxHashMap<String, u32>,
    /// The indexes of the oneofs of which protovalidate requires a field.
    #[cfg(feature = "roundtrip")]
    pub(super) required_oneofs: Vec<usize>,
}

/// A field, or an extension, as readers and writers need it.
#[derive(Debug)]
pub struct Field {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) json_name: String,
    pub(super) is_extension: bool,
    pub(super) kind: Kind,
    pub(super) label: Label,
    /// Whether a message is written as a group.
    pub(super) is_delimited: bool,
    /// Whether a reader refuses a string that is no UTF-8.
    pub(super) verifies_utf8: bool,
    /// The index of its oneof in the type; a proto3 `optional` field has none.
    pub(super) oneof: Option<usize>,
    /// Its protovalidate rules.
    #[cfg(feature = "roundtrip")]
    pub(super) rules: Option<Box<Rules>>,
}

/// The number of values that a field has, and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// A reader cannot tell the default from unset.
    Implicit,
    /// A reader can tell the default from unset.
    Explicit,
    /// A message without it is refused.
    Required,
    Repeated {
        packed: bool,
    },
    Map,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar(Scalar),
    Enum(u32),
    Message(u32),
}

/// An enum.
#[derive(Debug)]
pub(super) struct EnumType {
    pub(super) name: String,
    /// Whether a reader keeps a number without a name as an unknown field.
    pub(super) is_closed: bool,
    /// In the order of declaration.
    pub(super) values: Vec<(String, i32)>,
    /// The indexes of the first values by number and by name; empty if the enum is small.
    by_number: FxHashMap<i32, u32>,
    by_name: FxHashMap<String, u32>,
}

impl EnumType {
    fn new(name: String, is_closed: bool, values: Vec<(String, i32)>) -> Self {
        const LARGE: usize = 16;
        let (mut by_number, mut by_name) = (FxHashMap::default(), FxHashMap::default());
        if values.len() > LARGE {
            for (index, (name, number)) in (0..).zip(&values) {
                by_number.entry(*number).or_insert(index);
                by_name.entry(name.clone()).or_insert(index);
            }
        }
        EnumType { name, is_closed, values, by_number, by_name }
    }

    /// Returns the first name of `number`.
    pub(super) fn name_of(&self, number: i32) -> Option<&str> {
        if !self.by_number.is_empty() {
            let index = *self.by_number.get(&number)?;
            return self.values.get(index as usize).map(|(name, _)| name.as_str());
        }
        self.values.iter().find(|(_, known)| *known == number).map(|(name, _)| name.as_str())
    }

    /// Returns the number of the value called `name`.
    pub(super) fn number_of(&self, name: &str) -> Option<i32> {
        if !self.by_name.is_empty() {
            let index = *self.by_name.get(name)?;
            return self.values.get(index as usize).map(|(_, number)| *number);
        }
        self.values.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }

    /// Returns the number that an unset field has.
    pub(super) fn default(&self) -> i32 {
        self.values.first().map_or(0, |(_, number)| *number)
    }
}

impl Layout {
    /// Notes what is looked up most often.
    fn index(&mut self) {
        const LARGE: usize = 16;
        self.has_required = self.fields.iter().any(|field| field.label == Label::Required);
        if self.fields.len() > LARGE {
            // Of two fields, the one with the lower number counts, as in a search.
            for (index, field) in (0..).zip(&self.fields) {
                let name = (!field.is_extension).then(|| field.name.clone());
                for key in [Some(field.in_json().into_owned()), name].into_iter().flatten() {
                    self.by_key.entry(key).or_insert(index);
                }
            }
        }
    }

    /// Returns the full name of `field`, one of this message. That of an extension does not have the
    /// name of the message in it.
    pub(super) fn element(&self, field: &Field) -> String {
        if field.is_extension {
            field.name.clone()
        } else {
            format!("{}.{}", self.name, field.name)
        }
    }

    /// Returns the field with the number `number`.
    pub(super) fn field(&self, number: u32) -> Option<&Field> {
        // Fields are mostly numbered from 1 without gaps.
        let guess = self.fields.get((number as usize).wrapping_sub(1));
        if let Some(field) = guess.filter(|field| field.number == number) {
            return Some(field);
        }
        let at = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(at)
    }

    /// Returns the field that JSON calls `name`: by JSON name, by name, or an extension in
    /// brackets.
    pub(super) fn json_field(&self, name: &str) -> Option<&Field> {
        let matches = |field: &&Field| match name.strip_prefix('[') {
            Some(name) => field.is_extension && name.strip_suffix(']') == Some(&field.name),
            None => !field.is_extension && (field.json_name == name || field.name == name),
        };
        if !self.by_key.is_empty() {
            let index = *self.by_key.get(name)?;
            return self.fields.get(index as usize).filter(matches);
        }
        self.fields.iter().find(matches)
    }
}

impl Types {
    /// Resolves the types of `schema`. A field whose type the schema does not have is left out: a
    /// reader keeps it as an unknown field.
    pub fn new(schema: &Schema) -> Self {
        let ids = |names: Vec<&str>| -> FxHashMap<String, u32> {
            let mut ids = FxHashMap::default();
            for (id, name) in names.into_iter().enumerate() {
                ids.entry(name.to_owned()).or_insert(id as u32);
            }
            ids
        };
        let by_name = ids(schema.messages().map(schema::Message::full_name).collect());
        let enum_ids = ids(schema.enums().map(schema::Enum::full_name).collect());
        let resolve = |field: schema::Field<'_>| {
            // An image can have numbers that no field can.
            if !(1..=536_870_911).contains(&field.number()) {
                return None;
            }
            let kind = match field.kind() {
                FieldKind::Scalar(scalar) => Kind::Scalar(scalar),
                FieldKind::Message(message) => Kind::Message(*by_name.get(message.full_name())?),
                FieldKind::Enum(enumeration) => Kind::Enum(*enum_ids.get(enumeration.full_name())?),
                FieldKind::Missing => return None,
            };
            Some(Field::new(field, kind))
        };
        let mut messages: Vec<Layout> = schema
            .messages()
            .map(|message| Layout {
                name: message.full_name().to_owned(),
                fields: message.fields().filter_map(resolve).collect(),
                is_map_entry: message.is_map_entry(),
                has_required: false,
                by_key: FxHashMap::default(),
                oneofs: message.oneofs().map(|oneof| oneof.name().to_owned()).collect(),
                #[cfg(feature = "roundtrip")]
                required_oneofs: (0..)
                    .zip(message.oneofs())
                    .filter(|(_, oneof)| Rules::require_oneof(oneof.proto().options.as_deref()))
                    .map(|(index, _)| index)
                    .collect(),
            })
            .collect();
        for extension in schema.extensions() {
            let extended = by_name.get(extension.extendee());
            if let Some((id, field)) = extended.zip(resolve(extension)) {
                messages[*id as usize].fields.push(field);
            }
        }
        for message in &mut messages {
            message.fields.sort_by_key(|field| field.number);
            message.fields.dedup_by_key(|field| field.number);
            message.index();
        }
        let enums = schema.enums().map(|of| {
            let values = of.values().map(|value| (value.name().to_owned(), value.number()));
            EnumType::new(of.full_name().to_owned(), of.is_closed(), values.collect())
        });
        let enums = enums.collect();
        Types(Arc::new(Table { messages, by_name, enums, enum_ids }))
    }

    /// Returns the message type with the full name `name`.
    pub fn message(&self, name: &str) -> Option<MessageType> {
        let id = *self.0.by_name.get(name.trim_start_matches('.'))?;
        Some(MessageType { types: self.clone(), id })
    }

    /// Returns the number of the value `value` of the enum with the full name `name`.
    pub fn enum_number(&self, name: &str, value: &str) -> Option<i32> {
        self.enumeration(*self.0.enum_ids.get(name)?).number_of(value)
    }

    /// Returns the first name that `number` has in the enum with the full name `name`.
    pub fn enum_name(&self, name: &str, number: i32) -> Option<&str> {
        self.enumeration(*self.0.enum_ids.get(name)?).name_of(number)
    }

    /// Returns all message types, parents before children; map entries are left out.
    pub fn messages(&self) -> impl Iterator<Item = MessageType> {
        let ids = (0..self.0.messages.len() as u32).filter(|id| !self.layout(*id).is_map_entry);
        ids.map(|id| MessageType { types: self.clone(), id })
    }

    /// Returns fields of each enum, by its full name: the full name of the message and the number of
    /// the field. Of the fields with presence, the repeated ones, the maps and the others, the first
    /// one each, in this order.
    pub fn enum_fields(&self) -> FxHashMap<&str, Vec<(&str, u32)>> {
        let mut fields = FxHashMap::<&str, [Option<(&str, u32)>; 4]>::default();
        let owners = self.0.messages.iter().filter(|layout| !layout.is_map_entry);
        for (layout, field) in owners.flat_map(|it| it.fields.iter().map(move |field| (it, field)))
        {
            let kind = match field.kind {
                Kind::Message(entry) if field.label == Label::Map => {
                    self.entry(entry).map(|(_, value)| value.kind)
                }
                kind => Some(kind),
            };
            let Some(Kind::Enum(of)) = kind else { continue };
            let rank = match field.label {
                Label::Explicit | Label::Required => 0,
                Label::Repeated { .. } => 1,
                Label::Map => 2,
                Label::Implicit => 3,
            };
            let known = fields.entry(&self.enumeration(of).name).or_default();
            known[rank].get_or_insert((&*layout.name, field.number));
        }
        fields.into_iter().map(|(of, found)| (of, found.into_iter().flatten().collect())).collect()
    }

    pub(super) fn layout(&self, id: u32) -> &Layout {
        &self.0.messages[id as usize]
    }

    pub(super) fn enumeration(&self, id: u32) -> &EnumType {
        &self.0.enums[id as usize]
    }

    pub(super) fn of(&self, id: u32) -> MessageType {
        MessageType { types: self.clone(), id }
    }

    /// Returns the key and the value field of the entry type `id`.
    pub(super) fn entry(&self, id: u32) -> Option<(&Field, &Field)> {
        let layout = self.layout(id);
        Some((layout.field(1)?, layout.field(2)?))
    }
}

impl MessageType {
    /// Returns the full name.
    pub fn name(&self) -> &str {
        &self.layout().name
    }

    /// Returns the types that this one belongs to.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// Returns the fields, extensions included, by number.
    pub fn fields(&self) -> &[Field] {
        &self.layout().fields
    }

    /// Returns the field called `name`, which is no extension.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| !field.is_extension && field.name == name)
    }

    /// Whether the values of the field `number`, or of its map, are of the enum with the full name
    /// `name`.
    pub fn has_enum(&self, number: u32, name: &str) -> bool {
        let kind = self.layout().field(number).map(|field| match field.kind {
            Kind::Message(entry) if field.label == Label::Map => {
                self.types.entry(entry).map_or(field.kind, |(_, value)| value.kind)
            }
            kind => kind,
        });
        matches!(kind, Some(Kind::Enum(of)) if self.types.enumeration(of).name == name)
    }

    pub(super) fn layout(&self) -> &Layout {
        self.types.layout(self.id)
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }
}

/// Two are equal if they are the same type of the same [`Types`].
impl PartialEq for MessageType {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.types.0, &other.types.0) && self.id == other.id
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} message types", self.0.messages.len())
    }
}

/// Returns the JSON name that protoc gives to a field called `name`.
pub(crate) fn lower_camel_case(name: &str) -> String {
    let mut camel = String::new();
    let mut is_upper = false;
    for c in name.chars() {
        if c == '_' {
            is_upper = true;
        } else {
            camel.push(if is_upper { c.to_ascii_uppercase() } else { c });
            is_upper = false;
        }
    }
    camel
}

impl Field {
    fn new(field: schema::Field<'_>, kind: Kind) -> Self {
        let label = if field.is_map() {
            Label::Map
        } else if field.is_repeated() {
            Label::Repeated { packed: field.is_packed() }
        } else if field.is_required() {
            Label::Required
        } else if field.has_presence() {
            Label::Explicit
        } else {
            Label::Implicit
        };
        let is_extension = field.is_extension();
        let oneof = field.proto().oneof_index.filter(|_| !field.proto().proto3_optional());
        Field {
            number: field.number().unsigned_abs(),
            name: if is_extension { field.full_name() } else { field.name().to_owned() },
            // An image may leave JSON names out.
            json_name: match field.proto().json_name() {
                "" => lower_camel_case(field.name()),
                name => name.to_owned(),
            },
            is_extension,
            kind,
            label,
            is_delimited: field.is_delimited(),
            verifies_utf8: field.features().utf8_validation == Utf8Validation::Verify,
            oneof: oneof.and_then(|index| usize::try_from(index).ok()),
            #[cfg(feature = "roundtrip")]
            rules: Rules::of(field.proto().options.as_deref()).map(Box::new),
        }
    }

    /// Returns the number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the name; of an extension the full name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the key that writers of JSON use: the JSON name, or the full name in brackets of an
    /// extension.
    pub(super) fn in_json(&self) -> Cow<'_, str> {
        if self.is_extension {
            Cow::Owned(format!("[{}]", self.name))
        } else {
            Cow::Borrowed(&self.json_name)
        }
    }

    /// Whether a reader cannot tell the default from unset.
    pub(super) fn is_implicit(&self) -> bool {
        self.label == Label::Implicit
    }
}
