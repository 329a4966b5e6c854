//! Sources, images and archives that are broken, deep, long or lie about themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::wireproof;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// What becomes of a file.
enum Expect {
    Compiles,
    /// Refused, in this line, with a message that contains the text.
    Refused(u64, &'static str),
}
use Expect::{Compiles, Refused};

/// What `build` finds in a folder, and its exit code.
fn build(folder: &Path) -> (Option<i32>, Vec<serde_json::Value>) {
    let output = wireproof(folder, &["build", "--error-format", "json"]);
    let text = String::from_utf8(output.stdout).expect("findings are text");
    let findings = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    (output.status.code(), findings.collect())
}

/// Asks for a file, alone in a folder.
fn ask(name: &str, bytes: &[u8], expected: &Expect) {
    let folder = tools::temporary();
    std::fs::write(folder.path().join("a.proto"), bytes).expect("it can be written");
    let (code, findings) = build(folder.path());
    match *expected {
        Compiles => assert_eq!((code, findings.len()), (Some(0), 0), "{name}: {findings:?}"),
        Refused(line, text) => {
            assert_eq!(code, Some(100), "{name}");
            let finding = findings.first().unwrap_or_else(|| panic!("{name}: nothing is found"));
            let message = finding["message"].as_str().expect("findings have it");
            assert!(message.contains(text), "{name}: {message}");
            assert_eq!(finding["type"], "COMPILE", "{name}");
            assert_eq!(finding["path"], "a.proto", "{name}");
            assert_eq!(finding["start_line"], line, "{name}: {finding}");
        }
    }
}

/// `opening` 10,000 times, something inside, and `closing` as often.
fn nested(before: &str, opening: &str, inside: &str, closing: &str, after: &str) -> String {
    const LEVELS: usize = 10_000;
    let (opening, closing) = (opening.repeat(LEVELS), closing.repeat(LEVELS));
    format!("{before}{opening}{inside}{closing}{after}")
}

const OPTION: &str = "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\n\
    message O { optional O o = 1; repeated O l = 2; optional int32 i = 3; }\n\
    extend google.protobuf.FileOptions { optional O x = 50000; }\n";

#[test]
fn bytes_that_are_no_text() {
    let cases: [(&str, &[u8], Expect); 11] = [
        ("nothing", b"", Compiles),
        ("a byte order mark alone", b"\xef\xbb\xbf", Compiles),
        ("a byte order mark", b"\xef\xbb\xbfsyntax = \"proto3\";", Compiles),
        ("CRLF", b"syntax = \"proto3\";\r\nmessage M {\r\n  int32 a = 1;\r\n}\r\n", Compiles),
        (
            "CRLF, broken",
            b"syntax = \"proto3\";\r\nmessage M {\r\n  X a = 1;\r\n}\r\n",
            Refused(3, "\"X\""),
        ),
        (
            "no UTF-8 in a comment",
            b"syntax = \"proto3\";\n// \xff\n",
            Refused(2, "0xff is not UTF-8"),
        ),
        ("no UTF-8 in a string", b"option java_package = \"\xc3\x28\";\n", Refused(1, "0xc3")),
        ("half a character", b"syntax = \"proto3\";\n// \xe4\xb8", Refused(2, "0xe4")),
        ("a NUL", b"syntax = \"proto3\";\nmessage M {\0}", Refused(2, "")),
        (
            "a NUL in a string",
            b"syntax = \"proto3\";\noption java_package = \"a\0b\";",
            Refused(2, ""),
        ),
        ("only NULs", &[0; 4096], Refused(1, "")),
    ];
    for (name, bytes, expected) in cases {
        ask(name, bytes, &expected);
    }
}

#[test]
fn ten_thousand_levels() {
    let deep = "nested more than";
    let head = "syntax = \"proto2\";\n";
    let value = |opening, closing| nested(OPTION, opening, "i: 1", closing, "");
    let cases = [
        ("messages", nested(head, "message M { ", "", "} ", ""), Refused(2, deep)),
        ("messages never closed", nested(head, "message M { ", "", "", ""), Refused(2, deep)),
        (
            "groups",
            nested(&format!("{head}message M {{ "), "optional group G = 1 { ", "", "} ", "}"),
            Refused(2, deep),
        ),
        (
            "oneofs with groups",
            nested(&format!("{head}message M {{ "), "oneof o { group G = 1 { ", "", "} } ", "}"),
            Refused(2, deep),
        ),
        ("braces in a value", value("option (x) = { o { ", "} }"), Refused(5, deep)),
        (
            "angles in a value",
            format!("{OPTION}option (x) = {{ {} }};", nested("", "o <", "", ">", "")),
            Refused(5, deep),
        ),
        (
            "lists in a value",
            format!("{OPTION}option (x) = {{ l: {} }};", nested("", "[", "", "]", "")),
            Refused(5, deep),
        ),
        (
            "a value never closed",
            format!("{OPTION}option (x) = {{ {}", "o {".repeat(10_000)),
            Refused(5, deep),
        ),
        (
            "types in angles",
            format!("{head}message M {{ {} }}", "map<int32, ".repeat(10_000)),
            Refused(2, deep),
        ),
        (
            "brackets of an option",
            format!("{head}message M {{ optional int32 a = 1 {}", "[".repeat(10_000)),
            Refused(2, deep),
        ),
        (
            "a value by its parts",
            format!("{OPTION}option (x){} = 1;", ".o".repeat(10_000)),
            Refused(5, ""),
        ),
        (
            "minus signs",
            format!(
                "{head}message M {{ optional int32 a = 1 [default = {}1]; }}",
                "-".repeat(10_000)
            ),
            Refused(2, ""),
        ),
        ("comments in a comment", format!("{head}{}", "/*".repeat(10_000)), Refused(2, "")),
        ("closing alone", format!("{head}{}", "}".repeat(10_000)), Refused(2, "")),
    ];
    for (name, text, expected) in cases {
        ask(name, text.as_bytes(), &expected);
    }
}

#[test]
fn what_is_very_long() {
    let long = "a".repeat(1 << 20);
    let head = "syntax = \"proto3\";\n";
    let many = |what: &str, count: usize| what.repeat(count);
    let values: String = (0..50_000).fold(String::new(), |mut text, n| {
        let _ = write!(text, "V{n} = {n};");
        text
    });
    let cases = [
        ("a message's name", format!("{head}message {long} {{}}"), Compiles),
        ("a field's name", format!("{head}message M {{ int32 {long} = 1; }}"), Compiles),
        (
            "a type that is not there",
            format!("{head}message M {{ {long} a = 1; }}"),
            Refused(2, ""),
        ),
        ("a package", format!("{head}package {long};"), Refused(2, "512 characters")),
        (
            "a package of many parts",
            format!("{head}package a{};\nmessage M {{ M m = 1; }}", many(".a", 100)),
            Compiles,
        ),
        ("an import", format!("{head}import \"{long}\";"), Refused(2, "")),
        ("a string", format!("{head}option java_package = \"{long}\";"), Compiles),
        ("a string never closed", format!("{head}option java_package = \"{long}"), Refused(2, "")),
        ("a comment", format!("{head}// {long}\nmessage M {{}}"), Compiles),
        ("a comment never closed", format!("{head}/* {long}"), Refused(2, "")),
        ("a line of empty statements", format!("{head}{}", many(";", 100_000)), Compiles),
        (
            "strings joined",
            format!("{head}option java_package = {};", many("\"a\" ", 50_000)),
            Compiles,
        ),
        ("an enum", format!("{head}enum E {{ {values} }}"), Compiles),
        (
            "a number",
            format!("{head}message M {{ int32 a = {}; }}", many("9", 100_000)),
            Refused(2, ""),
        ),
    ];
    for (name, text, expected) in cases {
        ask(name, text.as_bytes(), &expected);
    }
}

#[test]
fn numbers_beyond_their_types() {
    let field = |number: &str| {
        format!("syntax = \"proto2\";\nmessage M {{ optional int32 a = {number}; }}")
    };
    let default = |kind: &str, value: &str| {
        format!("syntax = \"proto2\";\nmessage M {{ optional {kind} a = 1 [default = {value}]; }}")
    };
    let cases = [
        ("a field of 2^29", field("536870912"), Refused(2, "")),
        ("a field of 2^64", field("18446744073709551616"), Refused(2, "")),
        ("a negative field", field("-1"), Refused(2, "")),
        ("a hexadecimal field of 2^64", field("0x10000000000000000"), Refused(2, "")),
        ("an int32 of 2^31", default("int32", "2147483648"), Refused(2, "")),
        ("an int64 below -2^63", default("int64", "-9223372036854775809"), Refused(2, "")),
        ("a uint64 of -1", default("uint64", "-1"), Refused(2, "")),
        ("a double beyond all", default("double", "1e400"), Compiles),
        ("a float beyond all", default("float", "1e39"), Compiles),
        ("an exponent beyond all", default("double", "1e99999999999999999999"), Compiles),
        (
            "an enum's value of 2^31",
            "syntax = \"proto2\";\nenum E { A = 2147483648; }".to_owned(),
            Refused(2, ""),
        ),
        (
            "a range beyond all",
            "syntax = \"proto2\";\nmessage M { extensions 1 to 4294967296; }".to_owned(),
            Refused(2, ""),
        ),
    ];
    for (name, text, expected) in cases {
        ask(name, text.as_bytes(), &expected);
    }
}

#[test]
fn editions_in_source_are_refused_by_name() {
    for edition in ["2023", "2024", "UNSTABLE", "99999", ""] {
        let text =
            format!("// Copyright\nedition = \"{edition}\";\nmessage M {{ int32 a = 1; }}\n");
        ask("an edition", text.as_bytes(), &Refused(2, "editions are not read from source yet"));
    }
}

/// Writes files that import what `imports` says of each.
fn importing(count: usize, imports: impl Fn(usize) -> usize) -> tempfile::TempDir {
    let folder = tools::temporary();
    for n in 0..count {
        let text =
            format!("syntax = \"proto3\";\nimport \"f{}.proto\";\nmessage M{n} {{}}\n", imports(n));
        std::fs::write(folder.path().join(format!("f{n}.proto")), text).expect("it can be written");
    }
    folder
}

#[test]
fn imports_in_circles_are_findings() {
    // Itself; each other; a thousand in a ring; a thousand that lead into a ring.
    let folders = [
        importing(1, |n| n),
        importing(2, |n| 1 - n),
        importing(1_000, |n| (n + 1) % 1_000),
        importing(1_000, |n| if n == 0 { 1 } else { n - 1 }),
    ];
    for folder in folders {
        let (code, findings) = build(folder.path());
        assert_eq!(code, Some(100));
        assert!(findings.iter().all(|finding| finding["type"] == "COMPILE"));
        assert!(findings.iter().any(|finding| finding["start_line"] == 2), "{findings:?}");
    }
}

/// That the cost grows with the number of broken files and not with its square is measured by
/// `cargo xtask bench`; here, that each is reported, once, where it is broken.
#[test]
fn all_broken_files_are_reported() {
    let count = if scale::long() { 10_000 } else { 1_000 };
    let folder = tools::temporary();
    let mut expected = BTreeSet::new();
    for n in 0..count {
        let (broken, line) = match n % 4 {
            0 => (format!("message M{n} {{ int32 a = ; }}\n"), 3),
            1 => (format!("message M{n} {{\n  Gone a = 1;\n}}\n"), 4),
            2 => (format!("message M{n} {{\n  int32 a = 1;\n  int32 b = 1;\n}}\n"), 5),
            _ => (format!("import \"gone{n}.proto\";\n"), 3),
        };
        let path = format!("f{n}.proto");
        let text = format!("syntax = \"proto3\";\n\n{broken}");
        std::fs::write(folder.path().join(&path), text).expect("it can be written");
        expected.insert((path, line));
    }
    let (code, findings) = build(folder.path());
    let place = |finding: &serde_json::Value| {
        let path = finding["path"].as_str().expect("findings have it").to_owned();
        (path, finding["start_line"].as_u64().expect("findings have it"))
    };
    assert_eq!((code, findings.len()), (Some(100), count));
    assert_eq!(findings.iter().map(place).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn a_file_of_100_mb_compiles() {
    if !scale::long() {
        tools::say("SKIPPED a_file_of_100_mb_compiles: `cargo xtask test --all` runs it");
        return;
    }
    const SIZE: usize = 100_000_000;
    let folder = tools::temporary();
    let mut text = String::from("syntax = \"proto3\";\npackage big;\n");
    // Of declarations there can be fewer than such a file has room for.
    let documentation = "// its documentation is longer than it is.\n".repeat(80);
    let mut number = 0;
    while text.len() < SIZE {
        let _ = write!(
            text,
            "\n// Message {number} holds what a message of a real schema holds, and says so at \
             length:\n{documentation}message M{number} {{\n"
        );
        for field in 1..=8 {
            let _ = writeln!(
                text,
                "  // What field {field} is for, what it holds when nothing is set, and who reads \
                 it.\n  repeated string field_{field} = {field};"
            );
        }
        text.push_str("}\n");
        number += 1;
    }
    let mut file = std::fs::File::create(folder.path().join("a.proto")).expect("it can be made");
    file.write_all(text.as_bytes()).expect("there is room for it");
    let (code, findings) = build(folder.path());
    assert_eq!((code, findings.len()), (Some(0), 0), "{findings:?}");
}
