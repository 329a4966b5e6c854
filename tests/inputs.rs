//! What the command line reads, end to end: every kind of input, the index, remote repositories,
//! vendored dependencies. How each is taken apart is tested where it is done.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use wireproof::schema::image;

const OLD: &str = "syntax = \"proto3\";\npackage p;\nmessage M { int32 a = 1; int32 b = 2; }\n";
const NEW: &str = "syntax = \"proto3\";\npackage p;\nmessage M { string a = 1; int32 b = 2; }\n";
const GONE: &str = "syntax = \"proto3\";\npackage p;\nmessage M { int32 b = 2; }\n";
const V2: &str = "version: v2\n";
const FILES_ONLY: &str = "version: v2\nbreaking: {use: [FILE_NO_DELETE]}\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(parent).expect("a folder can be made");
        std::fs::write(&path, text).expect("a file can be written");
    }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), files);
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command
        .args(args)
        .current_dir(folder)
        .env("WIREPROOF_CACHE", folder.join("cache"))
        .env_remove("CI");
    command
}

fn wireproof(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("the binary has been built")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The findings, each as JSON.
fn findings(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
    lines.collect()
}

/// Where what was found, in a run that did its work.
fn found(output: &Output) -> Vec<String> {
    assert_ne!(output.status.code(), Some(1), "{}", errors(output));
    let line = |finding: &serde_json::Value| {
        let place = finding["path"].as_str().or(finding["element"].as_str());
        format!("{} {}", place.unwrap_or_default(), finding["type"].as_str().unwrap_or_default())
    };
    findings(output).iter().map(line).collect()
}

fn compared(folder: &Path, args: &[&str]) -> Vec<String> {
    let all = [&["check-compat", "--error-format", "json"], args].concat();
    found(&wireproof(folder, &all))
}

fn git(folder: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@e", "-c", "init.defaultBranch=main"]);
    git.args(["-c", "commit.gpgSign=false"]).args(args).current_dir(folder);
    let output = git.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").output();
    let output = output.expect("git is installed");
    assert!(output.status.success(), "git {args:?}: {}", errors(&output));
}

const CHANGED: [&str; 1] = ["new/p/m.proto FIELD_SAME_TYPE"];

fn old_and_new() -> tempfile::TempDir {
    folder(&[("old/p/m.proto", OLD), ("new/p/m.proto", NEW)])
}

#[test]
fn images_of_every_format_and_compression_are_read() {
    let root = old_and_new();
    for format in ["binpb", "bin", "json", "txtpb", "yaml"] {
        for ending in ["", ".gz", ".zst"] {
            let image = format!("old.{format}{ending}");
            let built = wireproof(root.path(), &["build", "old", "-o", &image]);
            assert_eq!(built.status.code(), Some(0), "{image}: {}", errors(&built));
            assert_eq!(compared(root.path(), &["new", "--against", &image]), CHANGED, "{image}");
        }
    }
}

/// The folder `old` as a tar in which everything is in a folder `top`.
fn tar(text: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "top/old/p/m.proto", text.as_bytes()).expect("memory has room");
    tar.into_inner().expect("memory has room")
}

#[test]
fn archives_are_read_from_the_part_that_is_named() {
    let root = old_and_new();
    let tar = tar(OLD);
    let compressions = [
        ("o.tar", image::Compression::None),
        ("o.tar.gz", image::Compression::Gzip),
        ("o.tgz", image::Compression::Gzip),
        ("o.tar.zst", image::Compression::Zstd),
    ];
    for (name, compression) in compressions {
        let packed = image::compress(&tar, compression);
        std::fs::write(root.path().join(name), packed).expect("a file can be written");
        for part in ["strip_components=2", "subdir=top/old", "strip_components=1,subdir=old"] {
            let against = format!("{name}#{part}");
            assert_eq!(
                compared(root.path(), &["new", "--against", &against]),
                CHANGED,
                "{against}"
            );
        }
    }
}

