//! `test`: runs the tests of this repository, with the programs that they need.

use std::path::{Path, PathBuf};

use crate::{cargo, fuzz, say, tools};
use wireproof::error::{Error, Result};

/// Install the tools, and run the tests
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// Also run the long tests: large parity runs, every way to install, the corpus, fuzzing
    #[arg(long)]
    all: bool,
    /// Run the tests on the unpacked corpus in DIR
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Run each fuzz target for N seconds, with `--all`
    #[arg(long, value_name = "N", default_value_t = 60)]
    fuzz_seconds: u64,
    /// Arguments for the test runner: a part of a test's name, or a flag
    #[arg(last = true, value_name = "ARGS")]
    runner: Vec<String>,
}

pub(crate) fn run(args: &TestArgs, root: &Path) -> Result<()> {
    let mut cargo = cargo();
    cargo
        .args(["test", "--workspace", "--all-features", "--locked", "--"])
        .args(&args.runner)
        .current_dir(root);
    cargo.envs(tools::install(root)?);
    if args.all {
        cargo.env("WIREPROOF_ALL", "1");
    } else {
        say("SKIPPED: the long tests (`--all` runs them)");
    }
    match &args.corpus {
        Some(corpus) => _ = cargo.env("WIREPROOF_CORPUS", folder(corpus)?),
        None => say("SKIPPED: the tests on the corpus (`--corpus DIR` runs them)"),
    }
    let status = cargo.status().map_err(|error| Error::io(Path::new("cargo"), error))?;
    if !status.success() {
        return Err(Error::new("tests failed"));
    }
    if args.all && args.fuzz_seconds > 0 {
        fuzz::run_all(root, args.fuzz_seconds)?;
    }
    Ok(())
}

/// Returns the absolute path of a folder. Tests need it because they run in other folders.
pub(crate) fn folder(path: &Path) -> Result<PathBuf> {
    let found = path.canonicalize().map_err(|error| Error::io(path, error))?;
    if found.is_dir() {
        Ok(found)
    } else {
        Err(Error::new("not a directory").at(path.display().to_string()))
    }
}
