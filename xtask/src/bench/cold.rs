//! What a newcomer waits for: `check` in a fresh clone that has built nothing yet.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::measure::{Cost, Starter};
use crate::{cargo, say};
use wireproof::error::{Error, Result};

/// The first `check` of a fresh clone.
pub(super) struct Cold {
    pub(super) cost: Cost,
    /// How many crates are compiled for it, besides the repository's own.
    pub(super) crates: usize,
}

/// The gate as `cargo xtask check` builds and runs it, whatever the environment says of folders.
const CHECK: &[&str] =
    &["run", "--quiet", "--locked", "--target-dir", "target", "--package", "xtask", "--", "check"];

/// Clones what is committed at `root` into `folder`, and checks it there. What has to be
/// downloaded for that has been downloaded: it was needed for this binary.
pub(super) fn measure(root: &Path, folder: &Path, python: &Path) -> Result<Cold> {
    say("`cargo xtask check` in a fresh clone, once");
    let mut git = Command::new("git");
    said(git.args(["clone", "--quiet"]).arg(root).arg(folder))?;
    let starter = Starter { python: python.to_owned(), folder: folder.to_owned() };
    let mut cargo = cargo();
    let cost = starter.run(cargo.args(CHECK))?;
    Ok(Cold { cost, crates: crates(folder)? })
}

fn crates(root: &Path) -> Result<usize> {
    let mut cargo = cargo();
    let flags = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none"];
    let tree = said(cargo.args(flags).current_dir(root))?;
    let named = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let names: BTreeSet<String> = tree.lines().map(named).collect();
    Ok(names.len() - 1)
}

/// What `command` prints.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output();
    let output = output.map_err(|error| Error::io(Path::new(command.get_program()), error))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            let why = String::from_utf8_lossy(&output.stderr);
            Err(Error::quoting(format!("{command:?} failed:\n{}", why.trim_end())))
        }
    }
}
