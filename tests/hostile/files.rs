//! Links, devices, pipes and huge files in the repository under test: refused at once, and nothing
//! of what is not a schema is quoted.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::parity::programs::tools;

const WIREPROOF: &str = env!("CARGO_BIN_EXE_wireproof");
const SCHEMA: &str = "syntax = \"proto3\";\npackage a.v1;\nmessage M {}\n";

/// A folder with a module, and beside it a secret.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tools::temporary();
    let all = [("secret", "TOKEN=hunter2\n"), ("repo/a/v1/a.proto", SCHEMA)];
    for (path, content) in all.iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    }
    folder
}

/// Runs wireproof in `repo` of `folder` with 4 GiB of addresses and 60 seconds of processor time.
fn limited(folder: &Path, args: &[&str]) -> Output {
    let script = "ulimit -v 4194304; ulimit -t 60; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, WIREPROOF]).args(args);
    command.current_dir(folder.join("repo")).env_remove("CI").output().expect("there is a shell")
}

fn all(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("there is mkfifo");
    assert!(made.success());
}

/// A path that is no regular file, the other files of its tree, and the command that reads it.
type Unreadable = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[test]
fn configuration_that_is_a_device_or_a_pipe_is_an_error_with_its_path() {
    const WITH_POLICY: &str = "version: v2\npolicies: [{policy: policy.yaml}]\n";
    let cases: [Unreadable; 7] = [
        ("buf.yaml", &[], &["lint"]),
        ("buf.work.yaml", &[], &["lint"]),
        ("wireproof.toml", &[], &["check-compat"]),
        ("buf.gen.yaml", &[], &["generate"]),
        ("policy.yaml", &[("repo/buf.yaml", WITH_POLICY)], &["lint"]),
        ("contracts/releases/v1.0.0.binpb", &[], &["check-compat"]),
        ("a/v1/b.proto", &[], &["lint"]),
    ];
    for (path, files, args) in cases {
        for target in ["/dev/zero", "/proc/self/environ", "/proc/self/pagemap", "pipe"] {
            let folder = tree(files);
            let link = folder.path().join("repo").join(path);
            fs::create_dir_all(link.parent().expect("it has one")).expect("it can be made");
            if target == "pipe" {
                make_pipe(&link);
            } else {
                symlink(target, &link).expect("it can be made");
            }
            let output = limited(folder.path(), args);
            let text = all(&output);
            assert!(!text.contains("PATH="), "{path} -> {target}: {text}");
            assert_eq!(output.status.code(), Some(1), "{path} -> {target}: {text}");
            assert!(text.contains(path) && text.contains("not a regular file"), "{text}");
        }
    }
}

#[test]
fn files_outside_that_are_no_schemas_are_not_quoted() {
    let folder = tree(&[("repo/buf.yaml", "version: v2\n"), ("repo/.git/config", "[s] TOKEN=2")]);
    let repo = folder.path().join("repo");
    for (name, target) in [("b.proto", "../../../secret"), ("c.proto", "../../.git/config")] {
        symlink(target, repo.join("a/v1").join(name)).expect("it can be made");
    }
    for format in ["text", "json", "sarif", "github-actions", "junit", "msvs"] {
        let output = limited(folder.path(), &["lint", "--error-format", format]);
        let text = all(&output);
        assert_eq!(output.status.code(), Some(100), "{text}");
        assert!(!text.contains("TOKEN") && !text.contains("hunter2"), "{format}: {text}");
        assert!(text.contains("a/v1/b.proto") && text.contains("a/v1/c.proto"), "{text}");
    }
    // Inside of the repository it is the author's own, and shown.
    fs::write(repo.join("a/v1/d.proto"), "TOKEN_OF_MINE = 1;\n").expect("it can be written");
    let text = all(&limited(folder.path(), &["lint"]));
    assert!(text.contains("TOKEN_OF_MINE"), "{text}");
}

#[test]
fn configuration_that_lies_outside_is_followed_and_not_quoted() {
    let folder = tree(&[
        ("good.yaml", "version: v2\nlint: {use: [FIELD_LOWER_SNAKE_CASE]}\n"),
        ("bad.yaml", "version: v2\nhunter2_password: x\n"),
        ("repo/.git/HEAD", ""),
    ]);
    let repo = folder.path().join("repo");
    fs::write(repo.join("a/v1/a.proto"), SCHEMA.replace("{}", "{ string Na = 1; }"))
        .expect("it can be written");
    symlink("../good.yaml", repo.join("buf.yaml")).expect("it can be made");
    let text = all(&limited(folder.path(), &["lint"]));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("FIELD_LOWER_SNAKE_CASE"), "{text}");
    fs::remove_file(repo.join("buf.yaml")).expect("it is there");
    symlink("../bad.yaml", repo.join("buf.yaml")).expect("it can be made");
    let output = limited(folder.path(), &["lint"]);
    let text = all(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("buf.yaml") && !text.contains("hunter2"), "{text}");
}

