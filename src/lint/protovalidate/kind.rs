//! The rules messages of `buf/validate/validate.proto`: their names, numbers, and the types that
//! they apply to.

use super::fields::Fields;
use super::number::NumberType;
use crate::schema::descriptor::FieldType;
use crate::schema::wire::Value;

/// The rules of one type, a field of `FieldRules`.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) number: u32,
    pub(super) name: &'static str,
    /// The scalar type that they apply to.
    pub(super) scalar: Option<FieldType>,
    /// The message type that they apply to.
    pub(super) message: &'static str,
    /// Their fields.
    pub(super) fields: &'static [(u32, &'static str)],
}

/// The fields of `FieldRules` that are not rules of one type.
pub(super) const CEL: u32 = 23;
pub(super) const REQUIRED: u32 = 25;
pub(super) const IGNORE: u32 = 27;
pub(super) const CEL_EXPRESSION: u32 = 29;

/// The values of `Ignore`.
pub(super) const IF_ZERO_VALUE: u64 = 1;
pub(super) const ALWAYS: u64 = 3;

/// The field numbers of the rules of `repeated` and of `map`, and those of the nested rules in
/// them.
pub(super) const REPEATED: u32 = 18;
pub(super) const MAP: u32 = 19;
pub(super) const ITEMS: u32 = 4;
pub(super) const KEYS: u32 = 4;
pub(super) const VALUES: u32 = 5;

const NUMBER: &[(u32, &str)] = &[
    (1, "const"),
    (2, "lt"),
    (3, "lte"),
    (4, "gt"),
    (5, "gte"),
    (6, "in"),
    (7, "not_in"),
    (8, "example"),
];
const INT64: &[(u32, &str)] = &[
    (1, "const"),
    (2, "lt"),
    (3, "lte"),
    (4, "gt"),
    (5, "gte"),
    (6, "in"),
    (7, "not_in"),
    (9, "example"),
];
const FLOAT: &[(u32, &str)] = &[
    (1, "const"),
    (2, "lt"),
    (3, "lte"),
    (4, "gt"),
    (5, "gte"),
    (6, "in"),
    (7, "not_in"),
    (8, "finite"),
    (9, "example"),
];
const BOOL: &[(u32, &str)] = &[(1, "const"), (2, "example")];
const STRING: &[(u32, &str)] = &[
    (1, "const"),
    (2, "min_len"),
    (3, "max_len"),
    (4, "min_bytes"),
    (5, "max_bytes"),
    (6, "pattern"),
    (7, "prefix"),
    (8, "suffix"),
    (9, "contains"),
    (10, "in"),
    (11, "not_in"),
    (12, "email"),
    (13, "hostname"),
    (14, "ip"),
    (15, "ipv4"),
    (16, "ipv6"),
    (17, "uri"),
    (18, "uri_ref"),
    (19, "len"),
    (20, "len_bytes"),
    (21, "address"),
    (22, "uuid"),
    (23, "not_contains"),
    (24, "well_known_regex"),
    (25, "strict"),
    (26, "ip_with_prefixlen"),
    (27, "ipv4_with_prefixlen"),
    (28, "ipv6_with_prefixlen"),
    (29, "ip_prefix"),
    (30, "ipv4_prefix"),
    (31, "ipv6_prefix"),
    (32, "host_and_port"),
    (33, "tuuid"),
    (34, "example"),
    (35, "ulid"),
    (37, "protobuf_fqn"),
    (38, "protobuf_dot_fqn"),
];
const BYTES: &[(u32, &str)] = &[
    (1, "const"),
    (2, "min_len"),
    (3, "max_len"),
    (4, "pattern"),
    (5, "prefix"),
    (6, "suffix"),
    (7, "contains"),
    (8, "in"),
    (9, "not_in"),
    (10, "ip"),
    (11, "ipv4"),
    (12, "ipv6"),
    (13, "len"),
    (14, "example"),
    (15, "uuid"),
];
const ENUM: &[(u32, &str)] =
    &[(1, "const"), (2, "defined_only"), (3, "in"), (4, "not_in"), (5, "example")];
const LIST: &[(u32, &str)] = &[(1, "min_items"), (2, "max_items"), (3, "unique"), (ITEMS, "items")];
const PAIRS: &[(u32, &str)] =
    &[(1, "min_pairs"), (2, "max_pairs"), (KEYS, "keys"), (VALUES, "values")];
