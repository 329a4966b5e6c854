//! What `generate` leaves behind, whatever plugins do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{python, template, workspace};
use crate::parity::tools::{self, Answer};

pub(super) fn generate(folder: &Path, template: &str, more: &[&str]) -> Answer {
    let args = [&["generate", "--template", template][..], more].concat();
    tools::run(Path::new(env!("CARGO_BIN_EXE_wireproof")), folder, &args)
}

/// The files below `folder` with their content.
pub(super) fn files(folder: &Path) -> BTreeMap<String, String> {
    let content = |path: String| {
        let bytes = fs::read(folder.join(&path)).expect("it is there");
        (path, String::from_utf8_lossy(&bytes).into_owned())
    };
    super::files_below(folder).into_iter().map(content).collect()
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
        ("gen/a/v1/old.proto.txt", Some("of a/v1/a.proto\nby x\n"), "nothing makes it"),
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
    let cases: [(&[&str], &str, &str); 10] = [
        (&["say=why", "exit=3"], "bad", "exit code 3\nwhy"),
        (&["print=rubbish"], "bad", "no answer"),
        (&["error=no such thing"], "bad", "no such thing"),
        (&["make=../x"], "bad", "leads out"),
        (&["make=/x"], "bad", "leads out"),
        (&["say=almost", "hang"], "bad", "has not ended after 8 s\nalmost"),
        (&["close", "hang"], "bad", "has not ended after 8 s"),
        (&["claim=8"], "bad", "features that do not exist"),
        (&["make=a/v1/a.proto.txt"], "./gen/", "both make gen/a/v1/a.proto.txt"),
        (&["insert=nothing"], "gen", "no plugin has made the file"),
    ];
    for (words, out, message) in cases {
        // As long as Python may take to start on a busy machine.
        let limit: &[&str] = if words.contains(&"hang") { &["--timeout", "8"] } else { &[] };
        let answer = generate(folder, &template(&python, &[good, (words, out)]), limit);
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
    let unknown =
        r#"{"version":"v2","plugins":[{"local":["wireproof","plugin","go"],"out":"gen"}]}"#;
    let answer = generate(folder, unknown, &[]);
    assert_eq!(answer.code, 1);
    for said in ["there is no plugin \"go\" in wireproof", "grpc-python, openapi, rust"] {
        assert!(answer.stderr.contains(said), "{}", answer.stderr);
    }
}

/// Each by the command that installs it; in CI, where a line is not read, with an error.
#[test]
fn plugins_that_are_not_installed_are_named() {
    let folder = workspace();
    let template = r#"{"version":"v2","plugins":[{"local":"nowhere/protoc-gen-go","out":"a"},
        {"local":"nowhere/protoc-gen-ours","out":"b"}]}"#;
    let installs = "`go install google.golang.org/protobuf/cmd/protoc-gen-go@v";
    let alone = r#"{"version":"v2","plugins":[{"local":"nowhere/protoc-gen-go","out":"a"}]}"#;
    let made = generate(folder.path(), alone, &[]);
    assert!(made.code == 1 && made.stderr.contains(installs), "{}", made.stderr);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(["generate", "--check", "--template", template]).current_dir(folder.path());
    for (ci, code) in [("false", 0), ("true", 1)] {
        let checked = tools::answer(command.env("CI", ci));
        assert_eq!(checked.code, code, "{}", checked.stderr);
        for said in ["\"nowhere/protoc-gen-go\", \"nowhere/protoc-gen-ours\"", installs] {
            assert!(checked.stderr.contains(said), "{said}: {}", checked.stderr);
        }
    }
    // Once, however many inputs there are, in the count as well.
    let inputs = r#"{"version":"v2","inputs":[{"directory":"."},{"directory":"more"}],"plugins":[
        {"local":["wireproof","plugin","rust"],"out":"rust","strategy":"all"},
        {"protoc_builtin":"python","protoc_path":"nowhere/protoc","out":"a"},
        {"local":["nowhere/protoc-gen-ours", "-x"],"out":"b"}]}"#;
    let more = folder.path().join("more/c.proto");
    fs::create_dir(folder.path().join("more")).expect("it can be made");
    fs::write(more, "syntax = \"proto3\";\npackage c;\n").expect("it can be written");
    fs::write(folder.path().join("buf.gen.yaml"), inputs).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let checked = tools::answer(command.arg("check").current_dir(folder.path()).env("CI", "false"));
    for said in [
        "checked: \"python\" (there is no program \"nowhere/protoc\"), \"nowhere/protoc-gen-ours -x\"\n",
        "help: install protoc, or: `pip install grpcio-tools==",
        "and `protoc_path: [python3, -m, grpc_tools.protoc]`; install nowhere/protoc-gen-ours, or",
    ] {
        assert!(checked.stderr.contains(said), "{said}: {}", checked.stderr);
    }
    let says = format!("{}{}", checked.stdout, checked.stderr);
    assert!(says.contains("1 of 3 plugins"), "{says}");
}

