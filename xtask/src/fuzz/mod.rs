//! `fuzz`: runs the fuzz targets of `fuzz/`, each for some time. A crash is an error.

mod cases;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{say, tools};
use wireproof::error::{Error, Result};

/// Run every fuzz target
#[derive(Debug, clap::Args)]
pub(crate) struct FuzzArgs {
    /// Run each target for N seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
}

pub(crate) fn run(args: &FuzzArgs, root: &Path) -> Result<()> {
    run_all(root, args.seconds)
}

/// A fuzz target, and its seeds.
struct Target {
    name: &'static str,
    /// A folder of compile cases, used as seeds besides those in `fuzz/seeds`.
    cases: Option<&'static str>,
    /// The dictionary, a file in `fuzz/dictionaries`.
    dictionary: Option<&'static str>,
}

const TARGETS: &[Target] = &[
    Target { name: "archive", cases: None, dictionary: None },
    Target { name: "compat", cases: None, dictionary: Some("proto") },
    Target {
        name: "compile",
        cases: Some("tests/parity/compile_cases"),
        dictionary: Some("proto"),
    },
    Target { name: "config", cases: None, dictionary: Some("config") },
    Target { name: "image", cases: None, dictionary: Some("image") },
    Target { name: "input_reference", cases: None, dictionary: Some("reference") },
];

/// The limits for one input: the seconds after which it is a hang, and the memory in megabytes.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// Runs every target for `seconds`. Without cargo-fuzz, it does nothing: `tools` has reported that.
pub(crate) fn run_all(root: &Path, seconds: u64) -> Result<()> {
    let installed = tools::install_long(root)?;
    let Some((_, program)) = installed.first() else { return Ok(()) };
    for target in TARGETS {
        say(&format!("fuzzing {} for {seconds} s", target.name));
        let mut command = command(program, root, target)?;
        command.arg(format!("-max_total_time={seconds}"));
        let status = command.status().map_err(|error| Error::io(program, error))?;
        if !status.success() {
            let help = format!("the input is in fuzz/artifacts/{}", target.name);
            return Err(Error::new("fuzzing found a failure").at(target.name).help(help));
        }
    }
    Ok(())
}

/// Returns the command that runs `target`. It starts from the inputs of earlier runs, which are kept
/// in `fuzz/corpus`.
fn command(program: &Path, root: &Path, target: &Target) -> Result<Command> {
    let corpus = root.join("fuzz/corpus").join(target.name);
    fs::create_dir_all(&corpus).map_err(|error| Error::io(&corpus, error))?;
    let mut command = Command::new(program);
    // Makes a stable compiler accept the unstable flags of cargo-fuzz. A sanitizer would find
    // nothing, since this repository has no unsafe code.
    command.env("RUSTC_BOOTSTRAP", "1").current_dir(root);
    command.args(["run", "--fuzz-dir", "fuzz", "--sanitizer", "none", target.name]);
    command.arg(corpus).arg(format!("fuzz/seeds/{}", target.name));
    command.args(target.cases.map(|cases| inputs(root, cases)).transpose()?);
    command.arg("--").args(LIMITS).args(["-verbosity=0", "-print_final_stats=1"]);
    command.args(target.dictionary.map(|name| format!("-dict=fuzz/dictionaries/{name}")));
    Ok(command)
}

/// Writes each case of `folder` to a file of its own, and returns the folder of the files.
fn inputs(root: &Path, folder: &str) -> Result<PathBuf> {
    let (folder, inputs) = (root.join(folder), root.join("fuzz/corpus/compile_cases"));
    fs::create_dir_all(&inputs).map_err(|error| Error::io(&inputs, error))?;
    for case in cases::read(&folder).map_err(|error| Error::io(&folder, error))? {
        let verdict = if case.compiles { "ok" } else { "bad" };
        let input = inputs.join(format!("{}.{verdict}", case.name));
        fs::write(&input, case.text).map_err(|error| Error::io(&input, error))?;
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_table_matches_the_fuzz_folder() {
        let root = crate::root();
        let files = fs::read_dir(root.join("fuzz/targets")).expect("there are targets");
        let mut names: Vec<_> = files
            .map(|file| file.expect("it can be read").path())
            .map(|path| path.file_stem().expect("it has a name").to_owned())
            .collect();
        names.sort_unstable();
        assert_eq!(names, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
        for target in TARGETS {
            assert!(root.join("fuzz/seeds").join(target.name).is_dir(), "{}", target.name);
            assert!(target.cases.is_none_or(|cases| root.join(cases).is_dir()), "{}", target.name);
            let words = target.dictionary.map(|name| root.join("fuzz/dictionaries").join(name));
            assert!(words.is_none_or(|words| words.is_file()), "{}", target.name);
        }
    }

    #[test]
    fn each_compile_case_is_a_fuzz_input() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("cases/bytes")).expect("it can be made");
        let write = |path, text: &[u8]| fs::write(root.path().join(path), text).expect("writes");
        let [one, two] = ["enum E {\n}\n", "-- a.proto --\n-- b c.proto --\nmessage M {}\n"];
        write("cases/enum.txt", format!("-- one ok --\n{one}-- two bad --\n{two}").as_bytes());
        write("cases/bytes/three.ok.proto", b"// \xff\r");
        let inputs = inputs(root.path(), "cases").expect("the cases are right");
        let read = |name| fs::read(inputs.join(name)).expect("there is an input");
        assert_eq!(read("one.ok"), one.as_bytes());
        assert_eq!(read("two.bad"), two.as_bytes());
        assert_eq!(read("three.ok"), b"// \xff\r");
        assert_eq!(inputs.read_dir().expect("it can be listed").count(), 3);
    }

    #[test]
    fn text_before_the_first_case_is_refused() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("cases/bytes")).expect("it can be made");
        fs::write(root.path().join("cases/a.txt"), "enum E {}\n-- a ok --\n").expect("writes");
        let error = inputs(root.path(), "cases").expect_err("no case has the text");
        assert!(error.to_string().contains("a.txt does not begin with a case"), "{error}");
    }
}
