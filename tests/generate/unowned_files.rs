//! What `generate` does about files and folders that no plugin made.

use std::fs;
use std::path::Path;

use super::writing::{files, generate};
use super::{python, template, workspace};
use crate::parity::programs::tools;

/// Puts something into a folder.
type Put = fn(&Path);

/// Turns a text into another one.
type Turn = fn(&str) -> String;

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
    let mut git = std::process::Command::new("git");
    let answer = tools::answer(git.args(identity).args(args).current_dir(folder));
    assert_eq!(answer.code, 0, "{args:?}: {}", answer.stderr);
}

/// What `--check` finds, as lines of JSON.
fn check(folder: &Path, template: &str) -> String {
    let answer = generate(folder, template, &["--check", "--error-format", "json"]);
    assert_eq!(answer.code, if answer.stdout.is_empty() { 0 } else { 100 }, "{}", answer.stderr);
    answer.stdout
}

/// It is named by `generate`, which then changes nothing, and by `--check`, with what to do; and it
/// is gone when that was done.
#[test]
fn obstacles_are_reported_and_left_alone() {
    let Some(python) = python() else { return };
    let plugins: [(&[&str], &str); 3] =
        [(&["each=.txt"], "gen"), (&["make=x"], "other"), (&["make=x"], "out/x.zip")];
    let template = template(&python, &plugins);
    let stub = "gen/a/v1/a.proto.txt";
    let cases: &[(&str, &str, Put)] = &[
        (stub, "move the folder", |folder| {
            write(folder, "gen/a/v1/a.proto.txt/mine", "by hand");
        }),
        ("gen/a", "move the file", |folder| write(folder, "gen/a", "by hand")),
        ("gen", "move the file", |folder| write(folder, "gen", "by hand")),
        ("other/.wireproof-files", "move the folder", |folder| {
            write(folder, "other/.wireproof-files/mine", "by hand");
        }),
        ("out/x.zip", "move the folder", |folder| write(folder, "out/x.zip/mine", "by hand")),
        ("out", "move the file", |folder| write(folder, "out", "by hand")),
        #[cfg(unix)]
        (stub, "delete the link", |folder| {
            write(folder, "gen/a/v1/mine", "by hand");
            let link = folder.join("gen/a/v1/a.proto.txt");
            std::os::unix::fs::symlink("mine", link).expect("it can be linked");
        }),
        #[cfg(unix)]
        ("gen/a", "delete the link", |folder| {
            write(folder, "elsewhere/v1/a.proto.txt", "by hand");
            fs::create_dir_all(folder.join("gen")).expect("it can be made");
            std::os::unix::fs::symlink("../elsewhere", folder.join("gen/a"))
                .expect("it can be linked");
        }),
    ];
    for (path, help, put) in cases {
        for was_made in [false, true] {
            let folder = workspace();
            let folder = folder.path();
            if was_made {
                assert_eq!(generate(folder, &template, &[]).code, 0, "{path}");
                let old = folder.join(path);
                let is_folder = old.is_dir();
                let removed =
                    if is_folder { fs::remove_dir_all(old) } else { fs::remove_file(old) };
                removed.expect("it was made");
            }
            put(folder);
            let before = files(folder);
            for more in [&[][..], &["--force"]] {
                let answer = generate(folder, &template, more);
                assert_eq!(answer.code, 1, "{path}: {}", answer.stderr);
                let said = format!("{path}: is a ");
                assert!(answer.stderr.contains(&said), "{path}: {}", answer.stderr);
                assert!(answer.stderr.contains(help), "{path}: {}", answer.stderr);
                assert_eq!(files(folder), before, "{path}");
            }
            let check = check(folder, &template);
            let line = check.lines().find(|line| line.contains(&format!("{path:?}")));
            let line = line.unwrap_or_else(|| panic!("{path}: {check}"));
            assert!(line.contains("\"this is a ") && line.contains(help), "{line}");
            fs::rename(folder.join(path), folder.join("moved")).expect("it is there");
            assert_eq!(generate(folder, &template, &[]).code, 0, "{path}");
            assert_eq!(generate(folder, &template, &["--check"]).code, 0, "{path}");
        }
    }
}

