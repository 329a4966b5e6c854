//! docs/contracts.md and docs/interactions.schema.json: the commands run, the files hold, and page,
//! JSON Schema and program know the same keys.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value as Json;

use super::provider::{self, Fault};
use super::{library, runtime, types, wireproof, workspace};
use crate::docs;
use crate::parity::programs::tools;

const PAGE: &str = include_str!("../../docs/contracts.md");
const SCHEMA: &str = include_str!("../../docs/interactions.schema.json");

fn schema() -> Json {
    serde_json::from_str(SCHEMA).expect("the JSON Schema is JSON")
}

/// Returns what is wrong with an interaction file; empty if nothing is.
fn wrong(file: &str) -> Vec<String> {
    let file: Json = serde_saphyr::from_str(file).expect("the file is YAML");
    let validator = jsonschema::draft202012::new(&schema()).expect("the JSON Schema is one");
    validator.iter_errors(&file).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// Returns the file that a block of the page is, and its content: the first line names it.
fn file(block: &str) -> Option<&str> {
    let name = block.lines().next()?.strip_prefix("# ")?;
    (name.ends_with(".yaml") || name.ends_with(".toml")).then_some(name)
}

/// The page is followed from its beginning: its files are written, and its commands are run, with
/// the addresses of a provider that runs.
#[test]
fn the_page_can_be_followed() {
    let (folder, runtime) = (tools::temporary(), runtime());
    let folder = folder.path();
    for file in ["buf.yaml", "library/v1/library.proto"] {
        let to = folder.join(file);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        fs::copy(library().join(file), to).expect("it can be copied");
    }
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let real = |text: &str| {
        text.replace("127.0.0.1:50051", &provider.address.to_string())
            .replace("127.0.0.1:50052", &provider.states.to_string())
    };
    let mut ran = Vec::new();
    for (language, block) in docs::blocks(PAGE) {
        match language {
            "yaml" | "toml" => {
                let Some(name) = file(&block) else { continue };
                fs::write(folder.join(name), &block)
                    .expect("the command before it made the folder");
                if language == "yaml" {
                    assert_eq!(wrong(&block), [""; 0], "{name}");
                } else {
                    // The page says what the program prints.
                    let printed = block.split("# prints: ").nth(1).expect("the page says it");
                    let script =
                        format!("#!/bin/sh\necho \"{}\"\nsleep 600\n", real(printed.trim()));
                    let path = folder.join("serve");
                    fs::write(&path, script).expect("it can be written");
                    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
                        .expect("it is ours");
                }
            }
            "sh" => {
                for line in block.lines() {
                    let command = line.split("    #").next().unwrap_or(line).trim();
                    let (code, output) = docs::sh(folder, &real(command));
                    assert_eq!(code, Some(0), "{command}: {output}");
                    ran.push((command.to_owned(), output));
                }
            }
            _ => {}
        }
    }
    let output = |part: &str| {
        let found = ran.iter().find(|(command, _)| command.contains(part));
        found.map_or_else(|| panic!("the page runs `{part}`"), |(_, output)| output.as_str())
    };
    assert!(output("contract new").contains("wrote contracts/interactions/web/GetBook.yaml"));
    assert!(output("check").contains("1 interaction, no `contract.provider`"));
    for command in ["contract verify", "contract test"] {
        assert!(output(command).contains("1 pass of 1 interaction of 1 consumer"), "{command}");
    }
    for command in docs::commands(PAGE, "wireproof ") {
        assert!(ran.iter().any(|(known, _)| *known == command), "`{command}` did not run");
    }
    // With all files of the page.
    let (code, output) = docs::sh(folder, "wireproof check");
    let all = "2 pass of 2 interactions of 1 consumer";
    assert!(code == Some(0) && output.contains(all), "{output}");
}

/// In CI a provider whose program does not exist is an error; elsewhere it is skipped.
#[test]
fn a_missing_provider_fails_in_ci_only() {
    let folder = workspace();
    let toml = "[contract]\nprovider = [\"no-such-program\"]\n";
    fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    let (code, output) = docs::sh(folder.path(), "CI= wireproof check");
    assert!(code == Some(0) && output.contains("SKIPPED"), "{output}");
    let (code, output) = docs::sh(folder.path(), "CI=true wireproof check");
    assert!(code == Some(1) && output.contains("no-such-program"), "{output}");
}

#[test]
fn the_json_schema_takes_what_wireproof_takes() {
    let file = library().join("contracts/interactions/reader/library.yaml");
    let file = fs::read_to_string(file).expect("it is there");
    assert_eq!(wrong(&file), [""; 0]);
    let folder = workspace();
    let new = ["contract", "new", "--consumer", "web"];
    for method in ["GetBook", "ReadBook", "UploadBook", "Discuss", "CountReaders"] {
        let full = format!("library.v1.LibraryService.{method}");
        let answer = wireproof(folder.path(), &[&new[..], &[full.as_str()]].concat());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let path = format!("contracts/interactions/web/{method}.yaml");
        let file = fs::read_to_string(folder.path().join(path)).expect("it was written");
        assert_eq!(wrong(&file), [""; 0], "{file}");
    }
}

const HEAD: &str = "consumer: web\nrelease: unreleased\ninteractions:\n- name: a\n  \
                    method: library.v1.LibraryService.GetBook\n";

/// Returns what `check` finds with one more interaction file.
fn checked(file: &str) -> tools::Answer {
    let folder = workspace();
    let path = folder.path().join("contracts/interactions/web/a.yaml");
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, file).expect("it can be written");
    wireproof(folder.path(), &["check"])
}

