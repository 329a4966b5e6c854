use super::{Check, CompatRule, Findings, Message, Pair, Rule, lost_json, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_SAME_JSON_FORMAT",
        purpose: "A message keeps its JSON support.",
        docs: "\
## What it checks

The feature `json_format` of a message does not change from `ALLOW` to `LEGACY_BEST_EFFORT`. The
default is `ALLOW` in proto3 files and editions, and `LEGACY_BEST_EFFORT` in proto2 files. Changing
a proto3 file to proto2 is therefore reported once for each message.

## Why

With `ALLOW` the compiler guarantees that no two fields have the same JSON name. Without it names
may collide: a value is read into the wrong field, or the message is rejected. Gateways and browsers
that use JSON rely on the guarantee.

## Instead

Keep the syntax of the file. In an edition, remove `features.json_format` or set it to `ALLOW`.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    if lost_json(pair.map(|side| side.features().json_format)) {
        findings.on(pair).part(&FEATURE).part(&FEATURE[..2]).report(
            "JSON guaranteed to best effort",
            "no longer guarantees JSON support: its `json_format` is no longer `ALLOW`.",
            "keep the syntax of the file, or set `features.json_format = ALLOW`",
        );
    }
}

/// The descriptor path of the feature, relative to the element.
const FEATURE: [i32; 3] =
    [tag::message::OPTIONS, tag::message_options::FEATURES, tag::feature_set::JSON_FORMAT];
