//! What `generate` does about files and folders that no plugin made.

use std::fs;
use std::path::Path;

use super::writing::{files, generate};
use super::{python, template, workspace};

/// Puts something into a folder.
type Put = fn(&Path);

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
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
fn what_lies_in_the_way_is_named_and_stays() {
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
fn what_is_empty_makes_way() {
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
            "gen/in/r: is made in an output, and another one makes gen/in",
        ),
        (
            [(&["make=a"], "gen/x.zip"), (&["make=x.zip"], "gen")],
            "gen/x.zip: is made in an output, and another one makes gen/x.zip",
        ),
    ] {
        let answer = generate(folder.path(), &template(&python, &plugins), &[]);
        assert!(answer.code == 1 && answer.stderr.contains(says), "{}", answer.stderr);
        assert!(!folder.path().join("gen").exists());
    }
}

/// What looks like a stub is found wherever it lies in the output; what only lies there is not.
#[test]
fn files_like_stubs_are_found_and_others_are_not() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let made = "# Comment.\n# Generated by x 2.1. DO NOT EDIT!\n";
    let stub = format!("text=a/v1/a_pb2.py,{made}");
    let plugins: [(&[&str], &str); 2] =
        [(&[&stub, "text=api.json,{\n  \"openapi\": 1}"], "gen"), (&[&stub], ".")];
    let template = template(&python, &plugins);
    assert_eq!(generate(folder, &template, &[]).code, 0);
    assert!(
        std::process::Command::new("git").args(["init", "-q"]).current_dir(folder).status().is_ok()
    );
    write(folder, ".gitignore", "build/\n");
    let older = "# Another comment.\n\n# Generated by x 1.9. DO NOT EDIT!\n";
    for (path, text) in [
        ("gen/a/v1/by_hand.py", "print()\n"),
        ("gen/a/v1/by_hand_pb2.py", "# Comment.\nprint()\n"),
        ("gen/a/v1/other_pb2.py", "# Generated by y. DO NOT EDIT!\n"),
        ("gen/a/v1/a.md", older),
        ("gen/package.json", "{\n  \"name\": \"x\"}"),
        ("gen/node_modules/x_pb2.py", older),
        ("gen/.venv/x_pb2.py", older),
        ("gen/build/x_pb2.py", older),
        ("gen/nested/x_pb2.py", older),
        ("gen/nested/.wireproof-files", ""),
        ("elsewhere/x_pb2.py", older),
    ] {
        write(folder, path, text);
    }
    assert_eq!(check(folder, &template), "");
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
        format!("{path}:1:1: STALE_STUB this looks like a stub, and nothing makes it\n")
    });
    assert_eq!(found, expected.concat());
}

/// A checkout can turn the ends of lines; what differs is not to be seen in a diff.
#[test]
fn ends_of_lines_are_said_to_differ() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let template = template(&python, &[(&["each=.txt"], "gen")]);
    assert_eq!(generate(folder.path(), &template, &[]).code, 0);
    let stub = folder.path().join("gen/a/v1/a.proto.txt");
    let text = fs::read_to_string(&stub).expect("it was made");
    fs::write(&stub, text.replace('\n', "\r\n")).expect("it can be written");
    let found = check(folder.path(), &template);
    for said in ["only the ends of its lines differ", ".gitattributes", "-text"] {
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
        assert!(found.contains("\"this archive was not made by `generate`\""), "{found}");
        let answer = generate(folder, &template, &[]);
        if is_same {
            assert_eq!(answer.code, 0, "{}", answer.stderr);
        } else {
            assert_eq!(answer.code, 1);
            assert!(answer.stderr.contains("out/x.zip: is there and was not made by"));
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
fn a_kill_at_a_random_moment_costs_nothing_that_was_written_by_hand() {
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
