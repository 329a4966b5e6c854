//! `docs/compat.md`: the page is a script. Its blocks are followed from the top: schemas and settings
//! are written, differences applied, commands run, and outputs compared with what the page shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{COMPAT, commands, page, repository, sh};
use crate::parity::programs::tools;

const SCHEMA: &str = "acme/v1/orders.proto";

/// The last day of the approval on the page, and one that is not over when the test runs.
const LAST_DAY: [&str; 2] = ["2027-06-30", "2999-12-31"];

/// A step of the page.
#[derive(Debug, PartialEq)]
enum Step<'p> {
    /// A fenced block: its language and its text.
    Block(&'p str, String),
    /// A command in a comment, which readers do not see.
    Hidden(&'p str),
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let hidden = line.strip_prefix("<!-- run: ").and_then(|line| line.strip_suffix(" -->"));
        if let Some(command) = hidden {
            steps.push(Step::Hidden(command));
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.push(Step::Block(language, block.join("\n") + "\n"));
        }
    }
    steps
}

/// Returns `text` with the difference applied, which must fit in one place.
fn apply(text: &str, difference: &str) -> String {
    let without = |sign: char| {
        let lines = difference.lines().filter(|line| !line.starts_with(sign));
        lines.map(|line| line[1..].to_owned() + "\n").collect::<String>()
    };
    let (old, new) = (without('+'), without('-'));
    assert_eq!(text.matches(&old).count(), 1, "the difference does not fit:\n{difference}\n{text}");
    text.replace(&old, &new)
}

/// Whether `output` has what the page shows, in its order. Lines may be broken elsewhere, and `…`
/// replaces anything.
fn shows(output: &str, shown: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let output = words(output);
    let mut rest = output.as_str();
    shown.split('…').map(words).all(|part| match rest.split_once(&part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Runs a command of the page, and returns its output. A comment has its exit code, if it is not 0.
fn run(folder: &Path, line: &str) -> String {
    let (command, comment) = line.split_once("    # ").unwrap_or((line, ""));
    let expected = comment.strip_prefix("exit code ").map_or(0, |code| code.parse().expect(line));
    let mut command = command.to_owned();
    if let Some(arguments) = command.strip_prefix("buf ") {
        let Some(buf) = tools::buf() else { return String::new() };
        command = format!("'{}' {arguments}", buf.display());
    }
    let (code, output) = sh(folder, &format!("export CI=true NO_COLOR=1; {command}"));
    assert_eq!(code, Some(expected), "`{line}`\n{output}");
    output
}

/// Follows a section of the page in a repository of its own. Returns how many commands it has, and
/// how many outputs.
fn follow(section: &str) -> (usize, usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path();
    run(folder, "git init --quiet --initial-branch=main");
    run(folder, "git config user.name x && git config user.email x@x");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    };
    let (mut counts, mut output) = ((0, 0), String::new());
    for step in steps(section) {
        match step {
            Step::Block("proto" | "yaml" | "toml", text) => {
                let (name, content) = text.split_once('\n').expect("the first line names the file");
                write(name.trim_start_matches(['/', '#', ' ']), content);
            }
            Step::Block("diff", difference) => {
                let schema = fs::read_to_string(folder.join(SCHEMA)).expect("the page has one");
                write(SCHEMA, &apply(&schema, &difference));
            }
            Step::Block("sh", lines) => {
                counts.0 += lines.lines().count();
                output = lines.lines().map(|line| run(folder, line)).collect();
            }
            Step::Block("", shown) => {
                counts.1 += 1;
                assert!(shows(&output, &shown), "the page shows\n{shown}\nfor\n{output}");
            }
            Step::Block(language, text) => panic!("a block of {language}:\n{text}"),
            Step::Hidden(command) => {
                run(folder, command);
            }
        }
    }
    counts
}

#[test]
fn the_stories_of_the_page_happen() {
    let text = page(COMPAT).replace(LAST_DAY[0], LAST_DAY[1]);
    let (mut stories, mut lines, mut outputs) = (0, 0, 0);
    for section in text.split("\n## ") {
        if section.contains("\n```proto\n") {
            let counts = follow(section);
            (stories, lines, outputs) = (stories + 1, lines + counts.0, outputs + counts.1);
        } else {
            let repository = repository();
            for command in commands(section, "wireproof ") {
                let (code, output) = sh(repository.path(), &command);
                assert!(matches!(code, Some(0 | 100)), "`{command}`: {code:?}\n{output}");
            }
        }
    }
    let known = (stories, lines >= 20, outputs >= 10);
    assert_eq!(known, (2, true, true), "{lines} commands, {outputs} outputs");
}

/// Changes of which the witnesses have all keys, before and after, as text in a message.
const CHANGES: [(&str, &str); 3] = [
    ("int64 a = 1;", "int32 a = 1;"),
    ("string a = 2;", "int64 a = 2;"),
    ("} service S { rpc Get(A) returns (A);", "} service S { rpc Get(B) returns (B);"),
];

/// Adds the keys of the object `value` to `keys`, and those of its readings.
fn add_keys(value: &Value, keys: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        keys.insert(key.clone());
        for reading in value.as_array().filter(|_| key == "readings").into_iter().flatten() {
            add_keys(reading, keys);
        }
    }
}

#[test]
fn the_keys_of_witnesses_are_in_the_table_of_the_page() {
    let (mut of_findings, mut of_witnesses) = (BTreeSet::new(), BTreeSet::new());
    for (old, new) in CHANGES {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let folder = folder.path();
        let write = |field: &str| {
            let types = "message A { int32 a = 1; reserved 2; }\nmessage B { string a = 1; }\n";
            let text =
                format!("syntax = \"proto3\";\npackage a;\nmessage M {{ {field} }}\n{types}");
            fs::write(folder.join("a.proto"), text).expect("files can be written");
        };
        write(old);
        run(folder, "wireproof release 1.0.0");
        write(new);
        let (_, output) = sh(folder, "wireproof check-compat --error-format json");
        for line in output.lines() {
            let finding: Value = serde_json::from_str(line).expect("a finding");
            of_findings.extend(finding.as_object().expect("an object").keys().cloned());
            let several = finding["witnesses"].as_array().into_iter().flatten();
            several.chain(finding.get("witness")).for_each(|it| add_keys(it, &mut of_witnesses));
        }
    }
    let text = page("docs/reports.md");
    let (_, table) = text.split_once("The keys of a witness").expect("the page has a table");
    let (table, after) = table.split_once("\n\n`sarif`").expect("sarif follows");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut rows: BTreeSet<String> = rows.map(str::to_owned).collect();
    rows.insert("runtimes".to_owned());
    assert_eq!(of_witnesses, rows);
    assert!(of_findings.contains("witnesses") && text.contains("| `witnesses` |"));
    assert!(["`proof`", "`witnesses`", "`noWitness`"].iter().all(|key| after.contains(key)));
}

#[test]
fn a_page_that_is_wrong_fails() {
    assert!(shows("a\n  b: c d\ne", "b: … d e") && shows("a b", "a b"));
    assert!(!shows("a b", "b … a") && !shows("a b", "a c") && !shows("a", "…a…a"));
    assert_eq!(apply("a\nb\nc\n", " a\n-b\n+d\n+e\n"), "a\nd\ne\nc\n");
    let steps = steps("x\n<!-- run: y -->\n```sh\nz\n```\n");
    assert_eq!(steps, [Step::Hidden("y"), Step::Block("sh", "z\n".to_owned())]);
}
