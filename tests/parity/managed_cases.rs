//! What managed mode is tried on, and with what: a tree, and tables of configurations.

/// Three modules, two of them with names. There is every kind of field that can have a `jstype`,
/// every option of a file, written and not, and names that some language cannot take.
pub(super) const TREE: &[(&str, &str)] = &[
    (
        "buf.yaml",
        "version: v2\nmodules:\n  - {path: one, name: b.test/acme/one}\n  \
         - {path: two, name: b.test/acme/two}\n  - {path: three}\n",
    ),
    (
        "one/acme/list/v1/a.proto",
        r#"// The first.
syntax = "proto3";
package acme.list.v1;

import "geo/geo.proto";
import "google/protobuf/timestamp.proto";

// Where it goes.
option go_package = "written.test/a;a";
option java_multiple_files = true;
option optimize_for = CODE_SIZE;
option cc_enable_arenas = false;
option (geo.note) = "kept é";
option (geo.detail).text = "x";
option (geo.detail).count = 9;

message Numbers {
  // A comment.
  int64 plain = 1;
  uint64 written = 2 [jstype = JS_STRING];
  sint64 two = 3 [deprecated = true, jstype = JS_NUMBER];
  fixed64 noted = 4 [
    // Inside.
    jstype = JS_NORMAL,
    (geo.field_note) = "n"
  ];
  sfixed64 renamed = 5 [json_name = "other", deprecated = true];
  repeated int64 many = 6 [packed = true];
  map<int64, uint64> map = 7;
  map<string, int64> half = 8 [deprecated = true];
  oneof choice {
    int64 chosen = 9;
    string text = 10 [deprecated = true];
  }
  optional int64 maybe = 11;
  int32 small = 12;
  google.protobuf.Timestamp at = 13;
  geo.Point point = 14;
  message Inner {
    message Deep {
      int64 deep = 1 [(geo.field_note) = "d", jstype = JS_STRING];
    }
    int64 inner = 1 [jstype = JS_STRING];
  }
}

service Lists {
  rpc Get(Numbers) returns (Numbers);
}
"#,
    ),
    (
        "one/acme/list/v1beta1/my_file.v2.proto",
        "syntax = \"proto3\";\npackage acme.list.v1beta1;\noption java_string_check_utf8 = true;\n\
         message M { int64 id = 1 [jstype = JS_NUMBER]; }\n",
    ),
    ("one/root.proto", "syntax = \"proto3\";\nmessage Root { uint64 id = 1; }\n"),
    (
        "two/geo/geo.proto",
        r#"syntax = "proto2";
package geo;
import "google/protobuf/descriptor.proto";

option java_package = "com.geo";
option java_outer_classname = "Mine";
option java_multiple_files = false;
option java_string_check_utf8 = true;
option optimize_for = SPEED;
option go_package = "written.test/geo";
option cc_enable_arenas = true;
option objc_class_prefix = "GEO";
option csharp_namespace = "Geo";
option swift_prefix = "Geo";
option php_class_prefix = "Geo";
option php_namespace = "Geo";
option php_metadata_namespace = "Geo\\Meta";
option ruby_package = "Geo";
option deprecated = true;

message Point {
  optional int64 x = 1 [default = 5, deprecated = true];
  optional int64 y = 2 [default = -1, jstype = JS_STRING];
  required uint64 z = 3 [jstype = JS_NORMAL];
  optional group Area = 4 {
    optional fixed64 size = 1 [lazy = false];
  }
  extensions 100 to 200 [verification = UNVERIFIED];
  extend Point {
    optional int64 inside = 101 [jstype = JS_STRING];
  }
}

extend Point {
  optional sint64 outside = 102 [deprecated = true];
  repeated sfixed64 lots = 103 [packed = true, jstype = JS_NUMBER];
}

message Detail {
  optional string text = 1;
  optional int64 count = 2;
}

extend google.protobuf.FileOptions {
  optional string note = 50000;
  optional Detail detail = 50001;
}

extend google.protobuf.FieldOptions {
  optional string field_note = 50000;
}
"#,
    ),
    (
        "two/google/publish/bar/x.proto",
        "package google.publish.bar;\noption java_package = \"com.google.publish.bar\";\n\
         option objc_class_prefix = \"GPX\";\n",
    ),
    (
        "two/a/foo_bar/v1beta1/fooBAR9x-q.proto",
        "syntax = \"proto3\";\npackage a.foo_bar.v1beta1;\noption ruby_package = \"\";\n",
    ),
    ("three/v1/v1.proto", "syntax = \"proto3\";\npackage v1;\nmessage V { int64 v = 1; }\n"),
    (
        "three/list/class/x.proto",
        "syntax = \"proto3\";\npackage list.class.parent.x.internal.Exception;\n",
    ),
    ("three/b/v1test/t.proto", "syntax = \"proto3\";\npackage b.v1testing;\n"),
    ("three/b/v1p2alpha/t.proto", "syntax = \"proto3\";\npackage b.v1p2alpha;\n"),
];

