//! Three repositories that use buf adopt wireproof, by the commands of docs/adopting.md and
//! docs/dependencies.md and nothing else: from nothing to a gate that passes, hooks that pass, and a
//! break that both stop.
//!
//! A registry cannot be had here: `buf export` of a module is run by the real buf, on a folder that
//! stands for the module.

use std::fs;
use std::path::{Path, PathBuf};

use crate::dependencies::Repository;
use crate::docs::{blocks, sh};
use crate::hooks::hooks;
use crate::parity::programs::tools::{buf, say};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns a repository that uses buf, with everything committed.
fn repository(files: &[(&str, &str)]) -> Repository {
    let repository = Repository::new(files);
    repository.commit();
    repository
}

impl Repository {
    /// Runs a line of shell, which has to succeed. Returns what it prints.
    fn succeeds(&self, line: &str) -> String {
        let (code, printed) = sh(self.path(), line);
        assert_eq!(code, Some(0), "{line}\n{printed}");
        printed
    }

    /// Runs the commands of a page that begin with `command`.
    fn follows(&self, page: &str, command: &str) -> String {
        let lines = commands(page);
        let lines = lines.iter().filter(|line| line.starts_with(command));
        let printed: Vec<String> = lines.map(|line| self.succeeds(line)).collect();
        assert!(!printed.is_empty(), "{page} has no command `{command}`");
        printed.concat()
    }

    /// Runs the hooks of the gate on what is staged. Returns whether they pass, and what they print.
    fn hooks(&self) -> (bool, String) {
        let mut passed = true;
        let mut all = String::new();
        for hook in hooks() {
            let entry = hook["entry"].as_str().expect("a hook has an entry").to_owned();
            let has_template = self.path().join("buf.gen.yaml").exists();
            if entry.contains("generate") && !has_template {
                continue;
            }
            let (code, printed) = sh(self.path(), &entry);
            passed &= code == Some(0);
            all += &printed;
        }
        (passed, all)
    }

    /// Goes through the last steps: the release, the gate, the commit; then a break of `schema`,
    /// which is `from` replaced by nothing.
    fn adopts(&self, schema: &str, from: &str) -> String {
        self.follows("adopting.md", "wireproof release");
        let checked = self.follows("adopting.md", "wireproof check");
        self.succeeds("git add --all");
        let (passed, printed) = self.hooks();
        assert!(passed, "the hooks pass:\n{printed}");
        self.commit();
        let path = self.path().join(schema);
        let text = fs::read_to_string(&path).expect("the schema is there");
        assert_eq!(text.matches(from).count(), 1, "{schema} has one {from:?}");
        fs::write(&path, text.replace(from, "")).expect("it can be written");
        self.succeeds("git add --all");
        let (passed, printed) = self.hooks();
        assert!(!passed && printed.contains("FIELD_NO_DELETE"), "the break is stopped:\n{printed}");
        let (code, printed) = sh(self.path(), "wireproof check");
        assert!(code == Some(100) && printed.contains("FIELD_NO_DELETE"), "{printed}");
        checked
    }
}

/// Returns the lines of the `sh` blocks of a page.
fn commands(page: &str) -> Vec<String> {
    let text = read(page);
    let blocks = blocks(&text).into_iter().filter(|(language, _)| *language == "sh");
    blocks
        .flat_map(|(_, block)| block.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .collect()
}

/// Returns the only block of a page in `language` that contains `part`.
fn block(page: &str, language: &str, part: &str) -> String {
    let text = read(page);
    let found: Vec<String> = blocks(&text)
        .into_iter()
        .filter(|(of, block)| *of == language && block.contains(part))
        .map(|(_, block)| block)
        .collect();
    assert_eq!(found.len(), 1, "{page} has one {language} block with {part:?}");
    found[0].clone()
}

fn read(page: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join("docs").join(page)).expect("it is there");
    // Blocks in lists are indented.
    text.replace("\n   ", "\n")
}

