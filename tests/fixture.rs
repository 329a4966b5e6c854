//! What fixtures are to the tests of lint and of compat: a folder for each rule, in it a tree with
//! markers at the ends of lines, and `expect`, a line a finding.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wireproof::config::Workspace;
use wireproof::finding::Finding;
use wireproof::schema::Schema;
use wireproof::workspace::{Load, Options, load};

/// The folders of the fixtures of one kind.
pub(crate) fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(kind);
    let entries = folder.read_dir().expect("there are fixtures");
    let mut fixtures: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    fixtures.sort();
    fixtures
}

/// The rule that a fixture is about.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("fixtures have plain names")
}

/// Compiles the folder `dir` as `config` says.
pub(crate) fn read(dir: &Path, config: &str) -> (Schema, Workspace) {
    match try_read(dir, config) {
        Load::Ready(loaded) => (loaded.schema, loaded.workspace),
        Load::CompileErrors(findings, _) => panic!("{}: {findings:#?}", dir.display()),
    }
}

/// Loads the folder `dir` as `config` says, whether or not it compiles.
pub(crate) fn try_read(dir: &Path, config: &str) -> Load {
    let config = Some(config.to_owned());
    let options = Options { config, single_namespace: true, ..Options::new(dir) };
    load(".", &options).expect("the folder and the configuration are readable")
}

/// Writes a tree of `files` and compiles it as `config` says.
pub(crate) fn tree(files: &[(&str, &str)], config: &str) -> (Schema, Workspace) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    read(folder.path(), config)
}

/// Writes a file of the folder `folder`, and the folders around it.
pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    std::fs::write(path, text).expect("it can be written");
}

/// The lines of an `expect` file: place and rule, or the rule and what is gone.
pub(crate) fn lines(findings: &[Finding]) -> Vec<String> {
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

/// The lines that a fixture expects.
pub(crate) fn expected(fixture: &Path) -> Vec<String> {
    let expect = std::fs::read_to_string(fixture.join("expect")).expect("a fixture expects");
    let mut lines: Vec<String> = expect.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What `found` lacks of `expected`, and the other way round.
pub(crate) fn difference(fixture: &Path, expected: &[String], found: &[String]) -> Vec<String> {
    let mut counts = BTreeMap::<&String, isize>::new();
    expected.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let differing = counts.into_iter().filter(|(_, count)| *count != 0);
    differing.map(|(line, count)| format!("{}: {count:+} {line}", name(fixture))).collect()
}

/// Whether the markers in the folder `tree` of a fixture stand where it expects its own rule.
pub(crate) fn assert_marked(fixture: &Path, tree: &Path) {
    let rule = name(fixture);
    let found = expected(fixture).into_iter().filter_map(|line| {
        let (place, id) = line.split_once(' ')?;
        let (path, rest) = place.split_once(':')?;
        let line_number: usize = rest.split(':').next()?.parse().ok()?;
        (id == rule).then(|| (path.to_owned(), line_number))
    });
    let mut counts = BTreeMap::new();
    found.for_each(|line| *counts.entry(line).or_insert(0_usize) += 1);
    assert_eq!(markers(tree, rule), counts, "{rule}");
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

/// A line per finding for the snapshots of fingerprints. Baselines of users hold fingerprints, so a
/// line may be added to a snapshot and never changed: messages are free to change, what is hashed
/// (rule, element, `change`) is not.
pub(crate) fn fingerprints(fixture: &Path, findings: &[Finding]) -> String {
    let line =
        |f: &Finding| format!("{} {} {} {}\n", name(fixture), f.fingerprint(), f.rule, f.element);
    let mut lines: Vec<String> = findings.iter().map(line).collect();
    lines.sort();
    lines.concat()
}
