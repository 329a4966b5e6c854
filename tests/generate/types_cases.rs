//! The cases of `types` and `exclude_types` that are tried on the real buf, and cases by chance.

use serde_json::{Value, json};

use super::types::Question;

/// The tree that the cases are about.
pub(super) const TREE: &[(&str, &str)] = &[
    ("buf.yaml", "version: v2\n"),
    (
        "a/v1/a.proto",
        "syntax = \"proto3\";
package a.v1;
// The file of B.
import \"b/v1/b.proto\";
import \"google/protobuf/timestamp.proto\";
import public \"o/o.proto\";
option (o.file) = { any: { [type.googleapis.com/b.v1.Packed] { a: \"x\" } } };
option java_package = \"x\";
// M is here.
message M {
  b.v1.B b = 1;
  oneof x { N n = 2; }
  // The other.
  oneof y { string s = 3 [(o.note) = \"n\", deprecated = true]; O o = 4; }
  message In { string q = 1; message Deep { string r = 1; } enum E { Z = 0; } }
  // About t.
  google.protobuf.Timestamp t = 9 [(o.note) = \"t\"];
  map<string, N> by_name = 10 [(o.tag).deep.name = \"d\", (o.tag).number = 1];
  reserved 20 to 30;
}
// N
message N { option (o.message) = { name: \"n\" }; string a = 1; optional int32 p = 2; }
message O { string a = 1; }
message Lone { option (o.message).name = \"l\"; message Inside { string a = 1; } string a = 1; }
enum E { option (o.kind) = KIND_ONE; E_ZERO = 0; E_ONE = 1 [(o.value) = 1, (o.more) = 2]; }
// S
service S {
  option (o.service) = \"s\";
  rpc G(M) returns (N) { option (o.http) = { get: \"x\" }; }
  // H
  rpc H(O) returns (O) { option (o.http) = { get: \"y\" }; option deprecated = true; }
  rpc J(O) returns (N) {}
}
",
    ),
    (
        "b/v1/b.proto",
        "syntax = \"proto2\";
package b.v1;
import \"b/v1/c.proto\";
message B { optional string a = 1; optional C c = 2; extensions 100 to 200; }
message Packed { optional string a = 1; }
message Extender { extend B { optional C inner = 101; } optional int32 x = 1; }
extend B { optional Packed packed = 102; optional group Grp = 103 { optional int32 g = 1; } }
message Unused { optional B b = 1; }
",
    ),
    ("b/v1/c.proto", "syntax = \"proto2\";\npackage b.v1;\nmessage C { required int32 c = 1; }\n"),
    (
        "o/o.proto",
        "syntax = \"proto3\";
package o;
import \"google/protobuf/descriptor.proto\";
import \"google/protobuf/any.proto\";
message Rule { string get = 1; }
message Tag { Deep deep = 1; int32 number = 2; }
message Deep { string name = 1; google.protobuf.Any any = 2; }
enum Kind { KIND_ZERO = 0; KIND_ONE = 1; }
extend google.protobuf.FileOptions { Deep file = 50001; }
extend google.protobuf.MessageOptions { Deep message = 50001; }
extend google.protobuf.FieldOptions { string note = 50001; Tag tag = 50002; string unused = 50003; }
extend google.protobuf.EnumOptions { Kind kind = 50001; }
extend google.protobuf.EnumValueOptions { int32 value = 50001; int32 more = 50002; }
extend google.protobuf.ServiceOptions { string service = 50001; }
extend google.protobuf.MethodOptions { Rule http = 50001; }
",
    ),
    (
        "x/x.proto",
        "syntax = \"proto2\";
package x;
import \"b/v1/b.proto\";
import \"b/v1/c.proto\";
import \"o/o.proto\";
extend b.v1.B { optional b.v1.C of_c = 150; }
message X { option (o.message) = { name: \"x\" }; message In { optional string a = 1; } }
",
    ),
    (
        "root.proto",
        "syntax = \"proto3\";\nmessage Root { string a = 1; }\nmessage Other { Root r = 1; }\n",
    ),
    ("empty.proto", "syntax = \"proto3\";\npackage empty;\nimport \"root.proto\";\n"),
];

/// What is written at the plugin, behind `|` at the input, and behind another the flags.
pub(super) const CASES: &[&str] = &[
    "types: [a.v1.M]",
    "types: [a.v1.N]",
    "types: [a.v1.E]",
    "types: [a.v1.S]",
    "types: [a.v1.S.G]",
    "types: [a.v1.S.H, a.v1.S.J]",
    "types: [a.v1.M.In.Deep]",
    "types: [a.v1.M.In]",
    "types: [a.v1.M.In.**]",
    "types: [a.v1.M.**]",
    "types: [a.v1.Lone.Inside]",
    "types: [a.v1]",
    "types: [a.**]",
    "types: [a]",
    "types: [a.v1.M.b]",
    "types: [a.v1.M.x]",
    "types: [a.v1.E_ONE]",
    "types: [a.v1.Nope]",
    "types: [nope.**]",
    "types: [.a.v1.M]",
    "types: ['a.*']",
    "types: ['**']",
    "types: ['.**']",
    "types: ['']",
    "types: [Root]",
    "types: [empty]",
    "types: [b.v1]",
    "types: [b.v1.B]",
    "types: [b.v1.packed]",
    "types: [b.v1.Extender.inner]",
    "types: [b.v1.Extender]",
    "types: [b.v1.Grp]",
    "types: [o.http]",
    "types: [o.note]",
    "types: [google.protobuf.Timestamp]",
    "types: [google.protobuf]",
    "types: [o, root]",
    "types: [o, Root]",
    "exclude_types: [o.http]",
    "exclude_types: [o.note]",
    "exclude_types: [o.tag]",
    "exclude_types: [o.file]",
    "exclude_types: [o.value, o.kind]",
    "exclude_types: [o.service, o.http, o.message]",
    "exclude_types: [o]",
    "exclude_types: [o.Rule]",
    "exclude_types: [o.Deep]",
    "exclude_types: [o.Kind]",
    "exclude_types: [a.v1.S]",
    "exclude_types: [a.v1.S.G]",
    "exclude_types: [a.v1.S.**]",
    "exclude_types: [a.v1.E]",
    "exclude_types: [a.v1.M.In]",
    "exclude_types: [a.v1.M.In.Deep]",
    "exclude_types: [a.v1.Lone]",
    "exclude_types: [b.v1.C]",
    "exclude_types: [b.v1.B]",
    "exclude_types: [b.v1]",
    "exclude_types: [b.v1.Packed]",
    "exclude_types: [b.v1.packed]",
    "exclude_types: [b.**]",
    "exclude_types: [b]",
    "exclude_types: [b.v1.C, a.v1]",
    "exclude_types: [google.protobuf.Timestamp]",
    "exclude_types: [google.protobuf]",
    "exclude_types: ['google.**']",
    "exclude_types: [a.v1.Nope]",
    "exclude_types: ['a.*']",
    "exclude_types: ['.**']",
    "types: [a.v1.M], exclude_types: [a.v1.N]",
    "types: [a.v1.M], exclude_types: [a.v1.M]",
    "types: [a.v1.M.In], exclude_types: [a.v1.M]",
    "types: [a.v1.M], exclude_types: [a.v1.M.In]",
    "types: [a.v1], exclude_types: [a.v1.S]",
    "types: [a.v1], exclude_types: [a.v1]",
    "types: [a.**], exclude_types: [a.v1]",
    "types: [a.v1], exclude_types: [o]",
    "types: [b.v1.packed], exclude_types: [b.v1.B]",
    "types: [b.v1.B], exclude_types: [b.v1.packed]",
    "types: [b.v1.B], exclude_types: [b.v1.C]",
    "types: [a.v1.S], exclude_types: [o.http]",
    "types: [x.X.In]",
    "types: [x.X.In], exclude_types: [o.Deep]",
    "types: [x], exclude_types: [b.v1.C]",
    "types: [b.v1.B], exclude_types: [x.of_c]",
    "|types: [a.v1.M]",
    "|exclude_types: [o.http]",
    "types: [a.v1.N]|types: [a.v1.M]",
    "types: [a.v1.O]|types: [a.v1.N]",
    "types: [b.v1.B]|exclude_types: [b.v1.C]",
    "exclude_types: [o.http]|types: [a.v1.S]",
    "exclude_types: [a.v1.E]|exclude_types: [a.v1.N]",
    "exclude_types: [o.http]|types: [a.v1.M]",
    "types: [a.v1.N]||--type=a.v1.M",
    "|types: [a.v1.N]|--type=a.v1.O",
    "|types: [a.v1.N]|--type=a.v1.O,a.v1.E",
    "|types: [a.v1.N]|--exclude-type=a.v1.E",
    "|types: [a.v1.N]|--exclude-type=a.v1.N",
    "|exclude_types: [a.v1.E]|--exclude-type=a.v1.Lone",
    "|exclude_types: [a.v1.E]|--type=a.v1.E",
    "|types: [a.v1.N]|.",
    "||--type=a.v1.S.G",
    "v1 types: {include: [a.v1.N]}",
    "v1 types: {include: [a.v1.N]}||.",
    "v1 types: {include: [a.v1.N]}||--type=a.v1.O",
    "v1 types: {include: [a.v1.N]}||--exclude-type=a.v1.N",
    "v1 types: {include: [a.v1.Nope]}",
];

/// The question of a case.
pub(super) fn question(case: &str) -> Question {
    let mut parts = case.split('|');
    let mut part = || parts.next().unwrap_or_default();
    let (plugin, input, flag) = (part(), part(), part());
    let yaml = |text: &str| -> Value {
        serde_saphyr::from_str(&format!("{{{text}}}")).expect("a case is YAML")
    };
    let flags = (!flag.is_empty()).then(|| flag.to_owned()).into_iter().collect();
    if let Some(whole) = plugin.strip_prefix("v1 ") {
        let mut template = yaml(whole);
        template["version"] = json!("v1");
        template["plugins"] = json!([{ "plugin": "x", "out": "gen", "strategy": "all" }]);
        return Question { template, flags };
    }
    let mut plugin = yaml(plugin);
    plugin["out"] = json!("gen");
    plugin["strategy"] = json!("all");
    let mut template = json!({ "version": "v2", "plugins": [plugin] });
    if !input.is_empty() {
        let mut input = yaml(input);
        input["directory"] = json!(".");
        template["inputs"] = json!([input]);
    }
    Question { template, flags }
}

/// Numbers that look random (xorshift).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn some(&mut self, names: &[String], most: usize) -> Vec<String> {
        let count = self.below(most + 1);
        let mut some = Vec::new();
        for _ in 0..count {
            let name = names[self.below(names.len())].clone();
            let ending = if self.below(5) == 0 { ".**" } else { "" };
            // What nobody declares is seldom asked for.
            let name = if self.below(40) == 0 { name + "x" } else { name };
            some.push(name + ending);
        }
        some
    }

    /// A question about some of `names`.
    pub(super) fn question(&mut self, names: &[String]) -> Question {
        let strategy = ["all", "directory"][self.below(2)];
        let mut plugin = json!({ "out": "gen", "strategy": strategy });
        let mut template = json!({ "version": "v2" });
        let mut flags = Vec::new();
        plugin["include_imports"] = json!(self.below(4) == 0);
        if self.below(3) > 0 {
            plugin["types"] = json!(self.some(names, 3));
        }
        plugin["exclude_types"] = json!(self.some(names, 2));
        if self.below(3) == 0 {
            let (types, exclude_types) = (self.some(names, 3), self.some(names, 1));
            template["inputs"] =
                json!([{ "directory": ".", "types": types, "exclude_types": exclude_types }]);
        }
        if self.below(6) == 0 {
            flags.extend(self.some(names, 2).iter().map(|name| format!("--type={name}")));
            flags.extend(self.some(names, 1).iter().map(|name| format!("--exclude-type={name}")));
        }
        template["plugins"] = json!([plugin]);
        Question { template, flags }
    }
}
