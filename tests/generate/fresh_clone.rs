//! The stubs for those who have nothing of this toolchain: from a copy of the repository, with what
//! each language has of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The stubs that the manifest of an output lists, with their content.
#[cfg(unix)]
fn stubs(root: &Path, out: &str) -> Vec<(String, Vec<u8>)> {
    let out = root.join(out);
    let listed = super::stubs::listed(&out);
    let content = |stub: &String| fs::read(out.join(stub)).expect("it was made");
    listed.into_iter().map(|stub| (stub.clone(), content(&stub))).collect()
}

/// Made anew from a subfolder, in other languages and on another day, and once more.
#[cfg(unix)]
#[test]
fn neither_locale_nor_time_zone_shows_in_a_stub() {
    if !super::stubs::installed() {
        return;
    }
    let copy = copy();
    let made_by = Path::new(ROOT).join(".tools");
    std::os::unix::fs::symlink(made_by, copy.path().join(".tools")).expect("it can be linked");
    for (locale, zone) in [("tr_TR.UTF-8", "Pacific/Kiritimati"), ("C", "UTC"), ("de_DE", "-12")] {
        let generate = |more: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
            command.arg("generate").args(more).current_dir(copy.path().join("proto/agent"));
            let command = command.env("LC_ALL", locale).env("LANG", locale).env("TZ", zone);
            let answer = tools::answer(command);
            assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
            assert!(!answer.stderr.contains("SKIPPED"), "{}", answer.stderr);
            answer.stderr
        };
        for out in super::stubs::OUTPUTS {
            for (stub, _) in stubs(copy.path(), out) {
                fs::remove_file(copy.path().join(out).join(stub)).expect("the copy is ours");
            }
        }
        assert!(!generate(&[]).contains(" 0 of them new"), "{locale}: nothing was made");
        assert!(generate(&[]).contains(" 0 of them new or changed, 0 deleted"), "{locale}");
        generate(&["--check"]);
        for out in super::stubs::OUTPUTS {
            let (made, committed) = (stubs(copy.path(), out), stubs(Path::new(ROOT), out));
            assert!(made == committed, "{locale}: {out} differs");
        }
    }
}

/// `generate && git diff --exit-code`, from the root and from a subfolder, for the stubs of the
/// contract and those of the vectors; and what of them is left over under another name is found,
/// whatever made it.
#[cfg(unix)]
#[test]
fn generating_leaves_nothing_to_commit_and_finds_what_is_left_over() {
    if !super::stubs::installed() {
        return;
    }
    let copy = copy();
    let root = copy.path();
    std::os::unix::fs::symlink(Path::new(ROOT).join(".tools"), root.join(".tools"))
        .expect("it can be linked");
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
        succeed(Command::new("git").args(identity).args(args).current_dir(root))
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "as it is"]);
    let run = |folder: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        tools::answer(command.arg("generate").args(args).current_dir(root.join(folder)))
    };
    let of_vectors: &[&str] = &["--template", "tests/vectors/buf.gen.yaml"];
    for (folder, args) in [(".", &[][..]), (".", &[]), ("proto/agent/v2", &[]), (".", of_vectors)] {
        let answer = run(folder, args);
        assert_eq!(answer.code, 0, "{folder} {args:?}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(" 0 of them new or changed, 0 deleted"),
            "{}",
            answer.stderr
        );
        git(&["diff", "--exit-code"]);
        assert_eq!(git(&["status", "--porcelain", "--", "generated"]), "");
    }

    let of_vectors_too = [
        "generated/go/internal",
        "generated/python/tests",
        "generated/rust/tests/stubs",
        "generated/typescript/tests",
    ];
    let (mut left_over, mut endings) = (Vec::new(), 0);
    for out in super::stubs::OUTPUTS.into_iter().chain(of_vectors_too) {
        let mut seen = std::collections::BTreeSet::new();
        for (stub, content) in stubs(root, out) {
            let name = stub.rsplit_once('/').map_or(&*stub, |(_, name)| name);
            let ending = &name[name.find(['.', '_']).expect("it has an ending")..];
            if seen.insert(ending.to_owned()) {
                let path = format!("{out}/left/over{ending}");
                fs::create_dir_all(root.join(out).join("left")).expect("it can be made");
                fs::write(root.join(&path), content).expect("it can be written");
                left_over.push(path);
            }
        }
        endings += seen.len();
    }
    left_over.sort();
    let mut found: Vec<String> = Vec::new();
    for args in [&[][..], of_vectors] {
        let answer = run(".", &[args, &["--check"]].concat());
        assert_eq!(answer.code, 100, "{}", answer.stderr);
        let like = |line: &str| line.contains("this looks generated, but no plugin produces it");
        let lines = answer.stdout.lines().filter(|line| like(line));
        found.extend(lines.map(|line| line.split(':').next().unwrap_or(line).to_owned()));
    }
    found.sort();
    assert_eq!(found, left_over);
    assert!(endings > 15, "only {endings} kinds of stubs");
}

#[test]
fn the_crate_says_what_made_it_and_is_free_of_serde_unless_asked() {
    let stubs = Path::new(ROOT).join("generated/rust/src/stubs");
    let listed = super::stubs::listed(&stubs);
    assert!(listed.len() > 3);
    for stub in listed {
        let text = fs::read_to_string(stubs.join(&stub)).expect("it is committed");
        assert!(text.starts_with("// Made by `wireproof generate` (plugin rust). "), "{stub}");
    }
    let needs = |more: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["tree", "--offline", "--locked", "-p", "agent-contract", "-e", "normal"]);
        succeed(cargo.args(["--prefix", "none"]).args(more).current_dir(ROOT))
    };
    let has_serde = |tree: &str| tree.lines().any(|line| line.starts_with("serde"));
    let default = needs(&[]);
    assert!(default.contains("prost v") && !has_serde(&default), "{default}");
    assert!(has_serde(&needs(&["--features", "json"])), "the check can fail");
}

