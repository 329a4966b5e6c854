//! README and `docs/`: every `wireproof` command in them runs, and every snippet for an installer, a
//! hook or a CI system is one that the tests of those run.

mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{gate, install};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Pages for users of the tool: those of the rules are covered by the tests of the rules.
const PAGES: [&str; 15] = [
    "README.md",
    "SECURITY.md",
    "docs/adopting.md",
    "docs/ci.md",
    COMPAT,
    "docs/configuration.md",
    CONTRACTS,
    "docs/decisions.md",
    "docs/dependencies.md",
    "docs/generate.md",
    "docs/releases.md",
    "docs/reports.md",
    ROUNDTRIP,
    "docs/security.md",
    "proto/README.md",
];

/// The page whose commands need a server: `contract::page` runs them.
const CONTRACTS: &str = "docs/contracts.md";

/// The page that tells stories, each in a repository of its own: `story` follows them.
const COMPAT: &str = "docs/compat.md";

const ROUNDTRIP: &str = "docs/roundtrip.md";

/// Words that a reader replaces, and what the test takes for them.
const PLACEHOLDERS: [(&str, &str); 7] = [
    ("RULE_ID", "FIELD_NO_DELETE"),
    ("RULE", "FIELD_NO_DELETE"),
    ("VERSION", "2.0.0"),
    ("NAME", "rust < /dev/null"),
    ("MESSAGE", "acme.v1.Order"),
    ("10m", "1s"),
    ("\"$GITHUB_STEP_SUMMARY\"", "summary.md"),
];

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect("the page is there")
}

/// Returns the fenced blocks of a page, each with its language.
pub(crate) fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push((language, block.join("\n") + "\n"));
    }
    blocks
}

/// Returns the commands of a page, in its order: lines of `sh` blocks, and code in sentences.
pub(crate) fn commands(text: &str, program: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_block = None;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            in_block = if in_block.is_some() { None } else { Some(language) };
        } else if in_block == Some("sh") {
            commands.push(line.split("    #").next().unwrap_or(line).trim().to_owned());
        } else if in_block.is_none() {
            commands.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    commands.retain(|command| command.starts_with(program));
    commands
}

/// A git repository as the pages assume it: a schema, a release, a template, a branch `main`.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let files = [
        ("buf.yaml", "version: v2\n"),
        (
            "buf.gen.yaml",
            "version: v2\nplugins:\n  - local: [wireproof, plugin, rust]\n    out: src/stubs\n",
        ),
        (
            "acme/v1/order.proto",
            "syntax = \"proto3\";\n\npackage acme.v1;\n\nmessage Order {\n  string id = 1;\n}\n",
        ),
    ];
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    }
    let git = "wireproof release 0.9.0 && git init --quiet --initial-branch=main && git add . && \
               git -c user.name=x -c user.email=x@x commit --quiet --message=x";
    let (code, output) = sh(folder.path(), git);
    assert_eq!(code, Some(0), "{output}");
    folder
}