/// The page has two modules in its example: a repository with both, in the first version of the
/// configuration, whose managed mode leaves one of them alone.
#[test]
fn a_repository_with_dependencies_adopts_wireproof() {
    let (Some(buf), Some(go)) = (buf(), plugin("WIREPROOF_PROTOC_GEN_GO")) else { return };
    let registry = tempfile::tempdir().expect("a temporary folder can be made");
    let module = |name: &str, path: &str, text: &str| {
        let path = registry.path().join(name).join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    };
    module(
        "googleapis",
        "google/type/date.proto",
        "syntax = \"proto3\";\npackage google.type;\noption go_package = \
         \"google.golang.org/genproto/googleapis/type/date;date\";\nmessage Date {\n  int32 year = 1;\n}\n",
    );
    module(
        "protovalidate",
        "buf/validate/validate.proto",
        "syntax = \"proto2\";\npackage buf.validate;\noption go_package = \"example.com/validate\";\nimport \"google/protobuf/descriptor.proto\";\n\
         extend google.protobuf.FieldOptions {\n  optional bool checked = 1159;\n}\n",
    );
    // Stands in for the registry: the name of a module becomes its folder.
    let shim = format!(
        "#!/bin/sh\nset -e\nmodule=$(basename \"$2\")\nshift 2\nexec '{}' export '{}'/$module \"$@\"\n",
        buf.display(),
        registry.path().display()
    );
    let repository = repository(&[
        (
            "buf.yaml",
            "version: v1\nname: buf.build/acme/weather\ndeps:\n  - buf.build/googleapis/googleapis\n  \
             - buf.build/bufbuild/protovalidate\n",
        ),
        (
            "buf.gen.yaml",
            "version: v1\nmanaged:\n  enabled: true\n  go_package_prefix:\n    default: example.com/acme/gen\n    \
             except:\n      - buf.build/googleapis/googleapis\n      - buf.build/bufbuild/protovalidate\n\
             plugins:\n  - plugin: go\n    path: @GO@\n    out: gen\n    opt: paths=source_relative\n",
        ),
        (
            "weather/v1/weather.proto",
            "syntax = \"proto3\";\n\npackage weather.v1;\n\nimport \"buf/validate/validate.proto\";\n\
             import \"google/type/date.proto\";\n\nmessage Report {\n  google.type.Date day = 1;\n  \
             string city = 2 [(buf.validate.checked) = true];\n}\n",
        ),
        // What buf generated.
        ("gen/weather/v1/weather.pb.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\n"),
        (".tools/buf", &shim),
    ]);
    let template = fs::read_to_string(repository.path().join("buf.gen.yaml")).expect("it is there");
    let template = template.replace("@GO@", &go.display().to_string());
    repository.write(&[("buf.gen.yaml", &template)]);
    for line in commands("dependencies.md").iter().filter(|line| line.starts_with("buf export")) {
        let line = line.strip_prefix("buf ").expect("it begins so");
        repository.succeeds(&format!("sh .tools/buf {line}"));
    }
    let table = block("dependencies.md", "toml", "[deps.vendor]");
    repository.write(&[("wireproof.toml", &table)]);
    repository.follows("dependencies.md", "wireproof lint");
    repository.follows("adopting.md", "wireproof generate");
    let generated = fs::read_to_string(repository.path().join("gen/weather/v1/weather.pb.go"));
    let generated = generated.expect("it is generated");
    assert!(
        generated.contains("\"google.golang.org/genproto/googleapis/type/date\""),
        "the package of the dependency is its own: {generated}"
    );
    repository.adopts("weather/v1/weather.proto", "  google.type.Date day = 1;\n");
}

#[test]
fn a_repository_with_two_modules_and_remote_plugins_adopts_wireproof() {
    let repository = repository(&[
        ("buf.yaml", "version: v2\nmodules:\n  - path: common\n  - path: shop\n"),
        (
            "buf.gen.yaml",
            "version: v2\nplugins:\n  - remote: buf.build/protocolbuffers/go:v1.36.6\n    out: gen/go\n  \
             - remote: buf.build/community/neoeinstein-prost:v0.4.0\n    out: gen/rust\n  \
             - local: [wireproof, plugin, openapi]\n    out: gen/openapi\n    strategy: all\n    opt: all=true\n",
        ),
        (
            "common/common/v1/money.proto",
            "syntax = \"proto3\";\n\npackage common.v1;\n\nmessage Money {\n  int64 cents = 1;\n}\n",
        ),
        (
            "shop/shop/v1/shop.proto",
            "syntax = \"proto3\";\n\npackage shop.v1;\n\nimport \"common/v1/money.proto\";\n\n\
             message Order {\n  string id = 1;\n  common.v1.Money price = 2;\n}\n\n\
             message BuyRequest {\n  Order order = 1;\n}\n\nmessage BuyResponse {}\n\n\
             service ShopService {\n  rpc Buy(BuyRequest) returns (BuyResponse);\n}\n",
        ),
        // What buf generated, with the same plugin.
        ("gen/openapi/openapi.json", "{}\n"),
    ]);
    let (code, printed) = sh(repository.path(), "wireproof generate --force");
    assert_eq!(code, Some(1), "{printed}");
    let document = fs::read_to_string(repository.path().join("gen/openapi/openapi.json"));
    assert!(document.expect("it is generated").contains("ShopService"), "the local plugin has run");
    for plugin in ["buf.build/protocolbuffers/go", "buf.build/community/neoeinstein-prost"] {
        assert!(printed.contains(plugin), "{plugin} is named: {printed}");
    }
    let checked = repository.adopts("shop/shop/v1/shop.proto", "  common.v1.Money price = 2;\n");
    assert!(checked.contains("not checked"), "{checked}");
}

#[test]
fn a_repository_with_200_lint_findings_adopts_wireproof() {
    use std::fmt::Write as _;

    let mut schema = "syntax = \"proto3\";\n\npackage old.v1;\n\nmessage Old {\n".to_owned();
    for number in 1..=200 {
        writeln!(schema, "  string Field{number} = {number};").expect("a string has room");
    }
    schema.push_str("}\n");
    let repository = repository(&[("buf.yaml", "version: v2\n"), ("old/v1/old.proto", &schema)]);
    let (code, printed) = sh(repository.path(), "wireproof lint");
    assert_eq!((code, printed.matches("FIELD_LOWER_SNAKE_CASE").count()), (Some(100), 200));
    repository.follows("adopting.md", "wireproof lint --write-baseline");
    repository.write(&[("wireproof.toml", &block("adopting.md", "toml", "baseline"))]);
    repository.adopts("old/v1/old.proto", "  string Field100 = 100;\n");
    // A new finding is reported, those of the baseline are not.
    repository.succeeds("git reset --quiet --hard");
    let path = repository.path().join("old/v1/old.proto");
    fs::write(&path, schema.replace("}\n", "  string New = 201;\n}\n")).expect("it can be written");
    let (code, printed) = sh(repository.path(), "wireproof lint");
    assert_eq!(
        (code, printed.matches("FIELD_LOWER_SNAKE_CASE").count()),
        (Some(100), 1),
        "{printed}"
    );
}

/// Returns a plugin that `cargo xtask tools` installs; none without it.
fn plugin(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "{variable} names no program: `cargo xtask tools` installs it");
        say(&format!("SKIPPED: {variable} names no program: `cargo xtask tools` installs it"));
    }
    found
}
