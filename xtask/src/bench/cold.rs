//! Measures the first `check` in a fresh clone, including the build, and the first build of the
//! program with and without its default features.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::measure::{Cost, Starter};
use crate::{cargo, say};
use wireproof::error::{Error, Result};

/// The cost of the first `check` in a fresh clone.
pub(super) struct Cold {
    pub(super) cost: Cost,
    /// The number of crates that are compiled, without the repository's own.
    pub(super) crates: usize,
    /// The first build of the program: with its default features, and without.
    pub(super) builds: [(usize, Cost); 2],
}

/// The arguments of cargo for `cargo xtask check`, with a fixed target directory.
const CHECK: &[&str] =
    &["run", "--quiet", "--locked", "--target-dir", "target", "--package", "xtask", "--", "check"];

/// Clones the repository at `root` into `folder`, and runs `check` there. The crates are already
/// downloaded, since this binary was built with them.
pub(super) fn measure(root: &Path, folder: &Path, python: &Path) -> Result<Cold> {
    say("`cargo xtask check` in a fresh clone, once");
    let mut git = Command::new("git");
    stdout(git.args(["clone", "--quiet"]).arg(root).arg(folder))?;
    let starter = Starter { python: python.to_owned(), folder: folder.to_owned(), core: None };
    let mut cargo = cargo();
    let cost = starter.run(cargo.args(CHECK))?;
    let builds = [
        first_build(folder, &starter, "target-default", &[])?,
        first_build(folder, &starter, "target-gate", &["--no-default-features"])?,
    ];
    Ok(Cold { cost, crates: crates(folder, &[])?, builds })
}

/// Builds the program with `features` into a new target directory. Returns the number of
/// dependencies, and the cost.
fn first_build(
    folder: &Path,
    starter: &Starter,
    target: &str,
    features: &[&str],
) -> Result<(usize, Cost)> {
    let own = [&["--package", "wireproof"], features].concat();
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--locked", "--target-dir", target]).args(&own);
    Ok((crates(folder, &own)?, starter.run(&cargo)?))
}

/// Returns the number of dependencies of the crate in `root`.
fn crates(root: &Path, options: &[&str]) -> Result<usize> {
    let mut cargo = cargo();
    let flags = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none"];
    let tree = stdout(cargo.args(flags).args(options).current_dir(root))?;
    let named = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let names: BTreeSet<String> = tree.lines().map(named).collect();
    Ok(names.len() - 1)
}

/// Runs `command`, and returns its standard output.
fn stdout(command: &mut Command) -> Result<String> {
    let output = command.output();
    let output = output.map_err(|error| Error::io(Path::new(command.get_program()), error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(Error::quoting(format!("{command:?} failed:\n{}", errors.trim_end())))
    }
}
