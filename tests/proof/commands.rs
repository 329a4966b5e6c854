//! Proofs from the command line: the witnesses in every format, the commands that replay them, and the
//! proof as the judge.

use std::path::Path;

use serde_json::Value;
use wireproof::compat::rules;

use super::folder::{Folder, config, schema, text, witnesses};
use crate::fixture::{self, name};

const COMPARE: &str = "wireproof check-compat new --against old";

/// Returns the commands that the detailed text of a run prints to replay its witnesses.
fn replays(output: &str) -> Vec<&str> {
    output.lines().filter_map(|line| line.strip_prefix("    replay: ")).collect()
}

#[test]
fn a_break_is_shown_with_its_value() {
    let int = schema("message Order {\n  int32 total = 1;\n}");
    let folder = Folder::of_versions("WIRE", &int, &int.replace("int32", "string"));
    let output = folder.ends(100, &format!("CI=true {COMPARE} --error-format text"));
    let lines = "    proof: breaks: binary, old-to-new: fails every value\n    \
                 writes: shop.v1.Order { total: 1 }\n    \
                 bytes: 0801\n    \
                 reads: error: prost: `total` arrives with another wire type; \
                 C++, Go, Java, Python: loses: shop.v1.Order {}\n    \
                 replay: wireproof replay binary:old-to-new:shop.v1.Order:0801 new --against old\n";
    assert!(output.contains(lines), "{output}");
    assert_eq!(folder.ends(100, COMPARE).lines().count(), 1, "without details it is one line");
}

#[test]
fn a_break_in_json_is_shown_with_its_json() {
    let old = schema("message Order {\n  string note = 1 [json_name = \"text\"];\n}");
    let new = old.replace(" [json_name = \"text\"]", "");
    let folder = Folder::of_versions("FIELD_SAME_JSON_NAME", &old, &new);
    let output = folder.ends(100, &format!("CI=true {COMPARE}"));
    assert!(output.contains("\n    JSON: {\"text\":\"a\"}\n"), "{output}");
    assert!(!output.contains("    bytes: "), "{output}");
}

#[test]
fn a_change_without_an_effect_is_shown_with_the_reason() {
    let old = schema("message Order {\n  reserved 2;\n}");
    let folder = Folder::of_versions("WIRE", &old, &schema("message Order {}"));
    let output = folder.ends(100, &format!("CI=true {COMPARE}"));
    let reason = "nothing breaks on binary, rpc: what is free again is not yet used";
    assert!(output.contains(&format!("    proof: safe: {reason}\n")), "{output}");
    assert!(replays(&output).is_empty(), "{output}");
    let (_, found) = folder.found("new --against old");
    assert_eq!((&*text(&found[0]["level"]), &*text(&found[0]["no_witness"])), ("safe", reason));
    assert!(witnesses(&found[0]).is_empty(), "{found:?}");
}

/// Checks that a witness has the keys of its surface, and no others.
fn assert_keys(witness: &Value) {
    let surface = text(&witness["surface"]);
    let always = ["surface", "direction", "effect", "extent", "message", "written", "replay"];
    for key in always {
        assert!(witness[key].is_string(), "{key}: {witness}");
    }
    let has = |key: &str| witness.get(key).is_some();
    assert_eq!(has("bytes"), surface == "binary", "{witness}");
    assert_eq!(has("json"), surface == "json", "{witness}");
    assert!(has("read") != has("error"), "{witness}");
    let others = ["bytes", "json", "read", "error", "read_as", "readings"];
    let object = witness.as_object().expect("a witness is an object");
    for key in object.keys() {
        assert!(always.contains(&&**key) || others.contains(&&**key), "{key}: {witness}");
    }
}

