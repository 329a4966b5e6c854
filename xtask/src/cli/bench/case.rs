//! One comparison: wireproof and the real buf at the same work, by turns.

use std::path::PathBuf;
use std::process::Command;

use super::measure::{Cost, Starter, median};
use crate::cli::eprint;
use crate::error::Result;

/// The two programs, and what starts them.
pub(super) struct Bench {
    pub(super) starter: Starter,
    pub(super) wireproof: PathBuf,
    pub(super) buf: PathBuf,
}

/// Work that both programs can do.
pub(super) struct Case {
    pub(super) title: String,
    pub(super) wireproof: Vec<String>,
    pub(super) buf: Vec<String>,
    /// How often each program runs.
    pub(super) runs: usize,
}

/// What each of the two cost: medians.
pub(super) struct Measured {
    pub(super) title: String,
    pub(super) runs: usize,
    pub(super) wireproof: Cost,
    pub(super) buf: Cost,
}

impl Bench {
    /// Runs both programs by turns, so that what else the machine does meets both alike. One run
    /// that does not count comes first: it brings the files into memory.
    pub(super) fn compare(&self, case: Case) -> Result<Measured> {
        eprint(&format!("wireproof: {}, {} times each\n", case.title, case.runs));
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
        Ok(Measured { title: case.title, runs: case.runs, wireproof, buf })
    }
}
