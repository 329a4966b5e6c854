//! What lint reads of a workspace: modules with rules of their own, folders, files and images in
//! them, paths and configurations on the command line.

use crate::parity::inputs::Case;

const A: &str = "syntax = \"proto3\";\npackage x;\nimport \"y/b.proto\";\n\
    message aA { y.b f = 1; int32 Ff = 2; }\n";
const B: &str = "syntax = \"proto3\";\npackage y;\nmessage b { int32 Bb = 1; }\n";
const C: &str = "syntax = \"proto3\";\npackage x;\nmessage cC {}\n";

/// The files of the workspace, behind what configures it.
macro_rules! workspace {
    ($($config:expr),*) => {
        &[$($config,)* ("one/x/a.proto", A), ("two/y/b.proto", B), ("one/x/deep/c.proto", C)]
    };
}

/// Groups of a message, a oneof, an extension and another group, each with a comment that is for one
/// of the rules.
const GROUPS: &str = "syntax = \"proto2\";\npackage x;\n\
    message M {\n  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  optional group Aa_ = 7 {\n    \
    // buf:lint:ignore MESSAGE_PASCAL_CASE\n    optional group Bb_ = 1 { optional int32 Abc = 1; }\n  \
    }\n  extensions 100 to 200;\n  oneof o {\n    // buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n    \
    group Cc_ = 8 {}\n    group Dd_ = 9 {}\n  }\n}\n\
    extend M {\n  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  optional group Ee_ = 100 {}\n  \
    // buf:lint:ignore FIELD_LOWER_SNAKE_CASE_\n  optional group Ff_ = 101 {}\n}\n";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "a comment before a group suppresses rules for the field and for the message",
        files: &[("buf.yaml", "version: v2\n"), ("x/a.proto", GROUPS)],
        asks: &[("lint", 100)],
    },
    Case {
        name: "a null in a list says nothing",
        files: &[
            ("a/x/b.proto", C),
            ("a/buf.yaml", "version: v2\nlint: {ignore: [~]}\nplugins: [~]\ndeps: [~]\n"),
            ("b/x/b.proto", C),
            ("b/buf.yaml", "version: v2\nlint: {ignore: [~, x], ignore_only: {BASIC: [~]}}\n"),
            ("c/one/x/b.proto", C),
            ("c/two/x/b.proto", C),
            (
                "c/buf.yaml",
                "version: v2\nmodules: [~, {path: one, includes: [~], excludes: [~]}]\n",
            ),
            ("d/one/x/b.proto", C),
            ("d/buf.yaml", "version: v1beta1\nbuild: {roots: [one, ~], excludes: [~]}\n"),
            ("e/one/x/b.proto", C),
            ("e/buf.work.yaml", "version: v1\ndirectories: [~, one]\n"),
            ("f/x/b.proto", C),
            ("f/buf.yaml", "version: v2\nlint: {ignore: ['']}\n"),
        ],
        asks: &[
            ("lint a", 100),
            ("lint b", 0),
            ("lint c", 100),
            ("lint d", 100),
            ("lint e", 100),
            ("lint f", 0),
        ],
    },
    Case {
        name: "lint of modules that have rules of their own",
        files: workspace![(
            "buf.yaml",
            "version: v2\nmodules: [{path: one, lint: {use: [BASIC, COMMENTS], ignore: \
             [one/x/deep]}}, {path: two}]\nlint: {use: [STANDARD], ignore_only: \
             {MESSAGE_PASCAL_CASE: [two/y]}}\n"
        )],
        asks: &[
            ("lint", 100),
            ("lint --path one/x/deep --path two/y", 100),
            ("lint --exclude-path one/x/deep --exclude-path two/y", 100),
            ("lint one/x/a.proto", 100),
            ("lint one/x/deep/c.proto", 0),
            ("lint one --path one/x/deep", 0),
            ("lint one --config {\"version\":\"v1\",\"lint\":{\"use\":[\"COMMENTS\"]}}", 100),
        ],
    },
    Case {
        name: "lint of a v1 workspace",
        files: workspace![
            ("buf.work.yaml", "version: v1\ndirectories: [one, two]\n"),
            (
                "one/buf.yaml",
                "version: v1\nlint: {ignore: [x/deep], allow_comment_ignores: true}\n"
            ),
            ("two/buf.yaml", "version: v1\nlint: {use: [COMMENTS, MESSAGE_PASCAL_CASE]}\n")
        ],
        asks: &[
            ("lint", 100),
            ("lint two", 100),
            ("lint one --exclude-path one/x/deep", 100),
            ("lint one/x/a.proto#include_package_files=true", 100),
        ],
    },
    Case {
        name: "lint of v1beta1 roots",
        files: workspace![(
            "buf.yaml",
            "version: v1beta1\nbuild: {roots: [one, two]}\nlint: {use: [STYLE_DEFAULT, \
             PACKAGE_AFFINITY], ignore_only: {STYLE_BASIC: [x/deep]}}\n"
        )],
        asks: &[("lint", 100), ("lint --path one/x", 100)],
    },
    Case {
        name: "lint with a rule that there is not",
        files: workspace![(
            "buf.yaml",
            "version: v2\nmodules: [{path: one}, {path: two}]\nlint: {use: [NOPE]}\n"
        )],
        asks: &[("lint", 1)],
    },
    Case {
        name: "lint with everything ignored",
        files: workspace![(
            "buf.yaml",
            "version: v2\nmodules: [{path: one}, {path: two}]\nlint: {ignore: [one, two]}\n"
        )],
        asks: &[("lint", 0)],
    },
];