/// It is there, so that nobody is told to install it; it is an error wherever it is found.
#[cfg(unix)]
#[test]
fn a_plugin_whose_interpreter_is_gone_is_not_one_that_is_not_installed() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = workspace();
    let program = folder.path().join("protoc-gen-x");
    fs::write(&program, "#!/nowhere/python\n").expect("it can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let template = r#"{"version":"v2","plugins":[{"local":"./protoc-gen-x","out":"gen"}]}"#;
    for more in [&[][..], &["--check"]] {
        let answer = generate(folder.path(), template, more);
        assert_eq!(answer.code, 1, "{more:?}: {}", answer.stderr);
        let says = "\"./protoc-gen-x\" cannot run: protoc-gen-x: it is there, and what its first";
        assert!(answer.stderr.contains(says), "{}", answer.stderr);
    }
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
/// by hand is never lost. Half of the runs are killed while new content is prepared, half while it
/// is put into place, when files of an earlier run are taken away, too.
#[test]
fn a_run_that_was_killed_is_ended_by_the_next() {
    let Some(python) = python() else { return };
    let earlier = template(&python, &[(&["many=900,old"], "gen")]);
    let template = template(&python, &[(&["many=900,new"], "gen")]);
    let (mut found, mut torn) = (0, 0);
    for round in 0..10_usize {
        let folder = workspace();
        let folder = folder.path();
        fs::create_dir_all(folder.join("gen/many")).expect("it can be made");
        fs::write(folder.join("gen/many/mine.md"), "by hand").expect("it can be written");
        assert_eq!(generate(folder, &earlier, &[]).code, 0, "round {round}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        let args = ["generate", "--template", &template];
        command.args(args).current_dir(folder).stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("it has been built");
        // A moment that depends on how far it is.
        let count = |path: &str, end: &str| {
            let names = fs::read_dir(folder.join(path)).into_iter().flatten().flatten();
            names.filter(|name| name.file_name().to_string_lossy().ends_with(end)).count()
        };
        let is_far = || match round % 2 {
            0 => count("gen/.wireproof-new/many", ".new") > round * 80,
            _ => count("gen/many", ".new") > round * 40,
        };
        while child.try_wait().expect("it is ours").is_none() && !is_far() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().expect("it is ours");
        let there = count("gen/many", ".new");
        torn += usize::from((1..900).contains(&there));
        let mine = || fs::read_to_string(folder.join("gen/many/mine.md")).ok();
        assert_eq!(mine().as_deref(), Some("by hand"));
        found += usize::from(generate(folder, &template, &["--check"]).code == 100);
        assert_eq!(generate(folder, &template, &[]).code, 0, "round {round}");
        assert_eq!(generate(folder, &template, &["--check"]).code, 0, "round {round}");
        assert_eq!(files(&folder.join("gen")).len(), 902, "round {round}");
        assert_eq!(mine().as_deref(), Some("by hand"));
    }
    // On a busy machine some end before they are killed.
    assert!(found >= 5, "only {found} of 10 runs were cut off");
    assert!(torn >= 1, "no run was killed while files were put into place");
}

/// Ctrl-C reaches this program and not its plugins, which have groups of their own.
#[cfg(unix)]
#[test]
fn plugins_end_with_the_run_that_a_signal_ends() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::time::{Duration, Instant};

    let Some(python) = python() else { return };
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let folder = workspace();
        let folder = folder.path();
        let beats = || fs::metadata(folder.join("beats")).map_or(0, |file| file.len());
        let template = template(&python, &[(&["beat=beats"], "gen")]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(["generate", "--template", &template]).current_dir(folder);
        let mut run = command.spawn().expect("it has been built");
        let begun = Instant::now();
        let wait = || {
            assert!(begun.elapsed() < Duration::from_secs(60), "{signal}: {} beats", beats());
            std::thread::sleep(Duration::from_millis(20));
        };
        while beats() == 0 {
            wait();
        }
        let kill = Command::new("kill").args(["-s", signal, &run.id().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()));
        assert_eq!(run.wait().expect("it is ours").signal(), Some(number));
        // It may have been in the middle of a beat.
        std::thread::sleep(Duration::from_millis(200));
        let at_the_end = beats();
        std::thread::sleep(Duration::from_millis(400));
        assert_eq!(beats(), at_the_end, "{signal}: the plugin goes on");
        assert!(!folder.join("gen").exists());
    }
}

/// One after the other they would wait for ever.
#[test]
fn plugins_run_side_by_side() {
    let Some(python) = python() else { return };
    if std::thread::available_parallelism().map_or(1, std::num::NonZero::get) < 2 {
        return tools::say("SKIPPED: plugins side by side: this machine has one core");
    }
    let folder = workspace();
    let plugins: [(&[&str], &str); 2] =
        [(&["meet=a,b", "make=x"], "one"), (&["meet=b,a", "make=x"], "two")];
    let answer = generate(folder.path(), &template(&python, &plugins), &["--timeout", "60"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(folder.path().join("one/x").exists() && folder.path().join("two/x").exists());
}

/// Each of them makes and deletes what the others make: what is there at the end is what one of them
/// made, all of it and nothing else.
#[cfg(unix)]
#[test]
fn runs_at_once_are_kept_apart() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let templates: Vec<String> = ["a", "b", "c"]
        .map(|end| template(&python, &[(&[&format!("many=300,{end}")], "gen")]))
        .into();
    for round in 0..3 {
        let runs = templates.iter().map(|template| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
            command.args(["generate", "--template", template]).current_dir(folder);
            command.stderr(std::process::Stdio::piped()).spawn().expect("it has been built")
        });
        for run in runs.collect::<Vec<_>>() {
            let output = run.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "round {round}: {said}");
        }
        let checked = templates.iter().map(|it| generate(folder, it, &["--check"]).code);
        let clean = checked.filter(|code| *code == 0).count();
        assert_eq!((clean, files(&folder.join("gen")).len()), (1, 301), "round {round}");
    }
}

