//! The protovalidate rules that generated values respect: `required`, constants, ranges, lengths,
//! patterns, formats, item counts and required oneofs. Rules in CEL and rules of messages are not
//! among them.
//!
//! Source of the numbers: `buf/validate/validate.proto`.

use crate::schema::wire::{self, Value as Wire, last_bytes, last_varint};

/// The extension of `FieldOptions` and of `OneofOptions` that holds the rules.
const EXTENSION: i32 = 1159;

/// Fields of `FieldRules`.
const BOOL: u32 = 13;
const STRING: u32 = 14;
const BYTES: u32 = 15;
const ENUM: u32 = 16;
const REPEATED: u32 = 18;
const MAP: u32 = 19;
const DURATION: u32 = 21;
const TIMESTAMP: u32 = 22;
const REQUIRED: i32 = 25;
const IGNORE: i32 = 27;

/// Values of `Ignore`.
const IF_ZERO_VALUE: u64 = 1;
const ALWAYS: u64 = 3;

/// The field `required` of `OneofRules`.
const REQUIRED_ONEOF: i32 = 1;

/// The field `uri_ref` of `StringRules`, the only format that the empty string has.
const URI_REFERENCE: u32 = 18;

/// The rules of a field, or of the items, keys or values in one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) required: bool,
    /// Whether a default is valid, whatever the other rules say.
    pub(super) ignores_default: bool,
    /// The values that are allowed; none allows all.
    pub(super) one_of: Vec<Constant>,
    pub(super) none_of: Vec<Constant>,
    pub(super) lower: Option<Bound>,
    pub(super) upper: Option<Bound>,
    pub(super) is_finite: bool,
    pub(super) is_defined_only: bool,
    /// In characters of a string, bytes of bytes, items of a list or entries of a map.
    pub(super) min_size: Option<u64>,
    pub(super) max_size: Option<u64>,
    /// In bytes of a string.
    pub(super) min_bytes: Option<u64>,
    pub(super) max_bytes: Option<u64>,
    pub(super) pattern: Option<String>,
    pub(super) prefix: Vec<u8>,
    pub(super) suffix: Vec<u8>,
    pub(super) contains: Vec<u8>,
    /// The field of `StringRules` that names a format.
    pub(super) format: Option<u32>,
    pub(super) is_unique: bool,
    pub(super) keys: Option<Box<Rules>>,
    /// Of the items of a list or the values of a map.
    pub(super) items: Option<Box<Rules>>,
}

/// A number, string or bytes in a rule. A duration or point in time is its nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Integer(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

/// The end of a range.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) at: Constant,
    /// Whether the end itself is in the range.
    pub(super) is_inclusive: bool,
}

impl Rules {
    /// Reads the rules in the encoded `FieldOptions`, if there are any.
    pub(super) fn of(options: Option<&[u8]>) -> Option<Self> {
        Some(Rules::read(last_bytes(options, EXTENSION)?))
            .filter(|rules| *rules != Rules::default())
    }

    /// Whether the encoded `OneofOptions` require that a field of the oneof is set.
    pub(super) fn require_oneof(options: Option<&[u8]>) -> bool {
        let rules = last_bytes(options, EXTENSION);
        last_varint(rules, REQUIRED_ONEOF).is_some_and(|value| value != 0)
    }

    /// Whether the rules of a string allow the empty one, as far as its length does.
    pub(super) fn allow_empty_text(&self) -> bool {
        let has_parts =
            !self.prefix.is_empty() || !self.suffix.is_empty() || !self.contains.is_empty();
        let format_allows = self.format.is_none_or(|format| format == URI_REFERENCE);
        let is_match = |pattern: &String| super::matching::is_match(pattern, "") != Some(false);
        !has_parts && format_allows && self.pattern.as_ref().is_none_or(is_match)
    }

