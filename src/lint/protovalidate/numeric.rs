//! Checks of rules that compare numbers: contradictions and redundancies.

use super::kind::Rules;
use super::number::{self, Number, NumberType};
use super::reporter::{Reporter, Violation};

/// Reports `const` beside other rules, equal bounds, and comparisons with an invalid number.
pub(super) fn check(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>, number_type: NumberType) {
    let constant = bound(reporter, rules, number_type, "const");
    let lower = [("gt", false), ("gte", true)].map(|(name, inclusive)| {
        bound(reporter, rules, number_type, name).map(|(number, value)| (number, value, inclusive))
    });
    let upper = [("lt", false), ("lte", true)].map(|(name, inclusive)| {
        bound(reporter, rules, number_type, name).map(|(number, value)| (number, value, inclusive))
    });
    if constant.is_some() {
        check_const(reporter, rules);
    }
    if let ([.., Some(low)] | [Some(low), None], [.., Some(high)] | [Some(high), None]) =
        (lower, upper)
    {
        check_bounds(reporter, rules.kind.number, low, high);
    }
    if matches!(number_type, NumberType::Scalar(_)) {
        check_nan(reporter, rules, number_type);
    }
}

/// Returns the number that a rule compares with; reports an invalid one.
fn bound(
    reporter: &mut Reporter<'_, '_>,
    rules: &Rules<'_>,
    number_type: NumberType,
    name: &str,
) -> Option<(u32, Number)> {
    let (number, _) = rules.get(name)?;
    match rules.value(number, number_type)? {
        Ok(value) => Some((number, value)),
        Err(why) => {
            reporter.add(
                &[rules.kind.number, number],
                "no valid value",
                format_args!("is compared with what {why} by its rule `{name}`."),
                "write a value that exists",
            );
            None
        }
    }
}

/// Reports rules beside `const`, since they have no effect.
pub(super) fn check_const(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    let Some((number, _)) = rules.get("const") else { return };
    if rules.count() > 1 {
        reporter.add(
            &[rules.kind.number, number],
            "others beside it",
            "has one value by `const`, so that its other rules do nothing.",
            "remove the other rules, or `const`",
        );
    }
}

/// The field number of a rule, the number that it compares with, and whether that is inclusive.
type Bound = (u32, Number, bool);

fn check_bounds(reporter: &mut Reporter<'_, '_>, kind: u32, low: Bound, high: Bound) {
    let ((low, least, with_least), (high, most, with_most)) = (low, high);
    if least != most {
        return;
    }
    let paths: [&[u32]; 2] = [&[kind, low], &[kind, high]];
    if with_least && with_most {
        let predicate = "has one value by its bounds.";
        reporter.add_both(paths, "equal bounds", predicate, "use `const`");
    } else {
        let predicate = "has equal bounds, one of which excludes what the other allows.";
        reporter.add_both(
            paths,
            "nothing passes",
            predicate,
            "raise the upper bound, or use `const`",
        );
    }
}

fn check_nan(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>, number_type: NumberType) {
    let help = "remove it, or use `finite`: nothing is equal to NaN, greater or less";
    for name in ["const", "lt", "lte", "gt", "gte"] {
        let Some((number, _)) = rules.get(name) else { continue };
        if matches!(rules.value(number, number_type), Some(Ok(value)) if value.is_nan()) {
            let predicate = format!("is compared with NaN by `{name}`, which nothing passes.");
            reporter.add(&[rules.kind.number, number], "nan", predicate, help);
        }
    }
    for name in ["in", "not_in"] {
        let Some(number) = rules.number(name) else { continue };
        let values = number::all(&rules.fields, number, number_type);
        for index in (0..values.len()).filter(|index| values[*index].is_nan()) {
            let violation = Violation {
                problem: format!("nan {index}"),
                key: "nan".to_owned(),
                predicate: format!("has NaN in `{name}`, where it does nothing."),
                help: help.to_owned(),
            };
            reporter.report(&[rules.kind.number, number, index as u32], violation);
        }
    }
}

/// Reports a minimum above the maximum.
pub(super) fn check_limits(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>, names: [&str; 2]) {
    let [Some((low, least)), Some((high, most))] = names.map(|name| rules.uint(name)) else {
        return;
    };
    if least > most {
        too_narrow(reporter, rules.kind.number, [(low, least), (high, most)]);
    }
}

/// Reports a minimum and a maximum that no value passes.
pub(super) fn too_narrow(reporter: &mut Reporter<'_, '_>, kind: u32, limits: [(u32, u64); 2]) {
    let [(low, least), (high, most)] = limits;
    let [low_name, high_name] = [low, high].map(|number| reporter.name(&[kind, number]));
    let help = "raise the maximum or lower the minimum";
    reporter.add(
        &[kind, low],
        format_args!("above {high_name}"),
        format_args!("has {least} for `{low_name}` and {most} for `{high_name}`: nothing passes."),
        help,
    );
    reporter.add(
        &[kind, high],
        format_args!("below {low_name}"),
        format_args!("has {most} for `{high_name}` and {least} for `{low_name}`: nothing passes."),
        help,
    );
}

impl Rules<'_> {
    /// Returns the value of the rule with the field number `number`.
    pub(super) fn value(
        &self,
        number: u32,
        number_type: NumberType,
    ) -> Option<Result<Number, &'static str>> {
        let whole = match number_type {
            NumberType::Scalar(_) => {
                return Some(Number::read(self.fields.last(number)?, number_type));
            }
            _ => self.fields.message(number)?,
        };
        Some(Number::of_time(&whole, number_type))
    }
}
