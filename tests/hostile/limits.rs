//! Sources whose cost could grow faster than they do: each is compiled by a process that may use
//! ten times the time and memory that it needs.
#![cfg(unix)]

use std::fmt::{Display, Write as _};
use std::path::Path;
use std::process::Command;

use crate::parity::programs::tools;

/// What one run may use.
const SECONDS: u32 = 10;
const MEGABYTES: u32 = 2_000;

/// Runs `wireproof build` in a process of limited means: its exit code, and the findings.
fn build(folder: &Path) -> (Option<i32>, Vec<serde_json::Value>) {
    let limits = format!("ulimit -t {SECONDS}; ulimit -v {}; exec \"$@\"", MEGABYTES * 1_000);
    let mut command = Command::new("sh");
    command.args(["-c", &limits, "sh", env!("CARGO_BIN_EXE_wireproof")]);
    command.args(["build", "--error-format", "json"]).current_dir(folder);
    let output = command.output().expect("there is a shell");
    let text = String::from_utf8(output.stdout).expect("findings are text");
    let findings = text.lines().map(|line| serde_json::from_str(line).unwrap_or_default());
    (output.status.code(), findings.collect())
}

/// What becomes of one file: the exit code, the number of findings, and the message of the first.
fn outcome(text: &str) -> (Option<i32>, usize, String) {
    let folder = tools::temporary();
    std::fs::write(folder.path().join("a.proto"), text).expect("it can be written");
    let (code, findings) = build(folder.path());
    let message = findings.first().and_then(|finding| finding["message"].as_str());
    (code, findings.len(), message.unwrap_or_default().to_owned())
}

/// Asks for files that compile.
fn compile<const N: usize>(cases: [(&str, String); N]) {
    let broken = |(name, text): &(&str, String)| {
        let outcome = outcome(text);
        (outcome != (Some(0), 0, String::new())).then(|| format!("{name}: {outcome:?}"))
    };
    let broken: Vec<String> = cases.iter().filter_map(broken).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Asks for files that are refused, each with so many findings, of which the first contains a text.
fn refuse<const N: usize>(cases: [(&str, String, usize, &str); N]) {
    let wrong = |(name, text, count, expected): &(&str, String, usize, &str)| {
        let (code, found, message) = outcome(text);
        let is_right = (code, found) == (Some(100), *count) && message.contains(expected);
        (!is_right).then(|| format!("{name}: {code:?}, {found} findings: {message}"))
    };
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `item` for every number below `count`.
fn each<T: Display>(count: usize, item: impl Fn(usize) -> T) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(text, "{}", item(number));
        text
    })
}

const PROTO2: &str = "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\n";
const PROTO3: &str = "syntax = \"proto3\";\n";

/// A field with a number that is free for use.
fn field(number: usize, rest: &str) -> String {
    format!("optional int32 a{number} = {}{rest};", number + 20_001)
}

/// A message `M` of fields, each with `rest` behind it.
fn fields(count: usize, rest: impl Fn(usize) -> String) -> String {
    format!("message M {{\n{}}}\n", each(count, |number| field(number, &rest(number)) + "\n"))
}

/// An extension `name` of the options of fields.
fn option(of: &str, name: &str, number: usize) -> String {
    format!("extend google.protobuf.FieldOptions {{ {of} {name} = {number}; }}\n")
}

#[test]
fn all_in_one_line() {
    let line = |before: &str, between: &str| {
        let fields = each(8_000, |number| field(number, "") + between);
        format!("{PROTO2}message M {{{before}{fields}}}")
    };
    let rules = each(4_000, |number| field(number, " [(validate) = { i: 1 }]") + " ");
    let rule = option("optional O", "validate", 1159);
    compile([
        ("one tab", line("\t", " ")),
        ("tabs", line("", "\t")),
        ("combining marks", line("", "/*e\u{301}\u{301}\u{301}*/")),
        ("joined emoji", line(&format!("/*{}*/", "👩\u{200d}".repeat(8_000)), " ")),
        ("emoji", line("", "/*👩\u{200d}👩*/")),
        (
            "rules",
            format!("{PROTO2}message O {{ optional int32 i = 1; }}\n{rule}message M {{\t{rules}}}"),
        ),
    ]);
    let unknown = each(8_000, |number| format!("X a{number} = {}; ", number + 20_001));
    let text = format!("{PROTO3}message M {{\t{unknown}}}");
    refuse([("mistakes", text, 8_000, "not declared")]);
}

/// Of proto3: each of them has a oneof.
#[test]
fn fields_with_presence() {
    compile([("one message", PROTO3.to_owned() + &fields(60_000, |_| String::new()))]);
}