    /// Reads `FieldRules`.
    fn read(bytes: &[u8]) -> Self {
        let ignore = last_varint(Some(bytes), IGNORE).unwrap_or(0);
        if ignore == ALWAYS {
            return Rules::default();
        }
        let mut rules = Rules {
            ignores_default: ignore == IF_ZERO_VALUE,
            required: last_varint(Some(bytes), REQUIRED).is_some_and(|value| value != 0),
            ..Rules::default()
        };
        for record in wire::records(bytes) {
            let Some(of_type) = record.value.bytes() else { continue };
            for rule in wire::records(of_type) {
                match record.number {
                    1..=12 => rules.number(record.number, rule.number, rule.value),
                    BOOL => {
                        if let (1, Wire::Varint(flag)) = (rule.number, rule.value) {
                            rules.compare(1, integer(flag));
                        }
                    }
                    STRING => rules.string(rule.number, rule.value),
                    BYTES => rules.bytes(rule.number, rule.value),
                    ENUM => rules.enumeration(rule.number, rule.value),
                    REPEATED => rules.list(rule.number, rule.value),
                    MAP => rules.map(rule.number, rule.value),
                    DURATION | TIMESTAMP => rules.time(rule.number, rule.value),
                    _ => {}
                }
            }
        }
        rules
    }

    fn number(&mut self, kind: u32, rule: u32, value: Wire<'_>) {
        if rule == 8 && kind <= 2 {
            self.is_finite = value == Wire::Varint(1);
        }
        // Constants in a list may be packed.
        if let (6 | 7, Wire::Bytes(mut packed)) = (rule, value) {
            while let Some(constant) = packed_number(kind, &mut packed) {
                let list = if rule == 6 { &mut self.one_of } else { &mut self.none_of };
                list.push(constant);
            }
            return;
        }
        if let Some(constant) = constant(kind, value) {
            self.compare(rule, constant);
        }
    }

    /// Adds a rule that has the number 1 to 7 in the rules of every type of number.
    fn compare(&mut self, rule: u32, at: Constant) {
        match rule {
            1 => self.one_of = vec![at],
            2 => self.upper = Some(Bound { at, is_inclusive: false }),
            3 => self.upper = Some(Bound { at, is_inclusive: true }),
            4 => self.lower = Some(Bound { at, is_inclusive: false }),
            5 => self.lower = Some(Bound { at, is_inclusive: true }),
            6 => self.one_of.push(at),
            7 => self.none_of.push(at),
            _ => {}
        }
    }

    fn string(&mut self, rule: u32, value: Wire<'_>) {
        match (rule, value) {
            (2, Wire::Varint(size)) => self.min_size = Some(size),
            (3, Wire::Varint(size)) => self.max_size = Some(size),
            (19, Wire::Varint(size)) => (self.min_size, self.max_size) = (Some(size), Some(size)),
            (4, Wire::Varint(size)) => self.min_bytes = Some(size),
            (5, Wire::Varint(size)) => self.max_bytes = Some(size),
            (20, Wire::Varint(size)) => (self.min_bytes, self.max_bytes) = (Some(size), Some(size)),
            (1, Wire::Bytes(text)) => self.one_of = vec![Constant::Bytes(text.to_vec())],
            (6, Wire::Bytes(text)) => self.pattern = String::from_utf8(text.to_vec()).ok(),
            (7, Wire::Bytes(text)) => self.prefix = text.to_vec(),
            (8, Wire::Bytes(text)) => self.suffix = text.to_vec(),
            (9, Wire::Bytes(text)) => self.contains = text.to_vec(),
            (10, Wire::Bytes(text)) => self.one_of.push(Constant::Bytes(text.to_vec())),
            (11, Wire::Bytes(text)) => self.none_of.push(Constant::Bytes(text.to_vec())),
            (12..=18 | 21 | 22 | 24 | 26..=33 | 35 | 37 | 38, Wire::Varint(1..)) => {
                self.format = Some(rule);
            }
            _ => {}
        }
    }

    fn bytes(&mut self, rule: u32, value: Wire<'_>) {
        match (rule, value) {
            (2, Wire::Varint(size)) => self.min_size = Some(size),
            (3, Wire::Varint(size)) => self.max_size = Some(size),
            (13, Wire::Varint(size)) => (self.min_size, self.max_size) = (Some(size), Some(size)),
            (11, Wire::Varint(1)) => (self.min_size, self.max_size) = (Some(4), Some(4)),
            (10 | 12 | 15, Wire::Varint(1)) => {
                (self.min_size, self.max_size) = (Some(16), Some(16));
            }
            (1, Wire::Bytes(bytes)) => self.one_of = vec![Constant::Bytes(bytes.to_vec())],
            (5, Wire::Bytes(bytes)) => self.prefix = bytes.to_vec(),
            (6, Wire::Bytes(bytes)) => self.suffix = bytes.to_vec(),
            (7, Wire::Bytes(bytes)) => self.contains = bytes.to_vec(),
            (8, Wire::Bytes(bytes)) => self.one_of.push(Constant::Bytes(bytes.to_vec())),
            (9, Wire::Bytes(bytes)) => self.none_of.push(Constant::Bytes(bytes.to_vec())),
            _ => {}
        }
    }