#[test]
fn json_has_one_witness_or_several() {
    let method = schema("message M {}\nservice S { rpc Get(M) returns (M); }");
    let none = schema("message M {}\nservice S {}");
    let folder = Folder::of_versions("RPC_NO_DELETE", &method, &none);
    folder.write("wireproof.toml", "[proof]\nsurfaces = ['rpc']\n");
    let (_, found) = folder.found("new --against old");
    assert!(found[0]["witness"].is_object() && found[0].get("witnesses").is_none(), "{found:?}");
    assert!(found[0].get("no_witness").is_none(), "{found:?}");
    folder.write("wireproof.toml", "[proof]\nsurfaces = ['rpc', 'source']\n");
    let (_, found) = folder.found("new --against old");
    let several = found[0]["witnesses"].as_array().expect("there are several");
    assert!(several.len() == 2 && found[0].get("witness").is_none(), "{found:?}");
    several.iter().for_each(assert_keys);
}

/// Returns the arguments that compare the versions of a fixture by all rules.
fn of_fixture(fixture: &Path) -> String {
    let ids = rules::table().into_iter().filter(|rule| !rule.deprecated).map(|rule| rule.id);
    let ids = ids.collect::<Vec<_>>().join(", ");
    let path = fixture.display();
    let config = format!("--config '{{version: v2, breaking: {{use: [{ids}]}}}}'");
    format!("{path}/new --against {path}/old {config}")
}

#[test]
fn every_finding_has_a_proof_and_every_witness_replays() {
    let folder = Folder::new();
    let (mut with, mut run, mut without) = (0, 0, 0);
    let mut lines = String::from("run() { printf '%s\\n' \"$1\"; sh -c \"$1\"; echo \"=$?\"; }\n");
    for fixture in fixture::fixtures("compat") {
        let (code, found) = folder.found(&of_fixture(&fixture));
        assert_eq!(code, Some(100), "{}", fixture.display());
        for finding in found {
            let witnesses = witnesses(&finding);
            let reason = text(&finding["no_witness"]);
            assert_eq!(witnesses.is_empty(), !reason.is_empty(), "{finding}");
            without += usize::from(witnesses.is_empty());
            for witness in witnesses {
                assert_keys(&witness);
                with += 1;
                // Those of the rule of the fixture are enough to run.
                if finding["type"] != name(&fixture) {
                    continue;
                }
                run += 1;
                let replay = text(&witness["replay"]);
                assert!(replay.starts_with("wireproof replay "), "{witness}");
                lines.push_str(&format!("run '{}'\n", replay.replace('\'', "'\\''")));
            }
        }
    }
    assert!(with > 200 && run > 100 && without > 20, "{with}, {run}, {without}");
    folder.write("all.sh", &lines);
    let output = folder.ends(0, "sh all.sh");
    let codes: Vec<&str> = output.lines().filter(|line| line.starts_with('=')).collect();
    assert_eq!(codes.len(), run, "{output}");
    assert!(codes.iter().all(|code| *code == "=100"), "{output}");
}

#[test]
fn sarif_has_the_proofs() {
    let folder = Folder::new();
    for fixture in fixture::fixtures("compat").into_iter().step_by(8) {
        let args = of_fixture(&fixture);
        let (_, found) = folder.found(&args);
        let log = folder
            .ends(100, &format!("wireproof check-compat --error-format sarif {args} 2>errors"));
        let log: Value = serde_json::from_str(&log).expect("it is JSON");
        let results = log["runs"][0]["results"].as_array().expect("there are results");
        assert_eq!(results.len(), found.len(), "{}", name(&fixture));
        for (result, finding) in results.iter().zip(&found) {
            let properties = &result["properties"];
            assert_eq!(properties["proof"], finding["level"], "{result}");
            match finding.get("no_witness") {
                Some(reason) => assert_eq!(&properties["noWitness"], reason, "{result}"),
                None => assert_eq!(properties["witnesses"], Value::Array(witnesses(finding))),
            }
        }
    }
}

