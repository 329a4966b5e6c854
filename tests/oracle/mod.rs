//! The oracles: what wireproof compiles is what protoc, protox and the real buf make of the same
//! sources, places included, but for what `normal` names.

mod compare;
mod compilers;
mod normal;
mod options;
mod places;
mod tree;
#[path = "../../src/compile/source_info/width.rs"]
mod width;

pub(crate) use self::normal::is_custom_or_inside;
use std::path::{Path, PathBuf};

pub(crate) use self::compare::{Oracle, differences, differences_of_parts};
pub(crate) use self::compilers::{Protoc, buf, protox};
pub(crate) use self::tree::{Files, Tree, by_path};
use crate::parity::cases;
use crate::parity::pair;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// Of how many trees buf is asked, too, outside of the long run: it starts anew for each.
const EVERY_NTH_TO_BUF: usize = 12;

/// How many differences are shown.
const SHOWN: usize = 30;

/// Cases that are about comments in odd places.
const COMMENTS_ANYWHERE: [&str; 4] = [
    "comment_between_everything",
    "comment_star_end",
    "comments_behind_a_token",
    "cr_alone_ends_comment",
];

/// What was compared, and what differed.
#[derive(Default)]
struct Tally {
    /// With protoc, protox and buf.
    compared: [usize; 3],
    differences: Vec<String>,
}

/// Compiles `trees` with all compilers, on several threads.
fn ask(trees: &[Tree]) -> Tally {
    let numbered: Vec<(usize, &Tree)> = trees.iter().enumerate().collect();
    let share = trees.len().div_ceil(scale::WORKERS as usize).max(1);
    let shares: Vec<&[(usize, &Tree)]> = numbered.chunks(share).collect();
    let tallies = scale::parallel(&shares, |share| {
        let mut protoc = Protoc::find();
        let mut tally = Tally::default();
        share.iter().for_each(|(number, tree)| tally.ask(*number, tree, protoc.as_mut()));
        Some(tally)
    });
    tallies.into_iter().fold(Tally::default(), Tally::and)
}

impl Tally {
    fn ask(&mut self, number: usize, tree: &Tree, protoc: Option<&mut Protoc>) {
        let Some(ours) = tree.compiled().map(by_path) else { return };
        let asks_buf = scale::long() || number.is_multiple_of(EVERY_NTH_TO_BUF);
        let theirs = [
            (Oracle::Protoc, protoc.and_then(|protoc| protoc.compile(tree))),
            (Oracle::Protox, protox(tree)),
            (Oracle::Buf, tools::buf().filter(|_| asks_buf).and_then(|program| buf(program, tree))),
        ];
        for (count, (oracle, theirs)) in self.compared.iter_mut().zip(theirs) {
            if let Some(theirs) = theirs {
                *count += 1;
                self.differences.extend(differences(tree, &ours, theirs, oracle));
            }
        }
    }

    fn and(mut self, other: Tally) -> Tally {
        let counts = self.compared.iter_mut().zip(other.compared);
        counts.for_each(|(count, other)| *count += other);
        self.differences.extend(other.differences);
        self
    }

    /// Fails where something differs, or where fewer than `least` trees were compared with protoc
    /// and protox: then the test has nothing to say.
    fn finish(self, what: &str, least: usize) {
        let [protoc, protox, buf] = self.compared;
        tools::say(&format!(
            "oracle: {what}: equal to protoc {protoc}, protox {protox}, buf {buf}"
        ));
        let shown = &self.differences[..self.differences.len().min(SHOWN)];
        assert!(shown.is_empty(), "{} differ\n{}", self.differences.len(), shown.join("\n"));
        assert!(
            protox >= least && (Protoc::find().is_none() || protoc >= least),
            "{what}: {least}"
        );
    }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The paths in a folder, sorted.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("it can be listed");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.strip_prefix(tests()).unwrap_or(path).display().to_string()
}

fn both_sides(folder: &Path) -> [Tree; 2] {
    ["old", "new"].map(|side| folder.join(side)).map(|folder| Tree::of(&name(&folder), &folder))
}

#[test]
fn contract_and_fixtures_match_the_oracles() {
    let mut trees = vec![Tree::contract()];
    trees.extend(both_sides(&tests().join("fixtures/proto2")));
    trees.extend(listed(&tests().join("fixtures/compat")).iter().flat_map(|path| both_sides(path)));
    let files = listed(&tests().join("fixtures/compile"));
    trees.extend(files.iter().map(|path| Tree::of_file(&name(path), path)));
    ask(&trees).finish("fixtures", 120);
}

#[test]
fn compile_cases_match_the_oracles() {
    let cases = cases::all();
    let trees = cases.iter().map(|case| {
        let is_odd = COMMENTS_ANYWHERE.contains(&case.name.as_str());
        Tree::within(&case.name, case.folder()).with_comments_anywhere(is_odd)
    });
    ask(&trees.collect::<Vec<_>>()).finish("compile cases", 300);
}

#[test]
fn generated_trees_match_the_oracles() {
    let pairs = scale::pairs(20, 500);
    for seed in scale::seeds() {
        let trees: Vec<Tree> = (0..).zip(pair::trees(seed, pairs)).map(generated).collect();
        ask(&trees).finish(&format!("seed {seed}"), 1);
    }
}

/// The tree of `sources`, in a folder outside of the repository.
fn generated((number, sources): (u32, pair::Written)) -> Tree {
    let folder = tools::temporary();
    tools::write(folder.path(), &sources);
    Tree::within(&format!("tree {number}"), folder).with_comments_anywhere(true)
}
