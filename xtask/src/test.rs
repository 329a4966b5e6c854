//! `test`: runs the tests of this repository, with the programs that they compare with.

use std::path::{Path, PathBuf};

use crate::{cargo, fuzz, say, tools};
use wireproof::error::{Error, Result};

/// Install the tools, then run the tests
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// Run the long tests too: large parity runs, every way to install, the corpus, fuzzing
    #[arg(long)]
    all: bool,
    /// The unpacked corpus; without it the tests that need it say that they are skipped
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// How long each fuzz target runs with `--all`
    #[arg(long, value_name = "N", default_value_t = 60)]
    fuzz_seconds: u64,
    /// What the test runner takes: a part of a test's name, `--nocapture`
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
        return Err(Error::new("the tests do not pass"));
    }
    if args.all && args.fuzz_seconds > 0 {
        fuzz::run_all(root, args.fuzz_seconds)?;
    }
    Ok(())
}

/// `path` as the tests need it: absolute, for they run in a folder of their own.
pub(crate) fn folder(path: &Path) -> Result<PathBuf> {
    let found = path.canonicalize().map_err(|error| Error::io(path, error))?;
    if found.is_dir() {
        Ok(found)
    } else {
        Err(Error::new("not a folder").at(path.display().to_string()))
    }
}