/// A change whose witness is replayed: the rule that finds it, both versions, the beginning of the
/// witness, what the replay shows, and the version that is fixed.
struct Change {
    rule: &'static str,
    old: String,
    new: String,
    begins: &'static str,
    shows: [&'static str; 2],
    fixed: Option<String>,
}

fn changes() -> Vec<Change> {
    let change = |rule, (old, new): (&str, &str), begins, shows| Change {
        rule,
        old: schema(old),
        new: schema(new),
        begins,
        shows,
        fixed: None,
    };
    let request = "message A { int32 a = 1; }\nmessage B { string a = 1; }\n\
                   service S { rpc Get(A) returns (A); }";
    let replaced = request.replace("Get(A)", "Get(B)");
    let proto2 = |value| {
        let field = format!("optional string note = 1 [default = \"{value}\"];");
        schema(&format!("message M {{ {field} }}")).replace("proto3", "proto2")
    };
    vec![
        change(
            "FIELD_WIRE_COMPATIBLE_TYPE",
            ("message M { int32 a = 1; }", "message M { string a = 1; }"),
            "binary:old-to-new:shop.v1.M:0801 ",
            [
                "old version writes: shop.v1.M { a: 1 }\nbinary: 0801\n",
                "new version fails: error: ",
            ],
        ),
        change(
            "FIELD_SAME_JSON_NAME",
            (
                "message M { string a = 1 [json_name = \"it's für $HOME `x` 世界\"]; }",
                "message M { string a = 1; }",
            ),
            "'json:old-to-new:shop.v1.M:{\"it'\\''s für $HOME `x` 世界\":\"a\"}' ",
            ["json: {\"it's für $HOME `x` 世界\":\"a\"}\n", "new version fails: error: it's für "],
        ),
        change(
            "RPC_NO_DELETE",
            (request, "message A { int32 a = 1; }\nmessage B { string a = 1; }\nservice S {}"),
            "rpc:old-to-new:shop.v1.S.Get ",
            ["old: a unary call of /shop.v1.S/Get\n", "new: error: UNIMPLEMENTED"],
        ),
        change(
            "MESSAGE_NO_DELETE",
            ("message M { message Inner {} }", "message M {}"),
            "source:old-to-new:shop.v1.M.Inner ",
            ["old: ", "new: gone"],
        ),
        Change {
            rule: "FIELD_SAME_DEFAULT",
            old: proto2("it's ü"),
            new: proto2("other"),
            begins: "binary:old-to-new:shop.v1.M: ",
            shows: [
                "old version writes: shop.v1.M {",
                "new version misreads: shop.v1.M { # `note` ",
            ],
            fixed: None,
        },
        Change {
            // The witness is about both types, whatever uses them.
            fixed: Some(schema(&replaced.replace("string a", "int32 a"))),
            ..change(
                "RPC_SAME_REQUEST_TYPE",
                (request, &replaced),
                "binary:old-to-new:shop.v1.A=shop.v1.B:0801 ",
                ["old version writes: shop.v1.A { a: 1 }\n", "new version fails: error: "],
            )
        },
    ]
}

#[test]
fn the_printed_command_shows_the_break_until_it_is_fixed() {
    for Change { rule, old, new, begins, shows, fixed } in changes() {
        let folder = Folder::of_versions(rule, &old, &new);
        let output = folder.ends(100, &format!("CI=true {COMPARE}"));
        let [replay] = <[&str; 1]>::try_from(replays(&output)).expect(&output);
        let ends = "new --against old";
        assert_eq!(replay, format!("wireproof replay {begins}{ends}"), "{output}");
        let replayed = folder.ends(100, replay);
        assert!(shows.iter().all(|it| replayed.contains(it)), "{rule}: {replayed}");
        folder.write("new/a.proto", &fixed.unwrap_or(old));
        let replayed = folder.ends(0, replay);
        let same = ["version reads the same: ", "nothing differs: "];
        assert!(same.iter().any(|it| replayed.contains(it)), "{rule}: {replayed}");
    }
}

/// Against releases, too, the command has the input, and paths are relative to the working directory.
#[test]
fn the_printed_command_replays_against_a_release_from_every_folder() {
    let folder = Folder::new();
    let int = schema("message M { int32 a = 1; }");
    folder.write("buf.yaml", &config("WIRE").replace("lint", "modules: [{path: proto}]\nlint"));
    folder.write("proto/shop/a.proto", &int);
    folder.ends(0, "wireproof release 1.0.0");
    folder.write("proto/shop/a.proto", &int.replace("int32", "string"));
    for (within, command) in [
        (".", "check-compat"),
        ("proto/shop", "check-compat ../.."),
        ("proto", "check-compat ../proto"),
        (".", "check"),
        ("proto/shop", "check"),
    ] {
        let output = folder.ends(100, &format!("cd {within} && CI=true wireproof {command}"));
        let [replay] = <[&str; 1]>::try_from(replays(&output)).expect(&output);
        let replayed = folder.ends(100, &format!("cd {within} && {replay}"));
        assert!(replayed.contains("old version writes: shop.v1.M { a: 1 }"), "{replayed}");
    }
}

#[test]
fn a_witness_that_is_not_valid_is_an_error() {
    let versions = ["message M { int32 a = 1; }\nmessage Old {}", "message M {}\nmessage New {}"];
    let [old, new] = versions.map(schema);
    let folder = Folder::of_versions("WIRE", &old, &new);
    for (witness, says) in [
        ("", "surface \"\" is none of binary, json, rpc, source"),
        ("bytes:old-to-new:shop.v1.M:", "surface \"bytes\" is none of "),
        ("binary", "direction \"\" is none of old-to-new, new-to-old"),
        ("binary:up:shop.v1.M:", "direction \"up\" is none of "),
        ("binary:old-to-new", "the name of the message is missing"),
        ("binary:old-to-new::00", "the name of the message is missing"),
        ("binary:old-to-new:shop.v1.None:00", "the old version has no message `shop.v1.None`"),
        ("binary:old-to-new:shop.v1.Old:", "the new version has no message `shop.v1.Old`"),
        ("binary:new-to-old:shop.v1.New:", "the old version has no message `shop.v1.New`"),
        (
            "json:old-to-new:shop.v1.M=shop.v1.Old:{}",
            "the new version has no message `shop.v1.Old`",
        ),
        ("binary:old-to-new:shop.v1.M:0g", "the bytes are not hexadecimal"),
        ("binary:old-to-new:shop.v1.M:080", "the bytes are not hexadecimal"),
        ("binary:old-to-new:shop.v1.M:０１", "the bytes are not hexadecimal"),
        ("binary:old-to-new:shop.v1.M:ff", "the value of the witness is no message: "),
        ("json:old-to-new:shop.v1.M:", "the value of the witness is no message: "),
        ("json:old-to-new:shop.v1.M:{\"a\"", "the value of the witness is no message: "),
        ("json:old-to-new:shop.v1.M:[]", "the value of the witness is no message: "),
        ("json:old-to-new:shop.v1.M:{\"x\":1}", "no field \"x\""),
        ("rpc:old-to-new:shop.v1.S.Get", "neither version has `shop.v1.S.Get`"),
        ("source:old-to-new:shop.v1.M.x", "neither version has `shop.v1.M.x`"),
    ] {
        let output = folder.ends(1, &format!("wireproof replay '{witness}' new --against old"));
        assert!(output.contains(says) && !output.contains("panicked"), "{witness}: {output}");
    }
}

#[test]
fn the_proof_as_the_judge_passes_what_changes_no_value() {
    let method = |of: &str| {
        format!(
            "message A {{ int32 a = 1; }}\nmessage B {{ int32 a = 1; }}\n\
             service S {{ rpc Get({of}) returns (A); }}"
        )
    };
    let (with_a, with_b) = (method("A"), method("B"));
    for (old, new, rule) in [
        (
            "message Item { int32 a = 1; }\nmessage M { Item item = 1; }",
            "message Thing { int32 a = 1; }\nmessage M { Thing item = 1; }",
            "FIELD_WIRE_COMPATIBLE_TYPE",
        ),
        (&with_a, &with_b, "RPC_SAME_REQUEST_TYPE"),
        (
            "message M { optional int32 a = 1; }",
            "message M { oneof o { int32 a = 1; } }",
            "FIELD_SAME_ONEOF",
        ),
    ] {
        let folder = Folder::of_versions("WIRE", &schema(old), &schema(new));
        assert_eq!(folder.rules("new --against old"), [rule]);
        let line = format!("{COMPARE} --judge proof 2>errors");
        assert_eq!(folder.ends(0, &line), "");
        let errors = folder.ends(0, "cat errors");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.starts_with("wireproof: passes by proof: new/a.proto:"), "{errors}");
        let reason = "(safe: nothing breaks on binary, rpc: ";
        assert!(errors.contains(rule) && errors.contains(reason), "{errors}");
        folder.write("wireproof.toml", "[proof]\njudge = 'proof'\n");
        assert_eq!(folder.ends(0, &format!("{COMPARE} 2>errors")), "");
        folder.ends(100, &format!("{COMPARE} --judge rules"));
    }
}

