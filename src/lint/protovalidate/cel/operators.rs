//! The operand and result types of operators.

use super::types::Type;
use crate::schema::Schema;

/// Whether a function is an operator.
pub(super) fn is(name: &str) -> bool {
    name.starts_with('_') || name.starts_with('@') || name.ends_with('_')
}

/// Returns the type of the result of `operator`; none if it certainly does not accept the operands.
pub(super) fn apply<'s>(
    operator: &str,
    operands: &[Type<'s>],
    schema: &'s Schema,
) -> Option<Type<'s>> {
    use Type::{Bool, Bytes, Double, Int, List, Map, Text, Uint, Unknown};
    Some(match (operator, operands) {
        ("!_", [of]) => matches!(of, Bool | Unknown).then_some(Bool)?,
        ("@in", [item, of @ (List(_) | Map(_) | Unknown)]) => {
            are_equal(*item, of.member(schema)).then_some(Bool)?
        }
        ("@in", _) => return None,
        ("@not_strictly_false", _) => Bool,
        ("-_", [of]) => matches!(of, Int | Double | Unknown).then_some(*of)?,
        ("_==_" | "_!=_", [a, b]) => are_equal(*a, *b).then_some(Bool)?,
        ("_<_" | "_<=_" | "_>_" | "_>=_", [a, b]) => are_ordered(*a, *b).then_some(Bool)?,
        ("_+_" | "_-_", [a, b]) if is_time(*a) || is_time(*b) => of_times(operator, *a, *b)?,
        ("_+_", [a, b]) => {
            arithmetic(*a, *b, |of| matches!(of, Int | Uint | Double | Text | Bytes | List(_)))?
        }
        ("_-_" | "_*_" | "_/_", [a, b]) => {
            arithmetic(*a, *b, |of| matches!(of, Int | Uint | Double))?
        }
        ("_%_", [a, b]) => arithmetic(*a, *b, |of| matches!(of, Int | Uint))?,
        ("_?_:_", [condition, a, b]) => {
            let fits = matches!(condition, Bool | Unknown) && are_equal(*a, *b);
            fits.then(|| if is_plain(*a) && is_plain(*b) { *a } else { Unknown })?
        }
        ("_[_]", [of @ List(_), index]) => are_equal(*index, Int).then(|| of.element(schema))?,
        ("_[_]", [of @ Map(_), key]) => {
            are_equal(*key, of.member(schema)).then(|| of.element(schema))?
        }
        ("_[_]", [Unknown, _]) => Unknown,
        ("_[_]", _) => return None,
        _ => Unknown,
    })
}

fn is_time(of: Type<'_>) -> bool {
    matches!(of, Type::Duration | Type::Timestamp)
}

/// Returns the type of a sum or difference with a duration or a timestamp.
fn of_times<'s>(operator: &str, a: Type<'s>, b: Type<'s>) -> Option<Type<'s>> {
    use Type::{Duration, Null, Timestamp, Unknown};
    match (operator, a, b) {
        (_, Unknown | Null, _) | (_, _, Unknown | Null) => Some(Unknown),
        (_, Duration, Duration) | ("_-_", Timestamp, Timestamp) => Some(Duration),
        (_, Timestamp, Duration) | ("_+_", Duration, Timestamp) => Some(Timestamp),
        _ => None,
    }
}

/// Whether a value of this type can only be replaced by one of the same type.
fn is_plain(of: Type<'_>) -> bool {
    matches!(of, Type::Bool | Type::Int | Type::Uint | Type::Double | Type::Text | Type::Bytes)
}

fn is_same(a: Type<'_>, b: Type<'_>) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// Whether the types may be compatible, because they are unknown or can be null.
fn may_fit(a: Type<'_>, b: Type<'_>) -> bool {
    let is_loose = |of| is_time(of) || matches!(of, Type::Null | Type::Message(_));
    let is_unknown = |of| matches!(of, Type::Unknown);
    let is_certain = is_time(a) && is_time(b);
    is_unknown(a) || is_unknown(b) || (is_loose(a) && is_loose(b) && !is_certain)
}

fn are_equal(a: Type<'_>, b: Type<'_>) -> bool {
    may_fit(a, b) || is_same(a, b)
}

fn are_ordered(a: Type<'_>, b: Type<'_>) -> bool {
    let is_number = |of| matches!(of, Type::Int | Type::Uint | Type::Double);
    may_fit(a, b)
        || (is_number(a) && is_number(b))
        || ((is_plain(a) || is_time(a)) && is_same(a, b))
}

/// Returns the type of an arithmetic expression. `takes` selects the types that the operator
/// accepts; both operands must have the same one.
fn arithmetic<'s>(a: Type<'s>, b: Type<'s>, takes: fn(Type<'_>) -> bool) -> Option<Type<'s>> {
    match (a, b) {
        (Type::Unknown, other) | (other, Type::Unknown) if takes(other) => Some(other),
        _ if may_fit(a, b) => Some(Type::Unknown),
        _ => (takes(a) && is_same(a, b)).then_some(a),
    }
}
