//! What does not compile, and what does although it looks as if it did not: one file a topic in
//! `fixtures/compile`. The first line says which, and in a file that is refused `// error: …` at
//! the end of a line says what is to be found there. Every file is asked of the real buf, too.

use crate::parity::programs::tools;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// What was found: file and line, and the messages there.
type Findings = BTreeMap<(String, u64), Vec<String>>;

const EXPECTED: &str = " // error: ";

#[test]
fn fixtures_are_refused_where_they_say() {
    let module = module();
    let expected = expected(module.path());
    let found = build(env!("CARGO_BIN_EXE_wireproof").as_ref(), module.path());
    assert_eq!(places(&found), places(&expected));
    for (place, texts) in &expected {
        let said = |text: &String| found[place].iter().any(|message| message.contains(text));
        assert!(texts.iter().all(said), "{place:?}: {texts:?} but {:?}", found[place]);
    }
}

#[test]
fn buf_refuses_the_same_lines() {
    let Some(buf) = std::env::var_os("WIREPROOF_BUF") else {
        // Not eprintln: that is captured, and nobody would know.
        let _ = writeln!(std::io::stderr(), "SKIPPED compile fixtures: WIREPROOF_BUF names no buf");
        return;
    };
    let module = module();
    let expected = expected(module.path());
    assert_eq!(places(&build(buf.as_ref(), module.path())), places(&expected));
}

/// The fixtures as one module, outside of the repository and its `buf.yaml`.
fn module() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compile");
    for entry in std::fs::read_dir(fixtures).expect("the fixtures are there") {
        let path = entry.expect("they can be listed").path();
        let name = path.file_name().expect("a file has a name");
        std::fs::copy(&path, folder.path().join(name)).expect("they can be copied");
    }
    std::fs::write(folder.path().join("buf.yaml"), "version: v2\n").expect("it can be written");
    folder
}

/// What the files of `module` say about themselves.
fn expected(module: &Path) -> Findings {
    let mut findings = Findings::new();
    for entry in std::fs::read_dir(module).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_none_or(|extension| extension != "proto") {
            continue;
        }
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let marks = (1..).zip(text.lines()).filter_map(|(number, line)| {
            let (_, mark) = line.split_once(EXPECTED)?;
            Some(((name.clone(), number), vec![mark.to_owned()]))
        });
        let before = findings.len();
        findings.extend(marks);
        let is_refused = text.starts_with("// reject: ");
        assert!(is_refused || text.starts_with("// accept\n"), "{name}: what is expected?");
        assert_eq!(is_refused, findings.len() > before, "{name}: marks and first line disagree");
    }
    findings
}

/// What `program build` finds in `module`.
fn build(program: &Path, module: &Path) -> Findings {
    let mut command = Command::new(program);
    command.args(["build", "--error-format", "json"]).current_dir(module);
    let output = command.output().expect("the program starts");
    // buf puts what does not compile on standard error.
    let said = [output.stdout, output.stderr].concat();
    let mut findings = Findings::new();
    for line in String::from_utf8_lossy(&said).lines() {
        let finding: serde_json::Value = serde_json::from_str(line).expect("a finding a line");
        let text = |key: &str| finding[key].as_str().expect("findings have it").to_owned();
        let line = finding["start_line"].as_u64().expect("findings have it");
        findings.entry((text("path"), line)).or_default().push(text("message"));
    }
    findings
}

fn places(findings: &Findings) -> Vec<&(String, u64)> {
    findings.keys().collect()
}

/// What a misspelled name may have been meant to be, and a brace that is not closed.
#[test]
fn errors_say_what_may_have_been_meant() {
    let folder = tools::temporary();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it is made");
        std::fs::write(path, text).expect("it can be written");
    };
    write("q/types.proto", "syntax = \"proto3\";\npackage q;\nenum Kind { KIND_A = 0; }\n");
    let field = |name: &str| format!("message M {{ {name} a = 1; }}\nmessage Order {{}}");
    let import = |path: &str| format!("import \"{path}\";");
    let method =
        |name: &str| format!("service S {{ rpc A({name}) returns (Order); }} {}", field("int32"));
    for (text, help) in [
        (field("Ordre"), "did you mean `p.Order`?"),
        (field("strng"), "did you mean `string`?"),
        (field("int"), "did you mean `int32`?"),
        (field("boolean"), "did you mean `bool`?"),
        (field("Kind"), "did you mean `q.Kind`? It needs `import \"q/types.proto\";`"),
        (
            field("Timestamp"),
            "did you mean `google.protobuf.Timestamp`? It needs `import \"google/protobuf/timestamp.proto\";`",
        ),
        (field("google.protobuf.Any"), "add `import \"google/protobuf/any.proto\";`"),
        (field("Unlike"), ""),
        (method("Oder"), "did you mean `p.Order`?"),
        (method("string"), "the type has to be a message"),
        (
            import("types.proto"),
            "did you mean `import \"q/types.proto\";`? Import paths begin at the root of a module.",
        ),
        (import("q/type.proto"), "did you mean `import \"q/types.proto\";`?"),
        (import("qq/types.proto"), ""),
        (
            import("google/protobuf/timestmp.proto"),
            "did you mean `import \"google/protobuf/timestamp.proto\";`?",
        ),
        (import("r/other.proto"), ""),
        (
            "message A {\n  message B {\n    string a = 1;\n}\n".to_owned(),
            "the `{` in line 2 is not closed",
        ),
    ] {
        write("p.proto", &format!("syntax = \"proto3\";\npackage p;{text}\n"));
        let program = tools::wireproof();
        let mut command = tools::command(program, folder.path());
        let output = command.arg("build").env("CI", "true").output().expect("it runs");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(100), "{text}: {shown}");
        let found = shown.lines().find_map(|line| line.trim().strip_prefix("help: "));
        assert_eq!(found.unwrap_or_default(), help, "{text}: {shown}");
    }
}