#[test]
fn a_path_that_matches_nothing_is_named() {
    let root = old_and_new();
    for args in [
        &["lint", "new", "--path", "new/q"][..],
        &["build", "new", "--path", "new/q"],
        &["check-compat", "new", "--against", "new", "--path", "new/q"],
    ] {
        let output = wireproof(root.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(errors(&output).contains(".proto file at \"new/q\""), "{}", errors(&output));
    }
}

/// Runs a command on standard input.
fn with_stdin(folder: &Path, args: &[&str], bytes: &[u8]) -> Output {
    let mut command = command(folder, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary has been built");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    // It may end before it reads.
    let _ = stdin.write_all(bytes);
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn every_command_reads_standard_input_with_options() {
    let root = old_and_new();
    wireproof(root.path(), &["build", "old", "-o", "o.json"]);
    let image = std::fs::read(root.path().join("o.json")).expect("it was built");
    for args in [
        &["lint", "-#format=json", "--config", "version: v2\nlint: {use: [PACKAGE_DEFINED]}\n"][..],
        &["build", "-#format=json"],
        &["build", "-o", "x.binpb", "-#format=json"],
        &["check-compat", "--against", "-#format=json", "o.json"],
        &[
            "generate",
            "-#format=json",
            "--template",
            "{version: v2, plugins: [{local: [wireproof, plugin, openapi], out: gen}]}",
        ],
    ] {
        let output = with_stdin(root.path(), args, &image);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", errors(&output));
    }
    let output = with_stdin(root.path(), &["lint", "-#format=json", "--nonsense"], &image);
    assert!(errors(&output).contains("--nonsense"), "{}", errors(&output));
}

#[test]
fn standard_input_is_what_the_format_says() {
    let root = old_and_new();
    for (input, output) in
        [("-", "o.binpb"), ("-#format=json", "o.json"), ("-#format=txtpb", "o.txtpb")]
    {
        wireproof(root.path(), &["build", "old", "-o", output]);
        let bytes = std::fs::read(root.path().join(output)).expect("it was built");
        assert_eq!(piped(root.path(), input, &bytes), CHANGED, "{input}");
    }
    let tar = tar(OLD);
    assert_eq!(piped(root.path(), "-#format=tar,subdir=top/old", &tar), CHANGED);
    let packed = image::compress(&tar, image::Compression::Gzip);
    assert_eq!(piped(root.path(), "-#format=targz,subdir=top/old", &packed), CHANGED);
}

/// What is found in `new` against `input`, which is `bytes`.
fn piped(folder: &Path, input: &str, bytes: &[u8]) -> Vec<String> {
    let args = ["check-compat", "new", "--against", input, "--error-format", "json"];
    found(&with_stdin(folder, &args, bytes))
}

#[test]
fn the_index_gives_schemas_configuration_and_images() {
    let root = folder(&[("p/m.proto", OLD), ("buf.yaml", V2)]);
    let folder = root.path();
    git(folder, &["init", "-q"]);
    let release = |version| {
        let output = wireproof(folder, &["release", version]);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    };
    release("v1.0.0");
    git(folder, &["add", "-A"]);
    assert_eq!(compared(folder, &["--staged"]), [""; 0]);

    write(folder, &[("p/m.proto", NEW)]);
    assert_eq!(compared(folder, &["--staged"]), [""; 0], "the schema is not staged");
    git(folder, &["add", "-A"]);
    write(folder, &[("p/m.proto", OLD)]);
    assert_eq!(compared(folder, &["--staged"]), ["p/m.proto FIELD_SAME_TYPE"]);
    assert_eq!(compared(folder, &[]), [""; 0], "on disk it is as it was");

    write(folder, &[("buf.yaml", FILES_ONLY)]);
    assert_eq!(compared(folder, &["--staged"]).len(), 1, "the configuration is not staged");
    git(folder, &["add", "buf.yaml"]);
    assert_eq!(compared(folder, &["--staged"]), [""; 0]);

    write(folder, &[("buf.yaml", V2), ("p/m.proto", GONE)]);
    git(folder, &["add", "-A"]);
    release("v2.0.0");
    let all = findings(&wireproof(folder, &["check-compat", "--staged", "--error-format", "json"]));
    assert_eq!(all.len(), 1, "{all:?}");
    std::fs::remove_dir_all(folder.join("contracts")).expect("it can be removed");
    assert_eq!(compared(folder, &["--staged"]), ["p/m.proto FIELD_NO_DELETE"], "the release is");
    git(folder, &["rm", "-rq", "--cached", "contracts"]);
    let none = wireproof(folder, &["check-compat", "--staged"]);
    assert!(errors(&none).contains("no release"), "{}", errors(&none));
}

#[test]
fn git_repositories_are_fetched_by_the_systems_git() {
    let root = folder(&[("repo/p/m.proto", OLD), ("new/p/m.proto", NEW)]);
    let repo = root.path().join("repo");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "-A"]);
    git(&repo, &["commit", "-qm", "one"]);
    let here = format!("file://{}/", root.path().display());
    // git itself is told where these hosts are: no network is touched.
    for url in ["https://git.invalid/", "ssh://git@git.invalid/", &here] {
        let against = format!("{url}repo/.git#branch=main");
        let args = ["check-compat", "new", "--against", &against, "--error-format", "json"];
        let mut command = command(root.path(), &args);
        command.env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", format!("url.{here}.insteadOf"));
        command.env("GIT_CONFIG_VALUE_0", url);
        assert_eq!(found(&command.output().expect("it has been built")), CHANGED, "{url}");
    }
}

const DEPENDS: &str = "version: v2\nmodules: [{path: proto}]\ndeps: [buf.build/acme/money]\n";
const IMPORTS: &str = "syntax = \"proto3\";\npackage p;\nimport \"acme/money.proto\";\nmessage M { acme.Money m = 1; }\n";
const MONEY: &str = "syntax = \"proto3\";\npackage acme;\nmessage Money {}\n";

#[test]
fn a_missing_dependency_gives_advice_and_a_vendored_one_is_found() {
    let root = folder(&[("proto/p/m.proto", IMPORTS), ("buf.yaml", DEPENDS)]);
    let missing = |args: &[&str]| {
        let output = wireproof(root.path(), args);
        let found = findings(&output);
        assert_eq!(output.status.code(), Some(100), "{}", errors(&output));
        let first = found.first().expect("the import is not found").clone();
        assert_eq!(
            (&first["type"], &first["path"]),
            (&"COMPILE".into(), &"proto/p/m.proto".into())
        );
        assert_eq!(first["start_line"], 3, "at the import");
        first["help"].as_str().unwrap_or_default().to_owned()
    };
    let build = ["build", "--error-format", "json"];
    let help = missing(&build);
    assert!(help.contains("`buf export buf.build/acme/money -o third_party`"), "{help}");
    assert!(help.contains("`[deps]` `vendor = \"third_party\"`"), "{help}");

    let other = ("vendored/acme/other.proto", MONEY);
    write(root.path(), &[("wireproof.toml", "[deps]\nvendor = 'vendored'\n"), other]);
    let help = missing(&build);
    assert!(help.contains("`buf export buf.build/acme/money -o vendored`"), "{help}");
    assert!(!help.contains("wireproof.toml"), "{help}");

    write(root.path(), &[("vendored/acme/money.proto", MONEY)]);
    let output = wireproof(root.path(), &build);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));

    write(root.path(), &[("buf.yaml", "version: v2\nmodules: [{path: proto}]\n")]);
    std::fs::remove_file(root.path().join("vendored/acme/money.proto")).expect("it can be");
    assert_eq!(missing(&build), "", "nothing is depended on");
}

