//! Converts literals to values of scalar and enum types.

use super::fault::{Fault, Suggestions};
use super::text::Literal;
use super::types::{EnumType, FieldType};
use super::value::{Value, integer};
use crate::schema::descriptor::FieldType as Type;

/// The position of a literal: message values allow more spellings than option values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Directly after the `=` of an option.
    Option,
    /// Inside of a message value.
    Text,
}

/// Returns the number of an enum value, which is written as a name or as a number.
pub(super) fn enum_number(
    of: &EnumType,
    literal: &Literal<'_>,
    suggestions: &mut Suggestions,
) -> Result<i32, Fault> {
    let number = match literal {
        Literal::Identifier(name) => match of.value(name) {
            Some(value) => Ok(value.number),
            None => {
                let names = of.values.iter().map(|value| value.name.as_str());
                let fault = Fault::new(format!("enum `{}` has no value `{name}`", of.full_name));
                return Err(fault.suggest(name, names, suggestions));
            }
        },
        Literal::Unsigned(number) => i32::try_from(*number),
        Literal::Negative(number) => i32::try_from(*number),
        other => return Err(mismatch(&format!("a value of enum `{}`", of.full_name), other)),
    };
    number.map_err(|_| Fault::new(format!("the number is no value of enum `{}`", of.full_name)))
}

/// Returns the value of a field that is neither a message nor an enum.
pub(super) fn scalar_value<'p, 'a>(
    field: &FieldType,
    of: Type,
    literal: Literal<'a>,
    position: Position,
) -> Result<Value<'p, 'a>, Fault> {
    match of {
        Type::Bool => boolean(&literal, position).map(|set| Value::Varint(u64::from(set))),
        Type::String | Type::Bytes => match literal {
            Literal::String(bytes) => {
                if of == Type::String && field.is_utf8 && std::str::from_utf8(&bytes).is_err() {
                    return Err(Fault::new(format!("the value of `{}` is not UTF-8", field.name)));
                }
                Ok(Value::Bytes(bytes))
            }
            other => Err(mismatch("a string", &other)),
        },
        Type::Float => float(&literal, position).map(|number| Value::Fixed32(number.narrow())),
        Type::Double => float(&literal, position).map(|number| Value::Fixed64(number.wide())),
        _ => integer_bits(of, &literal).map(|number| integer(of, number)),
    }
}

fn boolean(literal: &Literal<'_>, position: Position) -> Result<bool, Fault> {
    match (literal, position) {
        (Literal::Identifier("true"), _) => Ok(true),
        (Literal::Identifier("false"), _) => Ok(false),
        (Literal::Identifier("True" | "t"), Position::Text) => Ok(true),
        (Literal::Identifier("False" | "f"), Position::Text) => Ok(false),
        _ => Err(mismatch("`true` or `false`", literal)),
    }
}

/// Returns the bits of an integer. A minus is refused for unsigned types, `-0` too.
fn integer_bits(of: Type, literal: &Literal<'_>) -> Result<i64, Fault> {
    let (number, is_negative) = match literal {
        Literal::Unsigned(number) => (i128::from(*number), false),
        Literal::Negative(number) => (i128::from(*number), true),
        other => return Err(mismatch("an integer", other)),
    };
    let (low, high) = match of {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        Type::Uint32 | Type::Fixed32 => (0, i128::from(u32::MAX)),
        _ => (0, i128::from(u64::MAX)),
    };
    if number < low || number > high || (is_negative && low == 0) {
        return Err(Fault::new(format!("the number must be between {low} and {high}")));
    }
    Ok(number as i64)
}

/// A number that may become a `float` or a `double`: an integer is rounded once, not twice.
enum Number {
    Unsigned(u64),
    /// An integer with a minus, which 0 keeps.
    Signed(i64),
    Float(f64),
}

impl Number {
    fn wide(&self) -> u64 {
        match self {
            Number::Unsigned(number) => *number as f64,
            Number::Signed(0) => -0.0,
            Number::Signed(number) => *number as f64,
            Number::Float(number) => *number,
        }
        .to_bits()
    }

    fn narrow(&self) -> u32 {
        match self {
            Number::Unsigned(number) => *number as f32,
            Number::Signed(0) => -0.0,
            Number::Signed(number) => *number as f32,
            Number::Float(number) => *number as f32,
        }
        .to_bits()
    }
}

fn float(literal: &Literal<'_>, position: Position) -> Result<Number, Fault> {
    let number = match literal {
        Literal::Unsigned(number) => return Ok(Number::Unsigned(*number)),
        Literal::Negative(number) => return Ok(Number::Signed(*number)),
        Literal::Float(number) => Some(*number),
        Literal::Identifier(name) => named_float(name, position),
        Literal::NegativeIdentifier(name) => named_float(name, position).map(|number| -number),
        _ => None,
    };
    number.map(Number::Float).ok_or_else(|| mismatch("a number", literal))
}

fn named_float(name: &str, position: Position) -> Option<f64> {
    match name {
        "inf" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        _ if position == Position::Option => None,
        _ if name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("infinity") => {
            Some(f64::INFINITY)
        }
        _ if name.eq_ignore_ascii_case("nan") => Some(f64::NAN),
        _ => None,
    }
}

/// Reports that a value of another kind is needed.
pub(super) fn mismatch(needed: &str, found: &Literal<'_>) -> Fault {
    Fault::new(format!("{needed} is needed, not {}", describe(found)))
}

/// Describes a literal in a message.
fn describe(literal: &Literal<'_>) -> String {
    match literal {
        Literal::Identifier(name) => format!("`{name}`"),
        Literal::NegativeIdentifier(name) => format!("`-{name}`"),
        Literal::Unsigned(_) | Literal::Negative(_) => "an integer".to_owned(),
        Literal::Float(_) => "a floating-point number".to_owned(),
        Literal::String(_) => "a string".to_owned(),
        Literal::Message(_) => "a message value".to_owned(),
        Literal::List(_) => "a list".to_owned(),
    }
}