/// Files that are compiled by buf alone: those with editions, and one whose places are not ours:
/// a comment behind an option, brackets without options.
pub(super) const FOR_IMAGES: &[(&str, &str)] = &[
    (
        "three/places/p.proto",
        "syntax = \"proto2\";\npackage places;\n// Before it.\noption go_package = \"p.test\"; // \
         Behind it.\nmessage P {\n  optional int64 a = 1 [default = 5];\n  optional int32 b = 2 \
         [json_name = \"c\"];\n  optional int32 d = 3 [deprecated = true, default = 1];\n}\n",
    ),
    (
        "three/ed/v1/a.proto",
        "edition = \"2023\";\npackage ed.v1;\noption cc_enable_arenas = false;\n\
         message A { int64 a = 1 [features.field_presence = IMPLICIT, jstype = JS_STRING]; }\n",
    ),
    (
        "three/ed/v2/b.proto",
        "edition = \"2024\";\npackage ed.v2;\nmessage B { int64 b = 1 [features.field_presence = \
         IMPLICIT]; }\n",
    ),
];

/// The version, and its `managed` (in v1beta1 `managed` and `options`).
pub(super) const CASES: &[&str] = &[
    "v1beta1 managed: false",
    "v1beta1 managed: true",
    "v1beta1 managed: true, options: {}",
    "v1beta1 managed: false, options: {optimize_for: SPEED}",
    "v1beta1 managed: true, options: {cc_enable_arenas: false, java_multiple_files: false, \
     optimize_for: LITE_RUNTIME}",
    "v1 {}",
    "v1 {enabled: true}",
    "v1 {enabled: false, cc_enable_arenas: true}",
    "v1 {enabled: true, cc_enable_arenas: false, java_multiple_files: false, \
     java_string_check_utf8: true}",
    "v1 {enabled: true, java_package_prefix: org}",
    "v1 {enabled: true, java_package_prefix: ''}",
    "v1 {enabled: true, java_package_prefix: {default: org, except: [b.test/acme/one], \
     override: {b.test/acme/two: net}}}",
    "v1 {enabled: true, optimize_for: CODE_SIZE}",
    "v1 {enabled: true, optimize_for: {default: LITE_RUNTIME, except: [b.test/acme/two], \
     override: {b.test/acme/one: SPEED}}}",
    "v1 {enabled: true, go_package_prefix: {default: x.test/gen, except: [b.test/acme/two], \
     override: {b.test/acme/one: y.test}}}",
    "v1 {enabled: true, go_package_prefix: {default: x.test/gen}, override: {GO_PACKAGE: \
     {acme/list/v1/a.proto: z.test}}}",
    "v1 {enabled: true, objc_class_prefix: {except: [b.test/acme/two]}}",
    "v1 {enabled: true, objc_class_prefix: {default: OBJ, override: {b.test/acme/one: ONE}}}",
    "v1 {enabled: true, swift_prefix: {default: Sw, except: [b.test/acme/one]}}",
    "v1 {enabled: true, swift_prefix: {override: {b.test/acme/one: Sw}}}",
    "v1 {enabled: true, csharp_namespace: {except: [b.test/acme/one], override: \
     {b.test/acme/two: Two}}}",
    "v1 {enabled: true, ruby_package: {except: [b.test/acme/one], override: {b.test/acme/two: \
     Two}}}",
    "v1 {enabled: true, override: {JAVA_PACKAGE: {acme: pkg, geo/geo.proto: other}, \
     java_multiple_files: {geo/geo.proto: 't', acme/list/v1/a.proto: 'FALSE'}, optimize_for: \
     {root.proto: CODE_SIZE}, php_metadata_namespace_suffix: {acme: Meta}}}",
    "v2 {}",
    "v2 {enabled: false}",
    "v2 {enabled: true}",
    "v2 {enabled: false, override: [{file_option: swift_prefix, value: S}]}",
    "v2 {disable: [{path: acme}]}",
    "v2 {enabled: true, disable: [{path: acme/list}]}",
    "v2 {enabled: true, disable: [{path: acme/list/v1/a.proto}, {path: acme/li}]}",
    "v2 {enabled: true, disable: [{module: b.test/acme/one}]}",
    "v2 {enabled: true, disable: [{module: b.test/acme/two, file_option: java_package}]}",
    "v2 {enabled: true, disable: [{module: b.test/acme/one, path: geo}]}",
    "v2 {enabled: true, disable: [{file_option: java_package_prefix}]}",
    "v2 {enabled: true, disable: [{file_option: java_package_prefix}], override: [{file_option: \
     java_package_suffix, value: suf}]}",
    "v2 {enabled: true, disable: [{file_option: java_package_suffix}], override: [{file_option: \
     java_package_suffix, value: suf}, {file_option: java_package_prefix, value: org}]}",
    "v2 {enabled: true, disable: [{file_option: java_package}], override: [{file_option: \
     java_package_suffix, value: suf}]}",
    "v2 {enabled: true, override: [{file_option: java_package, value: val}, {file_option: \
     java_package_suffix, value: suf}]}",
    "v2 {enabled: true, override: [{file_option: java_package_suffix, value: suf}, {file_option: \
     java_package_prefix, value: org}]}",
    "v2 {enabled: true, override: [{file_option: java_package_prefix, value: ''}]}",
    "v2 {enabled: true, override: [{file_option: java_package_prefix, value: org}, {file_option: \
     java_package, value: val, path: geo}]}",
    "v2 {enabled: true, override: [{file_option: java_package, value: ''}]}",
    "v2 {enabled: true, override: [{file_option: go_package_prefix, value: x.test/gen}]}",
    "v2 {enabled: true, override: [{file_option: go_package_prefix, value: ./x//y/../z/}]}",
    "v2 {enabled: true, override: [{file_option: go_package_prefix, value: ../../x}, \
     {file_option: go_package, value: one.test, module: b.test/acme/one}]}",
    "v2 {enabled: true, override: [{file_option: csharp_namespace_prefix, value: Pre}]}",
    "v2 {enabled: true, override: [{file_option: csharp_namespace, value: All}, {file_option: \
     csharp_namespace_prefix, value: Pre, path: geo}]}",
    "v2 {enabled: true, override: [{file_option: csharp_namespace_prefix, value: Pre}, \
     {file_option: csharp_namespace_prefix, value: ''}]}",
    "v2 {enabled: true, override: [{file_option: php_namespace, value: Php}, {file_option: \
     php_metadata_namespace_suffix, value: Meta}]}",
    "v2 {enabled: true, override: [{file_option: php_metadata_namespace, value: Meta}, \
     {file_option: ruby_package_suffix, value: Suf}]}",
    "v2 {enabled: true, override: [{file_option: ruby_package, value: R}, {file_option: \
     ruby_package_suffix, value: Suf, path: acme}, {file_option: objc_class_prefix, value: ''}]}",
    "v2 {enabled: true, override: [{file_option: swift_prefix, value: S}, {file_option: \
     java_outer_classname, value: Outer}, {file_option: objc_class_prefix, value: OBJ}]}",
    "v2 {enabled: true, override: [{file_option: ' OPTIMIZE_for ', value: LITE_RUNTIME}, \
     {file_option: java_string_check_utf8, value: true}, {file_option: cc_enable_arenas, value: \
     false}, {file_option: java_multiple_files, value: false}]}",
    "v2 {enabled: true, override: [{field_option: jstype, value: JS_STRING}]}",
    "v2 {enabled: true, override: [{field_option: jstype, value: JS_NORMAL}]}",
    "v2 {enabled: true, override: [{field_option: jstype, value: JS_NUMBER, path: geo}, \
     {field_option: jstype, value: JS_STRING, field: geo.Point.inside}]}",
    "v2 {enabled: true, disable: [{field: acme.list.v1.Numbers.plain}], override: [{field_option: \
     jstype, value: JS_STRING}]}",
    "v2 {enabled: true, disable: [{field: acme.list.v1.Numbers.plain, field_option: jstype}], \
     override: [{field_option: jstype, value: JS_STRING}]}",
    "v2 {enabled: true, disable: [{field_option: jstype, module: b.test/acme/one}], override: \
     [{field_option: jstype, value: JS_NUMBER}]}",
    "v2 {enabled: true, disable: [{path: .}], override: [{field_option: jstype, value: \
     JS_NUMBER}]}",
    "v2 {enabled: true, disable: [{file_option: java_package}, {file_option: \
     java_outer_classname}, {file_option: java_multiple_files}, {file_option: \
     java_string_check_utf8}, {file_option: optimize_for}, {file_option: cc_enable_arenas}, \
     {file_option: objc_class_prefix}, {file_option: csharp_namespace}, {file_option: \
     php_namespace}, {file_option: php_metadata_namespace}, {file_option: ruby_package}], \
     override: [{field_option: jstype, value: JS_STRING, field: acme.list.v1.Numbers.written}, \
     {file_option: go_package_prefix, value: x.test, path: v1}]}",
];

