//! `bench toolchain`: measures wireproof and the real buf.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use super::case::{Bench, Budget, Case, Measured, Time};
use super::measure::Starter;
use super::page::{Page, thousands};
use super::tree::{Part, Tree};
use super::{codegen, cold, generated, roundtrip, scale};
use crate::{cargo, say, test, tools};
use wireproof::error::{Error, Result};

/// Compare wireproof with the real buf on the same schemas
#[derive(Debug, clap::Args)]
pub(super) struct ToolchainArgs {
    /// Measure the unpacked corpus in DIR (folders `old` and `new`) instead of a generated tree
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Number of runs of a large case per program
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
}

/// The number of runs of a case that takes only milliseconds.
const RUNS_SMALL: usize = 50;
/// The numbers of files for which building is measured, besides all.
const SIZES: &[usize] = &[10, 100, 1_000];
/// The number of runs of building a part of the tree.
const RUNS_PART: usize = 5;
/// The number of files that are checked against releases.
const PART: usize = 1_000;

// The budgets of the cases.
const BUILD: Budget = Budget { time: Time::Wall, faster: 8.0, smaller: Some(3.0) };
const COMPAT: Budget = Budget { time: Time::Wall, faster: 12.0, smaller: Some(6.0) };
const LINT: Budget = Budget { time: Time::Wall, faster: 10.0, smaller: Some(5.0) };
const LINT_ONE: Budget = Budget { time: Time::Cpu, faster: 10.0, smaller: Some(3.0) };
const SMALL: Budget = Budget { time: Time::Cpu, faster: 10.0, smaller: None };

pub(super) const PAGE: &str = "BENCHMARKS.md";

pub(super) fn run(args: &ToolchainArgs, root: &Path) -> Result<()> {
    let bench = bench(root)?;
    let scratch = scratch(root)?;
    let tree = match &args.corpus {
        Some(corpus) => corpus_tree(corpus)?,
        None => {
            say("SKIPPED: the corpus (`--corpus DIR` measures it); measuring a generated tree:");
            generated::tree(&scratch.join("generated"))?
        }
    };
    let cold = cold::measure(root, &scratch.join("cold"), &bench.starter.python)?;
    let page = measure(&bench, &tree, &scratch, args.runs.into(), cold)?.text();
    println!("{page}");
    let path = root.join(PAGE);
    let old = fs::read_to_string(&path).unwrap_or_default();
    let page = [&*page, roundtrip::part(&old)].join("\n");
    let page = format!("{}\n", page.trim_end());
    fs::write(&path, page).map_err(|error| Error::io(&path, error))
}

/// Returns both programs: an optimised build of wireproof, and the buf that `tools` installs.
fn bench(root: &Path) -> Result<Bench> {
    let tools = tools::install(root)?;
    let tool = |variable| {
        let found = tools.iter().find(|(name, _)| *name == variable);
        let missing = || Error::new("benchmarks need buf and Python");
        found.map(|(_, program)| program.clone()).ok_or_else(missing)
    };
    let starter =
        Starter { python: tool("WIREPROOF_PYTHON")?, folder: root.to_owned(), core: None };
    Ok(Bench { starter, wireproof: build(root, "target", &[])?, buf: tool("WIREPROOF_BUF")? })
}

/// Builds the optimised binary with `features` in the folder `target`, and returns its path.
pub(super) fn build(root: &Path, target: &str, features: &[&str]) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--package", "wireproof", "--bin", "wireproof"]);
    let status = cargo.args(["--target-dir", target]).args(features).current_dir(root).status();
    let status = status.map_err(|error| Error::io(Path::new("cargo"), error))?;
    if status.success() {
        let name = format!("wireproof{}", std::env::consts::EXE_SUFFIX);
        Ok(root.join(target).join("release").join(name))
    } else {
        Err(Error::new("building wireproof failed"))
    }
}

/// Returns an empty folder for inputs and outputs.
pub(super) fn scratch(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/bench");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    }
    fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    Ok(folder)
}

fn corpus_tree(corpus: &Path) -> Result<Tree> {
    let folder = |name| test::folder(&corpus.join(name));
    let (old, new) = (folder("old")?, folder("new")?);
    let description = "two states of the public googleapis schemas".to_owned();
    Ok(Tree { description, old, new })
}

/// Returns all cases for both programs.
fn cases(bench: &Bench, tree: &Tree, scratch: &Path, runs: usize) -> Result<Vec<Case>> {
    let whole = Part::whole(&tree.new)?;
    let mut cases = vec![
        Case { budget: Some(BUILD), ..build_case(&whole, scratch, runs) },
        Case { budget: Some(COMPAT), ..from_sources(tree, runs)? },
        from_images(bench, tree, scratch, runs)?,
        Case { budget: Some(LINT), ..lint_all(&whole, runs) },
        Case { budget: Some(LINT_ONE), ..lint_one(&whole)? },
        Case { budget: Some(SMALL), ..own_contract() },
        Case { budget: Some(SMALL), ..lint_own() },
    ];
    cases.extend(codegen::cases(bench, &whole, scratch, runs));
    Ok(cases)
}

fn measure(
    bench: &Bench,
    tree: &Tree,
    scratch: &Path,
    runs: usize,
    cold: cold::Cold,
) -> Result<Page> {
    let cases = cases(bench, tree, scratch, runs)?;
    let cases = cases.into_iter().map(|case| bench.compare(case)).collect::<Result<Vec<_>>>()?;
    let sizes = sizes(bench, tree, scratch, &cases[0])?;
    let whole = Part::whole(&tree.new)?;
    let broken = scale::broken(bench, &whole, &scratch.join("broken"), runs)?;
    let part = |tree: &Path, name| Part::copy(tree, scratch.join(name), PART);
    let (old, new) = (part(&tree.old, "part-old")?, part(&tree.new, "part-new")?);
    let releases = scale::releases(bench, &old, &new, runs)?;
    let setting = setting(bench)?;
    let tree = tree.description.clone();
    Ok(Page { setting, tree, cases, sizes, broken, part: new.files, releases, cold })
}

