//! Pairs of generated trees through both programs.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError};

use super::action::{self, Action};
use super::mend::mend;
use super::model::Tree;
use super::print::{Sources, print};
use super::setup::{self, Setup};
use super::tools::{self, Answer, Finding};
use super::{scale, table};

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
    let parts = (action::build(), action::changes(), any::<u64>(), 0..=2u8, setup::setups());
    parts.prop_map(|(build, changes, seed, level, setup)| Pair {
        build,
        changes,
        seed,
        level,
        setup,
    })
}

impl Pair {
    /// The sources of the old and the new version.
    pub(super) fn sources(&self) -> (Sources, Sources) {
        let mut tree = Tree::default();
        for action in &self.build {
            action.apply(&mut tree);
        }
        // Something there must be: buf has no answer for a folder without files.
        Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        mend(&mut tree);
        let old = print(&tree, self.seed, self.level);
        for action in &self.changes {
            action.apply(&mut tree);
        }
        if tree.files.is_empty() {
            Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        }
        mend(&mut tree);
        (old, print(&tree, self.seed.wrapping_mul(31), self.level))
    }
}

/// What a run did, for its last line.
#[derive(Default)]
struct Tally {
    pairs: AtomicUsize,
    broken: AtomicUsize,
    findings: AtomicUsize,
    categories: AtomicUsize,
    setups: AtomicUsize,
    images: AtomicUsize,
}

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
                Question { buf, pair: &pair, tally: &tally }.ask().map_err(TestCaseError::fail)
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
    }
}

impl Tally {
    fn line(&self, seed: u64) -> String {
        let Tally { pairs, broken, findings, categories, setups, images } = self;
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
    let (old, new) = pair.sources();
    let mut said = format!("{reason}\nsetup: {:?}\nchanges: {:?}\n", pair.setup, pair.changes);
    for (side, sources) in [("old", old), ("new", new)] {
        for (path, text) in sources {
            said.push_str(&format!("--- {side}/{path}\n{text}\n"));
        }
    }
    said
}

/// One pair before both programs.
struct Question<'a> {
    buf: &'a Path,
    pair: &'a Pair,
    tally: &'a Tally,
}

impl Question<'_> {
    fn ask(&self) -> Result<(), String> {
        let folder = tools::temporary();
        let folder = folder.path();
        let (old, new) = self.pair.sources();
        tools::write(&folder.join("old"), &old);
        tools::write(&folder.join("new"), &new);
        self.tally.pairs.fetch_add(1, Relaxed);
        let version = self.pair.setup.version();
        let all = setup::every_rule(version);
        // A `--config` of version 2 holds for the working directory, so that has to be the input.
        let inside = folder.join("new");
        let Some(found) = self.compare(&inside, &[".", "--against", "../old"], Some(&all))? else {
            return Ok(());
        };
        self.categories(&inside, version, &found)?;
        self.configured(folder, &old, &new)?;
        if self.pair.seed.is_multiple_of(4) { self.images(folder, &all) } else { Ok(()) }
    }

    /// Both programs on the same question; what they both find, none if it does not compile.
    fn compare(
        &self,
        folder: &Path,
        inputs: &[&str],
        config: Option<&str>,
    ) -> Result<Option<Vec<Finding>>, String> {
        let theirs = breaking(self.buf, folder, inputs, config);
        let ours = breaking(tools::wireproof(), folder, inputs, config);
        same(&theirs, &ours)
            .map_err(|error| format!("{error}{inputs:?} {}\n", config.unwrap_or_default()))?;
        if theirs.code == 1 && config.is_some() {
            return Err(format!("buf cannot do it, so nothing is compared: {}", theirs.stderr));
        }
        if theirs.broken() {
            self.tally.broken.fetch_add(1, Relaxed);
            return Ok(None);
        }
        let found = theirs.findings();
        self.tally.findings.fetch_add(found.len(), Relaxed);
        Ok(Some(found))
    }

    /// What buf would find in each category follows from the table; ours is asked.
    fn categories(&self, folder: &Path, version: &str, found: &[Finding]) -> Result<(), String> {
        for category in table::categories(version) {
            let rules = table::in_category(version, category);
            let expected: Vec<_> =
                found.iter().filter(|f| rules.contains(&f.rule.as_str())).cloned().collect();
            let config = setup::category(version, category);
            let ours =
                breaking(tools::wireproof(), folder, &[".", "--against", "../old"], Some(&config));
            let code = if expected.is_empty() { 0 } else { 100 };
            let difference = tools::difference(&expected, &ours.findings());
            if ours.code != code || !difference.is_empty() {
                return Err(format!(
                    "category {category} of {version}: exit {}\n{difference}{}",
                    ours.code, ours.stderr
                ));
            }
            self.tally.categories.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// The same trees in modules, under a configuration of their own.
    fn configured(&self, folder: &Path, old: &Sources, new: &Sources) -> Result<(), String> {
        let setup = &self.pair.setup;
        setup.write(&folder.join("there"), old);
        setup.write(&folder.join("here"), new);
        self.tally.setups.fetch_add(1, Relaxed);
        match setup.inline() {
            Some(config) => {
                self.compare(&folder.join("here"), &[".", "--against", "../there"], Some(&config))
            }
            None => self.compare(folder, &["here", "--against", "there"], None),
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
        for inputs in inputs {
            self.compare(&folder.join("new"), &inputs, Some(config))?;
            self.tally.images.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

fn breaking(program: &Path, folder: &Path, inputs: &[&str], config: Option<&str>) -> Answer {
    let mut args = vec!["breaking"];
    args.extend(inputs);
    args.extend(["--error-format", "json"]);
    if let Some(config) = config {
        args.extend(["--config", config, "--against-config", config]);
    }
    tools::run(program, folder, &args)
}

/// Whether two answers say the same: exit codes and findings; of what does not compile, only that.
fn same(theirs: &Answer, ours: &Answer) -> Result<(), String> {
    let both = format!(
        "exit {} (buf), {} (wireproof)\n{}{}",
        theirs.code, ours.code, theirs.stderr, ours.stderr
    );
    if theirs.code != ours.code || theirs.broken() != ours.broken() {
        return Err(format!("{both}buf:\n{}wireproof:\n{}", theirs.stdout, ours.stdout));
    }
    if theirs.code == 1 || theirs.broken() {
        return Ok(());
    }
    let difference = tools::difference(&theirs.findings(), &ours.findings());
    if difference.is_empty() { Ok(()) } else { Err(difference) }
}
