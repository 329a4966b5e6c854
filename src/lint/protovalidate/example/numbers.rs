//! Examples that are numbers, among them those of enums, durations and timestamps.

use crate::lint::protovalidate::kind::Rules;
use crate::lint::protovalidate::number::{self, Number, NumberType};
use crate::schema::descriptor::FieldType;
use crate::schema::{Field, FieldKind};

/// Returns the rules that a number violates. Bounds of NaN have another effect on items of a list
/// (`is_item`).
pub(super) fn violated(rules: &Rules<'_>, example: Number, is_item: bool) -> Vec<&'static str> {
    let Some(number_type) = rules.kind.numbers() else { return Vec::new() };
    let bound = |name| rules.value(rules.number(name)?, number_type);
    let bounds = ["const", "gt", "gte", "lt", "lte"].map(bound);
    if bounds.iter().flatten().any(Result::is_err) {
        // These bounds are reported anyway.
        return Vec::new();
    }
    let [constant, above, from, below, to] = bounds.map(|bound| bound.and_then(Result::ok));
    let mut violated = Vec::new();
    if constant.is_some_and(|constant| constant != example) {
        violated.push("const");
    }
    violated.extend(listed(rules, number_type, &example));
    if rules.number("finite").is_some_and(|finite| {
        rules.kind.fields.contains(&(finite, "finite")) && rules.fields.is_true(finite)
    }) && !example.is_finite()
    {
        violated.push("finite");
    }
    let low = above.map(|low| (low, false)).or(from.map(|low| (low, true)));
    let high = below.map(|high| (high, false)).or(to.map(|high| (high, true)));
    violated.extend(out_of_range(example, low, high, is_item));
    violated
}

/// Returns those of `in` and `not_in` that `example` violates.
fn listed(rules: &Rules<'_>, number_type: NumberType, example: &Number) -> Vec<&'static str> {
    let values = |name| {
        rules.number(name).map_or_else(Vec::new, |at| number::all(&rules.fields, at, number_type))
    };
    let (allowed, forbidden) = (values("in"), values("not_in"));
    let mut violated = Vec::new();
    if !allowed.is_empty() && !allowed.contains(example) {
        violated.push("in");
    }
    if forbidden.contains(example) {
        violated.push("not_in");
    }
    violated
}

/// A bound, and whether it is inclusive.
type Bound = Option<(Number, bool)>;

/// Returns the rule of the bounds if the example violates it. If the lower bound is above the upper
/// one, the values between them are excluded.
fn out_of_range(example: Number, low: Bound, high: Bound, is_item: bool) -> Option<&'static str> {
    let is_nan = |bound: Bound| bound.is_some_and(|(bound, _)| bound.is_nan());
    // As in the validator: two bounds that cannot be compared reject nothing. Exception: if only
    // the upper bound is NaN, and the value is not an item of a list, the lower bound is ignored.
    if is_nan(low) && high.is_some() || is_nan(high) && low.is_some() && is_item {
        return None;
    }
    let low = low.filter(|_| !is_nan(high));
    let below = low.is_some_and(|(low, with)| if with { example < low } else { example <= low });
    let above =
        high.is_some_and(|(high, with)| if with { example > high } else { example >= high });
    let is_gap = matches!((low, high), (Some((low, _)), Some((high, _))) if high < low);
    let has_bound = low.is_some() || high.is_some();
    let broken = if is_gap { below && above } else { below || above };
    let rule = match (low, high) {
        (Some((_, true)), _) => "gte",
        (Some(_), _) => "gt",
        (None, Some((_, true))) => "lte",
        (None, _) => "lt",
    };
    (has_bound && (broken || example.is_nan())).then_some(rule)
}

/// Returns the rules that the number of an enum value violates.
pub(super) fn violated_by_enum(
    rules: &Rules<'_>,
    example: i64,
    field: Field<'_>,
) -> Vec<&'static str> {
    let number_type = NumberType::Scalar(FieldType::Enum);
    let number = Number::Signed(example);
    let constant = rules.number("const").and_then(|at| rules.value(at, number_type));
    let mut violated = Vec::new();
    if constant.is_some_and(|constant| constant != Ok(number)) {
        violated.push("const");
    }
    violated.extend(listed(rules, number_type, &number));
    let is_defined = || match field.kind() {
        FieldKind::Enum(of) => of.values().any(|value| i64::from(value.number()) == example),
        _ => true,
    };
    if rules.uint("defined_only").is_some_and(|(_, only)| only != 0) && !is_defined() {
        violated.push("defined_only");
    }
    violated
}