#[test]
fn plugins_of_buf_yaml_give_one_warning() {
    let plugins = "version: v2\nplugins: [{plugin: a}, {plugin: [b, c]}]\n";
    let root = folder(&[("p/m.proto", OLD), ("buf.yaml", plugins)]);
    let output = wireproof(root.path(), &["check-compat", ".", "--against", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert_eq!(errors(&output).matches("`plugins`").count(), 1, "{}", errors(&output));
}

#[test]
fn each_finding_is_said_once_with_its_releases() {
    let root = folder(&[("p/m.proto", OLD), ("buf.yaml", V2)]);
    for version in ["v1.0.0", "v1.1.0-rc.1", "v1.1.0"] {
        let output = wireproof(root.path(), &["release", version]);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    }
    write(root.path(), &[("p/m.proto", NEW)]);
    let releases = || {
        let output = wireproof(root.path(), &["check-compat", "--error-format", "json"]);
        let found = findings(&output);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]["releases"].clone()
    };
    assert_eq!(releases(), serde_json::json!(["v1.0.0", "v1.1.0-rc.1", "v1.1.0"]));
    write(root.path(), &[("wireproof.toml", "history.supported = '>=1.1'\n")]);
    assert_eq!(releases(), serde_json::json!(["v1.1.0"]));
    // A requirement that excludes all of them is a mistake, not a repository without releases.
    write(root.path(), &[("wireproof.toml", "history.supported = '>=2'\n")]);
    for command in ["check-compat", "check"] {
        let output = wireproof(root.path(), &[command]);
        let told = errors(&output);
        assert_eq!(output.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains("wireproof.toml: `history.supported` includes no release"), "{told}");
    }
}

#[test]
fn a_path_that_only_one_side_has_is_no_error() {
    let root = old_and_new();
    write(root.path(), &[("old/p/gone.proto", "syntax = \"proto3\";\npackage p;\n")]);
    write(root.path(), &[("new/p/more.proto", "syntax = \"proto3\";\npackage p;\n")]);
    let old = root.path().join("old");
    wireproof(&old, &["build", ".", "-o", "../old.binpb"]);
    let new = root.path().join("new");
    let only = |path| compared(&new, &["--against", "../old.binpb", "--path", path]);
    assert_eq!(only("p/gone.proto"), ["p/gone.proto FILE_NO_DELETE"]);
    assert_eq!(only("p/more.proto"), [""; 0]);
    assert_eq!(only("p/m.proto"), ["p/m.proto FIELD_SAME_TYPE"]);
    let all = |more: &[&str]| compared(&new, &[&["--against", "../old.binpb"], more].concat());
    assert_eq!(all(&[]), ["p/gone.proto FILE_NO_DELETE", "p/m.proto FIELD_SAME_TYPE"]);
    assert_eq!(all(&["--limit-to-input-files"]), ["p/m.proto FIELD_SAME_TYPE"]);
    assert_eq!(all(&["--exclude-path", "p/m.proto"]), ["p/gone.proto FILE_NO_DELETE"]);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed_if_asked() {
    let root = old_and_new();
    std::os::unix::fs::symlink("m.proto", root.path().join("old/p/link.proto")).expect("a link");
    let args = ["old", "--against", "new", "--disable-symlinks"];
    assert_eq!(compared(root.path(), &args), ["old/p/m.proto FIELD_SAME_TYPE"]);
    let both = wireproof(root.path(), &["build", "old"]);
    let twice = errors(&both) + &String::from_utf8_lossy(&both.stdout);
    assert!(both.status.code() == Some(0) || twice.contains("already"), "{twice}");
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-qm", "one"]);
}

/// A repository whose branch `main` has `old`, with `new` in its working tree.
fn changed(old: &str, new: &str) -> tempfile::TempDir {
    let root = folder(&[("p/m.proto", old)]);
    git(root.path(), &["init", "-q"]);
    commit(root.path());
    write(root.path(), &[("p/m.proto", new)]);
    root
}

#[test]
fn a_finding_about_the_older_version_says_so_and_annotates_no_file() {
    const MAIN: &str = ".git#branch=main";
    let broken = "syntax = \"proto3\";\npackage p;\nimport \"gone.proto\";\n";
    let root = changed(broken, OLD);
    let says = "COMPILE in --against .git#branch=main: the import \"gone.proto\" is not found";
    let report = |format: &str, ci: &str| {
        let args = ["check-compat", "--against", MAIN, "--error-format", format];
        let output = command(root.path(), &args).env("CI", ci).output().expect("it was built");
        assert_eq!(output.status.code(), Some(100), "{}", errors(&output));
        String::from_utf8(output.stdout).expect("a report is text")
    };
    let text = format!("p/m.proto:3:1: {says}\n");
    assert_eq!(report("text", ""), text);
    let shown = "    3 | import \"gone.proto\";\n      | ^^^^^^^^^^^^^^^^^^^^\n";
    assert_eq!(report("text", "true"), format!("{text}{shown}\n"));
    let annotation = format!("::error::{}\n", says.replace("COMPILE ", "COMPILE p/m.proto:3:1: "));
    assert_eq!(report("github-actions", ""), annotation);
    let json: serde_json::Value = serde_json::from_str(&report("json", "")).expect("one line");
    assert_eq!((&json["path"], &json["start_line"]), (&"p/m.proto".into(), &3.into()));
    assert_eq!(json["against"]["path"], "p/m.proto");
    let sarif: serde_json::Value = serde_json::from_str(&report("sarif", "")).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(said.as_str().is_some_and(|said| said.contains("p/m.proto:3:1: in --against")));
    let issues = report("gitlab-code-quality", "");
    let issues: serde_json::Value = serde_json::from_str(&issues).expect("JSON");
    assert_eq!(issues[0]["location"]["path"], "<input>");
}

#[test]
fn a_new_version_that_does_not_compile_is_annotated() {
    let root = changed(OLD, "syntax = \"proto3\";\npackage p;\nimport \"gone.proto\";\n");
    let args = ["check-compat", "--against", ".git#branch=main"];
    let output = wireproof(root.path(), &[&args[..], &["--error-format", "json"]].concat());
    assert_eq!(output.status.code(), Some(100));
    assert_eq!(found(&output), ["p/m.proto COMPILE"]);
    assert!(findings(&output)[0].get("against").is_none());
}

#[test]
fn an_older_version_without_schemas_is_an_error_unless_it_may_have_none() {
    let root = folder(&[("notes.txt", "No schema.\n")]);
    git(root.path(), &["init", "-q"]);
    commit(root.path());
    write(root.path(), &[("p/m.proto", OLD), ("empty/notes.txt", "None.\n")]);
    let compare = |input: &str, more: &[&str]| {
        let output =
            wireproof(root.path(), &[&["check-compat", input, "--against"], more].concat());
        (output.status.code(), errors(&output))
    };
    for (input, against) in
        [(".", ".git#branch=main"), ("p", ".git#branch=main,subdir=p"), ("p", "empty")]
    {
        let (code, says) = compare(input, &[against]);
        assert_eq!(code, Some(1), "{says}");
        assert!(says.starts_with(&format!("wireproof: --against {against}: ")), "{says}");
        let expected =
            format!("wireproof: {against} has no .proto files: there is nothing to compare with\n");
        assert_eq!(compare(input, &[against, "--allow-empty-against"]), (Some(0), expected));
    }
    write(root.path(), &[("p/m.proto", "message {")]);
    let against = [".git#branch=main", "--allow-empty-against"];
    assert_eq!(compare(".", &against).0, Some(100), "the new version has to compile");
    let (code, says) = compare("p", &["nowhere", "--allow-empty-against"]);
    assert!(code == Some(1) && says.contains("no such directory"), "{says}");
    assert!(
        wireproof(root.path(), &["check-compat", "--allow-empty-against"]).status.code() == Some(1)
    );
}
