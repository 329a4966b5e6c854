//! One comparison: wireproof and the real buf at the same work, by turns.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Cost, Starter, median};
use crate::say;
use wireproof::error::Result;

/// The two programs, and what starts them.
pub(super) struct Bench {
    pub(super) starter: Starter,
    pub(super) wireproof: PathBuf,
    pub(super) buf: PathBuf,
}

/// What wireproof may take of what buf takes.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Time,
    /// buf takes at least so many times as long.
    pub(super) faster: f64,
    /// buf's peak memory is at least so many times as large.
    pub(super) smaller: Option<f64>,
}

/// Which time a budget speaks of.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Time {
    Wall,
    /// User and system time: what takes only milliseconds is not measured well by the clock.
    Cpu,
}

/// Work that both programs can do.
pub(super) struct Case {
    pub(super) title: String,
    pub(super) budget: Option<Budget>,
    pub(super) wireproof: Vec<String>,
    pub(super) buf: Vec<String>,
    /// How often each program runs.
    pub(super) runs: usize,
}

/// What each of the two cost: medians.
pub(super) struct Measured {
    pub(super) title: String,
    pub(super) budget: Option<Budget>,
    pub(super) runs: usize,
    pub(super) wireproof: Cost,
    pub(super) buf: Cost,
}

impl Bench {
    /// Runs both programs by turns, so that what else the machine does meets both alike. One run
    /// that does not count comes first: it brings the files into memory.
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
        let starter = Starter { python: self.starter.python.clone(), folder: folder.to_owned() };
        let mut wireproof = Command::new(&self.wireproof);
        wireproof.args(args);
        starter.run(&wireproof)?;
        let costs: Result<Vec<Cost>> = (0..runs).map(|_| starter.run(&wireproof)).collect();
        Ok(median(&costs?))
    }
}
