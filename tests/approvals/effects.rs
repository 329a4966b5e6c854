//! What round trips and the matrix find of an accepted break is accepted, too, and nothing beside it.

use super::*;

/// A repository in which every difference of data fails.
fn with_data(old: &str, new: &str) -> Repository {
    let repository = Repository::with("FILE", old);
    repository.write("wireproof.toml", "[proof]\nsurfaces = [\"binary\", \"json\"]\n");
    repository.write(FILE, &schema(new));
    repository
}

/// Accepts every break with the command that is printed for it, and returns how many there are.
fn accept_all(repository: &Repository) -> usize {
    let output = repository.findings("CI=true wireproof check-compat");
    let printed = commands(&output);
    for command in &printed {
        repository.run(command);
    }
    printed.len()
}

/// Returns the words of the line of a stage.
fn stage(output: &str, name: &str) -> String {
    let line = output.lines().find(|line| line.starts_with(name)).expect(output);
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Changes of `message M` that lose or change data, and that a rule of FILE reports.
const DATA: &[(&str, &str)] = &[
    ("message M { string a = 1; int32 b = 2; }", "message M { string a = 1; }"),
    ("message M { int32 old_name = 2; }", "message M { int32 new_name = 2; }"),
    ("message M { int64 a = 1; }", "message M { int32 a = 1; }"),
    ("message M { string a = 1; }", "message M { string a = 2; }"),
    ("message M { int32 a = 1; }", "message M { int32 a = 1 [json_name = \"x\"]; }"),
    ("message M { repeated int32 a = 1; }", "message M { int32 a = 1; }"),
    ("message M { optional int32 a = 1; }", "message M { int32 a = 1; }"),
    ("message M { map<string, int64> a = 1; }", "message M { map<string, bool> a = 1; }"),
    (
        "enum E { A = 0; B = 1; C = 2; } message M { E e = 1; map<int32, E> f = 2; }",
        "enum E { A = 0; B = 1; } message M { E e = 1; map<int32, E> f = 2; }",
    ),
    (
        "enum E { A = 0; B = 1; C = 2; } message M { E e = 1; }",
        "enum E { A = 0; B = 2; C = 1; } message M { E e = 1; }",
    ),
    (
        "message A { int64 x = 1; } message B { string x = 1; } message M { repeated A a = 1; }",
        "message A { int64 x = 1; } message B { string x = 1; } message M { repeated B a = 1; }",
    ),
    (
        "message M { message N { string x = 1; int32 y = 2; } N n = 1; map<string, N> m = 2; }",
        "message M { message N { string x = 1; } N n = 1; map<string, N> m = 2; }",
    ),
    (
        "message M { string a = 1; string b = 2; }",
        "message M { oneof o { string a = 1; string b = 2; } }",
    ),
];

/// What round trips find of an accepted break is accepted; otherwise `check` could never pass.
#[cfg(feature = "roundtrip")]
#[test]
fn an_accepted_break_passes_the_stage_of_round_trips() {
    for (old, new) in DATA {
        let repository = with_data(old, new);
        let output = repository.findings("wireproof check");
        assert!(stage(&output, "roundtrip").starts_with("roundtrip FAILED "), "{new}: {output}");
        assert!(accept_all(&repository) > 0, "{new}");
        let (code, output) = sh(repository.path(), "wireproof check");
        assert_eq!(code, Some(0), "{old} → {new}: {output}");
        for name in ["check-compat", "roundtrip"] {
            let line = stage(&output, name);
            assert!(line.contains(" ok ") && line.contains(" accepted "), "{new}: {line}");
        }
        let (code, output) = sh(repository.path(), "wireproof roundtrip --seed 1");
        assert_eq!(code, Some(0), "{old} → {new}: {output}");
        let found = output.lines().filter(|line| line.contains(" ROUNDTRIP ")).collect::<Vec<_>>();
        assert!(!found.is_empty(), "{output}");
        assert!(found.iter().all(|line| line.ends_with("(accepted: old, Ada)")), "{output}");
    }
}

/// An approval covers its own element and its own releases, and nothing beside them.
#[cfg(feature = "roundtrip")]
#[test]
fn what_round_trips_find_elsewhere_still_fails() {
    // `b` is accepted; of `a` no rule of WIRE sees anything.
    let (old, new) = ("message M { int64 a = 1; int32 b = 2; }", "message M { bool a = 1; }");
    let repository = with_data(old, new);
    repository.write("buf.yaml", &config("breaking: {use: [WIRE]}"));
    assert_eq!(accept_all(&repository), 1);
    assert_eq!(repository.found("").0, Some(0));
    let output = repository.findings("wireproof check --error-format json");
    let found: Vec<Value> =
        output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failing = found.iter().filter(|it| it.get("accepted").is_none());
    let failing: Vec<&Value> = failing.map(|it| &it["element"]).collect();
    assert!(!failing.is_empty() && failing.iter().all(|it| **it == "acme.v1.M.a"), "{output}");
    // The same element in a release that the approval does not have.
    let repository = with_data(DATA[0].0, DATA[0].0);
    repository.run("wireproof release 1.1.0");
    repository.write(FILE, &schema(DATA[0].1));
    accept_all(&repository);
    repository.run("wireproof check");
    repository.edit(&repository.approval(), "\"v1.0.0\", ", "");
    let output = repository.findings("wireproof roundtrip --seed 1 --error-format json");
    for line in output.lines().filter(|line| line.contains("\"ROUNDTRIP\"")) {
        let found: Value = serde_json::from_str(line).expect(line);
        let is_covered = found["releases"] == serde_json::json!(["v1.1.0"]);
        assert_eq!(found.get("accepted").is_some(), is_covered, "{line}");
    }
    // A break between two releases concerns the older one.
    let repository = with_data(DATA[0].0, DATA[0].1);
    accept_all(&repository);
    repository.run("wireproof release 2.0.0 && wireproof check && wireproof roundtrip");
    let file = repository.approval();
    let text = fs::read_to_string(repository.path().join(&file)).expect("it is there");
    repository.write(&file, &format!("{text}expires = 2020-01-01\n"));
    repository.findings("wireproof roundtrip");
}

/// A service with all that can be broken.
const SERVICE: &str = "message Q { string a = 1; int64 b = 2; } message R { string a = 1; }\n\
                       service S {\n  rpc One(Q) returns (R);\n  rpc Two(Q) returns (R);\n}\n";

/// Changes of [`SERVICE`].
const CALLS: &[(&str, &str)] = &[
    ("  rpc Two(Q) returns (R);\n", ""),
    ("service S {\n  rpc One(Q) returns (R);\n  rpc Two(Q) returns (R);\n}\n", ""),
    ("rpc One(Q)", "rpc One(stream Q)"),
    ("rpc One(Q) returns (R)", "rpc One(Q) returns (stream R)"),
    ("rpc One(Q)", "rpc One(R)"),
    ("int64 b = 2;", ""),
    ("int64 b = 2;", "int32 b = 2;"),
    ("R { string a = 1; }", "R { bytes a = 1; }"),
];

#[test]
fn an_accepted_break_passes_the_matrix() {
    let deleted = [(SERVICE, "")];
    for (from, to) in CALLS.iter().chain(&deleted) {
        let repository = Repository::with("FILE", SERVICE);
        if to.is_empty() && *from == SERVICE {
            fs::remove_file(repository.path().join(FILE)).expect("it is there");
            repository.write("acme/v1/other.proto", &schema("message Other {}\n"));
        } else {
            repository.edit(FILE, from, to);
        }
        let before = repository.findings("wireproof contract matrix");
        assert!(before.contains(" CONTRACT "), "{before}");
        assert!(accept_all(&repository) > 0, "{to}");
        let (code, output) = sh(repository.path(), "wireproof contract matrix");
        assert_eq!(code, Some(0), "{from} → {to}: {output}");
        assert!(output.contains("(accepted: old, Ada)"), "{output}");
    }
    let repository = Repository::with("FILE", SERVICE);
    repository.edit(FILE, "  rpc Two(Q) returns (R);\n", "");
    accept_all(&repository);
    repository.edit(FILE, "rpc One(Q)", "rpc One(stream Q)");
    let output = repository.findings("wireproof contract matrix");
    let [accepted, fails] = [true, false].map(|is_accepted| {
        output.lines().filter(|it| it.contains("(accepted: ") == is_accepted).collect::<String>()
    });
    assert!(accepted.contains("acme.v1.S.Two") && !accepted.contains("acme.v1.S.One"), "{output}");
    assert!(fails.contains("acme.v1.S.One") && !fails.contains("acme.v1.S.Two"), "{output}");
}
