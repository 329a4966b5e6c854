//! Checks of rules that compare numbers: contradictions and redundancies.

use super::judge::{Judge, Wrong};
use super::kind::Rules;
use super::number::{self, Holds, Number};

/// Reports `const` beside other rules, equal bounds, and comparisons with an invalid number.
pub(super) fn check(judge: &mut Judge<'_, '_>, rules: &Rules<'_>, holds: Holds) {
    let constant = bound(judge, rules, holds, "const");
    let lower = [("gt", false), ("gte", true)].map(|(name, inclusive)| {
        bound(judge, rules, holds, name).map(|(number, value)| (number, value, inclusive))
    });
    let upper = [("lt", false), ("lte", true)].map(|(name, inclusive)| {
        bound(judge, rules, holds, name).map(|(number, value)| (number, value, inclusive))
    });
    if constant.is_some() {
        check_const(judge, rules);
    }
    if let ([.., Some(low)] | [Some(low), None], [.., Some(high)] | [Some(high), None]) =
        (lower, upper)
    {
        check_bounds(judge, rules.kind.number, low, high);
    }
    if matches!(holds, Holds::Scalar(_)) {
        check_nan(judge, rules, holds);
    }
}

/// Returns the number that a rule compares with; reports an invalid one.
fn bound(
    judge: &mut Judge<'_, '_>,
    rules: &Rules<'_>,
    holds: Holds,
    name: &str,
) -> Option<(u32, Number)> {
    let (number, _) = rules.get(name)?;
    match rules.value(number, holds)? {
        Ok(value) => Some((number, value)),
        Err(why) => {
            judge.add(
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
pub(super) fn check_const(judge: &mut Judge<'_, '_>, rules: &Rules<'_>) {
    let Some((number, _)) = rules.get("const") else { return };
    if rules.count() > 1 {
        judge.add(
            &[rules.kind.number, number],
            "others beside it",
            "has one value by `const`, so that its other rules do nothing.",
            "remove the other rules, or `const`",
        );
    }
}

/// The field number of a rule, the number that it compares with, and whether that is inclusive.
type Bound = (u32, Number, bool);

fn check_bounds(judge: &mut Judge<'_, '_>, kind: u32, low: Bound, high: Bound) {
    let ((low, least, with_least), (high, most, with_most)) = (low, high);
    if least != most {
        return;
    }
    let paths: [&[u32]; 2] = [&[kind, low], &[kind, high]];
    if with_least && with_most {
        let says = "has one value by its bounds.";
        judge.add_both(paths, "equal bounds", says, "use `const`");
    } else {
        let says = "has equal bounds, one of which excludes what the other allows.";
        judge.add_both(paths, "nothing passes", says, "raise the upper bound, or use `const`");
    }
}

fn check_nan(judge: &mut Judge<'_, '_>, rules: &Rules<'_>, holds: Holds) {
    let help = "remove it, or use `finite`: nothing is equal to NaN, greater or less";
    for name in ["const", "lt", "lte", "gt", "gte"] {
        let Some((number, _)) = rules.get(name) else { continue };
        if matches!(rules.value(number, holds), Some(Ok(value)) if value.is_nan()) {
            let says = format!("is compared with NaN by `{name}`, which nothing passes.");
            judge.add(&[rules.kind.number, number], "nan", says, help);
        }
    }
    for name in ["in", "not_in"] {
        let Some(number) = rules.number(name) else { continue };
        let values = number::all(&rules.fields, number, holds);
        for index in (0..values.len()).filter(|index| values[*index].is_nan()) {
            let wrong = Wrong {
                wrong: format!("nan {index}"),
                apart: "nan".to_owned(),
                says: format!("has NaN in `{name}`, where it does nothing."),
                help: help.to_owned(),
            };
            judge.tell(&[rules.kind.number, number, index as u32], wrong);
        }
    }
}

/// Reports a minimum above the maximum.
pub(super) fn check_limits(judge: &mut Judge<'_, '_>, rules: &Rules<'_>, names: [&str; 2]) {
    let [Some((low, least)), Some((high, most))] = names.map(|name| rules.uint(name)) else {
        return;
    };
    if least > most {
        too_narrow(judge, rules.kind.number, [(low, least), (high, most)]);
    }
}

/// Reports a minimum and a maximum that no value passes.
pub(super) fn too_narrow(judge: &mut Judge<'_, '_>, kind: u32, limits: [(u32, u64); 2]) {
    let [(low, least), (high, most)] = limits;
    let [low_name, high_name] = [low, high].map(|number| judge.name(&[kind, number]));
    let help = "raise the maximum or lower the minimum";
    judge.add(
        &[kind, low],
        format_args!("above {high_name}"),
        format_args!("has {least} for `{low_name}` and {most} for `{high_name}`: nothing passes."),
        help,
    );
    judge.add(
        &[kind, high],
        format_args!("below {low_name}"),
        format_args!("has {most} for `{high_name}` and {least} for `{low_name}`: nothing passes."),
        help,
    );
}

impl Rules<'_> {
    /// Returns the value of the rule with the field number `number`.
    pub(super) fn value(&self, number: u32, holds: Holds) -> Option<Result<Number, &'static str>> {
        let whole = match holds {
            Holds::Scalar(_) => return Some(Number::read(self.fields.last(number)?, holds)),
            _ => self.fields.message(number)?,
        };
        Some(Number::of_time(&whole, holds))
    }
}
