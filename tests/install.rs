//! Every way in which users install the binary, from this repository as it lies.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;

/// The ways to install wireproof that the tests here run, as the documentation has them.
pub(crate) const TESTED: [&str; 2] =
    ["cargo install --locked --git URL wireproof", "cargo install --locked --path ."];

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = if cfg!(windows) { "wireproof.exe" } else { "wireproof" };

#[test]
fn from_the_working_copy() {
    install(["--path", ".", "--offline"]);
}

/// Of the long tests: `cargo xtask test --all`.
#[test]
fn as_pre_commit_from_a_clone_and_from_the_package() {
    if std::env::var_os("WIREPROOF_ALL").is_none() {
        return;
    }
    install(["--bins", "--path", ".", "--offline"]);
    install(["--git", &format!("file://{}", clone().display()), "wireproof"]);
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let unpacked = package(outside.path());
    install([OsStr::new("--path"), unpacked.as_os_str(), OsStr::new("--offline")]);
}

/// Installs what `source` names into a folder of its own, and tries what was installed.
fn install<S: AsRef<OsStr>>(source: impl IntoIterator<Item = S>) {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let mut cargo = cargo("install");
    run(cargo.args(["--locked", "--debug", "--quiet", "--root"]).arg(root.path()).args(source));
    let installed = root.path().join("bin").join(PROGRAM);
    let version = run(Command::new(&installed).arg("--version"));
    assert_eq!(version.trim(), format!("wireproof {}", env!("CARGO_PKG_VERSION")));
    fs::write(root.path().join("a.proto"), "syntax = 'proto3'; message A {}").expect("it is ours");
    run(Command::new(&installed).args(["build", "-o", "a.binpb"]).current_dir(root.path()));
    assert!(root.path().join("a.binpb").is_file());
}

/// A clone of this repository; always the same folder, for cargo remembers every one it sees.
fn clone() -> PathBuf {
    let clone = scratch("clone");
    if clone.exists() {
        fs::remove_dir_all(&clone).expect("the last clone can be removed");
    }
    run(Command::new("git").args(["clone", "--quiet", "--no-hardlinks", ROOT]).arg(&clone));
    clone
}

/// What would be published, unpacked into `folder`.
fn package(folder: &Path) -> PathBuf {
    run(cargo("package").args(["-p", "wireproof", "--no-verify", "--allow-dirty", "--quiet"]));
    let name = concat!("wireproof-", env!("CARGO_PKG_VERSION"));
    let packed = scratch("target/package").join(format!("{name}.crate"));
    let packed = File::open(packed).expect("cargo has packed it");
    let mut archive = tar::Archive::new(GzDecoder::new(packed));
    archive.unpack(folder).expect("it can be unpacked again");
    folder.join(name)
}

/// A cargo that builds in one folder for all of these tests: dependencies are built once.
fn cargo(command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg(command).current_dir(ROOT).env("CARGO_TARGET_DIR", scratch("target"));
    cargo
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("install").join(name)
}

/// What `command` prints; it has to succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    String::from_utf8(output.stdout).expect("it prints text")
}
