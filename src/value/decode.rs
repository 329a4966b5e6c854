//! Reads the bytes of a message by the features of its type, as the official runtimes do
//! (<https://protobuf.dev/programming-guides/encoding/>): an unknown number of a closed enum and a
//! field that arrives with another wire type are kept as unknown fields, repeated numbers are read
//! packed or not, strings are verified where the features require it.

use std::collections::BTreeMap;
use std::fmt;

use prost::encoding::{decode_varint, encode_key, encode_varint, key_len};

use super::data::{MapKey, MessageValue, Value};
use super::types::{Field, Kind, Label, MessageType, Types};
use crate::schema::descriptor::FieldType as Scalar;
use crate::schema::wire;

/// The depth of nested messages at which official runtimes stop reading.
pub(super) const MAX_DEPTH: usize = 100;

/// The reason why a reader refuses bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end in the middle of a field, or are no fields.
    Malformed(String),
    /// A string is no UTF-8, and the field verifies that.
    NotUtf8 {
        /// The full name of the message and the name of the field.
        field: String,
    },
    /// Messages are nested too deep.
    TooDeep,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Malformed(why) => f.write_str(why),
            DecodeError::NotUtf8 { field } => write!(f, "the string in `{field}` is not UTF-8"),
            DecodeError::TooDeep => {
                write!(f, "messages are nested more than {MAX_DEPTH} levels deep")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

impl DecodeError {
    /// Returns the full name of the field that is refused, if it is known.
    pub fn element(&self) -> Option<&str> {
        match self {
            DecodeError::NotUtf8 { field } => Some(field),
            _ => None,
        }
    }
}

impl MessageType {
    /// Reads a message of this type.
    ///
    /// Required fields may be missing: [`MessageType::missing_required`] finds them.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, a string is not UTF-8, or messages are nested too deep.
    pub fn decode(&self, bytes: &[u8]) -> Result<MessageValue, DecodeError> {
        self.decode_with(bytes, false, false)
    }

    /// Reads a message like [`MessageType::decode`], with all enums open, as Go and prost do.
    ///
    /// # Errors
    ///
    /// Those of [`MessageType::decode`].
    pub fn decode_open(&self, bytes: &[u8]) -> Result<MessageValue, DecodeError> {
        self.decode_with(bytes, true, false)
    }

    /// Reads a message like [`MessageType::decode`], but keeps an entry of a map as an unknown field if
    /// anything in it is unknown, as Python does.
    ///
    /// # Errors
    ///
    /// Those of [`MessageType::decode`].
    pub(super) fn decode_known_entries(&self, bytes: &[u8]) -> Result<MessageValue, DecodeError> {
        self.decode_with(bytes, false, true)
    }

    fn decode_with(
        &self,
        bytes: &[u8],
        is_open: bool,
        needs_known_entries: bool,
    ) -> Result<MessageValue, DecodeError> {
        let mut message = MessageValue::new();
        let reader = Reader { types: self.types(), is_open, needs_known_entries };
        reader.merge(self.id(), bytes, &mut message, 0)?;
        Ok(message)
    }
}

struct Reader<'t> {
    types: &'t Types,
    /// Whether all enums are open.
    is_open: bool,
    /// Whether an entry of a map with an unknown field is an unknown field itself.
    needs_known_entries: bool,
}

