//! Deprecated rules that exist by name only, as in buf, so that configurations that list them work.

use super::{Check, CompatRule, Membership, Rule, off};

pub(super) const RULES: &[CompatRule] = &[
    retired(
        "FIELD_SAME_CTYPE",
        "Replaced by FIELD_SAME_CPP_STRING_TYPE.",
        "\
## What it checks

Nothing by itself: it is an alias of FIELD_SAME_CPP_STRING_TYPE.

## Why

`ctype` is one of two ways to choose the C++ type of a field; the other is an edition feature. The
new rule covers both.

## Instead

Use FIELD_SAME_CPP_STRING_TYPE in the configuration.
",
        &["FIELD_SAME_CPP_STRING_TYPE"],
        None,
    ),
    retired(
        "FIELD_SAME_LABEL",
        "Replaced by three rules about the cardinality of fields.",
        "\
## What it checks

Nothing by itself: it is an alias of FIELD_SAME_CARDINALITY, FIELD_WIRE_COMPATIBLE_CARDINALITY and
FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY.

## Why

A label alone tells neither whether a field has presence nor whether it is a map, and the changes
that are compatible differ between generated code, binary data and JSON.

## Instead

Use one of these rules, or a category, in the configuration.
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

Nothing by itself: it is an alias of FIELD_SAME_JAVA_UTF8_VALIDATION.

## Why

The file option is one of two ways to validate strings in Java; the other is an edition feature of
each field. The new rule covers both.

## Instead

Use FIELD_SAME_JAVA_UTF8_VALIDATION in the configuration.
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

Nothing: most runtimes do not support `option message_set_wire_format = true;`.

## Why

The wire format of message sets predates proto2 and was never intended for new schemas.

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
