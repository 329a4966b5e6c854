//! What `generate` leaves behind, whatever plugins do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{python, template, workspace};
use crate::parity::tools::{self, Answer};

fn generate(folder: &Path, template: &str, more: &[&str]) -> Answer {
    let args = [&["generate", "--template", template][..], more].concat();
    tools::run(Path::new(env!("CARGO_BIN_EXE_wireproof")), folder, &args)
}

/// The files below `folder` with their content.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = path.read_dir().expect("it can be listed");
            open.extend(entries.map(|entry| entry.expect("it can be read").path()));
        } else {
            let name = path.strip_prefix(folder).expect("it is below").display().to_string();
            found.insert(name, fs::read_to_string(&path).expect("it is text"));
        }
    }
    found
}

#[test]
fn stubs_are_written_and_everything_that_is_stale_is_found() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let template =
        template(&python, &[(&["each=.txt"], "gen"), (&["make=x.py", "insert=x.py"], "py")]);
    assert_eq!(generate(folder, &template, &["--check"]).code, 100);
    assert!(!folder.join("gen").exists(), "--check writes nothing");
    assert_eq!(generate(folder, &template, &[]).code, 0);
    let made = files(&folder.join("gen"));
    assert_eq!(
        made.keys().collect::<Vec<_>>(),
        [".wireproof-files", "a/v1/a.proto.txt", "b/v1/b.proto.txt"]
    );
    assert_eq!(
        files(&folder.join("py"))["x.py"],
        "made\ninserted\n@@protoc_insertion_point(here)\n"
    );

    fs::write(folder.join("gen/a/v1/by_hand.md"), "mine").expect("it can be written");
    let check = |more: &[&str]| {
        let answer = generate(folder, &template, &[&["--check"], more].concat());
        (answer.code, answer.stdout)
    };
    assert_eq!(check(&[]), (0, String::new()));
    let stale = [
        ("gen/a/v1/a.proto.txt", Some("of a/v1/a.prot\nwith \n"), "not what the plugin makes"),
        ("gen/b/v1/b.proto.txt", None, "is missing"),
        ("gen/a/v1/old.proto.txt", Some("x"), "nothing makes it"),
    ];
    for (path, content, message) in stale {
        let before = fs::read(folder.join(path)).ok();
        match content {
            Some(content) => fs::write(folder.join(path), content).expect("it can be written"),
            None => fs::remove_file(folder.join(path)).expect("it is there"),
        }
        let (code, found) = check(&[]);
        assert_eq!(
            (code, found.lines().filter(|line| line.contains("STALE_STUB")).count()),
            (100, 1),
            "{found}"
        );
        assert!(found.starts_with(path) && found.contains(message), "{found}");
        match before {
            Some(before) => fs::write(folder.join(path), before).expect("it can be written"),
            None => fs::remove_file(folder.join(path)).expect("it is there"),
        }
    }
    fs::remove_file(folder.join("proto/b/v1/b.proto")).expect("it is there");
    let (code, found) = check(&[]);
    assert_eq!(code, 100);
    assert!(found.starts_with("gen/b/v1/b.proto.txt") && found.contains("any more"), "{found}");
    assert_eq!(generate(folder, &template, &[]).code, 0);
    assert!(!folder.join("gen/b").exists(), "its folder is empty");
    assert_eq!(files(&folder.join("gen"))["a/v1/by_hand.md"], "mine");
}

#[test]
fn a_plugin_that_fails_changes_nothing_and_is_named() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let good: (&[&str], &str) = (&["each=.txt"], "gen");
    assert_eq!(generate(folder, &template(&python, &[good]), &[]).code, 0);
    fs::write(folder.join("gen/a/v1/a.proto.txt"), "as it was").expect("it can be written");
    let before = files(folder);
    let cases: [(&[&str], &str, &str); 9] = [
        (&["say=why", "exit=3"], "bad", "exit code 3\nwhy"),
        (&["print=rubbish"], "bad", "no answer"),
        (&["error=no such thing"], "bad", "no such thing"),
        (&["make=../x"], "bad", "leads out"),
        (&["make=/x"], "bad", "leads out"),
        (&["hang"], "bad", "has not ended after 2 s"),
        (&["claim=8"], "bad", "features that do not exist"),
        (&["make=a/v1/a.proto.txt"], "./gen/", "both make gen/a/v1/a.proto.txt"),
        (&["insert=nothing"], "gen", "no plugin has made the file"),
    ];
    for (words, out, message) in cases {
        let answer =
            generate(folder, &template(&python, &[good, (words, out)]), &["--timeout", "2"]);
        assert_eq!(answer.code, 1, "{words:?}");
        let name = format!("plugin.py {}", words.join(" "));
        assert!(answer.stderr.contains(message), "{words:?}: {}", answer.stderr);
        assert!(answer.stderr.contains(&name), "{words:?}: {}", answer.stderr);
        assert_eq!(files(folder), before, "{words:?}");
    }
    let absent = r#"{"version":"v2","plugins":[{"local":"protoc-gen-nobody","out":"gen"}]}"#;
    let answer = generate(folder, absent, &[]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("\"protoc-gen-nobody\" is not installed"), "{}", answer.stderr);
}

#[test]
fn what_was_written_by_hand_is_not_replaced() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    fs::create_dir_all(folder.join("gen/a/v1")).expect("it can be made");
    fs::write(folder.join("gen/a/v1/a.proto.txt"), "by hand").expect("it can be written");
    let template = template(&python, &[(&["each=.txt"], "gen")]);
    let before = files(folder);
    let answer = generate(folder, &template, &[]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("gen/a/v1/a.proto.txt"), "{}", answer.stderr);
    assert_eq!(files(folder), before);
    assert_eq!(generate(folder, &template, &["--force"]).code, 0);
    assert_eq!(generate(folder, &template, &["--check"]).code, 0);
}

/// What a run that was killed leaves is found, and the next run ends it; a file that was written
/// by hand is never lost.
#[test]
fn a_run_that_was_killed_is_ended_by_the_next() {
    let Some(python) = python() else { return };
    let template = template(&python, &[(&["many=300"], "gen")]);
    let mut cut_off = 0;
    for round in 0..10_u32 {
        let folder = workspace();
        let folder = folder.path();
        fs::create_dir_all(folder.join("gen/many")).expect("it can be made");
        fs::write(folder.join("gen/many/mine.md"), "by hand").expect("it can be written");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wireproof"));
        let args = ["generate", "--template", &template];
        command.args(args).current_dir(folder).stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("it has been built");
        // A moment that depends on how far it is: some files more each round.
        let wanted = round as usize * 30;
        let is_far = || {
            let count = |path: &str| fs::read_dir(folder.join(path)).map_or(0, Iterator::count);
            count("gen/.wireproof-new/many") + count("gen/many") > wanted
        };
        while child.try_wait().expect("it is ours").is_none() && !is_far() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().expect("it is ours");
        assert_eq!(
            fs::read_to_string(folder.join("gen/many/mine.md")).ok().as_deref(),
            Some("by hand")
        );
        let check = generate(folder, &template, &["--check"]);
        cut_off += usize::from(check.code == 100);
        assert_eq!(generate(folder, &template, &[]).code, 0, "round {round}");
        assert_eq!(generate(folder, &template, &["--check"]).code, 0, "round {round}");
        let files = files(&folder.join("gen"));
        assert_eq!(files.len(), 302, "round {round}");
        assert_eq!(files["many/mine.md"], "by hand");
    }
    assert!(cut_off >= 5, "only {cut_off} runs were cut off");
}
