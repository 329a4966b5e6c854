//! Repositories inside of the repository under test: git must not run the programs that they name.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::wireproof;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A repository with a schema and a commit, and a program that leaves a mark when it is run.
struct Victim {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Victim {
    fn new() -> Self {
        let folder = tools::temporary();
        let program = folder.path().join("program");
        let mark = folder.path().join("mark");
        fs::write(&program, format!("#!/bin/sh\ntouch '{}'\nexit 1\n", mark.display()))
            .expect("it can be written");
        make_executable(&program);
        let victim = Victim { folder, program };
        victim.write("repo/buf.yaml", "version: v2\n");
        victim.write("repo/a/v1/a.proto", "syntax = \"proto3\";\npackage a.v1;\n");
        git(&victim.repo(), &["init", "-q"]);
        git(&victim.repo(), &["add", "-A"]);
        git(&victim.repo(), &["commit", "-qm", "one"]);
        victim
    }

    fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    }

    /// Makes the folder `at` of the repository look like a git repository with `config`.
    fn plant(&self, at: &str, config: &str) -> PathBuf {
        let at = format!("repo/{at}");
        self.write(&format!("{at}/HEAD"), "ref: refs/heads/main\n");
        self.write(&format!("{at}/config"), config);
        self.write(&format!("{at}/objects/keep"), "");
        self.write(&format!("{at}/refs/keep"), "");
        self.folder.path().join(at)
    }

    /// Whether the program was run since the last time.
    fn was_run(&self) -> bool {
        fs::remove_file(self.folder.path().join("mark")).is_ok()
    }
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).expect("it is ours");
}

/// Runs git as anybody would.
fn naive_git(folder: &Path, args: &[&str]) -> std::process::Output {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@e", "-c", "init.defaultBranch=main"]);
    git.args(args).current_dir(folder).env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE");
    git.output().expect("git is installed")
}

fn git(folder: &Path, args: &[&str]) {
    let output = naive_git(folder, args);
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A configuration whose missing objects come from a program.
fn promised_by(program: &Path) -> String {
    format!(
        "[core]\n\trepositoryformatversion = 1\n\tbare = false\n\tworktree = .\n\
         [extensions]\n\tpartialClone = evil\n\
         [remote \"evil\"]\n\turl = ext::{}\n\tpromisor = true\n\
         [protocol \"ext\"]\n\tallow = always\n",
        program.display()
    )
}

#[test]
fn staged_files_are_never_read_from_a_planted_repository() {
    let victim = Victim::new();
    let planted = victim.plant("proto", &promised_by(&victim.program));
    let missing = "100644,1111111111111111111111111111111111111111,a.proto";
    git(&planted, &["update-index", "--add", "--cacheinfo", missing]);
    naive_git(&planted, &["cat-file", "-p", ":a.proto"]);
    assert!(victim.was_run(), "the trap works: git asked there runs the program");
    victim.write("repo/proto/sub/x.txt", "");
    for (folder, input) in
        [("", "proto"), ("proto", "."), ("proto/sub", "."), ("proto/sub", ".."), ("", ".")]
    {
        let args = ["lint", "--staged", input];
        wireproof(&victim.repo().join(folder), &args);
        assert!(!victim.was_run(), "{args:?} in {folder:?}");
        wireproof(&victim.repo().join(folder), &["check-compat", "--staged", "--against", input]);
        assert!(!victim.was_run(), "check-compat against {input:?} in {folder:?}");
    }
}

#[test]
fn a_planted_repository_that_the_command_line_names_fetches_nothing() {
    let victim = Victim::new();
    let program = victim.program.display();
    let config = format!(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n\tsshCommand = {program}\n\
         [extensions]\n\tpartialClone = evil\n\
         [remote \"evil\"]\n\turl = ssh://h.invalid/x\n\tpromisor = true\n"
    );
    let planted = victim.plant("planted.git", &config);
    let tree = format!("100644 blob {}\ta.proto\n", "1".repeat(40));
    let tree = piped_git(&planted, &["mktree", "--missing"], tree.as_bytes());
    let commit = piped_git(&planted, &["commit-tree", "-m", "x", &tree], b"");
    git(&planted, &["update-ref", "refs/heads/main", &commit]);
    victim.was_run();
    naive_git(&planted, &["cat-file", "-p", "main:a.proto"]);
    assert!(victim.was_run(), "the trap works: git asked there runs the program");
    for input in ["planted.git", "planted.git#branch=main"] {
        let output = wireproof(&victim.repo(), &["lint", input]);
        assert!(!victim.was_run(), "{input}");
        assert_eq!(output.status.code(), Some(1), "{input}");
    }
}

#[test]
fn generate_asks_no_planted_repository_what_it_ignores() {
    let victim = Victim::new();
    let template = "version: v2\nplugins:\n  - local: [wireproof, plugin, openapi]\n    \
                    out: gen\n    strategy: all\n    opt: [all=true]\n";
    victim.write("repo/buf.gen.yaml", template);
    let schema = "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\n\
                  service S { rpc R(M) returns (M); }\n";
    victim.write("repo/a/v1/a.proto", schema);
    let repo = victim.repo();
    let made = wireproof(&repo, &["generate"]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    // Something that looks generated: only then git is asked.
    fs::copy(repo.join("gen/openapi.json"), repo.join("gen/left.json")).expect("it is there");
    let monitor = victim.program.display();
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\
         \tfsmonitor = {monitor}\n"
    );
    let planted = victim.plant("gen", &config);
    git(&planted, &["update-index", "--add", "openapi.json"]);
    git(&planted, &["update-index", "--fsmonitor"]);
    victim.was_run();
    naive_git(&planted, &["check-ignore", "left.json"]);
    assert!(victim.was_run(), "the trap works: git asked there runs the program");
    let checked = wireproof(&repo, &["generate", "--check"]);
    assert!(!victim.was_run());
    let found = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(found.contains("gen/left.json"), "it is found all the same: {found}");
}

/// Hands `input` to git and returns what it prints.
fn piped_git(folder: &Path, args: &[&str], input: &[u8]) -> String {
    use std::io::Write as _;
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@e"]).args(args).current_dir(folder);
    git.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = git.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("git reads it");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).expect("ids are text").trim().to_owned()
}

/// Lints a commit that has the tree `tree`, with bounded memory and processor time.
fn lint_tree(repo: &Path, tree: &str) -> std::process::Output {
    let commit = piped_git(repo, &["commit-tree", "-m", "x", tree], b"");
    let script = "ulimit -v 4194304; ulimit -t 100; exec \"$0\" lint \"$1\"";
    let input = format!(".git#commit={commit}");
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_wireproof"), &input]).current_dir(repo);
    command.output().expect("there is a shell")
}

#[test]
fn ten_trees_that_name_ten_billion_files_are_refused() {
    let victim = Victim::new();
    let repo = victim.repo();
    let wanted = (".proto", "more than 1000000 files");
    // Those that are not wanted cost nothing but time, a minute of it in a build for tests.
    let others = scale::long().then_some((".txt", "lists more than"));
    for (suffix, expected) in std::iter::once(wanted).chain(others) {
        let blob = piped_git(&repo, &["hash-object", "-w", "--stdin"], b"");
        let mut tree = String::new();
        for level in 0..10 {
            let entry = |name: u8| match level {
                0 => format!("100644 blob {blob}\t{name}{suffix}\n"),
                _ => format!("040000 tree {tree}\t{name}\n"),
            };
            let entries: String = (0..10).map(entry).collect();
            tree = piped_git(&repo, &["mktree"], entries.as_bytes());
        }
        let output = lint_tree(&repo, &tree);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{suffix}: {errors}");
        assert!(errors.contains(expected), "{suffix}: {errors}");
    }
}

#[test]
fn trees_whose_paths_lead_out_are_refused() {
    let victim = Victim::new();
    let repo = victim.repo();
    let schema = b"syntax = \"proto3\";\n";
    let blob = piped_git(&repo, &["hash-object", "-w", "--stdin"], schema);
    let id: Vec<u8> = (0..blob.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&blob[at..at + 2], 16).expect("an id is hexadecimal"))
        .collect();
    for name in ["../a.proto", "/a.proto", "x/../../a.proto"] {
        let entry = [format!("100644 {name}\0").as_bytes(), &id].concat();
        let args = ["hash-object", "-t", "tree", "--literally", "-w", "--stdin"];
        let output = lint_tree(&repo, &piped_git(&repo, &args, &entry));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {errors}");
        assert!(errors.contains(name), "{name}: {errors}");
    }
}