/// Folders that hold nothing, or only what goes, are in nobody's way.
#[test]
fn empty_folders_and_owned_files_make_way() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let run = |plugins: &[(&[&str], &str)]| {
        let template = template(&python, plugins);
        let answer = generate(folder, &template, &[]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert_eq!(generate(folder, &template, &["--check"]).code, 0);
    };
    fs::create_dir_all(folder.join("gen/x/in/in")).expect("it can be made");
    run(&[(&["make=x"], "gen")]);
    // A file of one output gives way to a folder of another, and the other way round.
    run(&[(&["make=a"], "gen"), (&["make=x"], "gen/in")]);
    run(&[(&["make=a", "make=in/x/y"], "gen"), (&["make=z"], "gen/in")]);
    run(&[(&["make=a"], "gen"), (&["make=x", "make=z"], "gen/in")]);
    let left = files(&folder.join("gen"));
    let names: Vec<&str> = left.keys().map(String::as_str).collect();
    assert_eq!(names, [".wireproof-files", "a", "in/.wireproof-files", "in/x", "in/z"]);
}

#[test]
fn two_outputs_cannot_make_a_file_and_a_folder_of_one_name() {
    let Some(python) = python() else { return };
    let folder = workspace();
    for (plugins, says) in [
        ([(&["make=q"][..], "gen"), (&["make=q/r"][..], "gen")], "makes gen/q, and the plugin"),
        (
            [(&["make=in"], "gen"), (&["make=r"], "gen/in")],
            "gen/in/r: is generated in one output, and another one has gen/in",
        ),
        (
            [(&["make=a"], "gen/x.zip"), (&["make=x.zip"], "gen")],
            "gen/x.zip: is generated in two outputs, one inside the other",
        ),
    ] {
        let answer = generate(folder.path(), &template(&python, &plugins), &[]);
        assert!(answer.code == 1 && answer.stderr.contains(says), "{}", answer.stderr);
        assert!(!folder.path().join("gen").exists());
    }
}

/// What looks like a stub is found wherever it lies in the output; what only lies there is not.
#[test]
fn leftover_generated_files_are_reported_and_others_are_not() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let made = "# Comment.\n# Generated by x 2.1. DO NOT EDIT!\n";
    let stub = format!("text=a/v1/a_pb2.py,{made}");
    let unsigned = "text=a/v1/a.go,package a\n";
    let plugins: [(&[&str], &str); 2] =
        [(&[&stub, "text=api.json,{\n  \"openapi\": 1}", unsigned], "gen"), (&[&stub], ".")];
    let template = template(&python, &plugins);
    assert_eq!(generate(folder, &template, &[]).code, 0);
    git(folder, &["init", "-q"]);
    write(folder, ".gitignore", "build/\n");
    let older = "# Another comment.\n\n# Generated by x 1.9. DO NOT EDIT!\n";
    for (path, text) in [
        ("gen/a/v1/by_hand.py", "print()\n"),
        ("gen/a/v1/by_hand.go", "package a\n"),
        ("gen/a/v1/by_hand_pb2.py", "# Comment.\nprint()\n"),
        ("gen/a/v1/other_pb2.py", "# Generated by y. DO NOT EDIT!\n"),
        ("gen/a/v1/a.md", older),
        ("gen/package.json", "{\n  \"name\": \"x\"}"),
        ("gen/node_modules/x_pb2.py", older),
        ("gen/.venv/x_pb2.py", older),
        ("gen/build/x_pb2.py", older),
        ("gen/nested/x_pb2.py", older),
        ("gen/nested/.wireproof-files", ""),
        ("gen/module/x_pb2.py", older),
        ("gen/module/.git", "gitdir: elsewhere"),
        ("elsewhere/x_pb2.py", older),
    ] {
        write(folder, path, text);
    }
    assert_eq!(check(folder, &template), "");
    // In a hook of a worktree git says where its repository is, and that is not where stubs are.
    let mut in_hook = std::process::Command::new(env!("CARGO_BIN_EXE_wireproof"));
    in_hook.args(["generate", "--check", "--template", &template]).current_dir(folder);
    let answer = tools::answer(in_hook.env("GIT_DIR", folder.join(".git")));
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    let extra = [
        ("a/old/x_pb2.py", older),
        ("gen/a/v1/x_pb2.py", older),
        ("gen/old.json", "{\n\n  \"openapi\": 1}"),
        ("gen/old/x.y_pb2.py", older),
        ("gen/x_pb2.py", made),
    ];
    for (path, text) in extra {
        write(folder, path, text);
    }
    let found = generate(folder, &template, &["--check"]).stdout;
    let expected = extra.map(|(path, _)| {
        format!("{path}:1:1: STALE_STUB this looks generated, but no plugin produces it\n")
    });
    assert_eq!(found, expected.concat());
}

