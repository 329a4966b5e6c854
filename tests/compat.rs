//! Every compatibility rule on every fixture. What stands in the fixtures is what the real buf
//! finds (the parity tests ask it again); these tests need no buf.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wireproof::compat::{self, Settings, rules};
use wireproof::compile::{Compiled, compile};
use wireproof::config::{Override, RuleSet, Table, Tables, Target, load};
use wireproof::finding::Finding;
use wireproof::input::{Opened, Options, Reference, Selection, Sources, open};
use wireproof::schema::Schema;

use wireproof::schema::pair::Pair;

/// The folders of the fixtures: `old` and `new` trees each, and `expect`, a line a finding.
fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat");
    let entries = folder.read_dir().expect("there are fixtures");
    let mut fixtures: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    fixtures.sort();
    fixtures
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("fixtures have plain names")
}

/// Compiles the folder `dir` as `config` says; with the rules of its modules.
fn read(dir: &Path, config: &str) -> (Schema, Vec<RuleSet>) {
    let table = rules::table();
    let tables = Tables { compat: Table::Asked(&table), ..Tables::default() };
    let reference = Reference::parse(".").expect("a folder");
    let opened = open(&reference, &Options::new(dir.to_owned())).expect("it can be opened");
    let Opened::Source(source) = opened else { panic!("a folder is no image") };
    let target = Target { dir: &source.dir, ceiling: &source.ceiling, is_file: false, paths: &[] };
    let config = Override { name: "--config".to_owned(), content: config.into() };
    let workspace = load(&source, target, Some(&config), &tables).expect("it is configured");
    let sources = Sources::list(&source, &workspace, &Selection::default()).expect("it has files");
    let schema = match compile(&sources).expect("its files can be read") {
        Compiled::Schema(schema) => schema,
        Compiled::Broken(findings) => panic!("{}: {findings:#?}", dir.display()),
    };
    (schema, workspace.modules.into_iter().map(|module| module.breaking).collect())
}

/// A configuration with every rule that checks something.
fn every_rule() -> String {
    let ids = rules::table().into_iter().filter(|rule| !rule.deprecated).map(|rule| rule.id);
    config("v2", &ids.collect::<Vec<_>>(), "")
}

/// A configuration with `ids`, and `more` lines of its breaking section.
fn config(version: &str, ids: &[&str], more: &str) -> String {
    format!("version: {version}\nbreaking:\n  use: [{}]\n{more}", ids.join(", "))
}

/// What is found from `old` to `new`, as the command would report it.
fn check(old: &Schema, new: &Schema, modules: &[RuleSet]) -> Vec<Finding> {
    let settings = Settings { modules, exclude_imports: false };
    let mut findings = compat::check(Pair { old, new }, &settings);
    compat::distinct(&mut findings);
    findings
}

/// The lines of an `expect` file: place and rule, or the rule and what is gone.
fn lines(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let (place, rule) = (&finding.place, finding.rule);
        match &place.path {
            None => format!("{rule} {}", finding.element),
            Some(path) => format!(
                "{path}:{}:{}-{}:{} {rule}",
                place.start_line, place.start_column, place.end_line, place.end_column
            ),
        }
    };
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.sort();
    lines
}

fn expected(fixture: &Path) -> Vec<String> {
    let expect = std::fs::read_to_string(fixture.join("expect")).expect("a fixture expects");
    let mut lines: Vec<String> = expect.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn every_rule_on_every_fixture() {
    let config = every_rule();
    let mut differences = Vec::new();
    for fixture in fixtures() {
        let (old, _) = read(&fixture.join("old"), &config);
        let (new, modules) = read(&fixture.join("new"), &config);
        let found = lines(&check(&old, &new, &modules));
        differences.extend(difference(&fixture, &expected(&fixture), &found));
        assert_eq!(check(&old, &old, &modules), [], "{} against itself", name(&fixture));
        assert_eq!(check(&new, &new, &modules), [], "{} against itself", name(&fixture));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// What `found` lacks of `expected`, and the other way round.
fn difference(fixture: &Path, expected: &[String], found: &[String]) -> Vec<String> {
    let mut counts = BTreeMap::<&String, isize>::new();
    expected.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let differing = counts.into_iter().filter(|(_, count)| *count != 0);
    differing.map(|(line, count)| format!("{}: {count:+} {line}", name(fixture))).collect()
}

#[test]
fn a_fixture_marks_the_lines_of_its_rule() {
    for fixture in fixtures() {
        let rule = name(&fixture);
        let found = expected(&fixture).into_iter().filter_map(|line| {
            let (place, id) = line.split_once(' ')?;
            let (path, rest) = place.split_once(':')?;
            let line_number: usize = rest.split(':').next()?.parse().ok()?;
            (id == rule).then(|| (path.to_owned(), line_number))
        });
        let mut counts = BTreeMap::new();
        found.for_each(|line| *counts.entry(line).or_insert(0_usize) += 1);
        assert_eq!(markers(&fixture.join("new"), rule), counts, "{rule}");
    }
}

/// The lines that end in `// error: RULE` or `// error: RULE xN`, with N.
fn markers(dir: &Path, rule: &str) -> BTreeMap<(String, usize), usize> {
    let mut markers = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = path.read_dir().expect("it can be listed");
            open.extend(entries.map(|entry| entry.expect("it can be read").path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        for (index, line) in text.lines().enumerate() {
            let Some((_, marker)) = line.split_once("// error: ") else { continue };
            let (id, count) = marker.split_once(" x").unwrap_or((marker, "1"));
            assert_eq!(id, rule, "{}:{}", path.display(), index + 1);
            let file = path.strip_prefix(dir).expect("it is below").display().to_string();
            markers.insert((file, index + 1), count.parse().expect("a number"));
        }
    }
    markers
}

#[test]
fn every_rule_that_checks_something_has_a_fixture_where_it_does() {
    let fixtures = fixtures();
    let names: BTreeSet<&str> = fixtures.iter().map(|fixture| name(fixture)).collect();
    let rules = rules::table().into_iter().filter(|rule| !rule.deprecated);
    assert_eq!(names, rules.map(|rule| rule.id).collect());
    for fixture in &fixtures {
        let rule = name(fixture);
        let found = expected(fixture).iter().any(|line| line.split(' ').any(|word| word == rule));
        assert!(found, "the fixture of {rule} finds nothing");
    }
}

#[test]
fn findings_speak_for_themselves() {
    let config = every_rule();
    let mut fingerprints = BTreeMap::new();
    for fixture in fixtures() {
        let (old, _) = read(&fixture.join("old"), &config);
        let (new, modules) = read(&fixture.join("new"), &config);
        for finding in check(&old, &new, &modules) {
            let Finding { message, help, against, .. } = &finding;
            let names_it = message.contains('`') || finding.element.is_empty();
            assert!(message.ends_with('.') && names_it, "{message}");
            assert!(help.is_some(), "{message}");
            let may_be_new = ["FILE_SAME_", "ENUM_VALUE_SAME_NAME", "MESSAGE_"];
            let may_be_new = may_be_new.iter().any(|prefix| finding.rule.starts_with(prefix));
            assert!(against.is_some() || may_be_new, "{message}");
            let key = (name(&fixture).to_owned(), finding.fingerprint());
            if let Some(other) = fingerprints.insert(key, finding.clone()) {
                panic!("one fingerprint for two:\n{other:#?}\n{finding:#?}");
            }
        }
    }
}