const ANY: &[(u32, &str)] = &[(2, "in"), (3, "not_in")];
const DURATION: &[(u32, &str)] = &[
    (2, "const"),
    (3, "lt"),
    (4, "lte"),
    (5, "gt"),
    (6, "gte"),
    (7, "in"),
    (8, "not_in"),
    (9, "example"),
];
const TIMESTAMP: &[(u32, &str)] = &[
    (2, "const"),
    (3, "lt"),
    (4, "lte"),
    (5, "gt"),
    (6, "gte"),
    (7, "lt_now"),
    (8, "gt_now"),
    (9, "within"),
    (10, "example"),
];
const MASK: &[(u32, &str)] = &[(1, "const"), (2, "in"), (3, "not_in"), (4, "example")];

const fn kind(
    number: u32,
    name: &'static str,
    scalar: Option<FieldType>,
    message: &'static str,
    fields: &'static [(u32, &'static str)],
) -> Kind {
    Kind { number, name, scalar, message, fields }
}

/// All kinds of rules.
pub(super) const KINDS: &[Kind] = &[
    kind(1, "float", Some(FieldType::Float), "google.protobuf.FloatValue", FLOAT),
    kind(2, "double", Some(FieldType::Double), "google.protobuf.DoubleValue", FLOAT),
    kind(3, "int32", Some(FieldType::Int32), "google.protobuf.Int32Value", NUMBER),
    kind(4, "int64", Some(FieldType::Int64), "google.protobuf.Int64Value", INT64),
    kind(5, "uint32", Some(FieldType::Uint32), "google.protobuf.UInt32Value", NUMBER),
    kind(6, "uint64", Some(FieldType::Uint64), "google.protobuf.UInt64Value", NUMBER),
    kind(7, "sint32", Some(FieldType::Sint32), "", NUMBER),
    kind(8, "sint64", Some(FieldType::Sint64), "", NUMBER),
    kind(9, "fixed32", Some(FieldType::Fixed32), "", NUMBER),
    kind(10, "fixed64", Some(FieldType::Fixed64), "", NUMBER),
    kind(11, "sfixed32", Some(FieldType::Sfixed32), "", NUMBER),
    kind(12, "sfixed64", Some(FieldType::Sfixed64), "", NUMBER),
    kind(13, "bool", Some(FieldType::Bool), "google.protobuf.BoolValue", BOOL),
    kind(14, "string", Some(FieldType::String), "google.protobuf.StringValue", STRING),
    kind(15, "bytes", Some(FieldType::Bytes), "google.protobuf.BytesValue", BYTES),
    kind(16, "enum", Some(FieldType::Enum), "", ENUM),
    kind(REPEATED, "repeated", None, "", LIST),
    kind(MAP, "map", None, "", PAIRS),
    kind(20, "any", None, "google.protobuf.Any", ANY),
    kind(21, "duration", None, "google.protobuf.Duration", DURATION),
    kind(22, "timestamp", None, "google.protobuf.Timestamp", TIMESTAMP),
    kind(28, "field_mask", None, "google.protobuf.FieldMask", MASK),
];

impl Kind {
    /// Whether it is the kind of the rules message `message`, such as `StringRules`.
    pub(super) fn is_of(&self, message: &str) -> bool {
        let name = message.strip_suffix("Rules").unwrap_or_default().to_ascii_lowercase();
        name == self.name.replace('_', "")
    }

    /// Returns the type of the numbers that the rules apply to, if they apply to numbers.
    pub(super) fn numbers(&self) -> Option<NumberType> {
        match (self.name, self.scalar) {
            ("duration", _) => Some(NumberType::Duration),
            ("timestamp", _) => Some(NumberType::Timestamp),
            (_, Some(FieldType::String | FieldType::Bytes | FieldType::Bool)) => None,
            (_, Some(FieldType::Enum)) | (_, None) => None,
            (_, Some(scalar)) => Some(NumberType::Scalar(scalar)),
        }
    }
}

/// Rules of one type.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) kind: &'static Kind,
    pub(super) fields: Fields<'a>,
}