/// A checkout can turn the ends of lines; what differs is not to be seen in a diff.
#[test]
fn changed_line_endings_are_reported() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let template = template(&python, &[(&["each=.txt"], "gen")]);
    assert_eq!(generate(folder.path(), &template, &[]).code, 0);
    let stub = folder.path().join("gen/a/v1/a.proto.txt");
    let text = fs::read_to_string(&stub).expect("it was made");
    fs::write(&stub, text.replace('\n', "\r\n")).expect("it can be written");
    let found = check(folder.path(), &template);
    for said in ["only the line endings differ", ".gitattributes", "-text"] {
        assert!(found.contains(said), "{said}: {found}");
    }
}

#[test]
fn an_archive_of_somebody_else_is_not_replaced() {
    let Some(python) = python() else { return };
    let template = template(&python, &[(&["make=x"], "out/x.zip")]);
    for (content, is_same) in [("made\n@@protoc_insertion_point(here)\n", true), ("mine", false)] {
        let folder = workspace();
        let folder = folder.path();
        let script = "import sys, zipfile; \
            zipfile.ZipFile('x.zip', 'w').writestr('x', sys.argv[1])";
        fs::create_dir(folder.join("out")).expect("it can be made");
        let mut by_hand = std::process::Command::new(&python);
        by_hand.args(["-c", script, content]).current_dir(folder.join("out"));
        assert!(by_hand.status().is_ok_and(|status| status.success()));
        let archive = || fs::read(folder.join("out/x.zip")).expect("it is there");
        let before = archive();
        let found = check(folder, &template);
        assert!(found.contains("\"this archive was not written by `generate`\""), "{found}");
        let answer = generate(folder, &template, &[]);
        if is_same {
            assert_eq!(answer.code, 0, "{}", answer.stderr);
        } else {
            assert_eq!(answer.code, 1);
            assert!(answer.stderr.contains("out/x.zip: exists and was not written by"));
            assert_eq!(archive(), before);
            assert_eq!(generate(folder, &template, &["--path", "proto/a"]).code, 1);
            assert_eq!(archive(), before, "nothing is added to it either");
            assert_eq!(generate(folder, &template, &["--force"]).code, 0);
        }
        assert_eq!(generate(folder, &template, &["--check"]).code, 0);
        // What a run that was cut off leaves beside it.
        write(folder, "out/.wireproof-new-x.zip", "half");
        let found = check(folder, &template);
        assert!(found.contains("\"out/.wireproof-new-x.zip\""), "{found}");
        let after = archive();
        assert_eq!(generate(folder, &template, &[]).code, 0);
        assert_eq!(super::files_below(&folder.join("out")), ["x.zip"]);
        assert_eq!(archive(), after);
    }
}

