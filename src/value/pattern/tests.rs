//! Patterns of numbers beyond those that a double has, and patterns that say the same.

use serde_json::{Value as Json, json};

use super::Pattern;
use crate::value::data::{MessageValue, Value};
use crate::value::tests::message_type;

/// 2^53. The next integer is no double.
const LIMIT: u64 = 9_007_199_254_740_992;

fn pattern(json: &Json) -> Pattern {
    let of = message_type("google.protobuf.UninterpretedOption");
    of.read_pattern(json).expect("it is a pattern")
}

/// Returns what a message with this `positive_int_value` is expected to be, if it does not match.
fn expected(pattern: &Pattern, number: u64, position: u64) -> Option<String> {
    let mut message = MessageValue::new();
    message.set(4, Value::U64(number));
    pattern.mismatches(&message, position).pop().map(|mismatch| mismatch.expected)
}

#[test]
fn integers_are_compared_exactly() {
    let least = pattern(&json!({ "positiveIntValue": { "$range": [LIMIT + 1, null] } }));
    let what = format!("a number of at least {}", LIMIT + 1);
    assert_eq!(expected(&least, LIMIT, 0), Some(what));
    assert_eq!(expected(&least, LIMIT + 1, 0), None);
    assert_eq!(least.example(0).get(4), Some(&Value::U64(LIMIT + 1)));

    let greatest = pattern(&json!({ "positiveIntValue": { "$range": [null, LIMIT] } }));
    let what = format!("a number of at most {LIMIT}");
    assert_eq!(expected(&greatest, LIMIT + 1, 0), Some(what));
    assert_eq!(expected(&greatest, LIMIT, 0), None);

    let position = pattern(&json!({ "positiveIntValue": { "$position": LIMIT } }));
    let what = format!("{}, the position in the stream", LIMIT + 1);
    assert_eq!(expected(&position, LIMIT, 1), Some(what));
    assert_eq!(expected(&position, LIMIT + 1, 1), None);
    assert_eq!(position.example(1).get(4), Some(&Value::U64(LIMIT + 1)));
}

#[test]
fn a_pattern_is_implied_by_one_that_has_its_matchers() {
    let implied = [
        (json!({}), json!({})),
        (json!({ "doubleValue": 1 }), json!({ "doubleValue": 1, "stringValue": "YQ==" })),
        (
            json!({ "name": [{ "isExtension": true }] }),
            json!({ "name": [{ "isExtension": true, "namePart": "a" }] }),
        ),
        (
            json!({ "identifierValue": { "$regex": "a" } }),
            json!({ "identifierValue": { "$regex": "a" } }),
        ),
    ];
    for (one, other) in implied {
        assert!(pattern(&one).is_implied_by(Some(&pattern(&other))), "{one} by {other}");
    }
    let distinct = [
        (json!({ "doubleValue": 1 }), json!({})),
        (json!({ "doubleValue": 1 }), json!({ "doubleValue": 2 })),
        (json!({ "doubleValue": { "$type": "number" } }), json!({ "stringValue": "YQ==" })),
        (
            json!({ "positiveIntValue": { "$range": [LIMIT, null] } }),
            json!({ "positiveIntValue": { "$range": [LIMIT + 1, null] } }),
        ),
    ];
    for (one, other) in distinct {
        assert!(!pattern(&one).is_implied_by(Some(&pattern(&other))), "{one} by {other}");
    }
    assert!(pattern(&json!({})).is_implied_by(None));
    assert!(!pattern(&json!({ "doubleValue": 1 })).is_implied_by(None));
}