#[test]
fn statements_that_the_parser_does_not_know() {
    let message = |text: String| format!("{PROTO2}message M {{ {text} }}");
    let underscore = || "reserved \"_a\";".to_owned();
    let x_times = |number: usize| format!("reserved \"reserved{}_\";\n", "x".repeat(number));
    let extensions = |n: usize| format!("extensions {} [verification = UNVERIFIED];", n + 20_001);
    compile([
        ("`reserved` alone", message("reserved;".repeat(30_000))),
        (
            "reserved numbers",
            message(underscore() + &each(20_000, |n| format!("reserved {};", n + 20_001))),
        ),
        ("reserved names", message(each(20_000, |n| format!("reserved \"_a{n}\";")))),
        ("extensions with options", message(each(12_000, extensions))),
        ("names like a prefix", message(underscore() + &each(3_000, x_times))),
    ]);
    let text = format!("{PROTO2}{}", "extend } ".repeat(16_000));
    refuse([("`extend` never opened", text, 10, "expected a type name, but found `}`")]);
}

#[test]
fn comments() {
    let messages = |comment: &str| {
        format!("{PROTO3}{}", each(24_000, |n| format!("{comment}message M{n} {{}}\r\n")))
    };
    let lines = "// a\r\n".repeat(24_000);
    let far = "\n".repeat(80_000) + &each(8_000, |n| format!("message M{n} {{}} "));
    compile([
        ("of one line each", messages("// a\r\n")),
        ("of several lines each", messages("/* a\n\n * b */\n")),
        ("of many lines", format!("{PROTO3}{lines}message M {{}}\r\n")),
        ("far above", format!("{PROTO3}message A {{}} /*a*/ /*b*/{far}")),
    ]);
}

/// An extension of the options of files.
fn file_option(of: &str) -> String {
    format!("extend google.protobuf.FileOptions {{ {of} x = 50000; }}\n")
}

#[test]
fn options() {
    let one = option("optional int32", "x", 50_000);
    let names = fields(40_000, |_| String::new()).replacen(" M ", " O ", 1);
    let of_message = "extend google.protobuf.MessageOptions { repeated int32 x = 50000; }\n";
    let many = fields(20_000, |_| String::new()).replacen(
        '{',
        &format!("{{ {}", "option (x) = 1; ".repeat(20_000)),
        1,
    );
    compile([
        ("of a message of many fields", PROTO2.to_owned() + of_message + &many),
        ("on every field", format!("{PROTO2}{one}{}", fields(40_000, |_| " [(x) = 1]".to_owned()))),
        (
            "one, many times",
            format!(
                "{PROTO2}{}{}",
                file_option("repeated int32"),
                "option (x) = 1;\n".repeat(60_000)
            ),
        ),
        (
            "many fields of one",
            format!(
                "{PROTO2}{names}{}{}",
                file_option("optional O"),
                each(40_000, |n| format!("option (x).a{n} = 1;\n"))
            ),
        ),
    ]);
}

#[test]
fn values_of_options() {
    let values = each(30_000, |n| format!("V{n} = {n};"));
    let of_enum = fields(30_000, |n| format!(" [(x) = V{n}]"));
    let rule = option("optional O", "validate", 1159);
    let entries = "i:1 ".repeat(20_000);
    compile([
        (
            "a long value",
            format!(
                "{PROTO2}message O {{ repeated int32 l = 1; optional O o = 2; \
                 oneof x {{ O p = 3; O q = 4; }} }}\n{}option (x) = {{ {} }};",
                file_option("optional O"),
                "l:1 o{} p{} ".repeat(30_000)
            ),
        ),
        (
            "values of an enum",
            format!(
                "{PROTO2}enum E {{ {values} }}\n{}{of_enum}",
                option("optional E", "x", 50_000)
            ),
        ),
        (
            "a long rule",
            format!(
                "{PROTO2}message O {{ repeated int32 i = 1; }}\n{rule}message M {{\t\
                 optional int32 a = 1 [(validate) = {{ {entries} }}]; }}"
            ),
        ),
    ]);
}

#[test]
fn options_that_are_not_known() {
    let known = |of: &str| format!("{of} {{\n{}}}\n", each(8_000, |n| field(n, "") + "\n"));
    let extensions = known("extend google.protobuf.FieldOptions");
    let message = known("message O") + &option("optional O", "o", 50_000);
    let extension = |n: usize| format!(" [(b{n}) = 1]");
    let part = |n: usize| format!(" [(o).b{n} = 1]");
    refuse([
        (
            "extensions",
            format!("{PROTO2}{extensions}{}", fields(8_000, extension)),
            8_000,
            "there is no extension",
        ),
        ("fields", format!("{PROTO2}{message}{}", fields(8_000, part)), 8_000, "has no field"),
    ]);
}