/// The files that a clone of this working tree would have, copied to a folder of their own.
fn copy() -> tempfile::TempDir {
    let copy = tools::temporary();
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(ROOT);
    let listed = succeed(&mut git);
    for path in listed.split_terminator('\0') {
        let from = Path::new(ROOT).join(path);
        let to = copy.path().join(path);
        // A file that is deleted and not yet committed is still listed.
        if from.is_file() {
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
            fs::copy(&from, &to).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
    copy
}

/// What `command` prints; it has to succeed.
fn succeed(command: &mut Command) -> String {
    let answer = tools::answer(command);
    assert_eq!(answer.code, 0, "{command:?}:\n{}{}", answer.stdout, answer.stderr);
    answer.stdout
}

/// Whether there is Go; without it what needs it is skipped, loudly, and fails in CI.
pub(crate) fn has_go() -> bool {
    let found = Command::new("go").arg("version").output().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found || !in_ci, "there is no Go: install Go 1.24 or newer");
    if !found {
        tools::say("SKIPPED: the stubs of Go: install Go 1.24 or newer");
    }
    found
}

#[test]
fn go_vets_and_tests_its_module() {
    if !has_go() {
        return;
    }
    let copy = copy();
    let module = copy.path().join("generated/go");
    let go = |args: &[&str]| succeed(Command::new("go").args(args).current_dir(&module));
    go(&["vet", "./..."]);
    let said = go(&["test", "-count=1", "./..."]);
    assert!(said.contains("ok  \texample.com/agent-contract\t"), "{said}");
    for file in ["go.mod", "go.sum"] {
        let read = |root: &Path| fs::read_to_string(root.join("generated/go").join(file));
        let (after, before) = (read(copy.path()), read(Path::new(ROOT)));
        assert_eq!(
            after.expect("it is there"),
            before.expect("it is there"),
            "{file} lacks something"
        );
    }
}

#[test]
fn pip_installs_the_package_of_python() {
    let Some(python) = super::python() else { return };
    let copy = copy();
    let venv = copy.path().join("venv");
    succeed(Command::new(python).args(["-m", "venv"]).arg(&venv));
    let name = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let python = venv.join(name);
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    succeed(pip.arg("./generated/python").current_dir(copy.path()));
    // What is imported is the package that was installed, not the folder it came from.
    fs::remove_dir_all(copy.path().join("generated")).expect("the copy is ours");
    let uses = "import agent_pb2, agent_pb2_grpc\n\
        from agent.v2 import conversation_service_pb2_grpc, ids_pb2\n\
        made = ids_pb2.MemoryId(value='m').SerializeToString()\n\
        print(agent_pb2.ToolRequest(tool_name='t').tool_name, made.hex(), \
        conversation_service_pb2_grpc.ConversationServiceStub.__name__)\n";
    let elsewhere = tools::temporary();
    let said = succeed(Command::new(python).args(["-c", uses]).current_dir(elsewhere.path()));
    assert_eq!(said.trim_end(), "t 0a016d ConversationServiceStub");
}

#[test]
fn npm_installs_and_tests_the_package_of_typescript() {
    if !super::stubs::installed() {
        return;
    }
    let copy = copy();
    let npm = |folder: &Path, args: &[&str]| {
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        succeed(npm.args(args).args(["--no-audit", "--no-fund"]).current_dir(folder))
    };
    let package = copy.path().join("generated/typescript");
    npm(&package, &["install"]);
    let said = npm(&package, &["test"]);
    assert!(said.contains("read ") && said.contains("pass 2\n"), "{said}");
    // In a project of its own the package is what it says that it is, its tests left out.
    let project = tools::temporary();
    let path = package.to_str().expect("its path is text");
    npm(project.path(), &["install", "--install-links", path]);
    let installed = project.path().join("node_modules/agent-contract");
    assert!(installed.join("agent/agent_services_pb.d.ts").is_file());
    assert!(!installed.join("tests").exists(), "its tests are not what its users need");
    let uses = "import { create, toJsonString } from '@bufbuild/protobuf';\n\
        import { ToolCallSchema } from 'agent-contract/agent/v2/tool_pb.js';\n\
        console.log(toJsonString(ToolCallSchema, create(ToolCallSchema, { toolName: 't' })));\n";
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", uses]).current_dir(project.path());
    assert_eq!(succeed(&mut node).trim_end(), r#"{"toolName":"t"}"#);
}

/// In the gate `cargo test --workspace` tests the crate where it lies; of the long tests is that it
/// needs nothing that git does not have.
#[test]
fn cargo_tests_the_crate() {
    if std::env::var_os("WIREPROOF_ALL").is_none() {
        return;
    }
    let copy = copy();
    let target: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elsewhere");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--locked", "-p", "agent-contract"]);
    let said = succeed(cargo.env("CARGO_TARGET_DIR", target).current_dir(copy.path()));
    let tests = said.matches("test result: ok. ").count();
    assert!(tests > 1 && !said.ends_with("running 0 tests\n"), "{said}");
    assert!(said.contains("generated/rust/src/lib.rs - "), "the doc test does not run: {said}");
}