#[test]
fn the_json_schema_refuses_what_wireproof_refuses() {
    for rest in [
        "",
        "  respons: {}\n  response: {}\n",
        "  response: {status: BAD}\n",
        "  response: {status: {code: OK, text: a}}\n",
        "  response: {within: 5}\n",
        "  response: {within: 5h}\n",
        "  response: {message: {}, stream: {}}\n",
        "  response: {headers: {a: {$range: [1, 2]}}}\n",
        "  response: {message: {book: {title: {$rex: a}}}}\n",
        "  response: {message: {book: {title: {$type: text}}}}\n",
        "  response: {message: {book: {pages: {$range: [1]}}}}\n",
        "  response: {message: {book: {price: {$absent: false}}}}\n",
        "  response: {message: {book: {readTime: {$now: 1m}}}}\n",
        "  response: {message: {$type: message}}\n",
        "  request: {metadata: {Authorization: a}}\n  response: {}\n",
        "  request: {metadata: {grpc-timeout: a}}\n  response: {}\n",
        "  request: {metadata: {a: 1}}\n  response: {}\n",
        "  request: {message: {}, messages: []}\n  response: {}\n",
        "  request: {cancel_after: soon}\n  response: {}\n",
    ] {
        let file = format!("{HEAD}{rest}");
        let answer = checked(&file);
        assert!(answer.code == 100 && answer.stdout.contains("CONTRACT"), "{file}{answer:?}");
        assert!(!wrong(&file).is_empty(), "{file}");
    }
    let file = format!("{HEAD}  response: {{}}\n");
    assert_eq!((checked(&file).code, wrong(&file).len()), (0, 0));
}

/// What wireproof lists as known, the JSON Schema has, and the page describes.
#[test]
fn page_json_schema_and_program_know_the_same_keys() {
    let schema = schema();
    let properties = |pointer: &str| -> BTreeSet<String> {
        let found = schema.pointer(pointer).and_then(Json::as_object);
        found.expect("the JSON Schema has it").keys().cloned().collect()
    };
    let described = |key: &str| PAGE.contains(&format!("`{key}`"));
    let read_book = HEAD.replace("GetBook", "ReadBook");
    for (pointer, file) in [
        ("/properties", "x: 1\n".to_owned()),
        ("/$defs/interaction/properties", format!("{HEAD}  x: 1\n")),
        ("/$defs/request/properties", format!("{HEAD}  request: {{x: 1}}\n  response: {{}}\n")),
        ("/$defs/response/properties", format!("{HEAD}  response: {{x: 1}}\n")),
        ("/$defs/status/properties", format!("{HEAD}  response: {{status: {{x: 1}}}}\n")),
        ("/$defs/stream/properties", format!("{read_book}  response: {{stream: {{x: 1}}}}\n")),
    ] {
        let output = checked(&file).stdout;
        let known = output.split("known keys here: ").nth(1).and_then(|rest| rest.lines().next());
        let known = known.unwrap_or_else(|| panic!("{pointer}: {output}"));
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        assert_eq!(known, properties(pointer), "{pointer}");
        let missing: Vec<&String> = known.iter().filter(|key| !described(key)).collect();
        assert!(missing.is_empty(), "the page does not describe {missing:?}");
    }
    let output =
        checked(&format!("{HEAD}  response: {{message: {{book: {{title: {{$x: a}}}}}}}}\n")).stdout;
    let matchers = properties("/$defs/value/properties");
    let row = |name: &str| PAGE.contains(&format!("| `{{{name}: "));
    for matcher in matchers.iter().filter(|name| !["$min", "$max"].contains(&name.as_str())) {
        assert!(output.contains(matcher.as_str()) && row(matcher), "{matcher}: {output}");
    }
    let listed = output.split("unknown matcher; there are").nth(1).unwrap_or_default();
    let listed = listed.lines().next().unwrap_or_default();
    assert_eq!(listed.matches('$').count() + 2, matchers.len(), "{listed}");
    let link = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/interactions.schema.json");
    assert!(link.is_file() && PAGE.contains("(interactions.schema.json)"));
}