/// Two versions in which the rules of WIRE find nothing.
fn unnoticed() -> Folder {
    let service = |methods: &str| format!("service S {{ {methods} }}");
    let old = format!("message M {{ int64 a = 1; }}\n{}", service("rpc Get(M) returns (M);"));
    let new = format!("message M {{ int32 a = 1; }}\n{}", service(""));
    let folder = Folder::of_versions("WIRE", &schema(&old), &schema(&new));
    assert_eq!(folder.ends(0, COMPARE), "");
    folder
}

const LOSSY: &str = "PROOF_FIELD_SAME_BINARY_VALUE";
const BREAKS: &str = "PROOF_RPC_NO_DELETE";

#[test]
fn the_proof_as_the_judge_fails_what_the_rules_let_through() {
    let folder = unnoticed();
    let rules = |args: &str| folder.rules(&format!("new --against old {args}"));
    assert_eq!(rules("--judge proof"), [LOSSY, BREAKS]);
    assert_eq!(rules("--judge proof --fail-on lossy"), [LOSSY, BREAKS]);
    assert_eq!(rules("--judge proof --fail-on breaks"), [BREAKS], "lossy passes");
    assert_eq!(rules("--fail-on note"), [""; 0], "no rule of PROOF is in use");
}

#[test]
fn the_settings_do_what_the_flags_do() {
    let folder = unnoticed();
    for (settings, expected) in [
        ("judge = 'proof'", &[LOSSY, BREAKS][..]),
        ("judge = 'proof'\nfail-on = 'breaks'", &[BREAKS]),
        ("judge = 'rules'\nfail-on = 'note'", &[]),
        ("rules = ['PROOF']", &[LOSSY, BREAKS]),
        ("rules = ['PROOF']\nfail-on = 'breaks'", &[BREAKS]),
        ("rules = ['PROOF_RPC_NO_DELETE']", &[BREAKS]),
    ] {
        folder.write("wireproof.toml", &format!("[proof]\n{settings}\n"));
        assert_eq!(folder.rules("new --against old"), expected, "{settings}");
    }
    folder.write("wireproof.toml", "[proof]\njudge = 'proof'\nfail-on = 'breaks'\n");
    let flags = "new --against old --fail-on lossy";
    assert_eq!(folder.rules(flags), [LOSSY, BREAKS], "the flag wins");
}

