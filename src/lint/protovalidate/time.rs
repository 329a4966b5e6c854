//! Checks of the rules of timestamps that depend on the time of validation.

use super::Judge;
use super::kind::Rules;
use super::number::{Holds, Number};

/// Reports `lt_now` beside `gt_now`, and an invalid `within`.
pub(super) fn check(judge: &mut Judge<'_, '_>, rules: &Rules<'_>) {
    let kind = rules.kind.number;
    if let (Some((before, 1..)), Some((after, 1..))) = (rules.uint("lt_now"), rules.uint("gt_now"))
    {
        let says = "has to be both before and after the time of validation.";
        judge.add_both([&[kind, after], &[kind, before]], "nothing passes", says, "remove one");
    }
    let Some(number) = rules.number("within") else { return };
    let Some(within) = rules.fields.message(number) else { return };
    let wrong = match Number::of_time(&within, Holds::Duration) {
        Err(why) => why,
        Ok(Number::Time(1..)) => return,
        Ok(_) => "is not positive",
    };
    judge.add(
        &[kind, number],
        "no valid duration",
        format_args!("has to be `within` what {wrong}."),
        "write a positive duration",
    );
}