#[test]
fn ssh_runs_in_batch_mode() {
    let victim = Victim::new();
    let folder = victim.folder.path();
    let ssh = folder.join("bin/ssh");
    let asked = folder.join("asked");
    victim.write("bin/ssh", &format!("#!/bin/sh\necho \"$@\" > '{}'\nexit 1\n", asked.display()));
    make_executable(&ssh);
    let path = std::env::var("PATH").expect("there is a path");
    let run = |own: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(["lint", "ssh://git@host.invalid/x.git"]).current_dir(folder);
        command.env("PATH", format!("{}:{path}", folder.join("bin").display()));
        command.env("WIREPROOF_CACHE", folder.join("cache")).env_remove("GIT_SSH_COMMAND");
        command.envs(own.map(|own| ("GIT_SSH_COMMAND", own)));
        let output = command.output().expect("it has been built");
        assert_eq!(output.status.code(), Some(1));
        fs::read_to_string(&asked).expect("ssh was run")
    };
    let asked = run(None);
    assert!(asked.contains("BatchMode=yes") && asked.contains("host.invalid"), "{asked}");
    let own = run(Some("ssh -o User=own"));
    assert!(own.contains("User=own") && !own.contains("BatchMode"), "{own}");
}

#[test]
fn a_remote_named_like_an_option_is_not_used() {
    let victim = Victim::new();
    let clone = victim.folder.path().join("clone");
    let args = ["clone", "-q", "--no-checkout", "--filter=blob:none"];
    let source = format!("file://{}", victim.repo().display());
    git(&victim.repo(), &["config", "uploadpack.allowFilter", "true"]);
    git(victim.folder.path(), &[&args[..], &[&source, "clone"]].concat());
    let config = clone.join(".git/config");
    let own = fs::read_to_string(&config).expect("it is there");
    let option = format!("--upload-pack={}", victim.program.display());
    let evil = format!("[remote \"{option}\"]\n\tpromisor = true\n");
    fs::write(&config, evil + &own).expect("it can be written");
    naive_git(&clone, &["fetch", &option, "--quiet"]);
    assert!(victim.was_run(), "the trap works: the name is an option to git");
    let cache = tools::temporary();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(["lint", "clone/.git#branch=main"]).current_dir(victim.folder.path());
    command.env("WIREPROOF_CACHE", cache.path());
    let output = command.output().expect("it has been built");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!victim.was_run(), "{errors}");
    assert!(errors.contains("a remote of this repository is named"), "{errors}");
}
