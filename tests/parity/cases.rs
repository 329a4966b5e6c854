//! The compile cases: the verdict of each is what buf answers, and what we answer.

use std::collections::BTreeSet;
use std::path::Path;

use self::reader::{Case, sections};
use crate::parity::differences;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

#[path = "../../xtask/src/fuzz/cases.rs"]
mod reader;

/// How many cases there are: a case that is lost fails here.
const CASES: usize = 1_020;

/// Returns all cases, sorted by name.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/compile_cases");
    reader::read(&folder).expect("the cases can be read")
}

impl Case {
    /// Writes its files to a folder of its own, outside of the repository.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        let folder = tools::temporary();
        for (path, text) in self.files() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
                .expect("a folder can be made");
            std::fs::write(path, text).expect("a file can be written");
        }
        folder
    }

    /// Returns its files with their paths.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = sections(&self.text, |_| true);
        if files.len() == 1 {
            files[0].0 = "case.proto".to_owned();
        } else {
            let (_, before) = files.remove(0);
            assert!(before.is_empty(), "{}: a text without a path", self.name);
        }
        files
    }

    fn compiles_with(&self, program: &Path) -> Result<bool, String> {
        let folder = self.folder();
        let args = ["build", ".", "-o", "image.binpb", "--error-format", "json"];
        let answer = tools::run(program, folder.path(), &args);
        match answer.code {
            0 => Ok(true),
            100 => Ok(false),
            code => Err(format!("{}: exit {code}: {}", self.name, answer.stderr.trim())),
        }
    }
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

/// Returns the answers that are not the verdicts of the cases.
fn wrong(program: &Path, cases: &[&Case]) -> Vec<String> {
    scale::parallel(cases, |case| match case.compiles_with(program) {
        Ok(compiles) if compiles == case.compiles => None,
        Ok(true) => Some(format!("{}: compiles", case.name)),
        Ok(false) => Some(format!("{}: does not compile", case.name)),
        Err(error) => Some(error),
    })
}

#[test]
fn no_compile_case_is_lost() {
    let all = all();
    let names: BTreeSet<&str> = all.iter().map(|case| case.name.as_str()).collect();
    assert_eq!((all.len(), names.len()), (CASES, CASES), "cases, and different names");
}

#[test]
fn wireproof_matches_the_compile_cases() {
    let all = all();
    let (known, expected): (Vec<_>, Vec<_>) =
        all.iter().partition(|c| differences::of_case(&c.name).is_some());
    let wrong_now = wrong(tools::wireproof(), &expected);
    assert!(
        wrong_now.is_empty(),
        "{} of {} cases:\n{}",
        wrong_now.len(),
        expected.len(),
        wrong_now.join("\n")
    );
    let still = wrong(tools::wireproof(), &known);
    assert_eq!(
        still.len(),
        known.len(),
        "a difference is gone: take it out of differences.toml\n{still:?}"
    );
}

#[test]
fn buf_matches_the_compile_cases() {
    let Some(buf) = tools::buf() else { return };
    let all = all();
    // All of them take half a minute; the gate asks every twelfth again.
    let step = if scale::long() { 1 } else { 12 };
    let asked: Vec<_> = all.iter().step_by(step).collect();
    let wrong = wrong(buf, &asked);
    assert!(wrong.is_empty(), "buf answers otherwise:\n{}", wrong.join("\n"));
}
