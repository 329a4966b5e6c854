//! The corpus, thousands of real schemas in two versions: what wireproof compiles is what the
//! oracles compile, and lint and the breaks are what buf finds. `WIREPROOF_CORPUS` names its folder,
//! with `old` and `new` in it, and `WIREPROOF_ALL=1` asks for the long tests; `cargo xtask test
//! --all --corpus DIR` sets both.

use std::path::{Path, PathBuf};

use crate::oracle::{self, Oracle, Protoc, Tree, by_path, differences};
use crate::parity::generator::setup;
use crate::parity::programs::scale;
use crate::parity::programs::table;
use crate::parity::programs::table::Kind;
use crate::parity::programs::tools::{self, Answer, Finding, difference, temporary};

/// How many breaks buf finds between the images of the corpus by the rules of its default.
const BREAKS: usize = 2_889;

/// How much buf finds in the new side by the lint rules of its default.
const LINT: usize = 79_091;

/// The files that are gone among them.
const FILES_GONE: usize = 2_540;

/// How many differences are shown.
const SHOWN: usize = 30;

/// The folder of the corpus, if the long tests on it are wanted.
pub(crate) fn corpus(test: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("WIREPROOF_CORPUS").map(PathBuf::from);
    let wanted = corpus.filter(|_| scale::long());
    if wanted.is_none() {
        tools::say(&format!("SKIPPED {test}: `cargo xtask test --all --corpus DIR` runs it"));
    }
    wanted
}

#[test]
fn the_corpus_compiles_to_what_the_oracles_say() {
    let Some(corpus) = corpus("the_corpus_compiles_to_what_the_oracles_say") else { return };
    for side in ["old", "new"] {
        let tree = Tree::of(side, &corpus.join(side));
        let ours = by_path(tree.compiled().expect("the corpus compiles"));
        let oracles = [Oracle::Protoc, Oracle::Protox, Oracle::Buf];
        for oracle in oracles {
            let Some(theirs) = compiled(&tree, oracle) else { continue };
            let differences = differences(&tree, &ours, theirs, oracle);
            let shown = &differences[..differences.len().min(SHOWN)];
            assert!(shown.is_empty(), "{} differ\n{}", differences.len(), shown.join("\n"));
            tools::say(&format!("corpus: {side}: {} files equal {oracle:?}'s", tree.paths.len()));
        }
    }
}

/// What an oracle makes of a side of the corpus; none if it is not installed.
fn compiled(
    tree: &Tree,
    oracle: Oracle,
) -> Option<wireproof::schema::descriptor::FileDescriptorSet> {
    let compiled = match oracle {
        Oracle::Protoc => Protoc::find()?.compile(tree),
        Oracle::Protox => oracle::protox(tree),
        Oracle::Buf => oracle::buf(tools::buf()?, tree),
    };
    Some(compiled.expect("the corpus compiles"))
}

#[test]
fn the_breaks_of_the_corpus_are_those_that_buf_finds() {
    let test = "the_breaks_of_the_corpus_are_those_that_buf_finds";
    let (Some(corpus), Some(buf)) = (corpus(test), tools::buf()) else { return };
    let folder = temporary();
    let images = Images { folder: folder.path(), corpus: &corpus };
    images.build(tools::wireproof());

    // buf takes a minute and more for each run: it is asked once, with every rule that there is.
    let every_rule = setup::every_rule(Kind::Breaking, "v2");
    let found = images.breaks(buf, &every_rule);
    assert_equal("every rule", &found, &images.breaks(tools::wireproof(), &every_rule));
    for category in table::categories(Kind::Breaking, "v2") {
        let rules = table::in_category(Kind::Breaking, "v2", category);
        let expected = only(&found, &rules);
        let ours =
            images.breaks(tools::wireproof(), &setup::category(Kind::Breaking, "v2", category));
        assert_equal(category, &expected, &ours);
    }

    let default: Vec<&str> = table::rules(Kind::Breaking, "v2")
        .iter()
        .filter(|rule| rule.default)
        .map(|rule| &*rule.id)
        .collect();
    let expected = only(&found, &default);
    let gone = expected.iter().filter(|finding| finding.rule == "FILE_NO_DELETE").count();
    assert_eq!((expected.len(), gone), (BREAKS, FILES_GONE));
    let from_sources = breaks(tools::wireproof(), &corpus, ["new", "old"], None);
    let inside: Vec<Finding> = from_sources.into_iter().map(inside_new).collect();
    assert_equal("from sources", &expected, &inside);
}