/// Written so that one might think it is refused.
pub(super) const ACCEPTED: &[&str] = &[
    "v1beta1 managed: null, options: null",
    "v1 null",
    "v1 {enabled: true, java_package_prefix: null, override: null}",
    "v1 {enabled: true, go_package_prefix: {}}",
    "v1 {enabled: true, override: {java_package: null}}",
    "v1 {enabled: true, override: {java_package: {a.proto: null}}}",
    "v1 {enabled: true, override: {java_multiple_files: {a.proto: true}}}",
    "v1 {enabled: true, override: {java_package: {a.proto: 1}}}",
    "v1 {enabled: true, objc_class_prefix: {default: 1}}",
    "v1 {enabled: true, csharp_namespace: {except: [], override: {}}}",
    "v2 null",
    "v2 {enabled: null, disable: null, override: null}",
    "v2 {enabled: true, disable: [], override: []}",
    "v2 {enabled: true, disable: [null], override: [null]}",
    "v1 {java_package_prefix: {default: a, except: [null]}}",
    "v1 {java_package_prefix: 1}",
    "v1 {java_package_prefix: true}",
    "v1 {java_package_prefix: 1.5}",
    "v1 {enabled: true, override: {java_package: {a.proto: true}}}",
    "v2 {enabled: true, disable: [{file_option: '', path: a}]}",
    "v2 {enabled: true, disable: [{field: nowhere.M.f}]}",
    "v2 {enabled: true, override: [{file_option: java_package, value: a, path: nowhere}]}",
    "v2 {enabled: true, override: [{field_option: ' JSType', value: JS_STRING}]}",
];

