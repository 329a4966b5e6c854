//! Proofs against several releases: the break that each step hides, and files that releases share.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::folder::{Folder, config, schema, text, witnesses};

/// A git repository in which versions are released and tagged.
fn repository() -> Folder {
    let folder = Folder::new();
    folder.write("buf.yaml", &config("WIRE"));
    let user = "git config user.name Ada && git config user.email ada@example.com";
    folder.ends(0, &format!("git init --quiet --initial-branch=main && {user}"));
    folder
}

/// Writes the next version, which is compared with its predecessor if there is one, and released.
fn release(folder: &Folder, version: &str, body: &str) -> Vec<String> {
    folder.write("a.proto", &schema(body));
    let (_, tags) = folder.sh("git tag --list");
    let against = |tag| format!("--against '.git#tag={tag}'");
    let rules = tags.lines().last().map(|tag| folder.rules(&against(tag)));
    folder.ends(0, &format!("wireproof release {version}"));
    let commit = format!("git add --all && git commit --quiet --message={version}");
    folder.ends(0, &format!("{commit} && git tag v{version}"));
    rules.unwrap_or_default()
}

#[test]
fn a_break_in_steps_is_found_against_the_oldest_release() {
    let folder = repository();
    let order = |rest: &str| format!("message Order {{\n  string id = 1;\n  {rest}\n}}");
    release(&folder, "1.0.0", &order("int32 total = 2;"));
    // Each step against its predecessor.
    let steps = [
        release(&folder, "2.0.0", &order("reserved 2;\n  bytes extra = 3;")),
        release(&folder, "3.0.0", &order("reserved 3;")),
    ];
    assert_eq!(steps[0], [""; 0], "the number is reserved");
    assert_eq!(steps[1], ["RESERVED_MESSAGE_NO_DELETE"], "which changes no value");
    folder.write("a.proto", &schema(&order("string total = 2;\n  reserved 3;")));
    assert_eq!(folder.rules("--against '.git#tag=v3.0.0'"), [""; 0], "a field is added");
    let judge = "--judge proof";
    assert_eq!(folder.rules(&format!("--against '.git#tag=v3.0.0' {judge}")), [""; 0]);

    // Against all releases.
    let (code, found) = folder.found("");
    assert_eq!(code, Some(100));
    let of = |rule: &str| {
        let of: Vec<&Value> = found.iter().filter(|it| it["type"] == rule).collect();
        assert_eq!(of.len(), 1, "{rule}: {found:?}");
        of[0].clone()
    };
    let reused = of("FIELD_WIRE_COMPATIBLE_TYPE");
    assert_eq!(reused["releases"], json!(["v1.0.0"]));
    let witness = &witnesses(&reused)[0];
    assert_eq!((&witness["bytes"], &witness["written"]), (&json!("1001"), &json!("total: 1")));
    let replay = text(&witness["replay"]);
    assert!(replay.ends_with(" --against contracts/releases/v1.0.0.binpb"), "{replay}");
    folder.ends(100, &replay);
    assert_eq!(of("RESERVED_MESSAGE_NO_DELETE")["releases"], json!(["v2.0.0"]));
    let (_, found) = folder.found(judge);
    assert_eq!(found.len(), 1, "the proof agrees: {found:?}");

    // Released despite it, later changes are compared with it, too.
    release(&folder, "4.0.0", &order("string total = 2;\n  reserved 3;"));
    assert_eq!(folder.rules("--against '.git#tag=v4.0.0'"), [""; 0]);
    let (_, found) = folder.found("");
    assert!(found.iter().any(|it| it["releases"] == json!(["v1.0.0"])), "{found:?}");
}

#[test]
fn a_field_of_one_release_concerns_that_release() {
    let folder = repository();
    release(&folder, "1.0.0", "message M { int32 a = 1; }");
    release(&folder, "2.0.0", "message M { int32 a = 1; int32 b = 2; }");
    release(&folder, "3.0.0", "message M { int32 a = 1; }");
    let (_, found) = folder.found("");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["element"], "shop.v1.M.b");
    assert_eq!(found[0]["releases"], json!(["v2.0.0"]));
    assert_eq!(witnesses(&found[0])[0]["bytes"], "1001");
}

/// Equal findings of releases in which the change has different effects have the worst one.
#[test]
fn the_worst_effect_of_all_releases_is_shown() {
    let folder = repository();
    let service = |of: &str, ty: &str| {
        format!(
            "message Req {{ {ty} a = 1; }}\nmessage New {{ string a = 1; }}\n\
             service S {{ rpc Get({of}) returns (New); }}"
        )
    };
    release(&folder, "1.0.0", &service("Req", "int32"));
    release(&folder, "2.0.0", &service("Req", "string"));
    folder.write(
        "a.proto",
        &schema("message New { string a = 1; }\nservice S { rpc Get(New) returns (New); }"),
    );
    let (code, found) = folder.found("--judge proof");
    assert_eq!(code, Some(100), "{found:?}");
    assert_eq!((&found[0]["type"], found.len()), (&json!("RPC_SAME_REQUEST_TYPE"), 1));
    assert_eq!(found[0]["level"], "breaks");
    assert_eq!(found[0]["releases"], json!(["v1.0.0", "v2.0.0"]));
    folder.ends(100, &text(&witnesses(&found[0])[0]["replay"]));
}

