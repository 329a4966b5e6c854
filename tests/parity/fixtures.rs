//! Every fixture through both programs: with every rule of every configuration version, and under
//! every category of each.

use std::path::{Path, PathBuf};

use crate::parity::cases::copy_folder;
use crate::parity::generator::setup;
use crate::parity::programs::judge::Question;
use crate::parity::programs::scale;
use crate::parity::programs::table;
use crate::parity::programs::table::Kind;
use crate::parity::programs::tools;
use crate::parity::programs::tools::Finding;
use crate::{fixture, lint};

/// Two versions to compare: folders, or images.
struct Fixture {
    name: String,
    old: PathBuf,
    new: PathBuf,
    /// A folder of what `new` imports and does not have.
    imports: Option<PathBuf>,
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("tests/fixtures");
    let entries = folder.join("compat").read_dir().expect("there are fixtures").flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.push(folder.join("proto2"));
    folders.sort();
    let mut all: Vec<_> = folders
        .into_iter()
        .map(|folder| fixture(&folder, folder.join("old"), folder.join("new")))
        .collect();
    // Editions are not read from source yet.
    let editions = folder.join("compat-editions");
    all.push(fixture(&editions, editions.join("old.binpb"), editions.join("new.binpb")));
    let releases = root.join("contracts/releases");
    let releases = releases.read_dir().expect("there are releases").flatten();
    all.extend(releases.map(|entry| Fixture {
        imports: Some(root.join("third_party")),
        ..fixture(&entry.path(), entry.path(), root.join("proto"))
    }));
    all
}

fn fixture(named: &Path, old: PathBuf, new: PathBuf) -> Fixture {
    let name = named.file_name().expect("it has a name").to_string_lossy().into_owned();
    Fixture { name, old, new, imports: None }
}

/// A copy outside of the repository and its `buf.yaml`, and without one of its own.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        copy_folder(from, to);
        _ = std::fs::remove_file(to.join("buf.yaml"));
    } else {
        std::fs::copy(from, to).expect("a file can be copied");
    }
}

impl Fixture {
    /// Asks both programs; how the answers differ.
    fn judge(&self, buf: &Path, version: &str) -> Result<(), String> {
        let folder = tools::temporary();
        copy(&self.old, &folder.path().join("old"));
        copy(&self.new, &folder.path().join("new"));
        if let Some(imports) = &self.imports {
            copy(imports, &folder.path().join("new"));
        }
        let image = |path: &Path| if path.is_dir() { "" } else { "#format=binpb" };
        let old = format!("../old{}", image(&self.old));
        let (new, inside) = match self.new.is_dir() {
            true => (".".to_owned(), folder.path().join("new")),
            false => ("../new#format=binpb".to_owned(), folder.path().join("empty")),
        };
        std::fs::create_dir_all(&inside).expect("a folder can be made");
        let question = Question {
            buf,
            folder: &inside,
            kind: Kind::Breaking,
            inputs: &[&new, "--against", &old],
        };
        let found = question.compare(Some(&setup::every_rule(Kind::Breaking, version)))?;
        let found = found.ok_or("it does not compile")?;
        question.categories(version, &found).map(drop)
    }
}

/// Asks buf about a fixture of lint, with every rule; how it and the fixture differ.
fn judge_lint(buf: &Path, fixture: &Path) -> Result<(), String> {
    let folder = tools::temporary();
    copy(fixture, folder.path());
    let mut found = Vec::new();
    for config in lint::every_rule(fixture) {
        let question = Question { buf, folder: folder.path(), kind: Kind::Lint, inputs: &["."] };
        found.extend(question.compare(Some(&config))?.ok_or("it does not compile")?);
    }
    let line = |finding: &Finding| {
        let Finding { path, place: [line, column, end_line, end_column], rule, .. } = finding;
        format!("{path}:{line}:{column}-{end_line}:{end_column} {rule}")
    };
    let mut found: Vec<String> = found.iter().map(line).collect();
    found.sort();
    let difference = fixture::difference(fixture, &fixture::expected(fixture), &found);
    if difference.is_empty() { Ok(()) } else { Err(difference.join("\n")) }
}

#[test]
fn fixtures_of_lint_expect_what_buf_finds() {
    let Some(buf) = tools::buf() else { return };
    let step = if scale::long() { 1 } else { 9 };
    let seed = *scale::seeds().last().expect("there is a seed") as usize;
    let all = fixture::fixtures("lint");
    let asked: Vec<&PathBuf> = all.iter().skip(seed % step).step_by(step).collect();
    let failures = scale::parallel(&asked, |path| judge_lint(buf, path).err());
    tools::say(&format!("parity: {} lint fixtures judged alike", asked.len() - failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn fixtures_give_what_buf_finds() {
    let Some(buf) = tools::buf() else { return };
    let all = fixtures();
    // The newest version has all rules of the older ones; what those versions find with them is
    // asked in the long run.
    let versions = if scale::long() { &table::VERSIONS[..] } else { &["v2"] };
    let step = if scale::long() { 1 } else { 3 };
    let seed = *scale::seeds().last().expect("there is a seed") as usize;
    let asked = all.iter().skip(seed % step).step_by(step);
    let asked: Vec<(&Fixture, &str)> =
        asked.flat_map(|fixture| versions.iter().map(move |version| (fixture, *version))).collect();
    let failures = scale::parallel(&asked, |(fixture, version)| {
        let error = fixture.judge(buf, version).err()?;
        Some(format!("{} in {version}: {error}", fixture.name))
    });
    tools::say(&format!("parity: {} fixtures judged alike", asked.len() - failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
