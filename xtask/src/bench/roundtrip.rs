//! `bench roundtrip`: measures the properties of round trips against what prost generated, how
//! `wireproof roundtrip` uses cores, and the start of the program with and without its default
//! features.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::measure::{Cost, Starter, median};
use super::page::{self, megabytes, seconds, thousands};
use super::rpc;
use super::toolchain::{PAGE, build, cores, line_of, scratch, today};
use super::tree::write;
use crate::{cargo, say, tools};
use wireproof::error::{Error, Result};

/// Measure round trips, and the start of the program
#[derive(Debug, clap::Args)]
pub(super) struct RoundtripArgs {
    /// Number of runs of each case
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Messages of each type, for the comparison with prost
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    cases: u32,
}

/// The seed of all runs, so that each of them tests the same messages.
const SEED: &str = "7";
/// The numbers of messages for each property in the measured runs.
const CASES: [&str; 2] = ["100", "1000"];
/// The number of runs of a command that takes only milliseconds.
const RUNS_START: usize = 50;

/// The heading with which the part of the page begins that is written here.
const HEADING: &str = "## Round trips\n";

/// A measured run of `wireproof roundtrip`.
struct Run {
    cores: String,
    cases: &'static str,
    messages: usize,
    cost: Cost,
}

pub(super) fn run(args: &RoundtripArgs, root: &Path) -> Result<()> {
    let tools = tools::install(root)?;
    let python = tools.into_iter().find(|(name, _)| *name == "WIREPROOF_PYTHON");
    let (_, python) = python.ok_or_else(|| Error::new("benchmarks need Python"))?;
    let scratch = scratch(root)?;
    let full = build(root, "target", &[])?;
    let gate = build(root, "target/gate", &["--no-default-features"])?;
    let runs = args.runs.into();
    let setting = [
        ("machine", cores()),
        ("wireproof", line_of(Command::new(&full).arg("--version"))?),
        ("built with", line_of(Command::new("rustc").arg("--version"))?),
        ("date", today(&python)?),
        ("load at the start", load(&python)?),
    ];
    let pace = pace(args, root)?;
    let scaled = scaled(&full, &python, root, runs)?;
    let starts = starts([&full, &gate], &python, &scratch.join("tiny"))?;
    let sizes = [size(&full)?, size(&gate)?];
    let section = section(&setting, args, &pace, &scaled, &starts, sizes)?;
    println!("{section}");
    let path = root.join(PAGE);
    let old = fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
    let (head, _) = page::split(&old, HEADING);
    let page = format!("{}\n\n{section}\n{}", head.trim_end(), rpc::part(&old));
    fs::write(&path, format!("{}\n", page.trim_end())).map_err(|error| Error::io(&path, error))
}

/// Returns the processes that wanted a core in the last minute: other work on the machine.
pub(super) fn load(python: &Path) -> Result<String> {
    let load = "import os; print(f'{os.getloadavg()[0]:.1f} processes')";
    line_of(Command::new(python).args(["-c", load]))
}

/// Returns the part of the page `text` that `bench roundtrip` writes, and what follows it.
pub(super) fn part(text: &str) -> &str {
    page::split(text, HEADING).1
}

/// Runs the example `pace` of the generated code, and returns what it prints.
fn pace(args: &RoundtripArgs, root: &Path) -> Result<Value> {
    let (cases, runs) = (args.cases.to_string(), args.runs.to_string());
    say(&format!("prost and wireproof, {cases} messages of each type, {runs} times"));
    let mut cargo = cargo();
    cargo.args(["run", "--quiet", "--release", "--locked", "--target-dir", "target"]);
    cargo.args(["--package", "agent-contract", "--example", "pace", "--", &cases, &runs]);
    let printed = line_of(cargo.current_dir(root).stderr(Stdio::inherit()))?;
    serde_json::from_str(&printed).map_err(|_| Error::new("the example `pace` failed"))
}