/// Ten runs are killed, each at a moment that chance chooses; half of them would have to replace
/// what was written by hand, and are refused.
#[test]
fn a_kill_at_a_random_moment_keeps_handwritten_files() {
    use std::hash::{BuildHasher as _, Hasher as _};

    let Some(python) = python() else { return };
    let make = |word: &str| template(&python, &[(&[word], "gen"), (&[word], "out/x.zip")]);
    let (earlier, later) = (make("many=300,old"), make("many=300,new"));
    let mut time = None;
    for round in 0..11 {
        let is_in_the_way = round % 2 == 1;
        let folder = workspace();
        let folder = folder.path();
        assert_eq!(generate(folder, &earlier, &[]).code, 0);
        let mut by_hand = vec!["gen/many/mine.md", "gen/mine/7.new", "out/mine"];
        if is_in_the_way {
            by_hand.push("gen/many/7.new");
        }
        by_hand.iter().for_each(|path| write(folder, path, "by hand"));
        let intact = |by_hand: &[&str]| {
            let text = |path: &&str| fs::read_to_string(folder.join(path)).ok();
            by_hand.iter().all(|path| text(path).as_deref() == Some("by hand"))
        };
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(["generate", "--template", &later]).current_dir(folder);
        command.stderr(std::process::Stdio::null());
        let begun = std::time::Instant::now();
        let mut child = command.spawn().expect("it has been built");
        // The first run is not killed: how long it takes is what chance has to choose from.
        let Some(time) = time else {
            child.wait().expect("it is ours");
            time = Some(begun.elapsed());
            assert!(intact(&by_hand));
            continue;
        };
        let chance = std::hash::RandomState::new().build_hasher().finish() % 1000;
        let moment: std::time::Duration = time * u32::try_from(chance).expect("it is small") / 1000;
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().expect("it is ours");
        let at = format!("round {round}, killed after {moment:?} of {time:?}");
        assert!(intact(&by_hand), "{at}");
        if is_in_the_way {
            assert_eq!(generate(folder, &later, &[]).code, 1, "{at}");
            assert!(intact(&by_hand), "{at}");
            fs::remove_file(folder.join("gen/many/7.new")).expect("it is there");
            by_hand.pop();
        }
        assert_eq!(generate(folder, &later, &[]).code, 0, "{at}");
        assert!(intact(&by_hand), "{at}");
        assert_eq!(check(folder, &later), "", "{at}");
        assert_eq!(files(&folder.join("gen")).len(), 303, "{at}");
        let mut archives = super::files_below(&folder.join("out"));
        archives.sort();
        assert_eq!(archives, ["mine", "x.zip"], "{at}");
    }
}

/// What each of them makes is its own: none takes away what another one made, and all can be checked.
#[test]
fn templates_that_share_a_folder_leave_each_other_their_files() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let write_template = |at: &str, words: &[&str]| {
        let given = template(&python, &[(words, "../gen")]);
        let mut given: serde_json::Value = serde_json::from_str(&given).expect("it is JSON");
        given["clean"] = false.into();
        given["inputs"] = serde_json::json!([{ "directory": "../proto" }]);
        write(folder, at, &given.to_string());
    };
    let (one, two) = (folder.join("one"), folder.join("two"));
    let run = |at: &Path, args: &[&str]| {
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        tools::run(program, at, &[&["generate"], args].concat())
    };
    write_template("one/buf.gen.yaml", &["make=both", "make=one", "many=200,one"]);
    write_template("two/buf.gen.yaml", &["make=both", "make=two", "many=200,two"]);
    // Side by side, into a folder that is not there.
    for round in 0..3 {
        let _ = fs::remove_dir_all(folder.join("gen"));
        let start = |at: &Path| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wireproof"));
            let command = command.arg("generate").current_dir(at);
            command.stderr(std::process::Stdio::piped()).spawn().expect("it has been built")
        };
        for run in [start(&one), start(&two)] {
            let output = run.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "round {round}: {said}");
        }
        for at in [&one, &two] {
            let check = run(at, &["--check"]);
            assert_eq!((check.code, &*check.stdout), (0, ""), "round {round}: {}", check.stderr);
        }
        assert_eq!(files(&folder.join("gen")).len(), 404, "round {round}");
    }
    write_template("one/buf.gen.yaml", &["make=one"]);
    let found = run(&one, &["--check", "--error-format", "json"]).stdout;
    assert!(found.contains("\"../gen/many/0.one\"") && !found.contains("two"), "{found}");
    let list = "\"../gen/.wireproof-files\"";
    assert!(!found.contains(list), "what is orphaned is found, not its list: {found}");
    let answer = run(&one, &[]);
    assert!(answer.stderr.contains(" 200 deleted"), "{}", answer.stderr);
    let left = files(&folder.join("gen"));
    assert!(left.contains_key("both") && left.contains_key("many/0.two"), "they are the other's");
    assert_eq!((left.len(), run(&two, &["--check"]).code), (204, 0));
    // By name, from elsewhere, a template is the same one.
    write_template("two/x.yaml", &["make=x"]);
    assert_eq!(run(&two, &["--template", "x.yaml"]).code, 0);
    assert_eq!((run(&one, &[]).code, run(&two, &[]).code), (0, 0));
    assert!(folder.join("gen/x").exists() && folder.join("gen/two").exists());
    write_template("two/x.yaml", &["make=y"]);
    assert_eq!(run(&two, &["--template", "x.yaml"]).code, 0);
    assert!(folder.join("gen/y").exists() && !folder.join("gen/x").exists());
    assert!(folder.join("gen/two").exists());
}