#[test]
fn schemas_that_lie_outside_are_reported_as_usual() {
    let folder = tree(&[
        ("b.proto", "syntax = \"proto3\";\npackage a.v1;\nmessage m {}\n"),
        ("repo/buf.yaml", "version: v2\n"),
    ]);
    symlink("../../../b.proto", folder.path().join("repo/a/v1/b.proto")).expect("it can be made");
    let text = all(&limited(folder.path(), &["lint"]));
    assert!(text.contains("a/v1/b.proto:3:9: MESSAGE_PASCAL_CASE"), "{text}");
    let text = all(&limited(folder.path(), &["lint", "--disable-symlinks"]));
    assert_eq!(text, "");
}

#[test]
fn files_that_the_command_line_names_are_not_quoted_through_a_link() {
    let folder = tree(&[
        ("repo/.git/HEAD", ""),
        ("outside.yaml", "version: v2\nhunter2_password: x\n"),
        ("outside.json", "\"hunter2_password\""),
        ("mine.json", "\"not_a_secret\""),
    ]);
    let repo = folder.path().join("repo");
    symlink("../outside.yaml", repo.join("c.yaml")).expect("it can be made");
    symlink("../outside.json", repo.join("i.json")).expect("it can be made");
    for args in [&["lint", "--config", "c.yaml"][..], &["check-compat", "--against", "i.json"]] {
        let output = limited(folder.path(), args);
        let text = all(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(args[2]) && !text.contains("hunter2"), "{text}");
    }
    // What the user names outside of the repository is the user's own.
    let text = all(&limited(folder.path(), &["lint", "../mine.json"]));
    assert!(text.contains("not_a_secret"), "{text}");
}

#[test]
fn no_link_is_followed_on_the_way_to_a_file_if_links_are_disabled() {
    let schema = "syntax = \"proto3\";\npackage sub;\nmessage m {}\n";
    let importing = "syntax = \"proto3\";\npackage a.v1;\nimport \"link/sub/y.proto\";\n";
    let folder = tree(&[
        ("outside/sub/y.proto", schema),
        ("repo/.git/HEAD", ""),
        ("repo/b/b.proto", importing),
        ("vendored/wireproof.toml", ""),
    ]);
    let repo = folder.path().join("repo");
    symlink("../outside", repo.join("link")).expect("it can be made");
    for (yaml, args) in [
        ("version: v2\nmodules: [{path: link/sub}, {path: a}]\n", &["lint"][..]),
        ("version: v2\n", &["lint", "--path", "link/sub/y.proto"]),
        ("version: v2\n", &["lint", "b/b.proto"]),
        ("version: v2\n", &["lint", "link/sub"]),
    ] {
        fs::write(repo.join("buf.yaml"), yaml).expect("it can be written");
        let text = all(&limited(folder.path(), args));
        assert!(!text.contains("not a regular") && !text.is_empty(), "{args:?}: {text}");
        let text = all(&limited(folder.path(), &[args, &["--disable-symlinks"]].concat()));
        assert!(!text.contains("MESSAGE_PASCAL_CASE"), "{args:?}: {text}");
        assert!(args[1..] != ["b/b.proto"] || text.contains("link/sub/y.proto"), "{text}");
    }
}

