//! The rules of protovalidate in `rules.txt`, patterns in `patterns.txt`, expressions in
//! `expressions.txt`, and generated rules: through both programs, each in a line of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::parity::differences;
use crate::parity::generator::print::Sources;
use crate::parity::generator::random_rules;
use crate::parity::programs::scale;
use crate::parity::programs::tools::{self, Answer, Finding};

/// The names and numbers of the options, from the fixture of the rule.
const VALIDATE: &str = include_str!("../fixtures/lint/PROTOVALIDATE/buf/validate/validate.proto");

const CONFIG: &str = "version: v2\nlint:\n  use: [PROTOVALIDATE]\n  ignore: [buf]\n";

const IMPORTS: &str = "package parity; \
    import \"buf/validate/validate.proto\"; import \"google/protobuf/any.proto\"; \
    import \"google/protobuf/duration.proto\"; import \"google/protobuf/field_mask.proto\"; \
    import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\"; \
    import \"google/protobuf/wrappers.proto\"; ";

const THREE: &str = "import \"two.proto\"; enum E { ZERO = 0; ONE = 1; } \
    message Sub { string a = 1; }\n";

const TWO: &str = "extend buf.validate.Int32Rules { optional bool even = 1001 \
    [(buf.validate.predefined).cel = {id: \"even\" expression: \"this % 2 == 0\"}]; \
    optional int32 over = 1002 \
    [(buf.validate.predefined).cel = {id: \"over\" expression: \"this > rule\"}]; } \
    extend buf.validate.StringRules { optional bool broken = 1001 \
    [(buf.validate.predefined).cel = {id: \"broken\" expression: \"thiss\"}]; } \
    message Two { extensions 1000 to max; }\n";

/// Bodies of messages, one a line of a file of each syntax.
struct Tree {
    files: Sources,
    /// The lines by file and number.
    lines: BTreeMap<(String, u64), String>,
}

impl Tree {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut texts = [("three.proto", "proto3", THREE), ("two.proto", "proto2", TWO)]
            .map(|(path, syntax, own)| (path, format!("syntax = \"{syntax}\"; {IMPORTS}{own}")));
        let mut known = BTreeMap::new();
        for (number, line) in lines.enumerate() {
            let (file, body) = match line.strip_prefix("2: ") {
                Some(body) => (1, body),
                None => (0, line),
            };
            let (path, text) = &mut texts[file];
            let body = body.replace('$', "(buf.validate.field)");
            let body = body
                .replace("@.", "(buf.validate.message).")
                .replace("@ ", "(buf.validate.message) ");
            known.insert(((*path).to_owned(), text.lines().count() as u64 + 1), line.to_owned());
            text.push_str(&format!("message M{number} {{ {body} }}\n"));
        }
        let mut files: Sources =
            texts.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
        files.insert("buf/validate/validate.proto".to_owned(), VALIDATE.to_owned());
        Tree { files, lines: known }
    }

    /// The lines of which the two programs find different things, and how.
    fn differences(&self, buf: &Path) -> BTreeMap<String, String> {
        let [theirs, ours] = [buf, tools::wireproof()].map(|program| self.ask(program));
        let codes = (theirs.code, ours.code);
        assert!(
            !theirs.broken() && matches!(codes.0, 0 | 100),
            "{} {}",
            theirs.stdout,
            theirs.stderr
        );
        assert!(matches!(codes.1, 0 | 100), "{} {}", ours.stdout, ours.stderr);
        let (theirs, ours) = (theirs.findings(), ours.findings());
        let line = |finding: &Finding| {
            let line = self.lines.get(&(finding.path.clone(), finding.place[0]));
            line.cloned().unwrap_or_else(|| format!("{finding:?}"))
        };
        let all: BTreeSet<String> = theirs.iter().chain(&ours).map(line).collect();
        let of = |findings: &[Finding], wanted: &str| -> Vec<Finding> {
            findings.iter().filter(|finding| line(finding) == wanted).cloned().collect()
        };
        let difference = |line: &String| tools::difference(&of(&theirs, line), &of(&ours, line));
        let all = all.into_iter().map(|line| (difference(&line), line));
        all.filter(|(difference, _)| !difference.is_empty()).map(|(d, line)| (line, d)).collect()
    }

    fn ask(&self, program: &Path) -> Answer {
        let folder = tools::temporary();
        tools::write(folder.path(), &self.files);
        let arguments = ["lint", ".", "--error-format", "json", "--config", CONFIG];
        tools::run(program, folder.path(), &arguments)
    }
}

