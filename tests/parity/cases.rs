//! The compile cases: what the name of each promises is what buf answers, and what we answer.

use std::path::{Path, PathBuf};

use super::{differences, scale, tools};

/// A case: its name, where it is, and whether it compiles.
struct Case {
    name: String,
    path: PathBuf,
    compiles: bool,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/compile_cases");
    let entries = std::fs::read_dir(folder).expect("the cases are there").flatten();
    let mut all: Vec<Case> = entries.filter_map(|entry| case(entry.path())).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn case(path: PathBuf) -> Option<Case> {
    let file = path.file_name()?.to_str()?;
    let stem = file.strip_suffix(".proto").unwrap_or(file);
    let (name, verdict) = stem.rsplit_once('.').filter(|(name, _)| !name.is_empty())?;
    let compiles = match verdict {
        "ok" => true,
        "bad" => false,
        _ => return None,
    };
    Some(Case { name: name.to_owned(), path, compiles })
}

impl Case {
    /// A copy in a folder of its own, as buf takes it.
    fn copy(&self) -> tempfile::TempDir {
        let folder = tools::temporary();
        if self.path.is_dir() {
            copy_folder(&self.path, folder.path());
        } else {
            std::fs::copy(&self.path, folder.path().join("case.proto"))
                .expect("a case can be copied");
        }
        folder
    }

    fn compiles_with(&self, program: &Path) -> Result<bool, String> {
        let folder = self.copy();
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

/// The answers that are not what the names promise.
fn wrong(program: &Path, cases: &[&Case]) -> Vec<String> {
    scale::parallel(cases, |case| match case.compiles_with(program) {
        Ok(compiles) if compiles == case.compiles => None,
        Ok(true) => Some(format!("{}: compiles", case.name)),
        Ok(false) => Some(format!("{}: does not compile", case.name)),
        Err(error) => Some(error),
    })
}

#[test]
fn wireproof_compiles_what_the_cases_say() {
    let all = cases();
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
fn buf_compiles_what_the_cases_say() {
    let Some(buf) = tools::buf() else { return };
    let all = cases();
    // All of them take half a minute; the gate asks every twelfth again.
    let step = if scale::long() { 1 } else { 12 };
    let asked: Vec<_> = all.iter().step_by(step).collect();
    let wrong = wrong(buf, &asked);
    assert!(wrong.is_empty(), "buf answers otherwise:\n{}", wrong.join("\n"));
}