#[test]
fn a_repository_that_a_link_leads_to_is_outside() {
    let folder = tree(&[
        ("repo/.git/HEAD", ""),
        ("other/.git/HEAD", ""),
        ("other/a.proto", "package x;\nmessage M {}\n"),
        ("other/b.proto", "TOKEN=hunter2\n"),
    ]);
    symlink("../other", folder.path().join("repo/proto")).expect("it can be made");
    let text = all(&limited(folder.path(), &["lint", "proto"]));
    assert!(text.contains("b.proto") && !text.contains("TOKEN"), "{text}");
    fs::remove_file(folder.path().join("other/b.proto")).expect("it is there");
    let yaml = "{version: v2, lint: {use: [SYNTAX_SPECIFIED]}}";
    let output = limited(folder.path(), &["lint", "--fix", "--config", yaml, "proto"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    let text = fs::read_to_string(folder.path().join("other/a.proto")).expect("it is there");
    assert!(text.starts_with("package"), "{text}");
}

#[test]
fn link_cycles_do_not_end_the_run() {
    let folder = tree(&[("repo/buf.yaml", "version: v2\n")]);
    let repo = folder.path().join("repo");
    symlink("loop", repo.join("loop")).expect("it can be made");
    symlink("two.proto", repo.join("a/v1/one.proto")).expect("it can be made");
    symlink("one.proto", repo.join("a/v1/two.proto")).expect("it can be made");
    let output = limited(folder.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
}

/// As somebody who is not root, whom permissions do not hold.
#[test]
fn an_unreadable_folder_counts_only_inside_of_a_module() {
    use std::os::unix::fs::PermissionsExt as _;
    let yaml = "version: v2\nmodules: [{path: ., excludes: [private]}]\n";
    let folder = tree(&[("repo/buf.yaml", yaml), ("repo/private/x.proto", SCHEMA)]);
    let mode = |path: &str, mode| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path().join(path), mode).expect("it is ours");
    };
    mode(".", 0o755);
    mode("repo/private", 0o000);
    let run = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.args([WIREPROOF, "lint"]);
        command.current_dir(folder.path().join("repo")).output()
    };
    let Ok(output) = run() else { return tools::say("setpriv is not installed") };
    if all(&output).contains("setpriv:") {
        mode("repo/private", 0o755);
        return tools::say("the tests do not run as root");
    }
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    fs::write(folder.path().join("repo/buf.yaml"), "version: v2\n").expect("it can be written");
    let output = run().expect("it was run before");
    mode("repo/private", 0o755);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(all(&output).contains("private"), "{}", all(&output));
}

/// An image of one file without a package: lint has something to find in it.
fn image_naming(path: &str) -> Vec<u8> {
    let length = |length: usize| u8::try_from(length).expect("the path is short");
    let mut bytes = vec![0x0a, length(path.len() + 2), 0x0a, length(path.len())];
    bytes.extend(path.as_bytes());
    bytes
}

#[test]
fn a_name_in_an_image_opens_no_file() {
    let folder = tree(&[("repo/buf.yaml", "version: v2\n")]);
    let secret = folder.path().join("secret");
    let secret = secret.to_str().expect("it is text");
    fs::write(folder.path().join("repo/secret.proto"), "hunter2").expect("it can be written");
    let refused = (1, "no path inside a module");
    for (path, (code, said)) in [
        ("/dev/zero", refused),
        ("/proc/self/environ", refused),
        ("../secret.proto", refused),
        (secret, refused),
        ("secret.proto", (100, "PACKAGE_DEFINED")),
    ] {
        let image = folder.path().join("repo/image.binpb");
        fs::write(&image, image_naming(path)).expect("it can be written");
        // On a terminal, where lines are quoted, and in the format that measures them.
        let on_terminal = Command::new("script")
            .args([
                "-qec",
                &format!("ulimit -v 4194304; {WIREPROOF} lint image.binpb"),
                "/dev/null",
            ])
            .current_dir(folder.path().join("repo"))
            .output()
            .expect("there is script, of util-linux");
        let sarif = limited(folder.path(), &["lint", "image.binpb", "--error-format", "sarif"]);
        for output in [on_terminal, sarif] {
            let text = all(&output);
            assert_eq!(output.status.code(), Some(code), "{path}: {text}");
            assert!(text.contains(said), "{path}: {text}");
            assert!(!text.contains("hunter2") && !text.contains("PATH="), "{path}: {text}");
        }
    }
}

