use super::{Check, CompatRule, Enum, Findings, Pair, Rule, lost_json, on, tag};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "ENUM_SAME_JSON_FORMAT",
        purpose: "An enum keeps its JSON support.",
        docs: "\
## What it checks

The feature `json_format` of an enum does not change from `ALLOW` to `LEGACY_BEST_EFFORT`. The
default is `ALLOW` in proto3 files and editions, and `LEGACY_BEST_EFFORT` in proto2 files. Changing
a proto3 file to proto2 is therefore reported once for each enum.

## Why

With `ALLOW` the compiler guarantees that the names of the values do not conflict in JSON. Without
it names may collide, and some runtimes refuse to serialize the enum as JSON at all. Gateways and
browsers that use JSON rely on the guarantee.

## Instead

Keep the syntax of the file. In an edition, remove `features.json_format` or set it to `ALLOW`.
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
            "no longer guarantees JSON support: its `json_format` is no longer `ALLOW`.",
            "keep the syntax of the file, or set `features.json_format = ALLOW`",
        );
    }
}

/// The descriptor path of the feature, relative to the element.
const FEATURE: [i32; 3] =
    [tag::enumeration::OPTIONS, tag::enum_options::FEATURES, tag::feature_set::JSON_FORMAT];
