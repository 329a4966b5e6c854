//! Policies: rules in files of their own, which a workspace has besides those of its modules.

use crate::parity::inputs::Case;

const A: &str = "syntax = \"proto3\";\npackage x;\nimport \"y/b.proto\";\n\
    message aA {\n  // buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  y.b Ff = 1;\n  int32 Gg = 2;\n}\n\
    enum E { E_NONE = 0; }\nservice S { rpc R(aA) returns (aA); }\n";
const A_BEFORE: &str = "syntax = \"proto3\";\npackage x;\nimport \"y/b.proto\";\n\
    message aA { y.b ff = 1; int64 gg = 2; }\nmessage Gone {}\nenum E { E_NONE = 0; }\n";
const B: &str = "syntax = \"proto3\";\npackage y;\nmessage b { string Bb = 1; }\nservice T {}\n";
const B_BEFORE: &str = "syntax = \"proto3\";\npackage y;\nmessage b { bytes Bb = 1; }\n";
const C: &str = "syntax = \"proto3\";\npackage x.v1alpha1;\nmessage cC { int32 c = 1; }\n";
const C_BEFORE: &str = "syntax = \"proto3\";\npackage x.v1alpha1;\nmessage cC { bool c = 1; }\n";

/// Two modules before and after, behind what configures what is now.
macro_rules! workspace {
    ($($config:expr),*) => {
        &[
            $($config,)*
            ("one/x/a.proto", A),
            ("two/y/b.proto", B),
            ("one/x/deep/c.proto", C),
            ("old/buf.yaml", "version: v2\nmodules: [{path: one}, {path: two}]\n\
                policies: [{policy: nowhere.yaml}]\n"),
            ("old/one/x/a.proto", A_BEFORE),
            ("old/two/y/b.proto", B_BEFORE),
            ("old/one/x/deep/c.proto", C_BEFORE),
        ]
    };
}

/// The modules, with one rule each, and what else stands in `buf.yaml`.
macro_rules! yaml {
    ($more:literal) => {
        concat!(
            "version: v2\nmodules: [{path: one}, {path: two}]\nlint: {use: [MESSAGE_PASCAL_CASE]}\n\
             breaking: {use: [FIELD_SAME_TYPE]}\n",
            $more
        )
    };
}

const BOTH: &str = "version: v2\nlint: {use: [FIELD_LOWER_SNAKE_CASE, MESSAGE_PASCAL_CASE, \
    SERVICE_SUFFIX], service_suffix: API}\n\
    breaking: {use: [FIELD_SAME_NAME, FIELD_SAME_TYPE, MESSAGE_NO_DELETE]}\n";
