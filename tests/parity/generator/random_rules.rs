//! Rules of protovalidate by chance: some of those of a type, with few values, so that they
//! contradict each other, and with examples.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::parity::programs::scale;

/// Types of fields, their rules, and how a value of theirs is written.
const NUMBERS: [&str; 12] = [
    "float", "double", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64",
];

const WRAPPERS: [(&str, &str); 6] = [
    ("google.protobuf.FloatValue", "float"),
    ("google.protobuf.Int32Value", "int32"),
    ("google.protobuf.UInt64Value", "uint64"),
    ("google.protobuf.StringValue", "string"),
    ("google.protobuf.BytesValue", "bytes"),
    ("google.protobuf.BoolValue", "bool"),
];

/// `count` bodies of messages.
pub(crate) fn lines(seed: u64, count: usize) -> Vec<String> {
    let mut runner = scale::runner(seed, 9, 1);
    let field = field();
    let mut line = || field.new_tree(&mut runner).expect("nothing is refused").current();
    (0..count).map(|_| line()).collect()
}

fn field() -> BoxedStrategy<String> {
    let scalars = NUMBERS.iter().map(|name| (*name, *name));
    let scalars = scalars.chain([("string", "string"), ("string", "string"), ("bytes", "bytes")]);
    let scalars: Vec<(&str, &str)> = scalars.chain([("bool", "bool"), ("E", "enum")]).collect();
    let times =
        [("google.protobuf.Duration", "duration"), ("google.protobuf.Timestamp", "timestamp")];
    let single = scalars.iter().copied().chain(WRAPPERS).chain(times).collect::<Vec<_>>();
    // buf breaks off at examples of enums and of wrappers in lists and maps.
    let inside: Vec<_> = scalars.into_iter().filter(|(_, kind)| *kind != "enum").collect();
    let label = prop::sample::select(vec!["", "", "optional "]);
    let alone =
        (label, prop::sample::select(single), flags()).prop_flat_map(|(label, of, flags)| {
            let (of, kind) = of;
            rules(kind)
                .prop_map(move |rules| format!("{label}{of} f = 1 [$ = {{{flags} {rules}}}];"))
        });
    let of = || prop::sample::select(inside.clone());
    let list =
        (of(), flags(), limits(["min_items", "max_items"])).prop_flat_map(|(of, flags, limits)| {
            let (of, kind) = of;
            rules(kind).prop_map(move |rules| {
                format!(
                    "repeated {of} f = 1 [$.repeated = {{{limits} items {{{flags} {rules}}}}}];"
                )
            })
        });
    let map = (of(), flags(), limits(["min_pairs", "max_pairs"])).prop_flat_map(|(of, flags, limits)| {
        let (of, kind) = of;
        (rules("string"), rules(kind)).prop_map(move |(keys, values)| {
            format!(
                "map<string, {of}> f = 1 [$.map = {{{limits} keys {{{keys}}} values {{{flags} {values}}}}}];"
            )
        })
    });
    let wrong = (
        prop::sample::select(vec!["Sub", "int32", "string", "E", "repeated string"]),
        rules("int64"),
    );
    let wrong = wrong.prop_map(|(of, rules)| format!("{of} f = 1 [$ = {{{rules}}}];"));
    let apart = (rules("string"), flags());
    let apart = apart.prop_map(|(rules, flags)| {
        format!("oneof o {{ string f = 1 [$ = {{{rules} {flags}}}]; }}")
    });
    prop_oneof![6 => alone, 2 => list, 2 => map, 1 => wrong, 1 => apart].boxed()
}

fn flags() -> BoxedStrategy<String> {
    prop::sample::select(vec![
        "",
        "",
        "",
        "",
        "",
        "required: true",
        "required: false",
        "ignore: IGNORE_ALWAYS",
        "ignore: IGNORE_IF_ZERO_VALUE",
        "required: true ignore: IGNORE_IF_ZERO_VALUE",
        "cel { id: \"a\" expression: \"true\" }",
        "cel_expression: \"true &&\"",
        "cel { id: \"a b\" expression: \"true\" } cel { id: \"a b\" expression: \"\" }",
    ])
    .prop_map(str::to_owned)
    .boxed()
}