#[test]
fn outputs_that_are_one_or_lie_in_each_other_lose_nothing() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let run = |plugins: &[(&[&str], &str)], more: &[&str]| {
        generate(folder, &template(&python, plugins), more)
    };
    let spelled: [(&[&str], &str); 2] = [(&["make=a"], "gen"), (&["make=b"], "x/../gen/.")];
    assert_eq!(run(&spelled, &[]).code, 0);
    assert_eq!(files(&folder.join("gen")).len(), 3);

    let outer: (&[&str], &str) = (&["make=a", "make=in/x.txt"], "gen");
    assert_eq!(run(&[outer], &[]).code, 0);
    let moved: [(&[&str], &str); 2] = [(&["make=a"], "gen"), (&["make=x.txt"], "gen/in")];
    assert_eq!(run(&moved, &[]).code, 0);
    assert!(folder.join("gen/in/x.txt").exists() && !folder.join("gen/b").exists());
    let check = run(&moved, &["--check"]);
    assert_eq!((check.code, check.stdout), (0, String::new()));
    let twice = run(&[outer, (&["make=x.txt"], "gen/in")], &[]);
    assert!(twice.code == 1 && twice.stderr.contains("in two outputs"), "{}", twice.stderr);

    // A file where a folder was, and a folder where a file was.
    assert_eq!(run(&[(&["make=a", "make=in/x"], "other")], &[]).code, 0);
    let answer = run(&[(&["make=a/x", "make=in"], "other")], &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let made = files(&folder.join("other"));
    assert_eq!(made.keys().collect::<Vec<_>>(), [".wireproof-files", "a/x", "in"]);
}