impl<'a> Rules<'a> {
    /// Returns the field number of the rule `name`, if the kind has it.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let mut fields = self.kind.fields.iter();
        fields.find(|(_, field)| *field == name).map(|(number, _)| *number)
    }

    /// Returns the value of a rule, with its field number.
    pub(super) fn get(&self, name: &str) -> Option<(u32, Value<'a>)> {
        let number = self.number(name)?;
        Some((number, self.fields.last(number)?))
    }

    pub(super) fn uint(&self, name: &str) -> Option<(u32, u64)> {
        match self.get(name)? {
            (number, Value::Varint(value)) => Some((number, value)),
            _ => None,
        }
    }

    pub(super) fn bytes(&self, name: &str) -> Option<(u32, &'a [u8])> {
        let (number, raw) = self.get(name)?;
        Some((number, raw.bytes()?))
    }

    pub(super) fn text(&self, name: &str) -> Option<(u32, &'a str)> {
        let (number, bytes) = self.bytes(name)?;
        Some((number, std::str::from_utf8(bytes).ok()?))
    }

    /// Returns the number of rules that are set, extensions excepted.
    pub(super) fn count(&self) -> usize {
        let set = |number: u32| self.fields.last(number).is_some();
        self.kind.fields.iter().filter(|(number, _)| set(*number)).count()
    }
}

/// All rules of a field, of the items of a list, of the keys or the values of a map.
#[derive(Clone, Debug)]
pub(super) struct FieldRules<'a>(pub(super) Fields<'a>);

impl<'a> FieldRules<'a> {
    pub(super) fn is_required(&self) -> bool {
        self.0.is_true(REQUIRED)
    }

    /// Returns the value of `ignore`, if it is a known one.
    pub(super) fn ignore(&self) -> Option<u64> {
        self.0.uint(IGNORE).filter(|value| matches!(value, 0 | &IF_ZERO_VALUE | &ALWAYS))
    }

    pub(super) fn ignores_zero(&self) -> bool {
        self.ignore() == Some(IF_ZERO_VALUE)
    }

    pub(super) fn is_ignored(&self) -> bool {
        self.ignore() == Some(ALWAYS)
    }

    /// Returns the rules for a type. They are a oneof, so the last one that is set counts.
    pub(super) fn rules(&self) -> Option<Rules<'a>> {
        let kind = |number: u32| KINDS.iter().find(|kind| kind.number == number);
        let kind = self.0.numbers().rev().find_map(kind)?;
        Some(Rules { kind, fields: self.0.message(kind.number)? })
    }

    /// Returns the nested rules of items, keys or values.
    pub(super) fn inside(rules: &Rules<'a>, number: u32) -> Option<Self> {
        rules.fields.message(number).map(FieldRules)
    }

    /// Returns the number of different kinds of rules that are set.
    pub(super) fn count(&self) -> usize {
        let set = |number: &&u32| self.0.last(**number).is_some();
        let single = [CEL, REQUIRED, CEL_EXPRESSION].iter().filter(set).count();
        single + usize::from(self.ignore().is_some()) + usize::from(self.rules().is_some())
    }
}

/// Returns the name of the field at `path` in `FieldRules`: `string.min_len`. Ends before an index.
pub(super) fn name(path: &[i32]) -> String {
    const FLAGS: &[(u32, &str)] = &[
        (CEL, "cel"),
        (REQUIRED, "required"),
        (IGNORE, "ignore"),
        (CEL_EXPRESSION, "cel_expression"),
    ];
    let mut names = Vec::with_capacity(path.len());
    let mut kind: Option<&Kind> = None;
    for number in path.iter().map(|number| *number as u32) {
        let Some(of) = kind.take() else {
            kind = KINDS.iter().find(|kind| kind.number == number);
            let flag = || FLAGS.iter().find(|(flag, _)| *flag == number).map(|(_, name)| *name);
            names.extend(kind.map(|kind| kind.name).or_else(flag));
            if kind.is_none() {
                break;
            }
            continue;
        };
        names.extend(of.fields.iter().find(|(field, _)| *field == number).map(|(_, name)| *name));
        if !matches!(of.number, REPEATED | MAP) || number < ITEMS {
            break;
        }
    }
    names.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_path() {
        assert_eq!(name(&[14, 2]), "string.min_len");
        assert_eq!(name(&[19, 5, 1, 6, 3]), "map.values.float.in");
        assert_eq!(name(&[18, 4, 25]), "repeated.items.required");
        assert_eq!(name(&[18, 1]), "repeated.min_items");
        assert_eq!(name(&[23, 4]), "cel");
    }
}
