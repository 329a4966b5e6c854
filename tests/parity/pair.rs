//! Pairs of generated trees through both programs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{TestCaseError, TestError};

use crate::parity::generator::action::{self, Action};
use crate::parity::generator::model::Tree;
use crate::parity::generator::print::{Sources, print};
use crate::parity::generator::repair::mend;
use crate::parity::generator::setup::{self, Setup};
use crate::parity::generator::token_printer::PLAIN;
use crate::parity::programs::judge::Question;
use crate::parity::programs::scale;
use crate::parity::programs::table::Kind;
use crate::parity::programs::tools::{self, Finding};

/// Two versions of a tree of schemas: how the old one is built, what changed, how they look.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    build: Vec<Action>,
    changes: Vec<Action>,
    seed: u64,
    level: u8,
    setup: Setup,
}

/// Any pair.
pub(super) fn pairs() -> impl Strategy<Value = Pair> {
    let parts =
        (action::build(), action::changes(), any::<u64>(), 0..=2u8, setup::setups(Kind::Breaking));
    parts.prop_map(|(build, changes, seed, level, setup)| Pair {
        build,
        changes,
        seed,
        level,
        setup,
    })
}

impl Pair {
    /// The sources of the old and the new version; `tally` learns which steps changed something.
    fn sources(&self, tally: &Tally) -> (Sources, Sources) {
        let mut tree = Tree::default();
        for action in &self.build {
            action.apply(&mut tree);
        }
        // Something there must be: buf has no answer for a folder without files.
        Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        mend(&mut tree);
        let old = print(&tree, self.seed, self.level);
        let mut before = plain(&tree);
        for action in &self.changes {
            action.apply(&mut tree);
            let after = plain(&tree);
            if std::mem::replace(&mut before, after.clone()) != after {
                count(&tally.steps, &format!("{:?}", action.op));
            }
        }
        if tree.files.is_empty() {
            Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        }
        mend(&mut tree);
        (old, print(&tree, self.seed.wrapping_mul(31), self.level))
    }
}

/// A tree as it would compile, without decoration.
fn plain(tree: &Tree) -> Sources {
    let mut tree = tree.clone();
    mend(&mut tree);
    print(&tree, 0, PLAIN)
}

type Counts = Mutex<BTreeMap<String, usize>>;

fn count(counts: &Counts, what: &str) {
    *counts.lock().expect("no thread panics with it").entry(what.to_owned()).or_default() += 1;
}

/// The files of a tree as they are written: paths and texts.
pub(crate) type Written = Sources;

/// Both trees of each of `count` pairs, for who wants trees and no pairs.
pub(crate) fn trees(seed: u64, count: u32) -> Vec<Written> {
    let mut runner = scale::runner(seed, scale::WORKERS, count);
    let pair = |_| pairs().new_tree(&mut runner).expect("there are pairs").current();
    let pairs = (0..count).map(pair);
    pairs.flat_map(|pair| <[Written; 2]>::from(pair.sources(&Tally::default()))).collect()
}

/// What a run did, for its last line.
#[derive(Default)]
struct Tally {
    /// How often each step changed something.
    steps: Counts,
    /// How often each rule found something.
    rules: Counts,
    pairs: AtomicUsize,
    broken: AtomicUsize,
    findings: AtomicUsize,
    categories: AtomicUsize,
    setups: AtomicUsize,
    images: AtomicUsize,
}

/// So many pairs change everything that can be changed, and make every rule find something.
const ENOUGH: usize = 1_000;

#[test]
fn generated_pairs_give_what_buf_finds() {
    let Some(buf) = tools::buf() else { return };
    let pairs_wanted = scale::pairs(24, 1_000);
    for seed in scale::seeds() {
        let tally = Tally::default();
        let failures = scale::parallel(&[0, 1], |&worker| {
            let cases = pairs_wanted.div_ceil(u32::try_from(scale::WORKERS).expect("few"));
            let mut runner = scale::runner(seed, worker, cases);
            let outcome = runner.run(&pairs(), |pair| {
                Trial { buf, pair: &pair, tally: &tally }.run().map_err(TestCaseError::fail)
            });
            match outcome {
                Ok(()) => None,
                Err(TestError::Fail(reason, pair)) => Some(counterexample(&pair, reason.message())),
                Err(TestError::Abort(reason)) => Some(reason.to_string()),
            }
        });
        tools::say(&format!("parity: {}", tally.line(seed)));
        assert!(failures.is_empty(), "seed {seed}:\n{}", failures.join("\n"));
        let broken = tally.broken.load(Relaxed);
        assert!(
            broken * 20 <= tally.pairs.load(Relaxed) + 20,
            "{broken} pairs do not compile: mend the generator"
        );
        if tally.pairs.load(Relaxed) >= ENOUGH {
            let missed = tally.missed();
            assert!(missed.is_empty(), "a long run has to touch everything, not: {missed:?}");
        }
    }
}