const STRICT: &str = "version: v2\nname: x.y/a/strict\nlint:\n  use: [STANDARD]\n  except: [PACKAGE_VERSION_SUFFIX]\n  \
    enum_zero_value_suffix: _NONE\n  rpc_allow_same_request_response: true\n\
    breaking: {use: [WIRE_JSON], ignore_unstable_packages: true}\n";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "policies of two modules",
        files: workspace![
            (
                "buf.yaml",
                yaml!(
                    "policies:\n  - {policy: both.yaml, ignore: [y]}\n  \
                     - {policy: strict.yaml, ignore_only: {BASIC: [x/deep], MESSAGE_PASCAL_CASE: [x]}}\n  \
                     - {policy: ./both.yaml, ignore: [one/x]}\n"
                )
            ),
            ("both.yaml", BOTH),
            ("strict.yaml", STRICT)
        ],
        asks: &[
            ("lint", 100),
            ("lint one", 100),
            ("lint two", 100),
            ("lint one/x/a.proto", 100),
            ("lint --path one/x/deep", 100),
            ("lint --exclude-path one/x/a.proto", 100),
            ("breaking --against old", 1),
        ],
    },
    Case {
        name: "what breaks by policies",
        files: workspace![
            (
                "buf.yaml",
                yaml!(
                    "policies:\n  - {policy: both.yaml, ignore: [x/deep/c.proto]}\n  \
                     - {policy: strict.yaml, ignore_only: {WIRE_JSON: [y]}}\n"
                )
            ),
            ("both.yaml", BOTH),
            ("strict.yaml", STRICT)
        ],
        asks: &[
            ("breaking --against old", 100),
            ("breaking one --against old/one", 100),
            ("breaking --against old --exclude-imports", 100),
            ("breaking --against .", 0),
            ("lint", 1),
        ],
    },
    Case {
        name: "a policy that is only for one of the two, or says nothing",
        files: workspace![
            ("buf.yaml", yaml!("policies: [{policy: pol.yaml}]\n")),
            ("pol.yaml", "version: v2\nlint: {use: [IMPORT_USED]}\n"),
            ("e/buf.yaml", "version: v2\n"),
            ("e/pol.yaml", "version: v2\nbreaking: {use: [NOPE]}\nlint: {}\n"),
            ("off/pol.yaml", "version: v2\nlint: {use: [NOPE], disable_builtin: true}\n")
        ],
        asks: &[
            ("breaking --against old", 100),
            ("lint", 100),
            ("e$ lint ..", 100),
            ("e$ breaking .. --against ../old", 1),
            ("off$ lint ..", 100),
            ("off$ breaking .. --against ../old", 100),
        ],
    },
    Case {
        name: "the modules' own rules are off",
        files: workspace![
            (
                "buf.yaml",
                "version: v2\nmodules: [{path: one, lint: {ignore: [one]}}, {path: two}]\n\
                 lint: {disable_builtin: true}\nbreaking: {disable_builtin: true}\n\
                 policies: [{policy: both.yaml}]\n"
            ),
            ("both.yaml", BOTH)
        ],
        asks: &[("lint", 100), ("breaking --against old", 100)],
    },
    Case {
        name: "policies of a configuration on the command line",
        files: workspace![
            ("both.yaml", BOTH),
            ("there/cfg.yaml", yaml!("policies: [{policy: both.yaml, ignore: [y]}]\n")),
            ("e/both.yaml", STRICT)
        ],
        asks: &[
            ("lint --config there/cfg.yaml", 100),
            ("breaking --against old --config there/cfg.yaml", 100),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"both.yaml"}],"modules":[{"path":"one"},{"path":"two"}]}"#,
                100,
            ),
            (
                r#"e$ lint ../two --config {"version":"v2","policies":[{"policy":"both.yaml"}]}"#,
                100,
            ),
            (r#"lint two --config {"version":"v2","policies":[{"policy":"nowhere.yaml"}]}"#, 1),
            (r#"lint two --config {"version":"v1","policies":[]}"#, 1),
        ],
    },
    Case {
        name: "policies over images",
        files: workspace![
            ("buf.yaml", yaml!("policies: [{policy: both.yaml, ignore: [x/deep]}]\n")),
            ("both.yaml", BOTH),
            ("e/both.yaml", STRICT)
        ],
        asks: &[
            ("build two -o two.binpb", 0),
            ("build old/two -o old.binpb", 0),
            ("lint two.binpb", 100),
            ("breaking two.binpb --against old.binpb", 100),
            (
                r#"e$ lint ../two.binpb --config {"version":"v2","policies":[{"policy":"both.yaml"}]}"#,
                100,
            ),
            ("e$ lint ../two.binpb", 100),
            (
                r#"breaking two.binpb --against old.binpb --against-config {"version":"v2","policies":[{"policy":"nowhere.yaml"}]}"#,
                100,
            ),
        ],
    },
    Case {
        name: "where the file of a policy may be",
        files: &[
            ("w/x/a.proto", A),
            ("w/y/b.proto", B),
            ("w/up.yaml", "version: v2\npolicies: [{policy: ../both.yaml}]\n"),
            ("w/sub.yaml", "version: v2\npolicies: [{policy: x/./both.json}]\n"),
            ("w/dir.yaml", "version: v2\npolicies: [{policy: x}]\n"),
            ("w/none.yaml", "version: v2\npolicies: [{policy: both.yaml}]\n"),
            ("w/root.yaml", "version: v2\npolicies: [{policy: /nowhere/both.yaml}]\n"),
            ("w/named.yaml", "version: v2\npolicies: [{policy: x.y/a/b}]\n"),
            ("w/unpinned.yaml", "version: v2\npolicies: [{policy: 'x.y/a/c:main'}]\n"),
            ("both.yaml", BOTH),
            ("w/x/both.json", r#"{"version":"v2","lint":{"use":["COMMENT_FIELD"]}}"#),
            ("w/x.y/a/b", BOTH),
        ],
        asks: &[
            ("w$ lint --config up.yaml", 100),
            ("w$ lint --config sub.yaml", 100),
            ("w$ lint --config dir.yaml", 1),
            ("w$ lint --config none.yaml", 1),
            ("w$ lint --config root.yaml", 1),
            ("w$ lint --config named.yaml", 100),
            ("w$ lint --config unpinned.yaml", 1),
        ],
    },
    Case {
        name: "a policy beside buf.yaml, where the user does not stand",
        files: workspace![
            ("buf.yaml", yaml!("policies: [{policy: both.yaml, ignore: [x/deep]}]\n")),
            ("both.yaml", BOTH)
        ],
        asks: &[
            ("one$ lint", 1),
            ("one/x$ lint ../../two", 1),
            ("old$ breaking .. --against .", 1),
        ],
    },
    Case {
        name: "mistakes in policies",
        files: &[
            ("p/a.proto", B),
            ("pol.yaml", BOTH),
            ("v1.yaml", "version: v1\n"),
            ("none.yaml", "lint: {use: [STANDARD]}\n"),
            ("ignore.yaml", "version: v2\nlint: {ignore: [p]}\n"),
            ("only.yaml", "version: v2\nbreaking: {ignore_only: {FILE: [p]}}\n"),
            ("comments.yaml", "version: v2\nlint: {disallow_comment_ignores: true}\n"),
            ("modules.yaml", "version: v2\nmodules: []\n"),
            ("use.yaml", "version: v2\nlint: {use: [NOPE]}\n"),
            ("breaking.yaml", "version: v2\nlint: {use: [FILE]}\n"),
            ("empty.yaml", "version: v2\nlint: {except: [STANDARD]}\n"),
        ],
        asks: &[
            (r#"lint --config {"version":"v2","policies":[{"policy":"v1.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"none.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"ignore.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"only.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"comments.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"modules.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"use.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"breaking.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":"empty.yaml"}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"policy":""}]}"#, 1),
            (r#"lint --config {"version":"v2","policies":[{"ignore":["p"]}]}"#, 1),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignored":[]}]}"#,
                1,
            ),
            (r#"lint --config {"version":"v2","policies":[{"policy":["pol.yaml"]}]}"#, 1),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml"},{"policy":"pol.yaml"}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["."]}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":[""]}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["../p"]}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["p","p/q"]}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["p","./p"]}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["p","p"]}]}"#,
                100,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore":["P"]}]}"#,
                100,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore_only":{"NOPE":[]}}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore_only":{"FILE":["p"]}}]}"#,
                1,
            ),
            (
                r#"lint --config {"version":"v2","policies":[{"policy":"pol.yaml","ignore_only":{"STANDARD":["."]}}]}"#,
                1,
            ),
        ],
    },
];
