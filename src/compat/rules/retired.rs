//! Rules that buf keeps by name only, so that configurations which name them still work.

use super::{Check, CompatRule, Membership, Rule, off};

pub(super) const RULES: &[CompatRule] = &[
    retired(
        "FIELD_SAME_CTYPE",
        "Replaced by FIELD_SAME_CPP_STRING_TYPE.",
        "\
## What it checks

Nothing by itself: to name it is to name FIELD_SAME_CPP_STRING_TYPE.

## Why

`ctype` is one of two ways to choose the C++ type of a field; the other is a feature of editions.
The new rule knows both.

## Instead

Write FIELD_SAME_CPP_STRING_TYPE in the configuration.
",
        &["FIELD_SAME_CPP_STRING_TYPE"],
        None,
    ),
    retired(
        "FIELD_SAME_LABEL",
        "Replaced by three rules about the cardinality of fields.",
        "\
## What it checks

Nothing by itself: to name it is to name FIELD_SAME_CARDINALITY, FIELD_WIRE_COMPATIBLE_CARDINALITY
and FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY.

## Why

A label alone says neither whether a field has presence nor whether it is a map, and what counts
differs between code, binary data and JSON.

## Instead

Write the rule that fits in the configuration, or a category.
",
        &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
        None,
    ),
    retired(
        "FILE_SAME_JAVA_STRING_CHECK_UTF8",
        "Replaced by FIELD_SAME_JAVA_UTF8_VALIDATION.",
        "\
## What it checks

Nothing by itself: to name it is to name FIELD_SAME_JAVA_UTF8_VALIDATION.

## Why

The option of the file is one of two ways to have Java check strings; the other is a feature of
editions, for each field. The new rule knows both.

## Instead

Write FIELD_SAME_JAVA_UTF8_VALIDATION in the configuration.
",
        &["FIELD_SAME_JAVA_UTF8_VALIDATION"],
        None,
    ),
    retired(
        "FILE_SAME_PHP_GENERIC_SERVICES",
        "Checks nothing: the option no longer exists.",
        "\
## What it checks

Nothing: the option `php_generic_services` no longer exists in descriptor.proto.

## Why

No generator ever used the option.

## Instead

Remove the rule from the configuration.
",
        &[],
        None,
    ),
    retired(
        "MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT",
        "Checks nothing: message sets exist only in proto1.",
        "\
## What it checks

Nothing: schemas with `option message_set_wire_format = true;` are not supported by most runtimes.

## Why

The wire format of message sets predates proto2. It was never meant to be used in new schemas.

## Instead

Remove the rule from the configuration.
",
        &[],
        off(&[]),
    ),
];

const fn retired(
    id: &'static str,
    purpose: &'static str,
    docs: &'static str,
    replacements: &'static [&'static str],
    v2: Option<Membership>,
) -> CompatRule {
    let nowhere = off(&[]);
    let rule =
        Rule { id, purpose, docs, v1beta1: nowhere, v1: nowhere, v2, deprecated: true, replacements };
    CompatRule { rule, check: Check::Nothing }
}
