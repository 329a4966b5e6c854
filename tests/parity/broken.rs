//! Schemas with one fault through both programs: whether they compile must be the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{TestCaseError, TestError};

use crate::parity::differences;
use crate::parity::generator::action::{self, Action};
use crate::parity::generator::fault::{self, Fault};
use crate::parity::generator::model::Tree;
use crate::parity::generator::print::{Sources, print};
use crate::parity::generator::repair::mend;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A tree that compiles, and what is done to it.
#[derive(Clone, Debug)]
struct Case {
    build: Vec<Action>,
    seed: u64,
    level: u8,
    fault: Fault,
}

fn cases() -> impl Strategy<Value = Case> {
    let parts = (action::build(), any::<u64>(), 0..=2u8, fault::faults());
    parts.prop_map(|(build, seed, level, fault)| Case { build, seed, level, fault })
}

impl Case {
    /// The sources with the fault; none if they have no place for it.
    fn sources(&self) -> Option<Sources> {
        let mut tree = Tree::default();
        self.build.iter().for_each(|action| action.apply(&mut tree));
        Action { op: action::Op::AddMessage, at: 0, pick: 0, value: 0 }.apply(&mut tree);
        mend(&mut tree);
        self.fault.apply(&print(&tree, self.seed, self.level))
    }
}

/// How often each fault broke a schema, and how often it did not.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<String, (usize, usize)>>);

impl Tally {
    fn count(&self, fault: &Fault, broke: bool) {
        let mut all = self.0.lock().expect("no thread panics with it");
        let (broken, whole) = all.entry(fault.kind.name()).or_default();
        *(if broke { broken } else { whole }) += 1;
    }

    fn line(&self, seed: u64) -> String {
        let all = self.0.lock().expect("no thread panics with it");
        let sum = |of: fn(&(usize, usize)) -> usize| all.values().map(of).sum::<usize>();
        format!(
            "seed {seed}, {} broken schemas and {} that a fault did not break, by {} faults, judged alike",
            sum(|n| n.0),
            sum(|n| n.1),
            all.len()
        )
    }
}

#[test]
fn schemas_with_a_fault_compile_where_they_do_for_buf() {
    let Some(buf) = tools::buf() else { return };
    let wanted = scale::pairs(60, 2_000);
    for seed in scale::seeds() {
        let tally = Tally::default();
        let failures = scale::parallel(&[0, 1], |&worker| {
            let share = wanted.div_ceil(u32::try_from(scale::WORKERS).expect("few"));
            let mut runner = scale::runner(seed, worker, share);
            let outcome =
                runner.run(&cases(), |case| ask(buf, &case, &tally).map_err(TestCaseError::fail));
            match outcome {
                Ok(()) => None,
                Err(TestError::Fail(reason, case)) => Some(counterexample(&case, reason.message())),
                Err(TestError::Abort(reason)) => Some(reason.to_string()),
            }
        });
        tools::say(&format!("parity: {}", tally.line(seed)));
        assert!(failures.is_empty(), "seed {seed}:\n{}", failures.join("\n"));
    }
}

/// Every fault in a few trees each, so that none is left to chance.
#[test]
fn every_fault_is_judged_as_by_buf() {
    let Some(buf) = tools::buf() else { return };
    let rounds = if scale::long() { 4 } else { 1 };
    let seed = *scale::seeds().last().expect("there is a seed");
    let mut runner = scale::runner(seed, 2, 1);
    let tally = Tally::default();
    let mut cases = Vec::new();
    for round in 0..rounds {
        for fault in fault::each(round) {
            let tree = self::cases().new_tree(&mut runner).expect("any tree");
            cases.push(Case { fault, ..tree.current() });
        }
    }
    // The gate asks a part of them.
    let step = if scale::long() { 1 } else { 8 };
    let asked: Vec<_> = cases.iter().skip(seed as usize % step).step_by(step).collect();
    let failures =
        scale::parallel(&asked, |case| Some(counterexample(case, &ask(buf, case, &tally).err()?)));
    tools::say(&format!("parity: {}", tally.line(seed)));
    assert!(failures.is_empty(), "seed {seed}: {}\n{}", failures.len(), failures.join("\n"));
}

fn ask(buf: &Path, case: &Case, tally: &Tally) -> Result<(), String> {
    let Some(sources) = case.sources() else { return Ok(()) };
    let folder = tools::temporary();
    tools::write(folder.path(), &sources);
    let [theirs, ours] = [buf, tools::wireproof()].map(|program| {
        let args = ["build", ".", "-o", "image.binpb", "--error-format", "json"];
        tools::run(program, folder.path(), &args)
    });
    if theirs.code == 1 && theirs.stderr.contains("panicked: ") {
        // A crash of buf is no verdict.
        return Ok(());
    }
    // An option that lacks a required field is not one of its findings: it fails over it later.
    // The space behind "proto:" is not always the same one.
    let lacks = |text: &str| text.contains("required field ") && text.contains(" not set");
    if theirs.code == 1 && lacks(&theirs.stderr) && ours.code == 100 {
        tally.count(&case.fault, true);
        return Ok(());
    }
    tally.count(&case.fault, theirs.code != 0);
    let refusal = if ours.code == 100 { &ours } else { &theirs };
    if theirs.code == ours.code || differences::of_refusal(refusal) {
        return Ok(());
    }
    // See "what is no schema" in differences.toml.
    let is_lax = case.fault.kind.is_of_tokens() && theirs.code == 0 && ours.code == 100;
    if is_lax && tools::protoc_compiles(folder.path(), &sources) == Some(false) {
        return Ok(());
    }
    let said = |answer: &tools::Answer| {
        format!("exit {}\n{}{}", answer.code, answer.stdout, answer.stderr)
    };
    Err(format!("buf: {}wireproof: {}", said(&theirs), said(&ours)))
}

fn counterexample(case: &Case, reason: &str) -> String {
    let mut said = format!("{reason}\nfault: {}\n", case.fault.kind.name());
    for (path, text) in case.sources().unwrap_or_default() {
        said.push_str(&format!("--- {path}\n{text}\n"));
    }
    said
}

/// In COMPILE findings buf counts bytes; docs/reports.md says what wireproof counts.
#[test]
fn columns_of_compile_errors_are_display_columns() {
    let Some(buf) = tools::buf() else { return };
    for (line, theirs, ours) in [("\tFoo a = 1;", 2, 5), ("/* 大 */ Foo a = 1;", 11, 10)] {
        let folder = tools::temporary();
        let text = format!("syntax = \"proto3\";\nmessage M {{\n{line}\n}}\n");
        tools::write(folder.path(), &[("a.proto".to_owned(), text)].into());
        for (program, column) in [(buf, theirs), (tools::wireproof(), ours)] {
            let answer = tools::run(program, folder.path(), &["lint", "--error-format", "json"]);
            let place = format!("\"start_line\":3,\"start_column\":{column},");
            assert!(answer.stdout.contains(&place), "{line:?} {place}: {}", answer.stdout);
        }
    }
}
