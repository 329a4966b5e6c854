//! The fuzz targets of `fuzz/`, each run for some time: what they find is an error.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{eprint, tools};
use crate::error::{Error, Result};

/// A fuzz target, and what helps it to start.
struct Target {
    name: &'static str,
    /// Folders of inputs to begin with, besides its own in `fuzz/seeds`.
    seeds: &'static [&'static str],
    /// The words of its language, a file in `fuzz/dictionaries`.
    dictionary: Option<&'static str>,
}

const TARGETS: &[Target] = &[
    Target { name: "archive", seeds: &[], dictionary: None },
    Target { name: "compat", seeds: &[], dictionary: Some("proto") },
    Target { name: "compile", seeds: &["tests/parity/compile_cases"], dictionary: Some("proto") },
    Target { name: "config", seeds: &[], dictionary: Some("config") },
    Target { name: "image", seeds: &[], dictionary: Some("image") },
    Target { name: "input_reference", seeds: &[], dictionary: Some("reference") },
];

/// What an input may take: more seconds are a hang, more megabytes are too much.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// Runs every target for `seconds`. Where cargo-fuzz cannot be installed that has been said.
pub(super) fn run(root: &Path, seconds: u64) -> Result<()> {
    let installed = tools::install_long(root)?;
    let Some((_, program)) = installed.first() else { return Ok(()) };
    for target in TARGETS {
        eprint(&format!("wireproof: fuzzing {} for {seconds} s\n", target.name));
        let mut command = command(program, root, target)?;
        command.arg(format!("-max_total_time={seconds}"));
        let status = command.status().map_err(|error| Error::io(program, error))?;
        if !status.success() {
            let help = format!("the input is in fuzz/artifacts/{}", target.name);
            return Err(Error::new("fuzzing found something").at(target.name).help(help));
        }
    }
    Ok(())
}

/// cargo-fuzz at `target`. What it found in earlier runs is kept in `fuzz/corpus`, and is where
/// it begins.
fn command(program: &Path, root: &Path, target: &Target) -> Result<Command> {
    let corpus = root.join("fuzz/corpus").join(target.name);
    fs::create_dir_all(&corpus).map_err(|error| Error::io(&corpus, error))?;
    let mut command = Command::new(program);
    // The flags that fuzzing needs are not stable; this makes a stable compiler take them. There
    // is no unsafe code of ours for a sanitizer to watch.
    command.env("RUSTC_BOOTSTRAP", "1").current_dir(root);
    command.args(["run", "--fuzz-dir", "fuzz", "--sanitizer", "none", target.name]);
    command.arg(corpus).arg(format!("fuzz/seeds/{}", target.name)).args(target.seeds);
    command.arg("--").args(LIMITS).args(["-verbosity=0", "-print_final_stats=1"]);
    command.args(target.dictionary.map(|name| format!("-dict=fuzz/dictionaries/{name}")));
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_target_and_only_files_that_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(root.join("fuzz/targets")).expect("there are targets");
        let mut names: Vec<_> = files
            .map(|file| file.expect("it can be read").path())
            .map(|path| path.file_stem().expect("it has a name").to_owned())
            .collect();
        names.sort_unstable();
        assert_eq!(names, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
        for target in TARGETS {
            assert!(root.join("fuzz/seeds").join(target.name).is_dir(), "{}", target.name);
            assert!(target.seeds.iter().all(|seeds| root.join(seeds).is_dir()), "{}", target.name);
            let words = target.dictionary.map(|name| root.join("fuzz/dictionaries").join(name));
            assert!(words.is_none_or(|words| words.is_file()), "{}", target.name);
        }
    }
}