fn table(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "))
}

/// A text as the value of a string field.
fn quoted(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b' '..=b'~' if !b"\"\\$@".contains(&byte) => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("\"{}\"", bytes.collect::<String>())
}

/// Compares `lines`, of which those in differences.toml have to differ.
fn compare(buf: &Path, what: &str, lines: &[String]) {
    let found = Tree::of(lines.iter().map(String::as_str)).differences(buf);
    let known: BTreeSet<&String> =
        lines.iter().filter(|line| differences::of_rule(line).is_some()).collect();
    let wrong = found.iter().filter(|(line, _)| !known.contains(line));
    let wrong: Vec<String> = wrong.map(|(line, how)| format!("{line}\n{how}")).collect();
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
    let stale: Vec<_> = known.iter().filter(|line| !found.contains_key(**line)).collect();
    assert!(stale.is_empty(), "these are no longer judged differently: {stale:#?}");
    tools::say(&format!("parity: {} lines of {what} judged alike", lines.len() - known.len()));
}

#[test]
fn rules_are_judged_as_buf_judges_them() {
    let Some(buf) = tools::buf() else { return };
    let rules = table(include_str!("rules.txt")).filter(|line| !line.starts_with("!: "));
    compare(buf, "rules", &rules.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn patterns_and_expressions_are_read_as_buf_reads_them() {
    let Some(buf) = tools::buf() else { return };
    let pattern = |text| format!("string f = 1 [$.string.pattern = {}];", quoted(text));
    let patterns = table(include_str!("patterns.txt")).map(pattern);
    let expression = |text| format!("string f = 1 [$.cel_expression = {}];", quoted(text));
    let expressions = table(include_str!("expressions.txt")).map(expression);
    compare(buf, "patterns and expressions", &patterns.chain(expressions).collect::<Vec<_>>());
}

/// Operators between everything, alone and as a condition.
#[test]
fn operators_take_what_they_take_in_buf() {
    const OPERATORS: [&str; 12] =
        ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"];
    const OPERANDS: [&str; 10] =
        ["true", "1", "1u", "1.0", "'a'", "b'a'", "duration('1s')", "now", "this.size()", "this"];
    let Some(buf) = tools::buf() else { return };
    let between = |a, b| OPERATORS.map(|operator| format!("{a} {operator} {b}"));
    let pairs = OPERANDS.iter().flat_map(|a| OPERANDS.iter().map(move |b| (a, b)));
    let all = pairs.flat_map(|(a, b)| between(a, b));
    let all = all.flat_map(|text| [format!("{text} ? this : 'b'"), text]);
    let line = |text: String| format!("string f = 1 [$.cel_expression = {}];", quoted(&text));
    compare(buf, "operators", &all.map(line).collect::<Vec<_>>());
}

#[test]
fn generated_rules_are_judged_as_buf_judges_them() {
    let Some(buf) = tools::buf() else { return };
    let wanted = scale::pairs(250, 4_000);
    for seed in scale::seeds() {
        for (part, size) in (0..wanted.div_ceil(1_000)).map(|part| (part, wanted.min(1_000))) {
            let lines = random_rules::lines(seed.wrapping_add(u64::from(part)), size as usize);
            compare(buf, &format!("generated rules, seed {seed}"), &lines);
        }
    }
}

/// buf panics on these; nobody should.
#[test]
fn rules_that_make_buf_panic_are_handled() {
    let Some(buf) = tools::buf() else { return };
    for line in table(include_str!("rules.txt")).filter_map(|line| line.strip_prefix("!: ")) {
        let tree = Tree::of([line].into_iter());
        assert!(tree.ask(buf).stderr.contains("panic"), "buf can do it: {line}");
        let ours = tree.ask(tools::wireproof());
        assert!(matches!(ours.code, 0 | 100), "{line}: {}", ours.stderr);
    }
}
