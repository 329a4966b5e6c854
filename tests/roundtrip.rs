//! `roundtrip`: what it finds across versions, how messages shrink, and what passes.

use std::fs;
use std::path::Path;

use crate::parity::programs::tools::{self, Answer};

/// Runs `roundtrip` in `folder`.
fn roundtrip(folder: &Path, args: &[&str]) -> Answer {
    let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
    let mut all = vec!["roundtrip", "--seed", "7"];
    all.extend(args);
    if !args.contains(&"--cases") {
        all.extend(["--cases", "200"]);
    }
    tools::run(program, folder, &all)
}

/// A folder with two versions of `message`, whose fields are `old` and `new`. All differences fail.
fn versions(head: &str, old: &str, new: &str) -> tempfile::TempDir {
    let folder = tools::temporary();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    };
    // Two heads are those of the two versions.
    let (old_head, new_head) = head.split_once('|').unwrap_or((head, head));
    let schema = |head: &str, fields: &str| {
        let message = if fields.contains("message M") {
            fields.to_owned()
        } else {
            let label = if head.contains("proto2") { "optional " } else { "" };
            format!("message M {{\n  {label}string other = 99;\n{fields}\n}}\n")
        };
        format!("{head}\npackage p;\n{message}")
    };
    write("old/p.proto", &schema(old_head, old));
    write("new/p.proto", &schema(new_head, new));
    write("new/buf.yaml", "version: v2\n");
    write("new/wireproof.toml", "[proof]\nsurfaces = [\"binary\", \"json\"]\n");
    folder
}

const PROTO2: &str = "syntax = \"proto2\";";
const PROTO3: &str = "syntax = \"proto3\";";
/// A version with open enums, and one with closed enums.
const PROTO3_TO_2: &str = "syntax = \"proto3\";|syntax = \"proto2\";";