impl Tally {
    /// The steps that never changed anything and the rules that never found anything.
    fn missed(&self) -> Vec<String> {
        let steps = action::changing().iter().map(|op| format!("{op:?}"));
        let rules = setup::live_rules(Kind::Breaking, "v2").into_iter().map(str::to_owned);
        let hit = [&self.steps, &self.rules].map(|c| c.lock().expect("no thread panics with it"));
        let seen = |name: &String| hit.iter().any(|counts| counts.contains_key(name));
        steps.chain(rules).filter(|name| !seen(name)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn line(&self, seed: u64) -> String {
        let Tally { pairs, broken, findings, categories, setups, images, .. } = self;
        let [pairs, broken, findings, categories, setups, images] =
            [pairs, broken, findings, categories, setups, images].map(|n| n.load(Relaxed));
        format!(
            "seed {seed}, {pairs} pairs ({broken} do not compile), {findings} findings equal, \
             {categories} categories, {setups} configurations and {images} image inputs run"
        )
    }
}

/// A small pair that the programs judge differently, and what they say of it.
fn counterexample(pair: &Pair, reason: &str) -> String {
    let (old, new) = pair.sources(&Tally::default());
    let mut said = format!("{reason}\nsetup: {:?}\nchanges: {:?}\n", pair.setup, pair.changes);
    for (side, sources) in [("old", old), ("new", new)] {
        for (path, text) in sources {
            said.push_str(&format!("--- {side}/{path}\n{text}\n"));
        }
    }
    said
}

/// One pair before both programs.
struct Trial<'a> {
    buf: &'a Path,
    pair: &'a Pair,
    tally: &'a Tally,
}

impl Trial<'_> {
    fn run(&self) -> Result<(), String> {
        let folder = tools::temporary();
        let folder = folder.path();
        let (old, new) = self.pair.sources(self.tally);
        tools::write(&folder.join("old"), &old);
        tools::write(&folder.join("new"), &new);
        self.tally.pairs.fetch_add(1, Relaxed);
        let version = self.pair.setup.version();
        let all = setup::every_rule(Kind::Breaking, version);
        // A `--config` of version 2 holds for the working directory, so that has to be the input.
        let inside = folder.join("new");
        let question = self.question(&inside, &[".", "--against", "../old"]);
        let Some(found) = self.compare(&question, Some(&all))? else { return Ok(()) };
        self.tally.categories.fetch_add(question.categories(version, &found)?, Relaxed);
        self.configured(folder, &old, &new)?;
        if self.pair.seed.is_multiple_of(4) { self.images(folder, &all) } else { Ok(()) }
    }

    fn question<'q>(&'q self, folder: &'q Path, inputs: &'q [&'q str]) -> Question<'q> {
        Question { buf: self.buf, folder, kind: Kind::Breaking, inputs }
    }

    fn compare(
        &self,
        question: &Question<'_>,
        config: Option<&str>,
    ) -> Result<Option<Vec<Finding>>, String> {
        let found = question.compare(config)?;
        match &found {
            None => _ = self.tally.broken.fetch_add(1, Relaxed),
            Some(found) => {
                self.tally.findings.fetch_add(found.len(), Relaxed);
                found.iter().for_each(|finding| count(&self.tally.rules, &finding.rule));
            }
        }
        Ok(found)
    }

    /// The same trees in modules, under a configuration of their own.
    fn configured(&self, folder: &Path, old: &Sources, new: &Sources) -> Result<(), String> {
        let setup = &self.pair.setup;
        setup.write(&folder.join("there"), old);
        setup.write(&folder.join("here"), new);
        self.tally.setups.fetch_add(1, Relaxed);
        match setup.inline() {
            Some(config) => {
                let inside = folder.join("here");
                let question = self.question(&inside, &[".", "--against", "../there"]);
                self.compare(&question, Some(&config))
            }
            None => self.compare(&self.question(folder, &["here", "--against", "there"]), None),
        }
        .map(drop)
    }

    /// Images in place of folders: buf's own for both, and ours for both.
    fn images(&self, folder: &Path, config: &str) -> Result<(), String> {
        for (program, name) in [(self.buf, "theirs.binpb"), (tools::wireproof(), "ours.binpb")] {
            for side in ["old", "new"] {
                let answer =
                    tools::run(program, folder, &["build", side, "-o", &format!("{side}-{name}")]);
                if answer.code != 0 {
                    return Err(format!(
                        "{name}: exit {}: {}{}",
                        answer.code, answer.stdout, answer.stderr
                    ));
                }
            }
        }
        let inputs: [[&str; 3]; 3] = [
            [".", "--against", "../old-theirs.binpb"],
            ["../new-theirs.binpb", "--against", "../old-ours.binpb"],
            ["../new-ours.binpb", "--against", "../old-theirs.binpb"],
        ];
        let inside = folder.join("new");
        for inputs in inputs {
            self.compare(&self.question(&inside, &inputs), Some(config))?;
            self.tally.images.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}