/// What is a mistake.
pub(super) const REFUSED: &[&str] = &[
    "v1beta1 managed: {enabled: true}",
    "v1beta1 managed: 'true'",
    "v1beta1 managed: true, options: {optimize_for: speed}",
    "v1beta1 managed: true, options: {go_package_prefix: x}",
    "v1beta1 managed: true, options: {cc_enable_arenas: 'true'}",
    "v1 true",
    "v1 {enabled: 1}",
    "v1 {nothing: 1}",
    "v1 {disable: []}",
    "v1 {java_package_prefix: {except: [b.test/acme/one]}}",
    "v1 {java_package_prefix: {default: a, except: [one]}}",
    "v1 {java_package_prefix: {default: a, except: [b.test/a/b, b.test/a/b]}}",
    "v1 {java_package_prefix: {default: a, except: [b.test/a/b], override: {b.test/a/b: x}}}",
    "v1 {java_package_prefix: {default: a, override: {one: x}}}",
    "v1 {java_package_prefix: {default: a, nothing: 1}}",
    "v1 {java_package_prefix: [a]}",
    "v1 {optimize_for: speed}",
    "v1 {optimize_for: {override: {b.test/a/b: SPEED}}}",
    "v1 {optimize_for: {default: SPEED, override: {b.test/a/b: FAST}}}",
    "v1 {go_package_prefix: x}",
    "v1 {go_package_prefix: {except: [b.test/a/b]}}",
    "v1 {csharp_namespace: {default: x}}",
    "v1 {objc_class_prefix: x}",
    "v1 {override: {java_packages: {a.proto: x}}}",
    "v1 {override: {java_package: {./a.proto: x}}}",
    "v1 {override: {java_package: x}}",
    "v1 {override: {java_package: {'': x}}}",
    "v1 {override: {java_package: {'a.proto': [x]}}}",
    "v1 {java_package_prefix: {default: [a]}}",
    "v1 {objc_class_prefix: {except: ['']}}",
    "v1 {objc_class_prefix: {override: {'': x}}}",
    "v1 {override: {java_multiple_files: {a.proto: 'yes'}}}",
    "v1 {override: {optimize_for: {a.proto: fast}}}",
    "v1 {override: {' java_package': {a.proto: fast}}}",
    "v2 true",
    "v2 {nothing: 1}",
    "v2 {disable: [{}]}",
    "v2 {disable: {path: a}}",
    "v2 {disable: [{nothing: 1}]}",
    "v2 {disable: [{path: ./a}]}",
    "v2 {disable: [{path: /a}]}",
    "v2 {disable: [{path: a/}]}",
    "v2 {disable: [{path: ../a}]}",
    "v2 {disable: [{path: a/../b}]}",
    "v2 {disable: [{module: one}]}",
    "v2 {disable: [{file_option: nothing}]}",
    "v2 {disable: [{file_option: ' '}]}",
    "v2 {disable: [{field_option: ctype}]}",
    "v2 {disable: [{file_option: java_package, field: a.B.c}]}",
    "v2 {disable: [{file_option: java_package, field_option: jstype}]}",
    "v2 {override: [{}]}",
    "v2 {override: [{value: a}]}",
    "v2 {override: [{file_option: java_package}]}",
    "v2 {override: [{file_option: java_package, value: null}]}",
    "v2 {override: [{file_option: java_package, value: 1}]}",
    "v2 {override: [{file_option: java_package, value: true}]}",
    "v2 {override: [{file_option: java_package, value: [a]}]}",
    "v2 {override: [{file_option: java_package, value: {a: b}}]}",
    "v2 {override: [{file_option: java_package, value: 1.5}]}",
    "v2 {override: [{file_option: java_package, value: a, field: a.B.c}]}",
    "v2 {override: [{file_option: java_package, value: a, path: ./a}]}",
    "v2 {override: [{file_option: java_package, value: a, module: one}]}",
    "v2 {override: [{file_option: java_multiple_files, value: 'true'}]}",
    "v2 {override: [{file_option: java_multiple_files, value: 1}]}",
    "v2 {override: [{file_option: optimize_for, value: speed}]}",
    "v2 {override: [{file_option: optimize_for, value: 1}]}",
    "v2 {override: [{file_option: nothing, value: 1}]}",
    "v2 {override: [{field_option: jstype, value: js_string}]}",
    "v2 {override: [{field_option: jstype, value: 1}]}",
    "v2 {override: [{field_option: ctype, value: CORD}]}",
    "v2 {override: [{file_option: java_package, field_option: jstype, value: JS_STRING}]}",
];

/// The template of a line of the tables.
pub(super) fn template(case: &str) -> String {
    let (version, managed) = case.split_once(' ').expect("a version stands before it");
    let named = |name| format!("[{{{name}: dump, path: ./plugin.sh, out: gen, strategy: all}}]");
    let (managed, plugins) = match version {
        "v1beta1" => (managed.to_owned(), named("name")),
        "v1" => (format!("managed: {managed}"), named("plugin")),
        _ => {
            let local = "[{local: ./plugin.sh, out: gen, strategy: all}]".to_owned();
            (format!("managed: {managed}"), local)
        }
    };
    format!("{{version: {version}, {managed}, plugins: {plugins}}}")
}