/// Changes that lose or change data, and what is found: the effect and the surface, each at least
/// once.
const BREAKS: &[(&str, &str, &str, &[&str])] = &[
    (
        PROTO3,
        "int64 a = 1;",
        "int32 a = 1;",
        &["misreads what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (
        PROTO3,
        "int32 a = 1;",
        "uint32 a = 1;",
        &["misreads what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (PROTO3, "int32 a = 1;", "sint32 a = 1;", &["misreads what ../old writes (binary)"]),
    (
        PROTO3,
        "int32 a = 1;",
        "bool a = 1;",
        &["misreads what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (PROTO3, "fixed32 a = 1;", "float a = 1;", &["misreads what ../old writes (binary)"]),
    (PROTO3, "string a = 1;", "bytes a = 1;", &["(JSON)"]),
    (PROTO3, "bytes a = 1;", "string a = 1;", &["cannot read what ../old writes (binary)"]),
    (
        PROTO3,
        "optional int32 a = 1;",
        "int32 a = 1;",
        &["loses what ../old writes (binary)", "loses what ../old writes (JSON)"],
    ),
    (
        PROTO3,
        "repeated int32 a = 1;",
        "int32 a = 1;",
        &["what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (PROTO3, "repeated string a = 1;", "string a = 1;", &["loses what ../old writes (binary)"]),
    (PROTO3, "int32 a = 1;", "string a = 1;", &["loses what ../old writes (binary)"]),
    (PROTO3, "string a = 1;", "string a = 2;", &["loses what ../old writes (binary)"]),
    (
        PROTO3,
        "string a = 1;",
        "reserved 1;",
        &["loses what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (PROTO3, "string a_b = 1;", "string a_c = 1;", &["cannot read what ../old writes (JSON)"]),
    (
        PROTO3,
        "string a = 1;",
        "string a = 1 [json_name = \"x\"];",
        &["cannot read what the working tree writes (JSON)"],
    ),
    (
        PROTO2,
        "optional int32 a = 1;",
        "required int32 a = 1;",
        &["cannot read what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (
        PROTO2,
        "required int32 a = 1;",
        "optional int32 a = 1;",
        &["cannot read what the working tree writes (binary)"],
    ),
    (
        PROTO2,
        "optional group G = 1 { optional int32 x = 1; }",
        "message G { optional int32 x = 1; } optional G g = 1;",
        &["loses what ../old writes (binary)"],
    ),
    (
        PROTO3,
        "string a = 1; string b = 2;",
        "oneof o { string a = 1; string b = 2; }",
        &["loses what ../old writes (binary)", "cannot read what ../old writes (JSON)"],
    ),
    (
        PROTO3,
        "enum E { Z = 0; A = 1; B = 2; } E e = 1;",
        "enum E { Z = 0; A = 2; B = 1; } E e = 1;",
        &["misreads what ../old writes (binary)"],
    ),
    (
        PROTO3,
        "enum E { Z = 0; A = 1; } E e = 1;",
        "enum E { Z = 0; C = 1; } E e = 1;",
        &["cannot read what ../old writes (JSON)"],
    ),
    (
        PROTO2,
        REQUIRED_ENUM.0,
        REQUIRED_ENUM.1,
        &["cannot read what the working tree writes (binary)", "the required field `p.M.e`"],
    ),
    (
        PROTO3_TO_2,
        "enum E { Z = 0; A = 1; } optional E e = 1;",
        "enum E { Z = 0; A = 1; } optional E e = 1;",
        &["loses what ../old writes (binary)"],
    ),
];

/// An enum value that only the new version has, in a required field. A reader with a closed enum
/// does not know the value, and misses the field.
const REQUIRED_ENUM: (&str, &str) =
    ("enum E { A = 0; } required E e = 1;", "enum E { A = 0; B = 1; } required E e = 1;");

/// Changes that lose nothing.
const SAFE: &[(&str, &str, &str)] = &[
    (PROTO3, "string a = 1;", "string a = 1; string b = 2;"),
    (PROTO3, "int32 a = 1;", "optional int32 a = 1;"),
    (PROTO3, "message N { string a = 1; } N n = 1;", "message N2 { string a = 1; } N2 n = 1;"),
    (PROTO3, "repeated int32 a = 1;", "repeated int32 a = 1 [packed = false];"),
    (PROTO3, "enum E { Z = 0; A = 1; } E e = 1;", "enum E { Z = 0; A = 1; B = 2; } E e = 1;"),
    (PROTO3, "string a = 1;", "string a = 1; map<string, M> m = 5; repeated M r = 6;"),
    (
        PROTO3,
        "message N { string a = 1; } N n = 1;",
        "message N { string a = 1; N n = 2; } N n = 1;",
    ),
    (
        PROTO2,
        "optional int32 a = 1 [default = 5];",
        "optional int32 a = 1 [default = 5]; extensions 10 to 20;",
    ),
    (PROTO2, "enum E { A = 0; } optional E e = 1;", "enum E { A = 0; B = 1; } optional E e = 1;"),
    (
        PROTO2,
        "optional string a = 1;",
        "optional string a = 1; optional group G = 2 { optional int32 x = 1; }",
    ),
];

#[test]
fn changes_that_lose_or_change_data_are_found() {
    for (head, old, new, expected) in BREAKS {
        let folder = versions(head, old, new);
        let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
        assert_eq!(answer.code, 100, "{old} → {new}: {}{}", answer.stdout, answer.stderr);
        for part in *expected {
            assert!(answer.stdout.contains(part), "{old} → {new}: {part}: {}", answer.stdout);
        }
    }
}

/// Few random messages of many fields reach an edge value: those with one edge value each do.
#[test]
fn the_stage_of_check_finds_them_in_messages_of_many_fields() {
    let others: String =
        (20..40).map(|number| format!("  repeated string f{number} = {number};\n")).collect();
    for (old, new, expected) in [
        ("int64 a = 1;", "int32 a = 1;", "misreads what"),
        ("string a = 1;", "bytes a = 1;", "cannot read what"),
        ("optional bool a = 1;", "bool a = 1;", "loses what"),
    ] {
        let folder = versions(PROTO3, &[old, &others].concat(), &[new, &others].concat());
        let (released, tree) = (folder.path().join("old"), folder.path().join("new"));
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        fs::write(released.join("buf.yaml"), "version: v2\n").expect("it can be written");
        fs::write(released.join("wireproof.toml"), "").expect("it can be written");
        let answer = tools::run(program, &released, &["release", "1.0.0"]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        fs::rename(released.join("contracts"), tree.join("contracts")).expect("it is there");
        let answer = tools::run(program, &tree, &["check"]);
        let found = answer.stdout.split(" ROUNDTRIP ").skip(1);
        let binary: Vec<&str> = found.filter(|it| it.contains("(binary)")).collect();
        assert!(
            binary.iter().any(|it| it.starts_with("`p.M.a`") && it.contains(expected)),
            "{old} → {new}: {}{}",
            answer.stdout,
            answer.stderr
        );
    }
}

#[test]
fn changes_that_lose_nothing_pass() {
    for (head, old, new) in SAFE {
        let folder = versions(head, old, new);
        let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
        assert_eq!(answer.code, 0, "{old} → {new}: {}{}", answer.stdout, answer.stderr);
        assert!(answer.stderr.contains("messages of"), "{}", answer.stderr);
    }
}

/// In JSON, an old reader refuses the name of an added enum value in every field, required or not:
/// what was only added does not fail there.
#[test]
fn an_added_enum_value_of_a_required_field_fails_in_binary_only() {
    let folder = versions(PROTO2, REQUIRED_ENUM.0, REQUIRED_ENUM.1);
    let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
    let found: Vec<&str> =
        answer.stdout.lines().filter(|line| line.contains(" ROUNDTRIP ")).collect();
    let [one] = &*found else { panic!("{}{}", answer.stdout, answer.stderr) };
    assert!(one.contains("`p.M.e`: ../old cannot read") && one.ends_with("(binary)"), "{one}");
    assert!(answer.stdout.contains("message: p.M { e: B }"), "{}", answer.stdout);

    // The enums of proto3 files are open.
    let head = "syntax = \"proto2\";\nimport \"e.proto\";";
    let folder = versions(head, "required p.E e = 1;", "required p.E e = 1;");
    for (version, values) in [("old", "A = 0;"), ("new", "A = 0; B = 1;")] {
        let text = format!("{PROTO3}\npackage p;\nenum E {{ {values} }}\n");
        fs::write(folder.path().join(version).join("e.proto"), text).expect("it can be written");
    }
    let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    assert!(answer.stderr.contains("1 pair"), "{}", answer.stderr);
}

/// Without `proof.surfaces`, differences across versions are notes.
#[test]
fn differences_are_notes_without_surfaces() {
    let folder = versions(PROTO3, "int64 a = 1;", "int32 a = 1;");
    let new = folder.path().join("new");
    fs::remove_file(new.join("wireproof.toml")).expect("it is there");
    let answer = roundtrip(&new, &["--against", "../old"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    assert!(answer.stderr.contains("note: p.proto:5:1: "), "{}", answer.stderr);
    assert!(answer.stderr.contains("int64 → int32"), "{}", answer.stderr);
    fs::write(new.join("wireproof.toml"), "[proof]\nsurfaces = [\"json\"]\n").expect("it is ours");
    let answer = roundtrip(&new, &["--against", "../old"]);
    assert!(answer.code == 100 && !answer.stdout.contains("(binary)"), "{}", answer.stdout);
}

/// The message of a counterexample has the field that differs and nothing else, and the same seed
/// finds the same one.
#[test]
fn counterexamples_are_small_stored_and_tried_first() {
    let fields = |a: &str| {
        format!(
            "{a} a = 1; string b = 2; repeated M m = 3; map<string, bytes> n = 4; double c = 5;"
        )
    };
    let folder = versions(PROTO3, &fields("int64"), &fields("int32"));
    let new = folder.path().join("new");
    let answer = roundtrip(&new, &["--against", "../old", "--error-format", "json"]);
    let findings: Vec<serde_json::Value> = answer
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect();
    let message =
        |finding: &serde_json::Value| finding["message"].as_str().unwrap_or("").to_owned();
    let binary = findings.iter().map(message).find(|it| it.contains("misreads")).expect("found");
    let written = binary.lines().find(|line| line.contains("message: ")).expect("it is shown");
    let fields = written.matches(": ").count() - 1;
    assert_eq!(fields, 1, "one field is left: {binary}");
    assert!(written.contains("p.M { a: 2147483648 }"), "the smallest number: {binary}");
    assert!(findings.iter().all(|finding| finding["type"] == "ROUNDTRIP"));
    assert!(findings.iter().all(|finding| finding["element"] == "p.M.a"), "{}", answer.stdout);
    let folder = new.join("contracts/regressions");
    let stored = fs::read_dir(&folder).expect("they are stored").count();
    assert_eq!(stored, findings.len());
    // With no other message, what is stored is found.
    let again = roundtrip(&new, &["--against", "../old", "--cases", "0"]);
    assert_eq!(again.code, 100);
    assert!(again.stdout.contains("misreads"), "{}", again.stdout);
    fs::remove_dir_all(folder).expect("it is there");
    let again = roundtrip(&new, &["--against", "../old", "--error-format", "json"]);
    assert_eq!(again.stdout, answer.stdout);
}

/// Of a map, the entry that differs is left, with the simplest key.
#[test]
fn entries_of_maps_shrink_with_their_keys() {
    for (key, smallest) in [("string", ""), ("int64", "0"), ("bool", "false"), ("uint32", "0")] {
        let field = |value: &str| format!("map<{key}, {value}> a = 1;");
        let folder = versions(PROTO3, &field("int64"), &field("int32"));
        let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
        let json: Vec<serde_json::Value> = answer
            .stdout
            .lines()
            .filter_map(|line| serde_json::from_str(line.trim().strip_prefix("JSON: ")?).ok())
            .collect();
        assert!(!json.is_empty(), "{}", answer.stdout);
        for message in json {
            let entries = message["a"].as_object().expect("it is a map");
            assert_eq!(entries.keys().collect::<Vec<_>>(), [smallest], "{}", answer.stdout);
        }
    }
    // A key that differs is as small as it can be.
    let folder = versions(PROTO3, "map<int32, bool> a = 1;", "map<uint32, bool> a = 1;");
    let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
    assert!(answer.stdout.contains("JSON: {\"a\":{\"-1\":false}}"), "{}", answer.stdout);
}

/// A version that reads entries of a map passes on what it knows of them: of a message with many
/// fields, what remains is the one that is lost.
#[test]
fn a_relay_that_drops_a_field_is_found_with_that_field_only() {
    let fields = |a: &str| format!("{a} a = 1; string b = 2; repeated M m = 3; double c = 5;");
    let entry = "message E { string key = 1; string value = 2; string extra = 3; } ";
    let folder =
        versions(PROTO3, &fields("map<string, string>"), &[entry, &fields("repeated E")].concat());
    let answer = roundtrip(&folder.path().join("new"), &["--against", "../old"]);
    let lost = "`p.M.E.extra`: ../old loses it when it passes on what the working tree writes";
    let found = answer.stdout.split("ROUNDTRIP ").find(|finding| finding.starts_with(lost));
    let found = found.unwrap_or_else(|| panic!("{}{}", answer.stdout, answer.stderr));
    let written = found.lines().find_map(|line| line.trim().strip_prefix("message: "));
    let value =
        written.and_then(|it| it.strip_prefix("p.M { a { extra: \"")?.strip_suffix("\" } }"));
    assert!(value.is_some_and(|value| value.chars().count() == 1), "{found}");
    assert!(found.contains("read: a[0].extra = unset"), "{found}");
}

/// A type that the working tree has no longer is compared among the releases that have it.
#[test]
fn a_type_that_only_releases_have_is_compared() {
    let folder = versions(PROTO3, "", "");
    let tree = folder.path().join("new");
    let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
    for (version, gone) in [
        ("1.0.0", "message Gone { int64 a = 1; }"),
        ("2.0.0", "message Gone { int32 a = 1; }"),
        ("", ""),
    ] {
        let schema = format!("{PROTO3}\npackage p;\nmessage M {{ string a = 1; }}\n{gone}\n");
        fs::write(tree.join("p.proto"), schema).expect("it can be written");
        if !version.is_empty() {
            let answer = tools::run(program, &tree, &["release", version]);
            assert_eq!(answer.code, 0, "{}", answer.stderr);
        }
    }
    let answer = roundtrip(&tree, &[]);
    let expected = "ROUNDTRIP `p.Gone.a`: v2.0.0 misreads what v1.0.0 writes (binary)";
    assert!(answer.code == 100 && answer.stdout.contains(expected), "{answer:?}");
}

/// The parts of a partition are disjoint, and together they are all types; the time goes beyond the
/// number of cases.
#[test]
fn parts_and_time_limit_what_is_tried() {
    let messages: String =
        (0..7).map(|number| format!("message M{number} {{ string a = 1; }}\n")).collect();
    let folder = versions(PROTO3, &messages, &messages);
    let new = folder.path().join("new");
    let numbers = |args: &[&str]| {
        let answer = roundtrip(&new, &[args, &["--cases", "10"]].concat());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let numbers = answer.stderr.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        (numbers[0], numbers[1])
    };
    let (cases, types) = numbers(&[]);
    assert_eq!(types, 7);
    let parts = ["1/3", "2/3", "3/3"].map(|part| numbers(&["--partition", part]));
    assert_eq!(parts.iter().map(|(_, types)| types).sum::<u64>(), 7, "{parts:?}");
    assert_eq!(parts.iter().map(|(cases, _)| cases).sum::<u64>(), cases, "{parts:?}");
    assert!(parts.iter().all(|(_, types)| (2..=3).contains(types)), "{parts:?}");
    let (longer, _) = numbers(&["--time", "1s"]);
    assert!(longer > cases, "{longer} {cases}");
}

/// What a later round of `--time` finds is found again by the command after `replay`.
#[test]
fn what_is_found_later_is_found_again() {
    // Only a message with both fields shows it.
    let (apart, oneof) = (
        "optional string a = 1; optional string b = 2;",
        "oneof o { string a = 1; string b = 2; }",
    );
    let others: String = (10..40).map(|number| format!(" string f{number} = {number};")).collect();
    let folder = versions(PROTO3, &[apart, &others].concat(), &[oneof, &others].concat());
    let new = folder.path().join("new");
    let found = |args: &[&str]| {
        let answer = roundtrip(&new, &[&["--against", "../old"], args].concat());
        fs::remove_dir_all(new.join("contracts/regressions")).expect("it was found");
        answer
    };
    let answer = found(&["--cases", "1", "--time", "1s"]);
    let replays = answer.stdout.lines().filter_map(|line| line.trim().strip_prefix("replay: "));
    let replays: Vec<&str> = replays.collect();
    assert!(replays.iter().any(|replay| !replay.contains("--seed 7 ")), "{answer:?}");
    for replay in replays {
        let words: Vec<&str> = replay.split(' ').skip(2).collect();
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        let again = tools::run(program, &new, &[&["roundtrip"], &words[..]].concat());
        assert_eq!(again.code, 100, "{replay}");
        assert!(again.stdout.contains(replay), "{replay}: {}", again.stdout);
        fs::remove_dir_all(new.join("contracts/regressions")).expect("it was found");
    }
}

/// A stored message is tried whatever the other version is called, and a text of many characters
/// shrinks to the one that fails.
#[test]
fn a_stored_message_is_tried_under_another_name() {
    let folder = versions(PROTO3, "map<int32, bytes> a = 1;", "map<int32, string> a = 1;");
    let new = folder.path().join("new");
    let answer = roundtrip(&new, &["--against", "../old"]);
    let expected = "p.proto:5:1: ROUNDTRIP `p.M.a`: the working tree cannot read what ";
    let smallest = "    change: map<int32, bytes> → map<int32, string>\n    message: p.M { a { key: 0 \
                    value: \"\\377\" } }\n";
    for part in [expected, smallest] {
        assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
    }
    let old = folder.path().join("old");
    let again = roundtrip(&new, &["--against", old.to_str().expect("it is UTF-8"), "--cases", "0"]);
    assert!(again.code == 100 && again.stdout.contains(expected), "{again:?}");
}

/// A stored message is not tried as if a version had written it that could not: one without a field
/// that this version requires.
#[test]
fn a_stored_message_is_not_tried_for_versions_that_cannot_write_it() {
    let required = "required int32 a = 1;";
    let folder = versions(PROTO2, "optional int32 a = 1;", required);
    let new = folder.path().join("new");
    let answer = roundtrip(&new, &["--against", "../old"]);
    assert!(answer.code == 100 && answer.stdout.contains("is not set"), "{answer:?}");
    let schema = fs::read_to_string(new.join("p.proto")).expect("it is there");
    fs::write(folder.path().join("old/p.proto"), &schema).expect("it can be written");
    let added = schema.replace(required, &format!("{required} optional int32 c = 2;"));
    assert_ne!(added, schema);
    fs::write(new.join("p.proto"), added).expect("it can be written");
    let answer = roundtrip(&new, &["--against", "../old"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
}

#[test]
fn arguments_are_checked() {
    let folder = versions(PROTO3, "int64 a = 1;", "int64 a = 1;");
    let new = folder.path().join("new");
    for (args, error) in [
        (["--message", "p.N"], "no message type is called \"p.N\""),
        (["--partition", "3/2"], "write the part and the number of parts: 1/4"),
        (["--time", "60"], "write a number and s, m or h: 60s"),
    ] {
        let answer = roundtrip(&new, &args);
        assert_eq!(answer.code, 1);
        assert!(answer.stderr.contains(error), "{}", answer.stderr);
    }
    fs::write(new.join("wireproof.toml"), "[proof]\nsurfaces = [\"wire\"]\n").expect("it is ours");
    let answer = roundtrip(&new, &[]);
    let expected =
        "wireproof.toml:2:13: unknown surface \"wire\"\n  help: surfaces are binary, json";
    assert!(answer.code == 1 && answer.stderr.contains(expected), "{}", answer.stderr);
}

/// proto2, proto3 and editions, groups, maps, extensions, oneofs and recursion: the vectors' own
/// schemas, which have all of them.
#[test]
fn every_kind_of_field_survives_within_a_version() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/proto");
    let folder = tools::temporary();
    fs::write(folder.path().join("buf.yaml"), "version: v2\n").expect("it can be written");
    for file in ["proto2/proto2", "proto3/known", "proto3/messages", "proto3/scalars"] {
        let file = format!("vectors/{file}.proto");
        let to = folder.path().join(&file);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        fs::copy(schemas.join(file), to).expect("it can be copied");
    }
    let answer = roundtrip(folder.path(), &[]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    assert!(answer.stderr.contains("types"), "{}", answer.stderr);
}

/// Types that refer to themselves in every way, and an `Any` that nothing can be in.
#[test]
fn recursive_and_empty_types_end() {
    let many: String = (1..=100).map(|n| format!("repeated M f{n} = {n};")).collect();
    for (head, fields) in [
        (PROTO2, "required M a = 1;".to_owned()),
        (PROTO2, "required M a = 1; required M b = 2; required M c = 3;".to_owned()),
        (PROTO3, many),
        (PROTO3, "map<string, M> a = 1; M b = 2; repeated M c = 3;".to_owned()),
        (
            "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";",
            "google.protobuf.Any a = 1;".to_owned(),
        ),
    ] {
        let folder = versions(PROTO3, "", "");
        let new = folder.path().join("new");
        let schema = format!("{head}\npackage p;\nmessage M {{ {fields} }}\n");
        fs::write(new.join("p.proto"), schema).expect("it can be written");
        let answer = roundtrip(&new, &["--cases", "20"]);
        assert_eq!((answer.code, &*answer.stdout), (0, ""), "{fields:.80}: {}", answer.stderr);
    }
}
