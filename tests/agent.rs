//! The contract in `proto/` as wireproof and the real buf lint it: clean, with exceptions for the
//! names that package `agent` published before there was a linter, each of them needed, and with
//! none for its successor.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::gate::repository;
use crate::parity::programs::tools;

/// What a linter says of the contract under `configuration`: the path and the rule of each finding.
type Lint = fn(&str) -> Option<BTreeSet<(String, String)>>;

/// Both have to say the same; the real buf may not be there, and then says nothing.
const LINTERS: [Lint; 2] = [
    |configuration| Some(lint(tools::wireproof(), configuration)),
    |configuration| Some(lint(tools::buf()?, configuration)),
];

fn lint(program: &Path, configuration: &str) -> BTreeSet<(String, String)> {
    let copy = repository();
    fs::write(copy.path().join("buf.yaml"), configuration).expect("the copy can be written to");
    let answer = tools::run(program, copy.path(), &["lint", "--error-format", "json"]);
    assert!(matches!(answer.code, 0 | 100), "{}: {}", program.display(), answer.stderr);
    answer.findings().into_iter().map(|found| (found.path, found.rule)).collect()
}

/// A file of the repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One exception in `buf.yaml`: where its two lines begin, the rule, the path.
struct Exception<'a> {
    line: usize,
    rule: &'a str,
    path: &'a str,
}

/// The exceptions: a line with a rule, `    RULE:`, and one with a path, `      - PATH`.
fn exceptions(configuration: &str) -> Vec<Exception<'_>> {
    let lines: Vec<&str> = configuration.lines().collect();
    let pairs = lines.windows(2).enumerate();
    let found = pairs.filter_map(|(line, pair)| {
        let rule = pair[0].strip_prefix("    ")?.strip_suffix(':')?;
        let path = pair[1].strip_prefix("      - ")?;
        Some(Exception { line, rule, path })
    });
    found.collect()
}

#[test]
fn the_contract_is_clean() {
    let configuration = read("buf.yaml");
    for category in ["STANDARD", "COMMENTS"] {
        assert!(configuration.contains(&format!("    - {category}\n")), "{category} is in use");
    }
    for findings in LINTERS.iter().filter_map(|lint| lint(&configuration)) {
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

#[test]
fn each_exception_is_needed_and_has_its_reason() {
    let configuration = read("buf.yaml");
    let exceptions = exceptions(&configuration);
    let paths = configuration.lines().filter(|line| line.starts_with("      - ")).count();
    assert_eq!((exceptions.len(), paths), (4, 4), "one path an exception");
    let lines: Vec<&str> = configuration.lines().collect();
    for Exception { line, rule, path } in exceptions {
        assert!(lines[line - 1].trim().starts_with('#'), "{rule} says why");
        let without = [&lines[..line], &lines[line + 2..]].concat().join("\n");
        let expected = BTreeSet::from([(path.to_owned(), rule.to_owned())]);
        for findings in LINTERS.iter().filter_map(|lint| lint(&without)) {
            assert_eq!(findings, expected, "without the exception of {rule}");
        }
    }
}

#[test]
fn the_successor_has_no_exceptions() {
    let configuration = read("buf.yaml");
    let ignored = |exception: &Exception<'_>| !exception.path.starts_with("proto/agent/v2");
    assert!(exceptions(&configuration).iter().all(ignored));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/agent/v2");
    for file in fs::read_dir(folder).expect("the successor is there") {
        let path = file.expect("its folder can be read").path();
        let text = fs::read_to_string(&path).expect("schemas are text");
        assert!(!text.contains("lint:ignore"), "{} has no exceptions", path.display());
        let imports = text.lines().filter_map(|line| line.strip_prefix("import \""));
        let foreign = imports.filter(|path| !path.starts_with("agent/v2/"));
        let foreign = foreign.filter(|path| !path.starts_with("google/api/annotations.proto"));
        let foreign: Vec<&str> =
            foreign.filter(|path| !path.starts_with("google/protobuf/")).collect();
        assert!(
            foreign.is_empty(),
            "{} needs more than protobuf and routes: {foreign:?}",
            path.display()
        );
    }
}

/// Together the interactions of the consumers call every method of both packages.
#[test]
fn every_method_has_an_interaction() {
    use wireproof::workspace::{Load, Options, load};
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(Load::Ready(loaded)) = load(".", &Options::new(root)) else {
        panic!("the contract compiles")
    };
    let own = loaded.schema.services().filter(|service| !service.file().is_import());
    let methods: BTreeSet<String> =
        own.flat_map(|service| service.methods()).map(|method| method.full_name()).collect();
    assert!(methods.len() >= 15, "{methods:?}");
    let mut called = BTreeSet::new();
    let mut folders = vec![root.join("contracts/interactions")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("it is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("it can be read");
            let named = text
                .lines()
                .filter_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix("method: "));
            called.extend(named.map(|name| name.replace('/', ".")));
        }
    }
    let missing: Vec<&String> = methods.difference(&called).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