impl Reader<'_> {
    /// Reads `bytes` into `message` of the type `id`.
    fn merge(
        &self,
        id: u32,
        bytes: &[u8],
        message: &mut MessageValue,
        depth: usize,
    ) -> Result<(), DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        let layout = self.types.layout(id);
        for record in wire::read(bytes) {
            let record = record.map_err(|error| DecodeError::Malformed(error.why.to_string()))?;
            let is_known = match layout.field(record.number) {
                Some(field) => self.field(&layout.name, field, &record, message, depth)?,
                None => false,
            };
            if !is_known {
                message.push_unknown(record.bytes);
            } else if let Some(oneof) = layout.field(record.number).and_then(|field| field.oneof) {
                let others = layout
                    .fields
                    .iter()
                    .filter(|other| other.oneof == Some(oneof) && other.number != record.number);
                for other in others {
                    message.clear(other.number);
                }
            }
        }
        Ok(())
    }

    /// Reads a record of `field`. Returns false if it is to be kept as an unknown field.
    fn field(
        &self,
        message_name: &str,
        field: &Field,
        record: &wire::Record<'_>,
        message: &mut MessageValue,
        depth: usize,
    ) -> Result<bool, DecodeError> {
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => self.entry(field, entry, record, message, depth),
            (Label::Repeated { .. }, kind) => {
                if let (Some(bytes), true) = (record.value.bytes(), is_packable(kind)) {
                    return self.packed(field, bytes, message);
                }
                let item = self.single(message_name, field, record, None, depth)?;
                Ok(item.is_some_and(|item| {
                    push(message, field.number, item);
                    true
                }))
            }
            _ => {
                // Only a message that arrives in its wire type is merged into the one before it.
                let merges = match record.value {
                    wire::Value::Bytes(_) => !field.is_delimited,
                    wire::Value::Group(_) => field.is_delimited,
                    _ => false,
                };
                let is_merged = merges && matches!(field.kind, Kind::Message(_));
                let before = if is_merged { message.clear(field.number) } else { None };
                let Some(value) = self.single(message_name, field, record, before, depth)? else {
                    return Ok(false);
                };
                if field.is_implicit() && value.is_default() {
                    message.clear(field.number);
                } else {
                    message.set(field.number, value);
                }
                Ok(true)
            }
        }
    }

    /// Reads one value. Returns none if the wire type is another one's, or if the number is none of
    /// a closed enum's. A message is merged into the one that was there `before`.
    fn single(
        &self,
        message_name: &str,
        field: &Field,
        record: &wire::Record<'_>,
        before: Option<Value>,
        depth: usize,
    ) -> Result<Option<Value>, DecodeError> {
        Ok(match (field.kind, record.value) {
            (Kind::Message(id), wire::Value::Bytes(bytes)) if !field.is_delimited => {
                Some(self.message(id, bytes, before, depth)?)
            }
            (Kind::Message(id), wire::Value::Group(bytes)) if field.is_delimited => {
                Some(self.message(id, bytes, before, depth)?)
            }
            (Kind::Scalar(Scalar::String), wire::Value::Bytes(bytes)) => {
                match String::from_utf8(bytes.to_vec()) {
                    Ok(text) => Some(Value::String(text)),
                    Err(_) if field.verifies_utf8 => {
                        let field = match field.is_extension {
                            true => field.name.clone(),
                            false => format!("{message_name}.{}", field.name),
                        };
                        return Err(DecodeError::NotUtf8 { field });
                    }
                    Err(error) => Some(Value::Bytes(error.into_bytes())),
                }
            }
            (Kind::Scalar(Scalar::Bytes), wire::Value::Bytes(bytes)) => {
                Some(Value::Bytes(bytes.to_vec()))
            }
            (kind, value) => self.number(kind, value),
        })
    }

    fn message(
        &self,
        id: u32,
        bytes: &[u8],
        before: Option<Value>,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let mut message = match before {
            Some(Value::Message(message)) => message,
            _ => MessageValue::new(),
        };
        self.merge(id, bytes, &mut message, depth + 1)?;
        Ok(Value::Message(message))
    }

    /// Reads a number. Returns none if the wire type is another one's, or if the number is none of
    /// a closed enum's.
    fn number(&self, kind: Kind, value: wire::Value<'_>) -> Option<Value> {
        match (kind, value) {
            (Kind::Enum(id), wire::Value::Varint(number)) => {
                let number = number as i32;
                let enumeration = self.types.enumeration(id);
                let is_closed = enumeration.is_closed && !self.is_open;
                let is_kept = !is_closed || enumeration.name_of(number).is_some();
                is_kept.then_some(Value::Enum(number))
            }
            (Kind::Scalar(scalar), wire::Value::Varint(number)) => varint(scalar, number),
            (Kind::Scalar(scalar), wire::Value::Fixed32(bits)) => match scalar {
                Scalar::Float => Some(Value::F32(f32::from_bits(bits))),
                Scalar::Fixed32 => Some(Value::U32(bits)),
                Scalar::Sfixed32 => Some(Value::I32(bits.cast_signed())),
                _ => None,
            },
            (Kind::Scalar(scalar), wire::Value::Fixed64(bits)) => match scalar {
                Scalar::Double => Some(Value::F64(f64::from_bits(bits))),
                Scalar::Fixed64 => Some(Value::U64(bits)),
                Scalar::Sfixed64 => Some(Value::I64(bits.cast_signed())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads packed numbers. Those that a closed enum does not have are kept, one record each.
    fn packed(
        &self,
        field: &Field,
        mut bytes: &[u8],
        message: &mut MessageValue,
    ) -> Result<bool, DecodeError> {
        let cut = || DecodeError::Malformed("a packed field ends within a number".to_owned());
        while !bytes.is_empty() {
            let value = match fixed_size(field.kind) {
                0 => {
                    let number = decode_varint(&mut bytes)
                        .map_err(|error| DecodeError::Malformed(error.to_string()))?;
                    wire::Value::Varint(number)
                }
                size => {
                    let (number, rest) = bytes.split_at_checked(size).ok_or_else(cut)?;
                    bytes = rest;
                    match number {
                        &[a, b, c, d] => wire::Value::Fixed32(u32::from_le_bytes([a, b, c, d])),
                        _ => wire::Value::Fixed64(u64::from_le_bytes(
                            number.try_into().map_err(|_| cut())?,
                        )),
                    }
                }
            };
            match self.number(field.kind, value) {
                Some(item) => push(message, field.number, item),
                None => keep_number(field.number, value, message),
            }
        }
        Ok(true)
    }

    /// Reads an entry of a map. One whose value is none of a closed enum's is kept whole.
    fn entry(
        &self,
        field: &Field,
        entry: u32,
        record: &wire::Record<'_>,
        message: &mut MessageValue,
        depth: usize,
    ) -> Result<bool, DecodeError> {
        let (Some(bytes), Some((key, value))) = (record.value.bytes(), self.types.entry(entry))
        else {
            return Ok(false);
        };
        let mut parts = MessageValue::new();
        self.merge(entry, bytes, &mut parts, depth + 1)?;
        let has_closed_value = matches!(value.kind, Kind::Enum(_));
        if has_closed_value && wire::records(parts.unknown()).any(|record| record.number == 2) {
            return Ok(false);
        }
        if self.needs_known_entries && !parts.unknown().is_empty() {
            return Ok(false);
        }
        let mut part = |field: &Field| {
            parts.clear(field.number).unwrap_or_else(|| self.types.default(field.kind))
        };
        let (key, value) = (part(key).into_key(), part(value));
        let Some(key) = key else { return Ok(false) };
        insert(message, field.number, key, value);
        Ok(true)
    }
}

impl Types {
    /// Returns the value of an unset field of `kind`.
    pub(super) fn default(&self, kind: Kind) -> Value {
        match kind {
            Kind::Enum(id) => Value::Enum(self.enumeration(id).default()),
            Kind::Message(_) => Value::Message(MessageValue::new()),
            Kind::Scalar(scalar) => match scalar {
                Scalar::Bool => Value::Bool(false),
                Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Value::I32(0),
                Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Value::I64(0),
                Scalar::Uint32 | Scalar::Fixed32 => Value::U32(0),
                Scalar::Uint64 | Scalar::Fixed64 => Value::U64(0),
                Scalar::Float => Value::F32(0.0),
                Scalar::Double => Value::F64(0.0),
                Scalar::Bytes => Value::Bytes(Vec::new()),
                _ => Value::String(String::new()),
            },
        }
    }
}

fn varint(scalar: Scalar, number: u64) -> Option<Value> {
    let low = number as u32;
    Some(match scalar {
        Scalar::Bool => Value::Bool(number != 0),
        Scalar::Int32 => Value::I32(low.cast_signed()),
        Scalar::Int64 => Value::I64(number.cast_signed()),
        Scalar::Uint32 => Value::U32(low),
        Scalar::Uint64 => Value::U64(number),
        Scalar::Sint32 => Value::I32((low >> 1).cast_signed() ^ -((low & 1).cast_signed())),
        Scalar::Sint64 => Value::I64((number >> 1).cast_signed() ^ -((number & 1).cast_signed())),
        _ => return None,
    })
}

/// Whether repeated values of `kind` may be written under one length.
pub(super) fn is_packable(kind: Kind) -> bool {
    match kind {
        Kind::Enum(_) => true,
        Kind::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Bytes),
        Kind::Message(_) => false,
    }
}

/// Returns the bytes of a number of fixed size, or 0 for a varint.
fn fixed_size(kind: Kind) -> usize {
    match kind {
        Kind::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => 4,
        Kind::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => 8,
        _ => 0,
    }
}

fn push(message: &mut MessageValue, number: u32, item: Value) {
    match message.get_mut(number) {
        Some(Value::List(items)) => items.push(item),
        _ => message.set(number, Value::List(vec![item])),
    }
}

fn insert(message: &mut MessageValue, number: u32, key: MapKey, value: Value) {
    match message.get_mut(number) {
        Some(Value::Map(entries)) => drop(entries.insert(key, value)),
        _ => message.set(number, Value::Map(BTreeMap::from([(key, value)]))),
    }
}

/// Keeps a number as an unknown field of its own.
fn keep_number(number: u32, value: wire::Value<'_>, message: &mut MessageValue) {
    if let wire::Value::Varint(value) = value {
        let mut record = Vec::with_capacity(key_len(number) + 10);
        encode_key(number, prost::encoding::WireType::Varint, &mut record);
        encode_varint(value, &mut record);
        message.push_unknown(&record);
    }
}