/// The versions of each file. Any of them fits any of the other files.
const FILES: [(&str, &[&str]); 5] = [
    (
        "base/base.proto",
        &[
            "message Base {\n  int32 id = 1;\n  int64 size = 2;\n}",
            "message Base {\n  string id = 1;\n  int64 size = 2;\n}",
            "message Base {\n  int32 size = 2;\n  reserved 1;\n}",
        ],
    ),
    (
        "base/kind.proto",
        &[
            "enum Kind {\n  KIND_ZERO = 0;\n  KIND_ONE = 1;\n  KIND_TWO = 2;\n}",
            "enum Kind {\n  KIND_ZERO = 0;\n  KIND_TWO = 1;\n  KIND_ONE = 2;\n}",
            "enum Kind {\n  KIND_ZERO = 0;\n  KIND_ONE = 1;\n}",
        ],
    ),
    (
        "user/user.proto",
        &[
            "import \"base/kind.proto\";\nmessage User {\n  Kind kind = 1;\n}",
            "import \"base/kind.proto\";\nmessage User {\n  repeated Kind kind = 1;\n}",
            "message User {\n  int32 kind = 1;\n}",
            "import public \"base/kind.proto\";\nmessage User {\n  bool kind = 1;\n}",
        ],
    ),
    (
        "user/service.proto",
        &[
            "import \"base/base.proto\";\nmessage Own { int32 id = 1; }\n\
             service S { rpc Get(Base) returns (Own); }",
            "import \"base/base.proto\";\nmessage Own { int32 id = 1; }\n\
             service S { rpc Get(Own) returns (Base); }",
            "message Own { string id = 1; }\nservice S {}",
        ],
    ),
    (
        "user/holder.proto",
        &[
            "import \"user/user.proto\";\nmessage Holder {\n  User user = 1;\n}",
            "import \"base/base.proto\";\nmessage Holder {\n  Base user = 1;\n}",
            "message Holder {\n  message Inner {}\n  Inner user = 1;\n}",
        ],
    ),
];

/// Writes the files in the version that each digit of `choice` names.
fn write_files(folder: &Folder, choice: [usize; 5]) {
    for ((path, versions), index) in FILES.iter().zip(choice) {
        let body = versions[index % versions.len()];
        let (imports, rest): (Vec<&str>, Vec<&str>) =
            body.lines().partition(|line| line.starts_with("import"));
        let head = "syntax = \"proto3\";\npackage shop.v1;";
        folder.write(path, &format!("{head}\n{}\n{}\n", imports.join("\n"), rest.join("\n")));
    }
}

/// Returns the part of a finding that does not depend on the releases.
fn without_releases(finding: &Value) -> Value {
    let mut finding = finding.clone();
    let object = finding.as_object_mut().expect("a finding is an object");
    object.retain(|key, _| !["releases", "against"].contains(&&**key));
    for key in ["witness", "witnesses"] {
        let Some(witnesses) = object.get_mut(key) else { continue };
        let several = match witnesses {
            Value::Array(several) => several.iter_mut().collect(),
            one => vec![one],
        };
        for witness in several {
            witness.as_object_mut().expect("it is an object").remove("replay");
        }
    }
    finding
}

/// Checks that the findings against all releases are those against each: each once, with its releases
/// and the worst proof, of equal ones the newest.
fn assert_union(folder: &Folder, releases: usize, about: &str) -> usize {
    let rank = |it: &Value| {
        let levels = ["safe", "note", "lossy", "unproved", "breaks"];
        levels.iter().position(|level| it["level"] == *level).expect("it has a level")
    };
    let key = |it: &Value| {
        ["fingerprint", "path", "start_line", "start_column", "end_column"]
            .map(|key| it[key].to_string())
    };
    let mut expected = BTreeMap::new();
    for release in 1..=releases {
        let name = format!("v{release}.0.0");
        for finding in folder.found(&format!("--against contracts/releases/{name}.binpb")).1 {
            let (worst, names) =
                expected.entry(key(&finding)).or_insert_with(|| (finding.clone(), Vec::new()));
            if rank(&finding) >= rank(worst) {
                *worst = finding;
            }
            names.push(name.clone());
        }
    }
    let (_, found) = folder.found("");
    for finding in &found {
        let of_releases = expected.remove(&key(finding));
        let (worst, names) = of_releases.unwrap_or_else(|| panic!("{about}: {finding}"));
        assert_eq!(finding["releases"], json!(names), "{about}: {finding}");
        assert_eq!(without_releases(finding), without_releases(&worst), "{about}");
    }
    assert!(expected.is_empty(), "{about}: {expected:?}");
    found.len()
}

