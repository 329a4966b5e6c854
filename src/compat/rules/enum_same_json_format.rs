use super::{Check, CompatRule, Enum, Findings, Pair, Rule, lost_json, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_SAME_JSON_FORMAT",
        purpose: "An enum keeps its JSON support.",
        docs: "\
## What it checks

The feature `json_format` of an enum does not go from `ALLOW` to `LEGACY_BEST_EFFORT`. proto3 files
and editions allow JSON; proto2 files only attempt it. So turning a proto3 file into a proto2 file
is found here, once for each enum.

## Why

With `ALLOW` the compiler guarantees that the values have names that are distinct in JSON. Without
it, JSON is a matter of luck: names may collide, and some runtimes refuse to write the enum at all.
Gateways and browsers that speak JSON to you relied on the guarantee.

## Instead

Leave the file in its syntax. In an edition, remove `features.json_format` or set it to `ALLOW`.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(pair: Pair<Enum<'_>>, findings: &mut Findings<'_>) {
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
    [tag::enumeration::OPTIONS, tag::enum_options::FEATURES, tag::feature_set::JSON_FORMAT];