    fn enumeration(&mut self, rule: u32, value: Wire<'_>) {
        match (rule, value) {
            (2, value) => self.is_defined_only = value == Wire::Varint(1),
            (1, Wire::Varint(number)) => self.compare(1, integer(number)),
            (3 | 4, Wire::Varint(number)) => self.compare(rule + 3, integer(number)),
            (3 | 4, Wire::Bytes(packed)) => {
                wire::packed_varints(packed)
                    .for_each(|number| self.compare(rule + 3, integer(number)));
            }
            _ => {}
        }
    }

    fn list(&mut self, rule: u32, value: Wire<'_>) {
        match (rule, value) {
            (1, Wire::Varint(size)) => self.min_size = Some(size),
            (2, Wire::Varint(size)) => self.max_size = Some(size),
            (3, value) => self.is_unique = value == Wire::Varint(1),
            (4, Wire::Bytes(rules)) => self.items = Some(Box::new(Rules::read(rules))),
            _ => {}
        }
    }

    fn map(&mut self, rule: u32, value: Wire<'_>) {
        match (rule, value) {
            (1, Wire::Varint(size)) => self.min_size = Some(size),
            (2, Wire::Varint(size)) => self.max_size = Some(size),
            (4, Wire::Bytes(rules)) => self.keys = Some(Box::new(Rules::read(rules))),
            (5, Wire::Bytes(rules)) => self.items = Some(Box::new(Rules::read(rules))),
            _ => {}
        }
    }

    /// Adds a rule of a duration or point in time. Their constants are fields 2 to 8.
    fn time(&mut self, rule: u32, value: Wire<'_>) {
        if let (2..=8, Wire::Bytes(time)) = (rule, value) {
            let part = |number| last_varint(Some(time), number).unwrap_or(0).cast_signed();
            let nanos = i128::from(part(1)) * 1_000_000_000 + i128::from(part(2));
            self.compare(rule - 1, Constant::Integer(nanos));
        }
    }
}

fn integer(number: u64) -> Constant {
    Constant::Integer(i128::from(number.cast_signed()))
}

/// Reads a constant in the rules of the type of number that is the field `kind` of `FieldRules`.
fn constant(kind: u32, value: Wire<'_>) -> Option<Constant> {
    Some(match (kind, value) {
        (1, Wire::Fixed32(bits)) => Constant::Float(f64::from(f32::from_bits(bits))),
        (2, Wire::Fixed64(bits)) => Constant::Float(f64::from_bits(bits)),
        (3 | 4, Wire::Varint(number)) => integer(number),
        (5 | 6, Wire::Varint(number)) => Constant::Integer(i128::from(number)),
        (7 | 8, Wire::Varint(number)) => {
            let sign = -((number & 1).cast_signed());
            Constant::Integer(i128::from((number >> 1).cast_signed() ^ sign))
        }
        (9, Wire::Fixed32(number)) => Constant::Integer(i128::from(number)),
        (10, Wire::Fixed64(number)) => Constant::Integer(i128::from(number)),
        (11, Wire::Fixed32(number)) => Constant::Integer(i128::from(number.cast_signed())),
        (12, Wire::Fixed64(number)) => Constant::Integer(i128::from(number.cast_signed())),
        _ => return None,
    })
}

/// Takes a constant off a packed list.
fn packed_number(kind: u32, packed: &mut &[u8]) -> Option<Constant> {
    let value = match kind {
        1 | 9 | 11 => {
            let (number, rest) = packed.split_first_chunk::<4>()?;
            *packed = rest;
            Wire::Fixed32(u32::from_le_bytes(*number))
        }
        2 | 10 | 12 => {
            let (number, rest) = packed.split_first_chunk::<8>()?;
            *packed = rest;
            Wire::Fixed64(u64::from_le_bytes(*number))
        }
        _ if packed.is_empty() => return None,
        _ => Wire::Varint(prost::encoding::decode_varint(packed).ok()?),
    };
    constant(kind, value)
}
