//! Generated trees under lint: odd names, folders and packages, comments that ask for silence,
//! every category and any configuration, sources and images.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError};

use crate::parity::generator::action::{self, Action, Op};
use crate::parity::generator::model::Tree;
use crate::parity::generator::print::{Sources, print};
use crate::parity::generator::repair::mend;
use crate::parity::generator::setup::{self, Setup};
use crate::parity::generator::style;
use crate::parity::generator::suppressions;
use crate::parity::programs::judge::Question;
use crate::parity::programs::scale;
use crate::parity::programs::table::{self, Kind};
use crate::parity::programs::tools::{self, Finding};

/// A tree and how it is linted.
#[derive(Clone, Debug)]
struct Sheet {
    build: Vec<Action>,
    seed: u64,
    level: u8,
    /// Whether comments ask for silence.
    silenced: bool,
    setup: Setup,
}

fn sheets() -> impl Strategy<Value = Sheet> {
    let setups = setup::setups(Kind::Lint);
    let parts = (action::build(), any::<u64>(), 0..=2u8, any::<bool>(), setups);
    parts.prop_map(|(build, seed, level, silenced, setup)| Sheet {
        build,
        seed,
        level,
        silenced,
        setup,
    })
}

impl Sheet {
    fn sources(&self) -> Sources {
        let mut tree = Tree::default();
        for action in &self.build {
            action.apply(&mut tree);
        }
        Action { op: Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        // Messages that are lost go to the first file, before that is the one with `Empty`.
        mend(&mut tree);
        style::spell_oddly(&mut tree, self.seed);
        mend(&mut tree);
        let mut sources = print(&tree, self.seed, self.level);
        sources.remove(style::EMPTY);
        if self.silenced {
            for (number, text) in sources.values_mut().enumerate() {
                *text = suppressions::silence(text, self.seed.wrapping_add(number as u64));
            }
        }
        sources
    }
}

/// What a run did, for its last line.
#[derive(Default)]
struct Tally {
    /// How often each rule found something.
    rules: Mutex<BTreeMap<String, usize>>,
    trees: AtomicUsize,
    broken: AtomicUsize,
    findings: AtomicUsize,
    categories: AtomicUsize,
    images: AtomicUsize,
}

/// So many trees make every rule find something.
const ENOUGH: usize = 500;

#[test]
fn generated_trees_are_linted_as_buf_lints_them() {
    let Some(buf) = tools::buf() else { return };
    let wanted = scale::pairs(8, 1_000);
    for seed in scale::seeds() {
        let tally = Tally::default();
        let failures = scale::parallel(&[2, 3], |&worker| {
            let cases = wanted.div_ceil(u32::try_from(scale::WORKERS).expect("few"));
            let mut runner = scale::runner(seed, worker, cases);
            let outcome = runner.run(&sheets(), |sheet| {
                Trial { buf, sheet: &sheet, tally: &tally }.run().map_err(TestCaseError::fail)
            });
            match outcome {
                Ok(()) => None,
                Err(TestError::Fail(why, sheet)) => Some(counterexample(&sheet, why.message())),
                Err(TestError::Abort(reason)) => Some(reason.to_string()),
            }
        });
        tools::say(&format!("parity: {}", tally.line(seed)));
        assert!(failures.is_empty(), "seed {seed}:\n{}", failures.join("\n"));
        let (trees, broken) = (tally.trees.load(Relaxed), tally.broken.load(Relaxed));
        assert!(broken * 20 <= trees + 20, "{broken} trees do not compile: mend the generator");
        let silent = tally.silent();
        assert!(trees < ENOUGH || silent.is_empty(), "a long run has to hear {silent:?}");
    }
}

impl Tally {
    /// The rules that check something and never found anything.
    fn silent(&self) -> Vec<&'static str> {
        let rules = self.rules.lock().expect("no thread panics with it");
        let mut all = setup::live_rules(Kind::Lint, "v2");
        all.push("FIELD_NO_DESCRIPTOR");
        // It is about the options of one dependency, which no generated tree has; see `rules`.
        all.retain(|rule| *rule != "PROTOVALIDATE" && !rules.contains_key(*rule));
        all
    }

