//! Configurations and inputs as users lay them out: trees, and command lines that are given to the
//! real buf and to wireproof. The exit code must be the one that is written down here, and the
//! findings must be equal; what does not compile must not compile.

use std::path::Path;

use crate::parity::differences;
use crate::parity::generator::print::Sources;
use crate::parity::lint_inputs;
use crate::parity::policy_inputs;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A tree, and what is asked of it.
pub(super) struct Case {
    pub name: &'static str,
    pub files: &'static [(&'static str, &'static str)],
    /// `folder$ arguments`, or the arguments alone, and the exit code.
    pub asks: &'static [(&'static str, i32)],
}

const M: &str = "syntax = \"proto3\";\npackage p;\nmessage M { int32 a = 1; }\n";
const M_CHANGED: &str = "syntax = \"proto3\";\npackage p;\nmessage M { string a = 1; }\n";
const M_GONE: &str = "syntax = \"proto3\";\npackage p;\nmessage N {}\n";
const Z: &str = "syntax = \"proto3\";\npackage p;\nmessage Z {}\n";
const B: &str =
    "syntax = \"proto3\";\npackage q;\nimport \"x/a.proto\";\nmessage B { p.M m = 1; }\n";
const OFF: &str = "version: v2\nmodules: [{path: a, breaking: {ignore: [a]}}, {path: b}]\n";
const TWO: &str = "version: v2\nmodules: [{path: a}, {path: b}]\n";
const THREE: &str = "version: v2\nmodules: [{path: a}, {path: b}, {path: c}]\n";
const WORK: &str = "version: v1\ndirectories: [a, b]\n";

/// A module that declares an option of its own by a name that another one has, too.
macro_rules! option {
    ($number:literal, $message:literal) => {
        concat!(
            "syntax = \"proto3\";\npackage p;\nimport \"google/protobuf/descriptor.proto\";\n",
            "extend google.protobuf.FieldOptions { string o = ",
            $number,
            "; }\nmessage ",
            $message,
            " { int32 a = 1 [(p.o) = \"x\"]; }\n"
        )
    };
}