/// Each is refused because of one limit, with a finding that names it.
#[test]
fn sources_that_become_too_large() {
    let long = "A".repeat(240_000);
    let number = |n: usize| n + 20_001;
    let references = each(30_000, |n| format!("N a{n} = {};\n", number(n)));
    let messages = each(30_000, |n| format!("message N{n} {{}}"));
    let defaults = each(30_000, |n| format!("optional E a{n} = {} [default = 1];\n", number(n)));
    let declared = each(1_000, |n| {
        format!("declaration = {{ number: 20001 full_name: \".a{n}\" type: \"int32\" }},")
    });
    let ranges = each(10_000, |n| format!("{}, ", 2 * n + 20_001));
    refuse([
        (
            "a million fields",
            format!("{PROTO2}{}", fields(1_000_000, |_| String::new())),
            1,
            "more than 250000 declarations and values",
        ),
        (
            "fields of a message with a long name",
            format!("{PROTO3}message {long} {{ message N {{}}\n{references}}}"),
            1,
            "the full names in the file have more than",
        ),
        (
            "messages in a long package",
            format!("{PROTO3}package {long};\n{messages}"),
            1,
            "the full names in the file have more than",
        ),
        (
            "defaults with a long name",
            format!("{PROTO2}enum E {{ {long} = 1; }}\nmessage M {{\n{defaults}}}"),
            1,
            "the defaults in the file have more than",
        ),
        (
            "options of many ranges",
            format!(
                "{PROTO2}message M {{ extensions {ranges}100001 [{declared}\
                 verification = DECLARATION]; }}"
            ),
            1,
            "hold for each of its 10001 ranges",
        ),
    ]);
}

/// An option of which `parts` follow the first part of the name, and whose value has `braces`.
fn deep(parts: usize, braces: usize) -> String {
    let inner = braces.saturating_sub(1);
    let value = match braces {
        0 => ".i = 1".to_owned(),
        _ => format!(" = {{ {}i: 1{} }}", "o { ".repeat(inner), " }".repeat(inner)),
    };
    format!(
        "{PROTO2}message O {{ optional O o = 1; optional int32 i = 2; }}\n{}option (x){}{value};",
        file_option("optional O"),
        ".o".repeat(parts)
    )
}

/// The parts of an option's name count like the braces of its value: 100 levels together.
#[test]
fn levels_of_an_option() {
    compile([
        ("99 parts and the last", deep(99, 0)),
        ("100 braces", deep(0, 100)),
        ("50 of each", deep(50, 50)),
    ]);
    let expected = "nested more than 100 levels deep";
    refuse([
        ("100 parts and the last", deep(100, 0), 1, expected),
        ("101 braces", deep(0, 101), 1, expected),
        ("50 parts, 51 braces", deep(50, 51), 1, expected),
        ("40,000 parts", deep(40_000, 0), 1, expected),
    ]);
}

/// What is found in files of which each publicly imports those that `imports` names, and whose
/// message holds what `content` gives.
fn files(
    count: usize,
    imports: &dyn Fn(usize) -> Vec<usize>,
    content: &dyn Fn(usize) -> String,
) -> (Option<i32>, Vec<serde_json::Value>) {
    let folder = tools::temporary();
    for n in 0..count {
        let imports = imports(n).into_iter().filter(|import| *import < count);
        let imports: String =
            imports.map(|import| format!("import public \"f{import}.proto\";\n")).collect();
        let text = format!("{PROTO3}package p{n};\n{imports}message M {{ {} }}\n", content(n));
        std::fs::write(folder.path().join(format!("f{n}.proto")), text).expect("it can be written");
    }
    build(folder.path())
}

#[test]
fn public_imports() {
    const COUNT: usize = 2_000;
    let nothing = |_: usize| String::new();
    let last = |_: usize| format!("p{}.M last = 1;", COUNT - 1);
    let across = |n: usize| format!("p{}.M across = 1;", n + (COUNT - n) / 2);
    let all = |n: usize| {
        each(COUNT, |m| format!("p{m}.M a{m} = {};", m + 20_001)).repeat(usize::from(n == 0))
    };
    let next = |n: usize| vec![n + 1];
    let behind = |n: usize| match n {
        0 => vec![1],
        1 => (2..COUNT).collect(),
        _ => Vec::new(),
    };
    let broken: Vec<&str> = [
        ("a chain", files(COUNT, &next, &nothing)),
        ("a chain whose end is used", files(COUNT, &next, &last)),
        ("a chain that is used", files(COUNT, &next, &across)),
        ("diamonds", files(COUNT, &|n| vec![n + 1, n + 2], &last)),
        ("all behind one file", files(COUNT, &behind, &all)),
    ]
    .into_iter()
    .filter_map(|(name, outcome)| (outcome != (Some(0), Vec::new())).then_some(name))
    .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn circles_of_imports() {
    const COUNT: usize = 6_000;
    let (code, findings) = files(COUNT, &|n| vec![(n + 1) % COUNT, 0], &|_| String::new());
    let longest = findings.iter().filter_map(|finding| finding["message"].as_str()).map(str::len);
    let longest = longest.max().unwrap_or_default();
    assert!(code == Some(100) && (1..1_000).contains(&longest), "{code:?}, {longest}");
}