#[test]
fn settings_stay_in_the_repository_and_out_of_git() {
    for (setting, named) in [
        ("[history]\nreleases = \"../out\"\n", "../out"),
        ("[history]\nreleases = \".git/out\"\n", ".git/out"),
        ("[history]\nreleases = \".Git/out\"\n", ".Git/out"),
        ("[deps]\nvendor = \"../../etc\"\n", "../../etc"),
    ] {
        for git in [true, false] {
            let folder =
                tree(&[("repo/buf.yaml", "version: v2\n"), ("repo/wireproof.toml", setting)]);
            if git {
                fs::create_dir(folder.path().join("repo/.git")).expect("it can be made");
            }
            for args in [&["release", "1.0.0"][..], &["lint"]] {
                let output = limited(folder.path(), args);
                let text = all(&output);
                assert_eq!(output.status.code(), Some(1), "{setting}: {text}");
                assert!(text.contains(named) && text.contains("wireproof.toml"), "{text}");
            }
            assert!(!folder.path().join("out").exists());
        }
    }
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let broken = "package a.v1;\n\nmessage N {}\n";
    let folder = tree(&[
        ("outside/b.proto", broken),
        ("repo/buf.yaml", "version: v2\nlint: {use: [SYNTAX_SPECIFIED]}\n"),
        ("repo/.git/HEAD", ""),
    ]);
    let repo = folder.path().join("repo");
    symlink("../../../outside/b.proto", repo.join("a/v1/b.proto")).expect("it can be made");
    let output = limited(folder.path(), &["lint", "--fix"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(all(&output).contains("a/v1/b.proto"), "{}", all(&output));
    let outside = folder.path().join("outside");
    assert_eq!(fs::read_to_string(outside.join("b.proto")).expect("it is there"), broken);
    fs::remove_file(repo.join("a/v1/b.proto")).expect("it is there");
    symlink("../outside", repo.join("contracts")).expect("it can be made");
    let output = limited(folder.path(), &["release", "1.0.0"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert_eq!(fs::read_dir(&outside).expect("it is there").count(), 1);
    // A link that stays inside is followed, and stays a link.
    fs::remove_file(repo.join("contracts")).expect("it is there");
    fs::write(repo.join("inner.txt"), broken).expect("it can be written");
    symlink("../../inner.txt", repo.join("a/v1/c.proto")).expect("it can be made");
    let output = limited(folder.path(), &["lint", "--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    let fixed = fs::read_to_string(repo.join("inner.txt")).expect("it is there");
    assert!(fixed.starts_with("syntax"), "{fixed}");
    assert!(repo.join("a/v1/c.proto").is_symlink());
}

#[test]
fn a_pipe_is_written_into_and_stays_a_pipe() {
    let folder = tree(&[("repo/buf.yaml", "version: v2\n")]);
    let pipe = folder.path().join("repo/image.binpb");
    make_pipe(&pipe);
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read(pipe).expect("it is read"))
    };
    let output = limited(folder.path(), &["build", "-o", "image.binpb"]);
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    assert!(!fs::metadata(&pipe).expect("it is there").is_file());
    assert!(reader.join().expect("it ended").windows(5).any(|bytes| bytes == b"a.v1\x22"));
}

/// A stand-in for `/dev/stdout`, which must not be risked.
#[test]
fn the_name_of_standard_output_is_written_into() {
    let folder = tree(&[("repo/buf.yaml", "version: v2\n")]);
    let repo = folder.path().join("repo");
    symlink("/proc/self/fd/1", repo.join("stdout")).expect("it can be made");
    let script = "echo before > ../out; exec \"$0\" build -o 'stdout#format=json' >> ../out";
    let mut command = Command::new("sh");
    command.args(["-c", script, WIREPROOF]).current_dir(&repo);
    let output = command.output().expect("there is a shell");
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    assert!(repo.join("stdout").is_symlink());
    let written = fs::read_to_string(folder.path().join("out")).expect("it is there");
    assert!(written.starts_with("before\n{") && written.contains("a.v1"), "{written}");
}

#[test]
fn staged_settings_may_name_folders_of_the_repository() {
    let settings = "[history]\nreleases = \"../releases\"\n";
    let folder =
        tree(&[("repo/proto/wireproof.toml", settings), ("repo/proto/buf.yaml", "version: v2\n")]);
    let repo = folder.path().join("repo");
    fs::write(repo.join("proto/a.proto"), "syntax = \"proto3\";\n").expect("it can be written");
    for args in [&["init", "-q"][..], &["add", "-A"]] {
        let git = Command::new("git").args(args).current_dir(&repo).env_remove("GIT_DIR").status();
        assert!(git.expect("git is installed").success());
    }
    for args in [&["lint"][..], &["lint", "--staged"]] {
        let output = Command::new(WIREPROOF).args(args).current_dir(repo.join("proto")).output();
        let text = all(&output.expect("it has been built"));
        assert!(
            text.contains("PACKAGE_DEFINED") && !text.contains("outside of the repository"),
            "{args:?}: {text}"
        );
    }
}

#[test]
fn generate_writes_nothing_into_the_folder_of_git() {
    let template = "version: v2\nplugins:\n  - local: [wireproof, plugin, openapi]\n    \
                    out: .git/hooks\n    strategy: all\n    opt: [all=true]\n";
    let schema = SCHEMA.to_owned() + "service S { rpc R(M) returns (M); }\n";
    let folder = tree(&[("repo/buf.gen.yaml", template), ("repo/.git/HEAD", "")]);
    fs::write(folder.path().join("repo/a/v1/a.proto"), schema).expect("it can be written");
    let output = limited(folder.path(), &["generate"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(all(&output).contains(".git"), "{}", all(&output));
    assert!(!folder.path().join("repo/.git/hooks/openapi.json").exists());
}