const CASES: &[Case] = &[
    Case {
        name: "modules that do not see each other declare the same",
        files: &[("buf.yaml", TWO), ("a/x/a.proto", M), ("b/y/b.proto", M)],
        asks: &[
            ("build", 100),
            ("lint", 100),
            ("breaking --against .", 0),
            ("build a", 0),
            ("build --path a/x", 0),
            ("build --path a/x --path b/y", 100),
        ],
    },
    Case {
        name: "folders of a v1 workspace declare the same",
        files: &[("buf.work.yaml", WORK), ("a/x/a.proto", M), ("b/y/b.proto", M)],
        asks: &[("build", 100), ("lint", 100), ("breaking --against .", 0)],
    },
    Case {
        name: "a module declares what a file that it imports declares",
        files: &[
            ("buf.yaml", TWO),
            ("a/x/a.proto", M),
            (
                "b/y/b.proto",
                "syntax = \"proto3\";\npackage p;\nimport \"x/a.proto\";\nmessage M {}\n",
            ),
        ],
        asks: &[("build", 100), ("breaking --against .", 100), ("breaking a --against a", 0)],
    },
    Case {
        name: "a module declares what stands beside a file that it imports",
        files: &[
            ("buf.yaml", TWO),
            ("a/x/a.proto", M),
            ("a/x/z.proto", Z),
            (
                "b/y/b.proto",
                "syntax = \"proto3\";\npackage p;\nimport \"x/z.proto\";\nmessage M { Z a = 1; }\n",
            ),
        ],
        asks: &[("build", 100), ("breaking --against .", 0), ("breaking b --against b", 0)],
    },
    Case {
        name: "a third module imports both",
        files: &[
            ("buf.yaml", THREE),
            ("a/x/a.proto", M),
            ("b/y/b.proto", M),
            (
                "c/c.proto",
                "syntax = \"proto3\";\npackage c;\nimport \"x/a.proto\";\nimport \"y/b.proto\";\n",
            ),
        ],
        asks: &[("build", 100), ("lint", 100), ("breaking --against .", 100)],
    },
    Case {
        name: "a third module imports one of them",
        files: &[
            ("buf.yaml", THREE),
            ("a/x/a.proto", M),
            ("b/y/b.proto", M),
            (
                "c/c.proto",
                "syntax = \"proto3\";\npackage c;\nimport \"x/a.proto\";\nmessage C { p.M m = 1; }\n",
            ),
        ],
        asks: &[("build", 100), ("lint", 100), ("breaking --against .", 0)],
    },
    Case {
        name: "two modules have an option of the same name and another number",
        files: &[
            ("buf.yaml", TWO),
            ("a/x/a.proto", option!(50001, "A")),
            ("b/y/b.proto", option!(50002, "B")),
        ],
        asks: &[("build", 100), ("lint", 100), ("breaking --against .", 0)],
    },
    Case {
        name: "two modules extend one message by the same number",
        files: &[
            ("buf.yaml", TWO),
            ("a/x/a.proto", option!(50001, "A")),
            (
                "b/y/b.proto",
                "syntax = \"proto3\";\npackage q;\nimport \"google/protobuf/descriptor.proto\";\n\
                 extend google.protobuf.FieldOptions { string o = 50001; }\n",
            ),
        ],
        asks: &[("build", 100), ("lint", 100), ("breaking --against .", 0)],
    },
    Case {
        name: "what one of two modules changes is found in that one",
        files: &[
            ("old/buf.yaml", TWO),
            ("old/a/x/a.proto", M),
            ("old/b/y/b.proto", M),
            ("changed/buf.yaml", TWO),
            ("changed/a/x/a.proto", M),
            ("changed/b/y/b.proto", M_CHANGED),
            ("gone/buf.yaml", TWO),
            ("gone/a/x/a.proto", M),
            ("gone/b/y/b.proto", M_GONE),
            ("first/buf.yaml", TWO),
            ("first/a/x/a.proto", M_GONE),
            ("first/b/y/b.proto", M_CHANGED),
        ],
        asks: &[
            ("breaking changed --against old", 100),
            ("breaking gone --against old", 100),
            ("breaking first --against old", 100),
            ("breaking first --against changed", 100),
            ("changed$ breaking --against ../old", 100),
        ],
    },
    Case {
        name: "a module of a workspace lost a file",
        files: &[
            ("old/buf.yaml", TWO),
            ("old/a/x/a.proto", M),
            ("old/b/y/b.proto", B),
            ("old/b/y/gone.proto", Z),
            ("new/buf.yaml", TWO),
            ("new/a/x/a.proto", M_CHANGED),
            ("new/b/y/b.proto", B),
            ("off/buf.yaml", OFF),
            ("off/a/x/more.proto", M),
            ("off/b/y/b.proto", Z),
        ],
        asks: &[
            ("breaking new --against old", 100),
            ("breaking new --against old --exclude-imports", 100),
            ("breaking new/b --against old/b", 100),
            ("breaking new/b --against old/b --exclude-imports", 100),
            ("breaking new/a --against old/a", 100),
            ("breaking off/a --against old/a", 0),
            ("breaking off/b --against old/b", 100),
            ("breaking off --against old", 100),
        ],
    },
    Case {
        name: "configurations that are given",
        files: &[
            ("old/a/x/a.proto", M),
            ("old/a/x/gone.proto", Z),
            ("new/a/x/a.proto", M_CHANGED),
            ("new/buf.yaml", "version: v2\nbreaking: {use: [PACKAGE_NO_DELETE]}\n"),
            ("types.yaml", "version: v2\nbreaking: {use: [FIELD_SAME_TYPE]}\n"),
            ("files.json", "{\"version\":\"v1\",\"breaking\":{\"use\":[\"FILE_NO_DELETE\"]}}"),
            ("types.txt", "version: v2\n"),
        ],
        asks: &[
            ("breaking new --against old", 0),
            ("new$ breaking --against ../old --config ../types.yaml", 100),
            ("new$ breaking --against ../old --config ../files.json", 100),
            ("new$ breaking --against ../old --config ../types.txt", 1),
            ("new$ breaking --against ../old --config nowhere.yaml", 1),
            (
                r#"new$ breaking --against ../old --config {"version":"v2","breaking":{"use":["FILE"]}}"#,
                100,
            ),
            (r#"breaking old --against new --against-config {"version":"v1"}"#, 100),
            (r#"breaking old --against new --against-config {"version":"v9"}"#, 1),
            (r#"breaking old --against new --against-config {"version":"v1","breaking":{}}"#, 100),
        ],
    },
    Case {
        name: "a module without files disturbs nobody who does not ask for it",
        files: &[("buf.yaml", TWO), ("a/x/a.proto", M), ("a/x/z.proto", Z), ("b/README", "")],
        asks: &[
            ("build", 1),
            ("build b", 1),
            ("build --exclude-path a/x/z.proto", 1),
            ("build a", 0),
            ("build --path a/x", 0),
            ("build a/x/a.proto", 0),
            ("build --path a/x --exclude-path b/q", 0),
            ("build --path a/x --exclude-path b", 0),
            ("build --path b/q", 1),
            ("breaking --against . --path a/x/a.proto", 0),
        ],
    },
    Case {
        name: "a whole module is excluded if something else is named",
        files: &[("buf.yaml", TWO), ("a/x/a.proto", M), ("b/y/b.proto", Z)],
        asks: &[
            ("build --exclude-path b", 1),
            ("build --exclude-path a --exclude-path b", 1),
            ("build --path a/x --exclude-path b", 0),
            ("build --path a/x --exclude-path a", 1),
            ("build --path a --exclude-path b", 1),
        ],
    },
    Case {
        name: "what is excluded may lie outside of the input",
        files: &[("a/x/a.proto", M), ("b/y/b.proto", M), ("w/README", "")],
        asks: &[
            ("build a --exclude-path b", 0),
            ("build a --exclude-path ../q", 0),
            ("build a --exclude-path ../../..", 0),
            ("build a --exclude-path a", 1),
            ("build a --path b/y", 1),
            ("build --exclude-path ../q", 1),
            ("w$ build ../a --exclude-path ../b", 1),
            ("breaking a --against a --path a/x --exclude-path q", 0),
        ],
    },
    Case {
        name: "what is excluded lies inside the workspace, if that is not below the user",
        files: &[("buf.yaml", TWO), ("a/x/a.proto", M), ("b/y/b.proto", Z), ("w/README", "")],
        asks: &[
            ("build a --exclude-path b", 0),
            ("build a --exclude-path o", 0),
            ("build a --exclude-path ../q", 1),
            ("w$ build ../a --exclude-path .", 0),
            ("w$ build ../a --exclude-path ../../q", 1),
        ],
    },
    Case {
        name: "a configuration that is given does not mend an unknown one",
        files: &[
            ("mod/a.proto", Z),
            ("mod/p/a.proto", M),
            ("mod/buf.mod", "version: v2\n"),
            ("nine/p/a.proto", M),
            ("nine/buf.yaml", "version: v9\n"),
            ("broken/p/a.proto", M),
            ("broken/buf.yaml", "{"),
            ("other/p/a.proto", M),
            ("other/buf.yaml", "version: v1\nfoo: 1\n"),
        ],
        asks: &[
            ("mod$ build", 1),
            (r#"mod$ build --config {"version":"v1"}"#, 1),
            (r#"mod$ build --config {"version":"v1beta1"}"#, 1),
            (r#"mod$ build --config {"version":"v2"}"#, 0),
            (r#"mod$ build a.proto --config {"version":"v1"}"#, 1),
            (r#"mod$ build p/a.proto --config {"version":"v1"}"#, 0),
            (r#"mod$ build p --config {"version":"v1"}"#, 0),
            (r#"nine$ build --config {"version":"v1"}"#, 1),
            (r#"nine$ build --config {"version":"v2"}"#, 0),
            (r#"broken$ build --config {"version":"v1"}"#, 1),
            (r#"broken$ build --config {"version":"v2"}"#, 0),
            (r#"other$ build --config {"version":"v1"}"#, 0),
        ],
    },
    Case {
        name: "booleans are not written in quotes",
        files: &[
            ("old/p/a.proto", M),
            ("true/p/a.proto", M_CHANGED),
            ("true/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: true\n"),
            ("yes/p/a.proto", M_CHANGED),
            ("yes/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: yes\n"),
            ("null/p/a.proto", M_CHANGED),
            ("null/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: ~\n"),
            ("quoted/p/a.proto", M_CHANGED),
            ("quoted/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: \"true\"\n"),
            ("single/p/a.proto", M_CHANGED),
            ("single/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: 'false'\n"),
            ("lint/p/a.proto", M_CHANGED),
            ("lint/buf.yaml", "version: v2\nlint:\n  disallow_comment_ignores: 'true'\n"),
            ("number/p/a.proto", M_CHANGED),
            ("number/buf.yaml", "version: v1\nbreaking:\n  disable_builtin: 1\n"),
        ],
        asks: &[
            ("breaking true --against old", 0),
            ("breaking yes --against old", 0),
            ("breaking null --against old", 100),
            ("breaking quoted --against old", 1),
            ("breaking single --against old", 1),
            ("breaking lint --against old", 1),
            ("breaking number --against old", 1),
        ],
    },
    Case {
        name: "ids of a section that is switched off are not looked at",
        files: &[("p/a.proto", M)],
        asks: &[
            (r#"breaking --against . --config {"version":"v2","breaking":{"use":["NOPE"]}}"#, 1),
            (
                r#"breaking --against . --config {"version":"v2","breaking":{"use":["NOPE"],"disable_builtin":true}}"#,
                0,
            ),
            (
                r#"breaking --against . --config {"version":"v1","breaking":{"except":["NOPE"],"disable_builtin":true}}"#,
                0,
            ),
            (
                r#"breaking --against . --config {"version":"v2","breaking":{"use":["NOPE"],"ignore":["."]}}"#,
                0,
            ),
            (r#"breaking --against . --config {"version":"v2","lint":{"except":["NOPE"]}}"#, 0),
            (r#"breaking --against . --config {"version":"v2","lint":{"use":["NOPE"]}}"#, 1),
            (
                r#"breaking --against . --config {"version":"v2","lint":{"use":["NOPE"],"disable_builtin":true}}"#,
                1,
            ),
            (r#"lint --config {"version":"v2","lint":{"use":["NOPE"],"disable_builtin":true}}"#, 0),
            (
                r#"lint --config {"version":"v2","breaking":{"use":["NOPE"],"disable_builtin":true}}"#,
                1,
            ),
        ],
    },
    Case {
        name: "what a plugin is called is text",
        files: &[
            ("one/p/a.proto", M),
            ("one/buf.yaml", "version: v2\nplugins: [{plugin: x}, {plugin: [a, b]}]\n"),
            ("number/p/a.proto", M),
            ("number/buf.yaml", "version: v2\nplugins: [{plugin: 1}]\n"),
            ("none/p/a.proto", M),
            ("none/buf.yaml", "version: v2\nplugins: [{options: {a: b}}]\n"),
        ],
        asks: &[("build one", 0), ("build number", 1), ("build none", 1)],
    },
    Case {
        name: "a broken buf.lock",
        files: &[("p/a.proto", M), ("buf.yaml", "version: v2\n"), ("buf.lock", "{")],
        asks: &[("build", 1), ("breaking --against .", 1)],
    },
    Case {
        name: "a v1 file is looked for no higher than the user stands",
        files: &[
            ("buf.yaml", "version: v1\nbreaking: {use: [PACKAGE_NO_DELETE]}\n"),
            ("old/p/a.proto", M),
            ("w/m/p/a.proto", M_CHANGED),
        ],
        asks: &[
            ("breaking w/m --against old", 1),
            ("w$ breaking m --against ../old", 100),
            ("w$ breaking --against ../old", 100),
            ("w/m$ breaking --against ../../old", 100),
            ("w/m/p$ breaking .. --against ../../../old", 100),
            ("w$ build m/p", 0),
        ],
    },
    Case {
        name: "a v2 workspace is looked for however high it is",
        files: &[
            (
                "buf.yaml",
                "version: v2\nbreaking: {use: [PACKAGE_NO_DELETE]}\n\
                 modules: [{path: w/m}, {path: old}]\n",
            ),
            ("old/p/a.proto", M),
            ("w/m/p/b.proto", M_CHANGED),
        ],
        asks: &[
            ("breaking w/m --against old", 0),
            ("w$ breaking m --against ../old", 0),
            ("w$ build", 0),
            ("w/m$ breaking --against ../../old", 0),
            ("w/m/p$ breaking .. --against ../../../old", 0),
            ("w/m/p$ build", 1),
        ],
    },
    Case {
        name: "a v1 workspace is looked for however high it is",
        files: &[
            ("buf.work.yaml", "version: v1\ndirectories: [w/m, old]\n"),
            ("w/m/buf.yaml", "version: v1\nbreaking: {use: [PACKAGE_NO_DELETE]}\n"),
            ("old/p/a.proto", M),
            ("w/m/p/b.proto", M_CHANGED),
        ],
        asks: &[
            ("breaking w/m --against old", 0),
            ("w$ breaking m --against ../old", 0),
            ("w/m$ breaking --against ../../old", 0),
            ("w/m/p$ build", 1),
        ],
    },
];

impl Case {
    /// What `program` answers otherwise than is written down, and what it found.
    fn answers(&self, program: &Path, folder: &Path) -> Vec<(Option<String>, tools::Answer)> {
        let answer = |(line, code): &(&str, i32)| {
            let (inside, line) = line.split_once("$ ").unwrap_or((".", line));
            let mut args: Vec<&str> = line.split(' ').collect();
            args.extend(["--error-format", "json"]);
            let answer = tools::run(program, &folder.join(inside), &args);
            let wrong = (answer.code != *code).then(|| {
                let said = answer.stderr.trim();
                format!("{}: {inside}$ {line}: {} and not {code}: {said}", self.name, answer.code)
            });
            (wrong, answer)
        };
        self.asks.iter().map(answer).collect()
    }

    /// What is wrong with either of the two, or differs between them.
    fn faults(&self, buf: Option<&Path>) -> Vec<String> {
        let folder = tools::temporary();
        tools::write(folder.path(), &self.sources());
        let ours = self.answers(tools::wireproof(), folder.path());
        let Some(buf) = buf else {
            return ours.into_iter().filter_map(|(wrong, _)| wrong).collect();
        };
        let theirs = self.answers(buf, folder.path());
        let both = theirs.into_iter().zip(ours).zip(self.asks);
        both.flat_map(|(((buf_is_wrong, theirs), (wrong, ours)), ask)| {
            let buf_is_wrong = buf_is_wrong.map(|wrong| format!("buf: {wrong}"));
            let differs = difference(&theirs, &ours).filter(|_| !ask.0.contains("build"));
            let differs = differs.map(|said| format!("{}: {}:\n{said}", self.name, ask.0));
            [buf_is_wrong, wrong, differs].into_iter().flatten()
        })
        .collect()
    }

    fn sources(&self) -> Sources {
        self.files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }
}

/// How the findings differ, of which `build` has none to compare; whether both compile is in them, how that is said is not.
fn difference(theirs: &tools::Answer, ours: &tools::Answer) -> Option<String> {
    if theirs.code == 1 || ours.code == 1 || (theirs.broken() && ours.broken()) {
        return None;
    }
    let said = tools::difference(&theirs.findings(), &ours.findings());
    (!said.is_empty()).then_some(said)
}

#[test]
fn inputs_and_configurations_are_read_as_buf_reads_them() {
    let buf = tools::buf();
    let (known, cases): (Vec<&Case>, Vec<&Case>) = CASES
        .iter()
        .chain(lint_inputs::CASES)
        .chain(policy_inputs::CASES)
        .partition(|case| differences::of_case(case.name).is_some());
    let faults = scale::parallel(&cases, |case| {
        let faults = case.faults(buf);
        (!faults.is_empty()).then(|| faults.join("\n"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for case in known {
        let gone = "a difference is gone: take it out of differences.toml";
        assert!(!case.faults(None).is_empty(), "{}: {gone}", case.name);
        let wrong = case.faults(buf).into_iter().find(|fault| fault.starts_with("buf: "));
        assert_eq!(wrong, None);
    }
}