/// Measures building parts of the tree. `built` is the result for the whole tree.
fn sizes(
    bench: &Bench,
    tree: &Tree,
    scratch: &Path,
    built: &Measured,
) -> Result<Vec<(Part, Measured)>> {
    let whole = Part::whole(&tree.new)?;
    let mut sizes = Vec::new();
    for count in SIZES.iter().copied().filter(|count| *count < whole.files) {
        let part = Part::copy(&tree.new, scratch.join(count.to_string()), count)?;
        let measured = bench.compare(build_case(&part, scratch, RUNS_PART))?;
        sizes.push((part, measured));
    }
    let Measured { runs, wireproof, buf, .. } = *built;
    sizes.push((whole, Measured { title: String::new(), budget: None, runs, wireproof, buf }));
    Ok(sizes)
}

fn build_case(part: &Part, scratch: &Path, runs: usize) -> Case {
    let image = |name: &str| scratch.join(name).display().to_string();
    let input = part.folder.display().to_string();
    let args = |image| ["build".to_owned(), input.clone(), "-o".to_owned(), image].to_vec();
    Case {
        title: format!("`build`, {} files", thousands(part.files)),
        budget: None,
        wireproof: args(image("wireproof.binpb")),
        buf: args(image("buf.binpb")),
        runs,
    }
}

fn from_sources(tree: &Tree, runs: usize) -> Result<Case> {
    let files = |folder| Part::whole(folder).map(|part| thousands(part.files));
    let (old, new) = (files(&tree.old)?, files(&tree.new)?);
    let title = format!("`check-compat` under FILE from sources, {old} → {new} files");
    Ok(compat_case(title, &tree.old, &tree.new, runs))
}

/// Returns the case in which both programs read images built by buf.
fn from_images(bench: &Bench, tree: &Tree, scratch: &Path, runs: usize) -> Result<Case> {
    let build = |folder: &Path, image: &str| {
        let image = scratch.join(image);
        let mut buf = Command::new(&bench.buf);
        bench.starter.run(buf.arg("build").arg(folder).arg("-o").arg(&image)).map(|_| image)
    };
    let (old, new) = (build(&tree.old, "old.binpb")?, build(&tree.new, "new.binpb")?);
    let title = "`check-compat` under FILE from images of the same files".to_owned();
    Ok(compat_case(title, &old, &new, runs))
}

/// Returns the case of a pre-commit hook in this repository.
fn own_contract() -> Case {
    let (new, old) = (Path::new("proto"), Path::new("contracts/releases/v1.1.0.binpb"));
    let title = "`check-compat` of this repository's contract against v1.1.0".to_owned();
    compat_case(title, old, new, RUNS_SMALL)
}

/// Returns the case of linting with the default rules, STANDARD.
fn lint_all(part: &Part, runs: usize) -> Case {
    let title = format!("`lint` under STANDARD, {} files", thousands(part.files));
    lint_case(title, &part.folder, None, runs)
}

/// Returns the case of an editor that lints a saved file: the one in the middle of the tree.
fn lint_one(part: &Part) -> Result<Case> {
    let files = part.paths()?;
    let file = files.get(files.len() / 2).map(|file| part.folder.join(file));
    let title = format!("`lint --path` of one file of the {}", thousands(files.len()));
    Ok(lint_case(title, &part.folder, file.as_deref(), RUNS_SMALL))
}

fn lint_own() -> Case {
    lint_case("`lint` of this repository's contract".to_owned(), Path::new("."), None, RUNS_SMALL)
}

fn lint_case(title: String, folder: &Path, path: Option<&Path>, runs: usize) -> Case {
    let shown = |path: &Path| path.display().to_string();
    let flags = ["--error-format", "json"].map(str::to_owned).into_iter();
    let path = path.into_iter().flat_map(|path| ["--path".to_owned(), shown(path)]);
    let args = ["lint".to_owned(), shown(folder)].into_iter().chain(flags).chain(path);
    let args: Vec<String> = args.collect();
    Case { title, budget: None, wireproof: args.clone(), buf: args, runs }
}

fn compat_case(title: String, old: &Path, new: &Path, runs: usize) -> Case {
    let args = |command: &str| {
        let (new, old) = (new.display().to_string(), old.display().to_string());
        let flags = ["--error-format".to_owned(), "json".to_owned()];
        [vec![command.to_owned(), new, "--against".to_owned(), old], flags.to_vec()].concat()
    };
    Case { title, budget: None, wireproof: args("check-compat"), buf: args("breaking"), runs }
}

/// Returns the machine, the versions and the date, without paths and host names.
fn setting(bench: &Bench) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("machine", cores()),
        ("wireproof", line_of(Command::new(&bench.wireproof).arg("--version"))?),
        ("buf", line_of(Command::new(&bench.buf).arg("--version"))?),
        ("built with", line_of(Command::new("rustc").arg("--version"))?),
        ("date", today(&bench.starter.python)?),
    ])
}

/// Returns the machine, without its name.
pub(super) fn cores() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}, {}", std::env::consts::ARCH, std::env::consts::OS)
}

pub(super) fn today(python: &Path) -> Result<String> {
    line_of(Command::new(python).args(["-c", "import datetime; print(datetime.date.today())"]))
}

/// Runs `command`, and returns the line that it prints.
pub(super) fn line_of(command: &mut Command) -> Result<String> {
    let output = command.output();
    let output = output.map_err(|error| Error::io(Path::new(command.get_program()), error))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
