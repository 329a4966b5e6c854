//! `bench rpc`: measures the same handlers over gRPC and over HTTP/1.1 with JSON, and compares that with
//! what an article says of them.

mod article;
mod section;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use self::section::section;
use super::page;
use super::roundtrip::load;
use super::toolchain::{PAGE, cores, line_of, today};
use crate::{cargo, say, tools};
use wireproof::error::{Error, Result};

/// Measure gRPC and REST with the same handlers
#[derive(Debug, clap::Args)]
pub(super) struct RpcArgs {
    /// Take a minute: fewer and shorter rounds
    #[arg(long)]
    quick: bool,
}

/// The rounds, and the milliseconds of each measurement of a round.
const LONG: [&str; 2] = ["9", "1000"];
const QUICK: [&str; 2] = ["3", "300"];

/// The heading with which the part of the page begins that is written here.
const HEADING: &str = "## gRPC and REST\n";

/// The names of the runs: how the servers and the clients are made.
const RUST: &str = "Rust";
const ONE_THREAD: &str = "Rust, one thread each";
const PYTHON: &str = "Python";

pub(super) fn run(args: &RpcArgs, root: &Path) -> Result<()> {
    let tools = tools::install(root)?;
    let python = tools.into_iter().find(|(name, _)| *name == "WIREPROOF_PYTHON");
    let (_, python) = python.ok_or_else(|| Error::new("benchmarks need Python"))?;
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--target-dir", "target"]);
    build.args(["--package", "agentd", "--example", "bench_rpc"]);
    let status = build.current_dir(root).status();
    if !status.map_err(|error| Error::io(Path::new("cargo"), error))?.success() {
        return Err(Error::new("building the example `bench_rpc` failed"));
    }
    let setting = [
        ("machine", cores()),
        ("built with", line_of(Command::new("rustc").arg("--version"))?),
        ("date", today(&python)?),
        ("load at the start", load(&python)?),
    ];
    let effort = if args.quick { QUICK } else { LONG };
    let name = format!("bench_rpc{}", std::env::consts::EXE_SUFFIX);
    let program = root.join("target/release/examples").join(name);
    let mut one_thread = Command::new(&program);
    one_thread.env("TOKIO_WORKER_THREADS", "1");
    let mut script = Command::new(&python);
    script.args(["-B", "services/examples/bench_rpc/python.py"]);
    script.env("PYTHONPATH", "generated/python").current_dir(root);
    let runs = [(RUST, Command::new(&program)), (ONE_THREAD, one_thread), (PYTHON, script)];
    let runs = runs.into_iter().map(|(name, command)| measure(name, command, effort));
    let text = section(&setting, effort[0], args.quick, &runs.collect::<Result<Vec<Run>>>()?)?;
    println!("{text}");
    let path = root.join(PAGE);
    let old = fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
    let (head, _) = page::split(&old, HEADING);
    fs::write(&path, format!("{}\n\n{text}", head.trim_end()))
        .map_err(|error| Error::io(&path, error))
}

fn measure(name: &'static str, mut command: Command, effort: [&str; 2]) -> Result<Run> {
    say(&format!("gRPC and REST, {name}, {} rounds", effort[0]));
    let printed = line_of(command.args(effort).stderr(Stdio::inherit()))?;
    let failed = |_| Error::new(format!("{} failed", command.get_program().to_string_lossy()));
    Ok(Run { name, results: serde_json::from_str(&printed).map_err(failed)? })
}

/// Returns the part of the page `text` that `bench rpc` writes.
pub(super) fn part(text: &str) -> &str {
    page::split(text, HEADING).1
}

/// A run of a benchmark, and what it printed. Times are in microseconds.
struct Run {
    name: &'static str,
    results: Value,
}

impl Run {
    /// Returns the number at a path of keys.
    fn number(&self, path: &[&str]) -> Result<f64> {
        let found = path.iter().try_fold(&self.results, |value, key| match key.parse::<usize>() {
            Ok(index) if value.is_array() => value.get(index),
            _ => value.get(key),
        });
        let missing = || Error::new(format!("the benchmark of {} prints no {path:?}", self.name));
        found.and_then(Value::as_f64).ok_or_else(missing)
    }

    /// Returns a measure of calls.
    fn call(&self, side: &str, in_flight: &str, measure: &str) -> Result<f64> {
        self.number(&["calls", side, in_flight, measure])
    }

    /// Whether it has a side.
    fn has(&self, side: &str) -> bool {
        self.call(side, "1", "p50").is_ok()
    }

    /// Returns the bytes of a message: protobuf, JSON.
    fn size(&self, message: &str) -> Result<[f64; 2]> {
        let size = |at| self.number(&["sizes", message, at]);
        Ok([size("0")?, size("1")?])
    }
}
