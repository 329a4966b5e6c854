//! Messages as data: fields by number, and the bytes of the fields that the type does not have.

use std::collections::BTreeMap;

/// The value of a field, or of one item of a list or map.
#[derive(Clone, Debug)]
pub enum Value {
    /// A `bool`.
    Bool(bool),
    /// An `int32`, `sint32` or `sfixed32`.
    I32(i32),
    /// An `int64`, `sint64` or `sfixed64`.
    I64(i64),
    /// A `uint32` or `fixed32`.
    U32(u32),
    /// A `uint64` or `fixed64`.
    U64(u64),
    /// A `float`.
    F32(f32),
    /// A `double`.
    F64(f64),
    /// A `string`.
    String(String),
    /// A `bytes`; also a `string` that is no UTF-8, where the field does not verify that.
    Bytes(Vec<u8>),
    /// The number of an enum value.
    Enum(i32),
    /// A message or group.
    Message(MessageValue),
    /// A repeated field.
    List(Vec<Value>),
    /// A map field.
    Map(BTreeMap<MapKey, Value>),
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapKey {
    /// A `bool`.
    Bool(bool),
    /// An `int32`, `sint32` or `sfixed32`.
    I32(i32),
    /// An `int64`, `sint64` or `sfixed64`.
    I64(i64),
    /// A `uint32` or `fixed32`.
    U32(u32),
    /// A `uint64` or `fixed64`.
    U64(u64),
    /// A `string`.
    String(String),
}

/// A message: the fields that are set, by number, and the encoded fields that its type does not
/// have.
///
/// A field without presence is set if it is not its type's default, a list or map if it has items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageValue {
    fields: BTreeMap<u32, Value>,
    unknown: Vec<u8>,
}

/// Floating-point numbers are equal if their bits are, or if both are NaN.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::I32(a), Value::I32(b)) | (Value::Enum(a), Value::Enum(b)) => a == b,
            (Value::I64(a), Value::I64(b)) => a == b,
            (Value::U32(a), Value::U32(b)) => a == b,
            (Value::U64(a), Value::U64(b)) => a == b,
            (Value::F32(a), Value::F32(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Value::F64(a), Value::F64(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Message(a), Value::Message(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    /// Whether a field without presence that has this value is left out on the wire. A negative
    /// zero is not.
    pub fn is_default(&self) -> bool {
        match self {
            Value::Bool(flag) => !flag,
            Value::I32(number) | Value::Enum(number) => *number == 0,
            Value::I64(number) => *number == 0,
            Value::U32(number) => *number == 0,
            Value::U64(number) => *number == 0,
            Value::F32(number) => number.to_bits() == 0,
            Value::F64(number) => number.to_bits() == 0,
            Value::String(text) => text.is_empty(),
            Value::Bytes(bytes) => bytes.is_empty(),
            Value::Message(message) => message.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
        }
    }

    /// Returns the value as a map key. Only integers, bools and strings can be keys.
    pub fn into_key(self) -> Option<MapKey> {
        Some(match self {
            Value::Bool(key) => MapKey::Bool(key),
            Value::I32(key) => MapKey::I32(key),
            Value::I64(key) => MapKey::I64(key),
            Value::U32(key) => MapKey::U32(key),
            Value::U64(key) => MapKey::U64(key),
            Value::String(key) => MapKey::String(key),
            _ => return None,
        })
    }
}

impl From<MapKey> for Value {
    fn from(key: MapKey) -> Self {
        match key {
            MapKey::Bool(key) => Value::Bool(key),
            MapKey::I32(key) => Value::I32(key),
            MapKey::I64(key) => Value::I64(key),
            MapKey::U32(key) => Value::U32(key),
            MapKey::U64(key) => Value::U64(key),
            MapKey::String(key) => Value::String(key),
        }
    }
}

impl MessageValue {
    /// A message in which nothing is set.
    pub fn new() -> Self {
        MessageValue::default()
    }

    /// Returns the value of the field `number`, if it is set.
    pub fn get(&self, number: u32) -> Option<&Value> {
        self.fields.get(&number)
    }

    /// Returns the value of the field `number`, if it is set.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Value> {
        self.fields.get_mut(&number)
    }

    /// Sets the field `number`.
    pub fn set(&mut self, number: u32, value: Value) {
        self.fields.insert(number, value);
    }

    /// Clears the field `number`, and returns the value that it had.
    pub fn clear(&mut self, number: u32) -> Option<Value> {
        self.fields.remove(&number)
    }

    /// Returns the fields that are set, by number.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (u32, &Value)> {
        self.fields.iter().map(|(number, value)| (*number, value))
    }

    /// Returns the values of the fields that are set.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.fields.values_mut()
    }

    /// Returns the encoded fields that the type does not have, in the order in which they came.
    pub fn unknown(&self) -> &[u8] {
        &self.unknown
    }

    /// Appends an encoded field that the type does not have.
    pub fn push_unknown(&mut self, record: &[u8]) {
        self.unknown.extend_from_slice(record);
    }

    /// Removes the fields that the type does not have, here and in all messages in it.
    pub fn discard_unknown(&mut self) {
        self.unknown = Vec::new();
        for value in self.fields.values_mut() {
            let items: Vec<&mut Value> = match value {
                Value::List(items) => items.iter_mut().collect(),
                Value::Map(entries) => entries.values_mut().collect(),
                value => vec![value],
            };
            for item in items {
                if let Value::Message(message) = item {
                    message.discard_unknown();
                }
            }
        }
    }

    /// Whether nothing is set and nothing is unknown.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.unknown.is_empty()
    }
}