#[test]
fn the_surfaces_decide_where_effects_are_looked_for() {
    let old = schema("message M { int32 a = 1; }");
    let folder = Folder::of_versions("FILE", &old, &old.replace(" a ", " b "));
    let surfaces = |settings: &str| {
        folder.write("wireproof.toml", settings);
        let (_, found) = folder.found("new --against old");
        let found = found.iter().flat_map(witnesses);
        let mut surfaces: Vec<String> = found.map(|it| text(&it["surface"])).collect();
        surfaces.sort();
        surfaces.dedup();
        surfaces
    };
    assert_eq!(surfaces(""), ["json", "source"], "FILE protects all surfaces");
    assert_eq!(surfaces("[proof]\nsurfaces = ['json']\n"), ["json"]);
    assert_eq!(surfaces("[proof]\nsurfaces = ['binary', 'rpc']\n"), [""; 0]);
}

#[test]
fn an_addition_fails_on_note_only() {
    let field = schema("message M {\n  int32 a = 1;\n}");
    let two = field.replace("}", "  int32 b = 2;\n}");
    let folder = Folder::of_versions("WIRE", &field, &two);
    let rules = |args: &str| folder.rules(&format!("new --against old {args}"));
    assert_eq!(rules("--judge proof"), [""; 0]);
    assert_eq!(rules("--judge proof --fail-on note"), ["PROOF_ADDITION_UNREAD"]);
    let (_, found) = folder.found("new --against old --judge proof --fail-on note");
    assert_eq!(found[0]["level"], "note", "{found:?}");
    folder.write("wireproof.toml", "[proof]\njudge = 'proof'\nfail-on = 'note'\n");
    assert_eq!(rules(""), ["PROOF_ADDITION_UNREAD"]);
    let of_enum = "message M { E e = 1; }\nenum E {\n  E_ZERO = 0;\n}";
    let two = of_enum.replace("E_ZERO = 0;", "E_ZERO = 0;\n  E_ONE = 1;");
    let folder = Folder::of_versions("WIRE_JSON", &schema(of_enum), &schema(&two));
    let args = "new --against old --judge proof --fail-on note";
    assert_eq!(folder.rules(args), ["PROOF_ADDITION_UNREAD"]);
}