/// A clean `--check` means that `generate` has nothing to do.
#[test]
fn check_reports_what_generate_would_change() {
    let Some(python) = python() else { return };
    let template = template(&python, &[(&["make=x", "make=y"], "gen")]);
    let list = "gen/.wireproof-files";
    let change: [(&str, Turn); 4] = [
        ("the ends of lines", |text| text.replace('\n', "\r\n")),
        ("its head", |text| text.replacen("Made", "made", 1)),
        ("a file that is not there", |text| format!("{text}z\n")),
        ("an older version", |text| text.replace("# Of --template:\n", "")),
    ];
    for (what, change) in change {
        let folder = workspace();
        let folder = folder.path();
        assert_eq!(generate(folder, &template, &[]).code, 0);
        let text = fs::read_to_string(folder.join(list)).expect("it was made");
        assert_ne!(change(&text), text, "{what}");
        fs::write(folder.join(list), change(&text)).expect("it can be written");
        let found = check(folder, &template);
        assert!(found.contains(list) && found.lines().count() == 1, "{what}: {found}");
        let answer = generate(folder, &template, &[]);
        assert!(answer.stderr.contains(" 0 deleted"), "{what}: {}", answer.stderr);
        assert_eq!(check(folder, &template), "", "{what}");
        assert_eq!(fs::read_to_string(folder.join(list)).expect("it is there"), text, "{what}");
    }
    // Of a part not everything is said, and that is said.
    let folder = workspace();
    let folder = folder.path();
    assert_eq!(generate(folder, &template, &[]).code, 0);
    let part = generate(folder, &template, &["--check", "."]);
    assert!(part.stderr.contains("partial run"), "{}", part.stderr);
    assert!(!generate(folder, &template, &["--check"]).stderr.contains("partial run"));
}

