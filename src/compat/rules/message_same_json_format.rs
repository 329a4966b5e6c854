use super::{Check, CompatRule, Findings, Message, Pair, Rule, lost_json, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_SAME_JSON_FORMAT",
        purpose: "A message keeps its JSON support.",
        docs: "\
## What it checks

The feature `json_format` of a message does not go from `ALLOW` to `LEGACY_BEST_EFFORT`. proto3
files and editions allow JSON; proto2 files only attempt it. So turning a proto3 file into a proto2
file is found here, once for each message.

## Why

With `ALLOW` the compiler guarantees that no two fields have one JSON name. Without it fields may
collide: what is written under one of them is read into another, or the message is refused.
Gateways and browsers that speak JSON to you relied on the guarantee.

## Instead

Leave the file in its syntax. In an edition, remove `features.json_format` or set it to `ALLOW`.
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
            "no longer guarantees a JSON form: its `json_format` is not ALLOW any more.",
            "leave the file in its syntax, or set `features.json_format = ALLOW`",
        );
    }
}

/// The path of the feature in the descriptor.
const FEATURE: [i32; 3] =
    [tag::message::OPTIONS, tag::message_options::FEATURES, tag::feature_set::JSON_FORMAT];
