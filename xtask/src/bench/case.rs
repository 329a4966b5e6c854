//! Compares wireproof and the real buf on the same work.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Cost, Starter, median};
use crate::say;
use wireproof::error::Result;

/// The two programs, and the starter that measures them.
pub(super) struct Bench {
    pub(super) starter: Starter,
    pub(super) wireproof: PathBuf,
    pub(super) buf: PathBuf,
}

/// A budget for the cost of wireproof, relative to that of buf.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Time,
    /// The minimum ratio of the times of buf and wireproof.
    pub(super) faster: f64,
    /// The minimum ratio of the peak memory of buf and wireproof.
    pub(super) smaller: Option<f64>,
}

/// The kind of time that a budget limits.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Time {
    Wall,
    /// User and system time. The wall time of a few milliseconds is too imprecise.
    Cpu,
}

/// Work that both programs can do.
pub(super) struct Case {
    pub(super) title: String,
    pub(super) budget: Option<Budget>,
    pub(super) wireproof: Vec<String>,
    pub(super) buf: Vec<String>,
    /// The number of runs of each program.
    pub(super) runs: usize,
}

/// The result of a comparison: the median cost of each program.
pub(super) struct Measured {
    pub(super) title: String,
    pub(super) budget: Option<Budget>,
    pub(super) runs: usize,
    pub(super) wireproof: Cost,
    pub(super) buf: Cost,
}

impl Bench {
    /// Runs both programs alternately, so that other load on the machine affects both. The first run
    /// is not measured: it warms the file cache.
    pub(super) fn compare(&self, case: Case) -> Result<Measured> {
        say(&format!("{}, {} times each", case.title, case.runs));
        let mut wireproof = Command::new(&self.wireproof);
        wireproof.args(&case.wireproof);
        let mut buf = Command::new(&self.buf);
        buf.args(&case.buf);
        self.starter.run(&wireproof)?;
        let mut costs = (Vec::new(), Vec::new());
        for _ in 0..case.runs {
            costs.0.push(self.starter.run(&wireproof)?);
            costs.1.push(self.starter.run(&buf)?);
        }
        let (wireproof, buf) = (median(&costs.0), median(&costs.1));
        let Case { title, budget, runs, .. } = case;
        Ok(Measured { title, budget, runs, wireproof, buf })
    }

    /// Runs wireproof alone, in `folder`.
    pub(super) fn alone(&self, args: &[&str], folder: &Path, runs: usize) -> Result<Cost> {
        say(&format!("{}, {runs} times", args.join(" ")));
        let starter =
            Starter { python: self.starter.python.clone(), folder: folder.to_owned(), core: None };
        let mut wireproof = Command::new(&self.wireproof);
        wireproof.args(args);
        starter.run(&wireproof)?;
        let costs: Result<Vec<Cost>> = (0..runs).map(|_| starter.run(&wireproof)).collect();
        Ok(median(&costs?))
    }
}