/// A name may have another number in each version: the finding is about the new one.
#[test]
fn a_value_is_judged_by_its_number() {
    let of = |values: &str| schema(&format!("message M {{ E e = 1; }}\nenum E {{ {values} }}"));
    let old = of("ZERO = 0; ONE = 1; TWO = 2;");
    let new = of("ZERO = 0; TWO = 1; THREE = 2;");
    let folder = Folder::of_versions("ENUM_VALUE_SAME_NAME", &old, &new);
    folder.write("wireproof.toml", "[proof]\nsurfaces = ['binary']\n");
    let (_, found) = folder.found("new --against old");
    let read: Vec<[String; 3]> = found
        .iter()
        .map(|it| {
            let witness = &witnesses(it)[0];
            [&it["element"], &witness["written"], &witness["read"]].map(text)
        })
        .collect();
    let expected = [["shop.v1.TWO", "e: TWO", "e: ONE"], ["shop.v1.THREE", "e: TWO", "e: THREE"]];
    assert_eq!(read, expected.map(|row| row.map(|it| it.replace("v1.", "v1.E."))));
}

#[test]
fn check_uses_the_settings() {
    let folder = Folder::new();
    folder.write("buf.yaml", &config("WIRE"));
    let old = schema("message M { int64 a = 1; }");
    folder.write("a.proto", &old);
    folder.ends(0, "wireproof release 1.0.0");
    folder.write("a.proto", &old.replace("int64", "int32"));
    folder.ends(0, "wireproof check");
    for (settings, code) in [
        ("rules = ['PROOF']", 100),
        ("judge = 'proof'", 100),
        ("judge = 'proof'\nfail-on = 'breaks'", 0),
    ] {
        folder.write("wireproof.toml", &format!("[proof]\n{settings}\n"));
        let output = folder.ends(code, "wireproof check");
        assert_eq!(output.contains(LOSSY), code == 100, "{output}");
    }
    folder.write(
        "a.proto",
        &old.replace("int64 a = 1", "oneof o { int64 a = 1; }").replace("};", "}"),
    );
    let output = folder.ends(0, "wireproof check");
    assert!(output.contains("passes by proof: a.proto:"), "{output}");
}

#[test]
fn without_the_rules_of_proof_nothing_changes() {
    let folder = Folder::new();
    let of_proof = |it: &Value| text(&it["type"]).starts_with("PROOF_");
    for fixture in fixture::fixtures("compat").into_iter().step_by(4) {
        let args = of_fixture(&fixture);
        folder.write("wireproof.toml", "");
        let (_, off) = folder.found(&args);
        assert!(!off.iter().any(of_proof), "{off:?}");
        folder.write("wireproof.toml", "[proof]\nrules = ['PROOF']\n");
        let (_, mut on) = folder.found(&args);
        on.retain(|it| !of_proof(it));
        assert_eq!(on, off, "{}", name(&fixture));
    }
}