const POLICY: &str = "version: v2\nlint: {use: [IMPORT_USED]}\nbreaking: {use: [WIRE]}\n";

/// Compares the findings against releases made of random versions of the files with those against
/// each release alone.
fn compare_random(configuration: &str, root: &str, seed: u64) {
    const RELEASES: usize = 4;
    let folder = Folder::new();
    folder.write("buf.yaml", configuration);
    folder.write("wireproof.toml", "[proof]\nrules = ['PROOF']\nfail-on = 'note'\n");
    folder.write("policy.yaml", POLICY);
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).expect("24 bits fit")
    };
    let mut choice = [0; 5].map(|_| next());
    let mut count = 0;
    for release in 1..=RELEASES + 2 {
        write_files(&folder, choice);
        if release > RELEASES {
            count += assert_union(&folder, RELEASES, &format!("{root}, {seed}, {choice:?}"));
        } else {
            folder.ends(0, &format!("wireproof release {release}.0.0"));
        }
        // Most files stay as they are.
        for _ in 0..2 {
            choice[next() % 5] = next();
        }
    }
    assert!(count > 0, "{root}, {seed}: nothing is found");
}

#[test]
fn findings_against_releases_are_those_against_each() {
    for seed in 1..=6 {
        let rules = if seed % 2 == 0 { "WIRE" } else { "FILE" };
        compare_random(&config(rules), rules, seed);
    }
}

#[test]
fn findings_of_several_modules_and_policies_are_those_against_each() {
    let excludes = "version: v2\nlint: {use: [IMPORT_USED]}\nmodules:\n  \
                    - {path: ., includes: [base], breaking: {use: [FILE]}}\n  \
                    - {path: ., includes: [user], breaking: {use: [WIRE]}}\n";
    let policies = format!("{}policies: [{{policy: policy.yaml}}]\n", config("FILE"));
    for seed in 11..=12 {
        compare_random(excludes, "modules", seed);
        compare_random(&policies, "policies", seed);
    }
}

/// The file of an enum is unchanged, and a later release is the first that uses the enum.
#[test]
fn an_enum_is_judged_by_the_fields_of_each_release() {
    let folder = Folder::new();
    folder.write("buf.yaml", &config("FILE"));
    write_files(&folder, [0, 0, 2, 0, 2]);
    folder.ends(0, "wireproof release 1.0.0");
    write_files(&folder, [0, 0, 0, 0, 2]);
    folder.ends(0, "wireproof release 2.0.0");
    write_files(&folder, [0, 2, 0, 0, 2]);
    let (_, found) = folder.found("");
    let deleted =
        found.iter().find(|it| it["type"] == "ENUM_VALUE_NO_DELETE").expect("it is found");
    let surfaces: Vec<String> = witnesses(deleted).iter().map(|it| text(&it["surface"])).collect();
    assert!(surfaces.contains(&"json".to_owned()), "{deleted}");
    assert_union(&folder, 2, "an enum");
}

/// Two modules find the same change and protect other surfaces: the worse proof counts.
#[test]
fn the_worse_proof_of_two_modules_is_shown() {
    for rules in [["FILE", "FIELD_SAME_ONEOF"], ["FIELD_SAME_ONEOF", "FILE"]] {
        let folder = Folder::new();
        let module = |name: &str, rules: &str| {
            format!("  - {{path: {name}, breaking: {{use: [{rules}]}}}}\n")
        };
        let modules = [module("a", rules[0]), module("b", rules[1])].concat();
        folder.write("buf.yaml", &format!("version: v2\nmodules:\n{modules}"));
        folder.write("a/a.proto", &schema("message M { optional int32 a = 1; }"));
        let user = schema("import \"a.proto\";\nmessage N { M m = 1; }");
        folder.write("b/b.proto", &user);
        folder.ends(0, "wireproof release 1.0.0");
        folder.write("a/a.proto", &schema("message M { oneof o { int32 a = 1; } }"));
        for args in ["", "--against contracts/releases/v1.0.0.binpb"] {
            let (_, found) = folder.found(args);
            assert_eq!((found.len(), &found[0]["level"]), (1, &json!("breaks")), "{found:?}");
        }
        // Only binary and RPC are protected by the other module.
        folder.write("wireproof.toml", "[proof]\nsurfaces = ['binary', 'rpc']\n");
        assert_eq!(folder.found("").1[0]["level"], "safe");
    }
}