/// Runs a line of shell in which `wireproof` is the program under test.
pub(crate) fn sh(folder: &Path, line: &str) -> (Option<i32>, String) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_wireproof"));
    let own = program.parent().expect("the program is in a folder").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(own).chain(std::env::split_paths(&others));
    let paths = std::env::join_paths(paths).expect("no folder has a `:` in its name");
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", paths).env_remove("CI");
    let output = command.output().expect("there is a shell");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn every_command_of_the_pages_runs() {
    let mut count = 0;
    for path in PAGES.into_iter().filter(|path| ![COMPAT, CONTRACTS].contains(path)) {
        let repository = repository();
        for command in commands(&page(path), "wireproof ") {
            let line = PLACEHOLDERS.iter().fold(command.clone(), |line, (word, value)| {
                if line.split(' ').any(|part| part == *word) {
                    line.replace(word, value)
                } else {
                    line
                }
            });
            let (code, output) = sh(repository.path(), &line);
            assert!(matches!(code, Some(0 | 100)), "{path}: `{command}`: {code:?}\n{output}");
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} commands: the pages are not read as they are written");
}

#[test]
fn every_install_command_is_one_that_is_tested() {
    let mut count = 0;
    for path in PAGES.into_iter().chain(["CONTRIBUTING.md"]) {
        let text = page(path);
        let comments = blocks(&text).into_iter().flat_map(|(_, block)| {
            let lines = block.lines().filter_map(|line| line.split_once("in a clone: "));
            lines.map(|(_, command)| command.to_owned()).collect::<Vec<_>>()
        });
        for command in commands(&text, "cargo install --locked").into_iter().chain(comments) {
            assert!(install::TESTED.contains(&&*command), "{path}: `{command}`");
            count += 1;
        }
    }
    assert!(count >= 2, "the README says how to install wireproof");
}

/// Returns the YAML of `block`, of which the comments are none of the test's business.
fn yaml(path: &str, block: &str) -> Value {
    serde_saphyr::from_str(block).unwrap_or_else(|error| panic!("{path}: {error}\n{block}"))
}

#[test]
fn every_ci_snippet_uses_what_this_repository_offers() {
    let hooks = yaml(".pre-commit-hooks.yaml", &page(".pre-commit-hooks.yaml"));
    let hooks: Vec<&Value> =
        hooks.as_array().expect("a list").iter().map(|hook| &hook["id"]).collect();
    let action = yaml("action.yml", &page("action.yml"));
    let template = page("templates/wireproof.yml");
    let template = yaml("templates/wireproof.yml", template.split("---\n").next().unwrap_or(""));
    let mut kinds = [0; 3];
    for path in ["README.md", "docs/ci.md"] {
        let text = page(path);
        for (_, block) in blocks(&text).into_iter().filter(|(language, _)| *language == "yaml") {
            let snippet = yaml(path, &block);
            if let Some(repos) = snippet["repos"].as_array() {
                for hook in repos[0]["hooks"].as_array().expect("a list of hooks") {
                    assert!(hooks.contains(&&hook["id"]), "{path}: {hook}");
                }
                kinds[0] += 1;
            } else if let Some(include) = snippet["include"].as_array() {
                let inputs = include[0]["inputs"].as_object().expect("inputs");
                for name in inputs.keys() {
                    assert!(template["spec"]["inputs"].get(name).is_some(), "{path}: {name}");
                }
                kinds[1] += 1;
            } else {
                let steps = snippet["steps"].as_array().or(snippet.as_array()).expect("steps");
                let is_own = |step: &&Value| {
                    step["uses"].as_str().is_some_and(|uses| uses.contains("/wireproof@"))
                };
                let step = steps.iter().find(is_own).expect("a step that uses the action");
                for name in step["with"].as_object().expect("inputs").keys() {
                    assert!(action["inputs"].get(name).is_some(), "{path}: {name}");
                }
                kinds[2] += 1;
            }
        }
    }
    assert_eq!(kinds, [2, 1, 2], "hooks, GitLab, GitHub");
}

#[test]
fn the_finding_of_the_readme_is_what_a_terminal_shows() {
    let repository = gate::repository();
    let schema = repository.path().join("proto/agent/agent_services.proto");
    let text = fs::read_to_string(&schema).expect("it was copied");
    fs::write(&schema, text.replace("  string session_id = 1;\n", "")).expect("it is a copy");
    let script = "script --quiet --return --command 'wireproof check-compat' /dev/null";
    let (code, output) = sh(repository.path(), &format!("NO_COLOR=1 {script}"));
    assert_eq!(code, Some(100), "{output}");
    let readme = page("README.md");
    let (_, shown) = &blocks(&readme)[0];
    // The terminal of the test is 80 columns wide, or has no width: the README breaks its lines.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&output), words(shown), "{output}");
}

/// The counterexample of the page is what the change that it describes gives, with the seed in it.
#[test]
fn the_counterexample_of_the_page_is_found() {
    let text = page(ROUNDTRIP);
    let all = blocks(&text);
    let shown = all.iter().find(|(language, _)| language.is_empty()).expect("the page shows one");
    let settings = all.iter().find(|(language, _)| *language == "toml").expect("and settings");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let schema = |of_items: &str| {
        let text = format!(
            "syntax = \"proto3\";\n\npackage acme.v1;\n\nmessage Order {{\n  string id = 1;\n  \
             {of_items} items = 2;\n}}\n"
        );
        let path = folder.path().join("acme/v1/order.proto");
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    };
    fs::write(folder.path().join("buf.yaml"), "version: v2\n").expect("files can be written");
    schema("int64");
    let (code, output) = sh(folder.path(), "wireproof release 1.0.0");
    assert_eq!(code, Some(0), "{output}");
    schema("int32");
    let (code, output) = sh(folder.path(), "wireproof roundtrip --seed 7");
    assert!(code == Some(0) && output.contains("notes do not fail"), "{output}");
    fs::remove_dir_all(folder.path().join("contracts/regressions")).expect("they were stored");
    fs::write(folder.path().join("wireproof.toml"), &settings.1).expect("files can be written");
    let (code, output) = sh(folder.path(), "wireproof roundtrip --seed 7");
    assert!(code == Some(100) && output.contains(&shown.1), "{output}");
    let replay = shown.1.split("replay: ").nth(1).expect("the finding has it");
    let (code, output) = sh(folder.path(), replay.trim());
    assert!(code == Some(100) && output.contains(&shown.1), "{output}");
}

/// The Rust code of the page is that of a documentation test.
#[test]
fn the_rust_code_of_the_page_is_tested() {
    let source = page("src/value/arbitrary.rs");
    let lines = source.lines().filter_map(|line| line.strip_prefix("///"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("# ")).collect();
    let tested = lines.join("\n").replace("```\n", "```rust\n");
    let text = page(ROUNDTRIP);
    let code: Vec<_> = blocks(&text).into_iter().filter(|(name, _)| *name == "rust").collect();
    assert!(code.len() == 1 && tested.contains(&code[0].1), "{code:?}\n{tested}");
}

/// Words of the left column of the glossary in CONTRIBUTING.md that a reader of Protocol Buffers
/// documentation would have to translate.
const AVOIDED: [&str; 14] = [
    "by chance",
    "are meant",
    "circle",
    "circles",
    "homes",
    "is meant",
    "mend",
    "mended",
    "mends",
    "nobody is told",
    "silence",
    "silenced",
    "twins",
    "whoever",
];

/// Returns the avoided words in `text`, as whole words.
fn avoided(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let text = format!(" {} ", words.join(" ").to_lowercase());
    AVOIDED.into_iter().filter(|word| text.contains(&format!(" {word} "))).collect()
}

/// Returns the string literals of a source file, without its comments and its tests.
fn literals(source: &str) -> String {
    let end = source.find("#[cfg(test)]").unwrap_or(source.len());
    let lines = source[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "");
    code.split('"').skip(1).step_by(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn messages_help_and_docs_use_the_words_of_the_glossary() {
    assert_eq!(avoided("Mend it, whoever."), ["mend", "whoever"]);
    assert_eq!(literals("let a = \"x\"; // \"y\"\n// \"z\"\n#[cfg(test)] \"t\""), "x\ny");
    let mut found = Vec::new();
    let mut check = |path: &Path, text: &str| {
        found.extend(avoided(text).into_iter().map(|word| format!("{}: {word}", path.display())));
    };
    for path in PAGES {
        check(Path::new(path), &page(path));
    }
    let mut folders = vec![Path::new(ROOT).join("src"), Path::new(ROOT).join("docs/rules")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            let is_test = path.components().any(|part| part.as_os_str() == "tests")
                || path.file_name().is_some_and(|name| name.to_string_lossy().contains("tests"));
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.is_dir() => folders.push(path),
                Some("rs") if !is_test => {
                    check(&path, &literals(&fs::read_to_string(&path).expect("text")));
                }
                Some("md") => check(&path, &fs::read_to_string(&path).expect("text")),
                _ => {}
            }
        }
    }
    check(Path::new("--help"), include_str!("snapshots/all__cli__help.snap"));
    assert!(found.is_empty(), "CONTRIBUTING.md has better words:\n{}", found.join("\n"));
}