    fn line(&self, seed: u64) -> String {
        let Tally { trees, broken, findings, categories, images, .. } = self;
        let [trees, broken, findings, categories, images] =
            [trees, broken, findings, categories, images].map(|n| n.load(Relaxed));
        format!(
            "lint: seed {seed}, {trees} trees ({broken} do not compile), {findings} findings equal, \
             {categories} categories and {images} images"
        )
    }
}

/// A small tree that the programs judge differently, and what they say of it.
fn counterexample(sheet: &Sheet, reason: &str) -> String {
    let mut said = format!("{reason}\nsetup: {:?}\n", sheet.setup);
    for (path, text) in sheet.sources() {
        said.push_str(&format!("--- {path}\n{text}\n"));
    }
    said
}

/// One tree before both programs.
struct Trial<'a> {
    buf: &'a Path,
    sheet: &'a Sheet,
    tally: &'a Tally,
}

impl Trial<'_> {
    fn run(&self) -> Result<(), String> {
        let folder = tools::temporary();
        let folder = folder.path();
        let sources = self.sheet.sources();
        tools::write(&folder.join("all"), &sources);
        self.tally.trees.fetch_add(1, Relaxed);
        let version = if self.sheet.seed.is_multiple_of(3) { "v1beta1" } else { "v2" };
        let every = setup::every_rule(Kind::Lint, version);
        let inside = folder.join("all");
        let question = self.question(&inside, &["."]);
        let Some(found) = self.compare(&question, Some(&every))? else { return Ok(()) };
        self.categories(&question, version, &found)?;
        self.configured(folder, &sources)?;
        if self.sheet.seed.is_multiple_of(4) { self.images(&inside) } else { Ok(()) }
    }

    fn question<'q>(&'q self, folder: &'q Path, inputs: &'q [&'q str]) -> Question<'q> {
        Question { buf: self.buf, folder, kind: Kind::Lint, inputs }
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
                let mut rules = self.tally.rules.lock().expect("no thread panics with it");
                found.iter().for_each(|f| *rules.entry(f.rule.clone()).or_default() += 1);
            }
        }
        Ok(found)
    }

    /// Asks wireproof under categories whose rules were all asked when `found` was found; two of
    /// them, unless there is time.
    fn categories(
        &self,
        question: &Question<'_>,
        version: &str,
        found: &[Finding],
    ) -> Result<(), String> {
        let live = setup::live_rules(Kind::Lint, version);
        let mut all = Question::every_category(Kind::Lint);
        all.retain(|(version, category)| {
            table::in_category(Kind::Lint, version, category).iter().all(|rule| live.contains(rule))
        });
        let few = if scale::long() { all.len() } else { 2 };
        let first = (self.sheet.seed % all.len() as u64) as usize;
        for (version, category) in all.iter().cycle().skip(first).take(few) {
            let rules = table::in_category(Kind::Lint, version, category);
            question.category(version, category, &rules, found)?;
            self.tally.categories.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// The same tree in modules, under a configuration of its own.
    fn configured(&self, folder: &Path, sources: &Sources) -> Result<(), String> {
        let setup = &self.sheet.setup;
        setup.write(&folder.join("here"), sources);
        match setup.inline() {
            Some(config) => {
                self.compare(&self.question(&folder.join("here"), &["."]), Some(&config))
            }
            None => self.compare(&self.question(folder, &["here"]), None),
        }
        .map(drop)
    }

    /// Images in place of the folder: buf's own, ours, and both without places.
    fn images(&self, inside: &Path) -> Result<(), String> {
        self.sheet.setup.write_policy(inside);
        let config =
            self.sheet.setup.inline().unwrap_or_else(|| setup::every_rule(Kind::Lint, "v2"));
        for program in [self.buf, tools::wireproof()] {
            for more in [
                &["build", "-o", "../image.binpb"][..],
                &["build", "-o", "../image.binpb", "--exclude-source-info"],
            ] {
                let answer = tools::run(program, inside, more);
                if answer.code != 0 {
                    return Err(format!(
                        "{program:?} builds no image: {}{}",
                        answer.stdout, answer.stderr
                    ));
                }
                self.compare(&self.question(inside, &["../image.binpb"]), Some(&config))?;
                self.tally.images.fetch_add(1, Relaxed);
            }
        }
        Ok(())
    }
}