#[test]
fn names_that_cannot_be_listed_are_refused() {
    let Some(python) = python() else { return };
    let folder = workspace();
    for name in [".wireproof-files", ".wireproof-new/x", "#x", "a\nb"] {
        let word = format!("make={name}");
        let answer = generate(folder.path(), &template(&python, &[(&[&word], "gen")]), &[]);
        assert_eq!(answer.code, 1, "{name}");
        assert!(answer.stderr.contains(&format!("{name:?}")), "{name}: {}", answer.stderr);
        assert!(!folder.path().join("gen").exists(), "{name}");
    }
}

/// `--path` and `-o` are relative to where the user stands, and so are the findings.
#[test]
fn from_a_subfolder_paths_are_those_of_the_user() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let template = template(&python, &[(&["each=.txt"], "gen")]);
    fs::write(folder.join("buf.gen.yaml"), template).expect("it can be written");
    let below = folder.join("proto/a");
    let run = |args: &[&str]| {
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        tools::run(program, &below, &[&["generate"], args].concat())
    };
    assert_eq!(run(&["--path", "v1/a.proto"]).code, 0);
    assert_eq!(files(&folder.join("gen")).len(), 2);
    assert_eq!(run(&["-o", "out", "--path", "v1"]).code, 0);
    assert!(below.join("out/gen/a/v1/a.proto.txt").exists());
    fs::remove_dir_all(below.join("out")).expect("it is there");
    let check = run(&["--check"]);
    assert_eq!(check.code, 100);
    assert!(check.stdout.starts_with("../../gen/b/v1/b.proto.txt:1:1: "), "{}", check.stdout);
    // Above the workspace nothing is looked for: a template names programs.
    fs::rename(folder.join("buf.gen.yaml"), folder.join("proto/buf.gen.yaml"))
        .expect("it is there");
    fs::write(folder.join("proto/a/buf.yaml"), "version: v2\n").expect("it can be written");
    let answer = run(&[]);
    assert!(answer.code == 1 && answer.stderr.contains("no buf.gen.yaml"), "{}", answer.stderr);
}

#[test]
fn clean_takes_away_what_a_part_does_not_make() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let template = template(&python, &[(&["each=.txt"], "gen")]);
    assert_eq!(generate(folder, &template, &[]).code, 0);
    fs::write(folder.join("gen/mine.md"), "mine").expect("it can be written");
    let part = ["--path", "proto/a"];
    assert_eq!(generate(folder, &template, &part).code, 0);
    assert!(folder.join("gen/b/v1/b.proto.txt").exists(), "a part takes nothing away");
    let check = generate(folder, &template, &[&part[..], &["--clean", "--check"]].concat());
    assert!(check.code == 100 && check.stdout.contains("b.proto.txt"), "{}", check.stdout);
    assert_eq!(generate(folder, &template, &[&part[..], &["--clean"]].concat()).code, 0);
    let left = files(&folder.join("gen"));
    assert_eq!(
        left.keys().collect::<Vec<_>>(),
        [".wireproof-files", "a/v1/a.proto.txt", "mine.md"]
    );
}