/// Some of two limits.
fn limits(names: [&'static str; 2]) -> BoxedStrategy<String> {
    let limit = move |name| {
        prop::option::weighted(0.3, 0..3_u8).prop_map(move |limit| {
            limit.map_or_else(String::new, |limit| format!("{name}: {limit}"))
        })
    };
    (limit(names[0]), limit(names[1])).prop_map(|(low, high)| format!("{low} {high}")).boxed()
}

/// The rules of one type.
fn rules(kind: &'static str) -> BoxedStrategy<String> {
    let fields: Vec<BoxedStrategy<String>> = match kind {
        "string" => string(),
        "bytes" => bytes(),
        "bool" => vec![one("const", values(kind), 0.5), several("example", values(kind))],
        "enum" => {
            let defined = Just("true".to_owned()).boxed();
            vec![
                one("const", values(kind), 0.2),
                one("defined_only", defined, 0.4),
                several("in", values(kind)),
                several("not_in", values(kind)),
                several("example", values(kind)),
            ]
        }
        _ => numbers(kind),
    };
    fields.prop_map(move |fields| format!("{kind} {{{}}}", fields.join(" "))).boxed()
}

fn numbers(kind: &'static str) -> Vec<BoxedStrategy<String>> {
    let bound = |names: [&'static str; 2]| {
        let name = prop::sample::select(names.to_vec());
        let bound = (name, values(kind)).prop_map(|(name, value)| format!("{name}: {value}"));
        prop::option::weighted(0.5, bound).prop_map(Option::unwrap_or_default).boxed()
    };
    let mut all =
        vec![one("const", values(kind), 0.15), bound(["gt", "gte"]), bound(["lt", "lte"])];
    // Those of timestamps have no lists.
    if kind != "timestamp" {
        all.extend([several("in", values(kind)), several("not_in", values(kind))]);
    }
    all.push(several("example", values(kind)));
    all
}

fn string() -> Vec<BoxedStrategy<String>> {
    let lengths = ["len", "min_len", "max_len", "len_bytes", "min_bytes", "max_bytes"];
    let length = || (0..4_u8).prop_map(|length| length.to_string()).boxed();
    let parts = ["const", "prefix", "suffix", "contains", "not_contains"];
    let pattern = select(&["\"^a*$\"", "\"b\"", "\"[\"", "\"^.{2}$\""]);
    let format = prop::sample::select(vec![
        "",
        "",
        "",
        "uuid: true",
        "email: true",
        "ipv4: true",
        "hostname: true",
    ]);
    let mut all: Vec<_> = lengths.map(|name| one(name, length(), 0.2)).into();
    all.extend(parts.map(|name| one(name, values("string"), 0.15)));
    all.extend([one("pattern", pattern, 0.2), format.prop_map(str::to_owned).boxed()]);
    all.extend(["in", "not_in", "example"].map(|name| several(name, values("string"))));
    all
}

fn bytes() -> Vec<BoxedStrategy<String>> {
    let length = || (0..4_u8).prop_map(|length| length.to_string()).boxed();
    let mut all: Vec<_> = ["len", "min_len", "max_len"].map(|name| one(name, length(), 0.2)).into();
    all.extend(
        ["const", "prefix", "suffix", "contains"].map(|name| one(name, values("bytes"), 0.2)),
    );
    all.extend(["in", "not_in", "example"].map(|name| several(name, values("bytes"))));
    all
}

fn one(name: &'static str, value: BoxedStrategy<String>, chance: f64) -> BoxedStrategy<String> {
    let field = value.prop_map(move |value| format!("{name}: {value}"));
    prop::option::weighted(chance, field).prop_map(Option::unwrap_or_default).boxed()
}

/// A repeated field: as a list, or an element at a time.
fn several(name: &'static str, value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let values = prop::collection::vec(value, 0..3);
    let written = (values, any::<bool>()).prop_map(move |(values, is_list)| match is_list {
        true => format!("{name}: [{}]", values.join(", ")),
        false => values.iter().map(|value| format!("{name}: {value} ")).collect(),
    });
    prop_oneof![2 => Just(String::new()), 1 => written].boxed()
}

fn values(kind: &'static str) -> BoxedStrategy<String> {
    match kind {
        "string" => {
            select(&["\"\"", "\"a\"", "\"ab\"", "\"aé\"", "\"b\"", "\"a@b.c\"", "\"1.2.3.4\""])
        }
        "bytes" => select(&["\"\"", "\"a\"", "\"ab\"", "\"é\""]),
        "bool" => select(&["true", "false"]),
        "float" | "double" => select(&["0", "1", "1.5", "-0.0", "nan", "inf"]),
        "duration" | "timestamp" => {
            select(&["{}", "{seconds: 1}", "{seconds: 1, nanos: 5}", "{seconds: 2}"])
        }
        kind if kind.starts_with('u') || kind.starts_with("fixed") => select(&["0", "1", "2", "7"]),
        _ => select(&["0", "1", "2", "-1"]),
    }
}

fn select(values: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(values).prop_map(str::to_owned).boxed()
}
