//! Checks of the rules of timestamps that depend on the time of validation.

use super::Reporter;
use super::kind::Rules;
use super::number::{Number, NumberType};

/// Reports `lt_now` beside `gt_now`, and an invalid `within`.
pub(super) fn check(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    let kind = rules.kind.number;
    if let (Some((before, 1..)), Some((after, 1..))) = (rules.uint("lt_now"), rules.uint("gt_now"))
    {
        let predicate = "has to be both before and after the time of validation.";
        reporter.add_both(
            [&[kind, after], &[kind, before]],
            "nothing passes",
            predicate,
            "remove one",
        );
    }
    let Some(number) = rules.number("within") else { return };
    let Some(within) = rules.fields.message(number) else { return };
    let problem = match Number::of_time(&within, NumberType::Duration) {
        Err(why) => why,
        Ok(Number::Time(1..)) => return,
        Ok(_) => "is not positive",
    };
    reporter.add(
        &[kind, number],
        "no valid duration",
        format_args!("has to be `within` what {problem}."),
        "write a positive duration",
    );
}