/// Measures `wireproof roundtrip` on one core, on all of them, and as two processes.
fn scaled(program: &Path, python: &Path, root: &Path, runs: usize) -> Result<Vec<Run>> {
    let starter = |core| Starter { python: python.to_owned(), folder: root.to_owned(), core };
    let command = |cases: &str, partition: &str| {
        let mut command = Command::new(program);
        command.args(["roundtrip", "--seed", SEED, "--cases", cases, "--partition", partition]);
        command.current_dir(root);
        command
    };
    let mut measured = Vec::new();
    for cases in CASES {
        say(&format!("roundtrip --cases {cases}, {runs} times on one core, all, and two halves"));
        let messages = messages(&mut command(cases, "1/1"))?;
        let mut costs = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..runs {
            costs[0].push(starter(Some(0)).run(&command(cases, "1/1"))?);
            costs[1].push(starter(None).run(&command(cases, "1/1"))?);
            costs[2].push(halves(&starter, [command(cases, "1/2"), command(cases, "2/2")])?);
        }
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        let names = ["1".to_owned(), all.to_string(), "2, as `1/2` and `2/2`".to_owned()];
        for (cores, costs) in names.into_iter().zip(&costs) {
            measured.push(Run { cores, cases, messages, cost: median(costs) });
        }
    }
    Ok(measured)
}

/// Runs two commands at once, each on a core of its own.
fn halves(
    starter: &(dyn Fn(Option<usize>) -> Starter + Sync),
    commands: [Command; 2],
) -> Result<Cost> {
    let [first, second] = commands;
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| starter(Some(1)).run(&second));
        let first = starter(Some(0)).run(&first);
        (first, second.join().expect("a starter does not panic"))
    });
    let (first, second) = (first?, second?);
    Ok(Cost {
        wall: first.wall.max(second.wall),
        cpu: first.cpu + second.cpu,
        peak: first.peak.max(second.peak),
    })
}

/// Returns the number of messages that a run tests, which its last line begins with.
fn messages(command: &mut Command) -> Result<usize> {
    let output = command.output();
    let output = output.map_err(|error| Error::io(Path::new(command.get_program()), error))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    number_of_messages(&errors)
        .ok_or_else(|| Error::quoting(format!("{command:?} failed:\n{}", errors.trim_end())))
}

fn number_of_messages(errors: &str) -> Option<usize> {
    errors.lines().find_map(|line| {
        let (before, _) = line.split_once(" messages of ")?;
        before.rsplit(' ').next()?.replace(',', "").parse().ok()
    })
}

/// Measures commands that need no server, with the two programs alternately.
fn starts(
    programs: [&PathBuf; 2],
    python: &Path,
    folder: &Path,
) -> Result<Vec<(&'static str, [Cost; 2])>> {
    write(&folder.join("buf.yaml"), "version: v2\n")?;
    write(
        &folder.join("tiny/v1/tiny.proto"),
        "syntax = \"proto3\";\n\npackage tiny.v1;\n\nmessage Tiny {\n  string id = 1;\n}\n",
    )?;
    let starter = Starter { python: python.to_owned(), folder: folder.to_owned(), core: None };
    let mut measured = Vec::new();
    for (title, args) in [
        ("`--version`", &["--version"][..]),
        ("`lint` of a file with one message", &["lint", "."]),
        ("`build` of the same file", &["build", "."]),
    ] {
        say(&format!("{title}, {RUNS_START} times each"));
        let commands = programs.map(|program| {
            let mut command = Command::new(program);
            command.args(args);
            command
        });
        let mut costs = [Vec::new(), Vec::new()];
        starter.run(&commands[0])?;
        starter.run(&commands[1])?;
        for _ in 0..RUNS_START {
            costs[0].push(starter.run(&commands[0])?);
            costs[1].push(starter.run(&commands[1])?);
        }
        measured.push((title, costs.map(|costs| median(&costs))));
    }
    Ok(measured)
}

fn size(program: &Path) -> Result<u64> {
    fs::metadata(program).map(|file| file.len()).map_err(|error| Error::io(program, error))
}