#[test]
fn rust_is_not_made_of_a_part_of_a_package() {
    let folder = workspace();
    let folder = folder.path();
    let more = "syntax = \"proto3\";\npackage a.v1;\nmessage More {}\n";
    fs::write(folder.join("proto/a/v1/more.proto"), more).expect("it can be written");
    let template = r#"{"version":"v2","plugins":[{"local":["wireproof","plugin","rust"],"out":"gen","strategy":"all"}]}"#;
    for part in [["--path", "proto/a/v1/a.proto"], ["--exclude-path", "proto/a/v1/more.proto"]] {
        let answer = generate(folder, template, &part);
        assert_eq!(answer.code, 1, "{part:?}");
        let says = "a/v1/more.proto: it belongs to the package \"a.v1\"";
        assert!(answer.stderr.contains(says), "{}", answer.stderr);
        assert!(!folder.join("gen").exists());
    }
    let one = "proto/a/v1/a.proto";
    let answer = generate(folder, template, &[one]);
    let help = format!("write \"{one}#include_package_files=true\"");
    assert!(answer.code == 1 && answer.stderr.contains(&help), "{}", answer.stderr);
    for part in [
        &["--path", "proto/a"][..],
        &["--exclude-path", "proto/b"],
        &["proto/b/v1/b.proto"],
        &["proto/a/v1/a.proto#include_package_files=true"],
    ] {
        let answer = generate(folder, template, part);
        assert_eq!(answer.code, 0, "{part:?}: {}", answer.stderr);
    }
}

#[test]
fn an_input_that_is_named_stands_in_for_a_module_of_a_registry() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let mut template: serde_json::Value =
        serde_json::from_str(&template(&python, &[(&["each=.txt"], "gen")])).expect("it is JSON");
    template["inputs"] = serde_json::json!([{ "module": "buf.test/a/b" }]);
    let template = template.to_string();
    let answer = generate(folder, &template, &[]);
    assert!(
        answer.code == 1 && answer.stderr.contains("module of a registry"),
        "{}",
        answer.stderr
    );
    let answer = generate(folder, &template, &["."]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(folder.join("gen/a/v1/a.proto.txt").exists());
}

#[test]
fn archives_are_made_as_a_whole_and_judged_by_entry() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let folder = folder.path();
    let before =
        template(&python, &[(&["each=.txt"], "out/x.zip"), (&["make=y", "insert=y"], "out/x.jar")]);
    assert_eq!(generate(folder, &before, &["--check"]).code, 100);
    assert!(!folder.join("out").exists(), "--check writes nothing");
    assert_eq!(generate(folder, &before, &[]).code, 0);
    let mut made = super::files_below(&folder.join("out"));
    made.sort();
    assert_eq!(made, ["x.jar", "x.zip"]);
    assert_eq!(generate(folder, &before, &["--check"]).code, 0);
    let archive = |name: &str| fs::read(folder.join("out").join(name)).expect("it is there");
    let jar = String::from_utf8_lossy(&archive("x.jar")).into_owned();
    assert!(jar.contains("Manifest-Version: 1.0\n") && jar.contains("made\ninserted\n"), "{jar}");
    let zip = archive("x.zip");
    fs::remove_file(folder.join("out/x.zip")).expect("it is there");
    assert_eq!(generate(folder, &before, &[]).code, 0);
    assert_eq!(zip, archive("x.zip"), "the same bytes");

    let after = template(&python, &[(&["each=.txt", "make=new"], "out/x.zip")]);
    let check = generate(folder, &after, &["--check"]);
    assert!(check.stdout.contains("out/x.zip/new"), "{}", check.stdout);
    assert_eq!(generate(folder, &after, &["--path", "proto/a"]).code, 0);
    assert_eq!(generate(folder, &before, &["--path", "proto/a", "--check"]).code, 0);
    let check = generate(folder, &before, &["--check"]);
    assert!(check.code == 100 && check.stdout.contains("out/x.zip/new"), "{}", check.stdout);
    fs::write(folder.join("out/x.zip"), "no archive").expect("it can be written");
    let answer = generate(folder, &before, &[]);
    assert!(answer.code == 1 && answer.stderr.contains("no archive"), "{}", answer.stderr);
}