/// Through links: what lies behind them is one place, whatever it is called.
#[cfg(unix)]
#[test]
fn links_do_not_lead_to_lost_files() {
    use std::os::unix::fs::symlink;

    let Some(python) = python() else { return };
    let run = |folder: &Path, plugins: &[(&[&str], &str)]| {
        generate(folder, &template(&python, plugins), &[])
    };
    // A link that is called as an archive is while it is written.
    let folder = workspace();
    let folder = folder.path();
    write(folder, "precious", "by hand");
    fs::create_dir(folder.join("out")).expect("it can be made");
    symlink("../precious", folder.join("out/.wireproof-new-x.zip")).expect("it can be linked");
    assert_eq!(run(folder, &[(&["make=x"], "out/x.zip")]).code, 0);
    let precious = fs::read_to_string(folder.join("precious"));
    assert_eq!(precious.expect("it is there"), "by hand");
    assert!(!folder.join("out/x.zip").is_symlink());
    // A file of an output that becomes an archive of its own.
    assert_eq!(run(folder, &[(&["make=x.zip", "make=b"], "gen")]).code, 0);
    fs::remove_file(folder.join("gen/x.zip")).expect("it was made");
    let now: [(&[&str], &str); 2] = [(&["make=b"], "gen"), (&["make=a"], "gen/x.zip")];
    assert_eq!(run(folder, &now).code, 0);
    assert!(folder.join("gen/x.zip").exists());
    assert_eq!(check(folder, &template(&python, &now)), "");
    // An output that lies in another one by a link: what one made the other does not take away.
    assert_eq!(run(folder, &[(&["make=in/x"], "far")]).code, 0);
    symlink("far/in", folder.join("near")).expect("it can be linked");
    let now: [(&[&str], &str); 2] = [(&["make=a"], "far"), (&["make=x"], "near")];
    assert_eq!(run(folder, &now).code, 0);
    assert_eq!(check(folder, &template(&python, &now)), "");
    assert!(folder.join("far/in/x").exists());
    // Outputs that are not there yet, and are one.
    symlink(".", folder.join("self")).expect("it can be linked");
    let twice = run(folder, &[(&["make=a"], "new"), (&["make=b"], "self/new")]);
    assert!(twice.code == 1 && twice.stderr.contains("folder of two outputs"), "{}", twice.stderr);
    assert!(!folder.join("new").exists(), "nothing is left of it");
    // Links to nothing, and what is neither file nor folder.
    symlink("nowhere", folder.join("lost")).expect("it can be linked");
    let lost = run(folder, &[(&["make=a"], "lost")]);
    assert!(lost.stderr.contains("lost: is a symbolic link"), "{}", lost.stderr);
    let mut pipe = std::process::Command::new("mkfifo");
    assert_eq!(tools::answer(pipe.arg("x").current_dir(folder)).code, 0);
    for out in [".", "x"] {
        let piped = run(folder, &[(&["make=x"], out)]);
        assert!(piped.code == 1 && piped.stderr.contains("x: is "), "{}", piped.stderr);
    }
}

/// A run that fails while files are put into place says of none that it made it before it did.
#[test]
fn files_that_an_interrupted_run_did_not_write_are_not_owned() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let make = |words: &[&str]| template(&python, &[(words, "gen")]);
    assert_eq!(generate(folder, &make(&["make=a"]), &[]).code, 0);
    // As a run leaves it that was ended after its list was written, and before its file was there.
    let list = folder.join("gen/.wireproof-files");
    let text = fs::read_to_string(&list).expect("it was made");
    let cut_off = format!("{text}c/new\n# Not there before:\nc/new\n");
    fs::write(&list, cut_off).expect("it can be written");
    write(folder, "gen/.wireproof-new/c/new", "made\n");
    write(folder, "gen/c/new", "by hand");
    assert!(check(folder, &make(&["make=a"])).contains("was interrupted"));
    let answer = generate(folder, &make(&["make=a", "make=c/new"]), &[]);
    assert!(answer.code == 1 && answer.stderr.contains("gen/c/new: exists"), "{}", answer.stderr);
    assert_eq!(generate(folder, &make(&["make=a"]), &[]).code, 0);
    let by_hand = fs::read_to_string(folder.join("gen/c/new"));
    assert_eq!(by_hand.expect("it was written by hand"), "by hand");
    assert_eq!(check(folder, &make(&["make=a"])), "");
    // What was put into place before the run ended is its own.
    fs::remove_file(folder.join("gen/c/new")).expect("it is there");
    let cut_off = format!("{text}d\n# Not there before:\nd\n");
    fs::write(&list, cut_off).expect("it can be written");
    write(folder, "gen/d", "made\n");
    assert_eq!(generate(folder, &make(&["make=a"]), &[]).code, 0);
    assert!(!folder.join("gen/d").exists());
}