fn section(
    setting: &[(&str, String)],
    args: &RoundtripArgs,
    pace: &Value,
    runs: &[Run],
    starts: &[(&str, [Cost; 2])],
    sizes: [u64; 2],
) -> Result<String> {
    let number = |key: &str| {
        let missing = || Error::new(format!("the example `pace` prints no number {key:?}"));
        pace[key].as_f64().ok_or_else(missing)
    };
    let mut text = format!(
        "{HEADING}\nThis section and the next are written by `cargo xtask bench roundtrip`; do not \
         edit. The numbers are medians.\n\n"
    );
    for (name, value) in setting {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = write!(
        text,
        "\nGenerated messages of all {} types of this repository's contract, {} of each, {:.0} bytes \
         on average. One thread does each kind of work on them, alternately, {} times.\n\n\
         | work on each message | messages per second | prost : this |\n| --- | --- | --- |\n",
        number("types")?,
        thousands(args.cases as usize),
        number("bytes")? / number("messages")?,
        args.runs,
    );
    let prost = number("prost")?;
    for (title, key) in [
        ("prost reads and writes it, with generated types: the limit", "prost"),
        ("wireproof reads and writes it, with the types of a schema", "values"),
        (
            "the properties within a version, which include generating it, binary, JSON and text, \
             and malformed bytes",
            "properties",
        ),
    ] {
        let rate = number(key)?;
        let ratio = prost / rate;
        let _ = writeln!(text, "| {title} | {} | {ratio:.1} : 1 |", thousands(rate as usize));
    }
    text.push_str(
        "\n`wireproof roundtrip` of this repository's contract, within the working tree and across \
         its releases. As two processes, each has one core and half of the types.\n\n\
         | `--cases` | messages | cores | wall | user + system | peak memory of a process | messages per second |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for Run { cores, cases, messages, cost } in runs {
        let rate = thousands((*messages as f64 / cost.wall.as_secs_f64()) as usize);
        let (wall, cpu, peak) = (seconds(cost.wall), seconds(cost.cpu), megabytes(cost.peak));
        let messages = thousands(*messages);
        let _ =
            writeln!(text, "| {cases} | {messages} | {cores} | {wall} | {cpu} | {peak} | {rate} |");
    }
    let [full, gate] = sizes.map(megabytes);
    let _ = write!(
        text,
        "\n## Start\n\n\
         The program with its default Cargo features ({full}) and without \
         (`--no-default-features`, {gate}), alternately, {RUNS_START} times.\n\n\
         | command | measure | default | without | default : without |\n\
         | --- | --- | --- | --- | --- |\n"
    );
    for (title, [full, gate]) in starts {
        let wall = (seconds(full.wall), seconds(gate.wall));
        let ratio = full.wall.as_secs_f64() / gate.wall.as_secs_f64();
        let _ = writeln!(text, "| {title} | wall | {} | {} | {ratio:.2} : 1 |", wall.0, wall.1);
        let peak = (megabytes(full.peak), megabytes(gate.peak));
        let ratio = full.peak as f64 / gate.peak as f64;
        let _ = writeln!(text, "| | peak memory | {} | {} | {ratio:.2} : 1 |", peak.0, peak.1);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_number_of_messages_is_that_of_the_last_line() {
        let errors = "note: 3 of them\nwireproof: 26700 messages of 89 types, seed 7\n";
        assert_eq!(number_of_messages(errors), Some(26_700));
        assert_eq!(number_of_messages("error: no schema\n"), None);
    }

    #[test]
    fn the_section_has_a_ratio_for_each_side() {
        let args = RoundtripArgs { runs: 5, cases: 500 };
        let pace = serde_json::json!({
            "types": 2, "messages": 1000, "bytes": 64_000,
            "prost": 1_000_000.0, "values": 250_000.0, "properties": 10_000.0,
        });
        let second = Duration::from_secs(1);
        let cost = Cost { wall: second, cpu: second, peak: 20_000_000 };
        let runs = [Run { cores: "1".to_owned(), cases: "100", messages: 26_700, cost }];
        let starts = [("`--version`", [cost, cost])];
        let sizes = [20_000_000, 10_000_000];
        let text =
            section(&[], &args, &pace, &runs, &starts, sizes).expect("all numbers are there");
        assert!(text.contains(" 500 of each, 64 bytes on average."), "{text}");
        assert!(text.contains("types of a schema | 250,000 | 4.0 : 1 |\n"), "{text}");
        assert!(
            text.contains("| 100 | 26,700 | 1 | 1.00 s | 1.00 s | 20 MB | 26,700 |\n"),
            "{text}"
        );
        assert!(text.contains("| `--version` | wall | 1.00 s | 1.00 s | 1.00 : 1 |\n"), "{text}");
        let missing = section(&[], &args, &Value::Null, &[], &[], sizes);
        assert!(missing.is_err());
    }
}