#[test]
fn what_lint_finds_in_the_corpus_is_what_buf_finds() {
    let test = "what_lint_finds_in_the_corpus_is_what_buf_finds";
    let (Some(corpus), Some(buf)) = (corpus(test), tools::buf()) else { return };
    let lint = |program: &Path, config: &str| {
        let args = ["lint", "--error-format", "json", "--config", config];
        let answer = tools::run(program, &corpus.join("new"), &args);
        assert_eq!(answer.code, 100, "{}", answer.stderr);
        answer.findings()
    };
    let every_rule = setup::every_rule(Kind::Lint, "v2");
    let found = lint(buf, &every_rule);
    assert_equal("lint by every rule", &found, &lint(tools::wireproof(), &every_rule));
    for category in table::categories(Kind::Lint, "v2") {
        let rules = table::in_category(Kind::Lint, "v2", category);
        let config = setup::category(Kind::Lint, "v2", category);
        let ours = lint(tools::wireproof(), &config);
        assert_equal(&format!("lint by {category}"), &only(&found, &rules), &ours);
    }
    let standard = table::in_category(Kind::Lint, "v2", "STANDARD");
    assert_eq!(only(&found, &standard).len(), LINT);
}

/// The findings of `rules`.
fn only(found: &[Finding], rules: &[&str]) -> Vec<Finding> {
    found.iter().filter(|finding| rules.contains(&&*finding.rule)).cloned().collect()
}

/// A finding with the path that the file has inside of the folder `new`.
fn inside_new(mut finding: Finding) -> Finding {
    if let Some(path) = finding.path.strip_prefix("new/") {
        finding.path = path.to_owned();
    }
    finding
}

/// Both sides as images.
struct Images<'a> {
    folder: &'a Path,
    corpus: &'a Path,
}

impl Images<'_> {
    fn build(&self, program: &Path) {
        for side in ["old", "new"] {
            let image = self.folder.join(format!("{side}.binpb"));
            let image = image.to_str().expect("temporary folders have plain names");
            let answer = tools::run(program, &self.corpus.join(side), &["build", "-o", image]);
            assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
        }
    }

    fn breaks(&self, program: &Path, config: &str) -> Vec<Finding> {
        breaks(program, self.folder, ["new.binpb", "old.binpb"], Some(config))
    }
}

/// What `program` finds from the second to the first.
fn breaks(
    program: &Path,
    folder: &Path,
    [new, old]: [&str; 2],
    config: Option<&str>,
) -> Vec<Finding> {
    let mut args = vec!["breaking", new, "--against", old, "--error-format", "json"];
    args.extend(config.iter().flat_map(|config| ["--config", config]));
    let answer: Answer = tools::run(program, folder, &args);
    assert_eq!(answer.code, 100, "{}", answer.stderr);
    answer.findings()
}

fn assert_equal(what: &str, theirs: &[Finding], ours: &[Finding]) {
    let difference = difference(theirs, ours);
    let shown: String = difference.lines().take(SHOWN).map(|line| format!("{line}\n")).collect();
    assert!(shown.is_empty(), "{what}: {} lines\n{shown}", difference.lines().count());
    tools::say(&format!("corpus: {what}: {} findings, as buf's", ours.len()));
}
