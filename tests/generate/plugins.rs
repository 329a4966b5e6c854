//! Plugins as programs: what `generate` says and does where one fails, is missing, or does not end.

use std::fs;
use std::process::Command;

use super::writing::{files, generate};
use super::{python, template, workspace};
use crate::parity::programs::tools;

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
        (&["print=rubbish"], "bad", "invalid CodeGeneratorResponse"),
        (&["error=no such thing"], "bad", "no such thing"),
        (&["make=../x"], "bad", "leads out"),
        (&["make=/x"], "bad", "leads out"),
        (&["say=almost", "hang"], "bad", "timed out after 8 s\nalmost"),
        (&["close", "hang"], "bad", "timed out after 8 s"),
        (&["claim=8"], "bad", "features that do not exist"),
        (&["make=a/v1/a.proto.txt"], "./gen/", "both make gen/a/v1/a.proto.txt"),
        (&["insert=nothing"], "gen", "but no plugin before it makes this file"),
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
        "help: install protoc, or run `pip install grpcio-tools==",
        "and set `protoc_path: [python3, -m, grpc_tools.protoc]`; install nowhere/protoc-gen-ours, or",
    ] {
        assert!(checked.stderr.contains(said), "{said}: {}", checked.stderr);
    }
    let says = format!("{}{}", checked.stdout, checked.stderr);
    assert!(says.contains("1 of 3 plugins"), "{says}");
}

/// A template for buf names them. `generate` cannot do without, a check leaves their outputs out.
#[test]
fn outputs_of_remote_plugins_are_not_checked_and_the_reason_is_given() {
    let folder = workspace();
    let template = r#"{"version":"v2","plugins":[
        {"remote":"buf.build/protocolbuffers/go","out":"go"},
        {"local":"nowhere/protoc-gen-ours","out":"./go/"},
        {"local":["wireproof","plugin","rust"],"out":"rust","strategy":"all"},
        {"remote":"buf.build/bufbuild/es:v2.0.0","out":"es"}]}"#;
    let both = "\"buf.build/protocolbuffers/go\", \"buf.build/bufbuild/es:v2.0.0\"";
    let [go, es] = ["`local: protoc-gen-go`", "`local: protoc-gen-es`"];
    let made = generate(folder.path(), template, &[]);
    assert_eq!(made.code, 1, "{}", made.stderr);
    for said in [both, go, es, "only runs local plugins"] {
        assert!(made.stderr.contains(said), "{said}: {}", made.stderr);
    }
    assert!(folder.path().join("rust/a.v1.rs").exists(), "the local plugin has run");
    fs::remove_dir_all(folder.path().join("rust")).expect("it is there");
    fs::write(folder.path().join("buf.gen.yaml"), template).expect("it can be written");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        tools::answer(command.args(args).current_dir(folder.path()).env("CI", "true"))
    };
    for args in [&["check"][..], &["generate", "--check"]] {
        let checked = run(args);
        assert_eq!(checked.code, 100, "{}", checked.stderr);
        assert!(checked.stdout.contains("rust/a.v1.rs:1:1: STALE_STUB"), "{}", checked.stdout);
        let skipped = format!(
            "SKIPPED: not checked: es, go, since wireproof does not run remote plugins: {both}"
        );
        for said in [&*skipped, go, es] {
            assert!(checked.stderr.contains(said), "{said}: {}", checked.stderr);
        }
    }
    assert!(run(&["check"]).stderr.contains("1 of 4 plugins"));
    let remote = r#"{"version":"v2","plugins":[{"remote":"buf.build/grpc/go","out":"go"}]}"#;
    fs::write(folder.path().join("buf.gen.yaml"), remote).expect("it can be written");
    let checked = run(&["check"]);
    assert_eq!((checked.code, &*checked.stdout), (0, ""), "{}", checked.stderr);
    assert!(checked.stderr.contains("0 of 1 plugins"), "{}", checked.stderr);
    let nothing = run(&["generate", "--check"]);
    assert!(nothing.code == 1 && nothing.stderr.contains("is remote"), "{}", nothing.stderr);
}

/// A Python without the package is a missing plugin, with the line that installs it.
#[cfg(unix)]
#[test]
fn a_python_without_grpcio_tools_is_named_with_the_command_that_installs_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = workspace();
    let python = folder.path().join("python");
    let script = "#!/bin/sh\necho \"$0: Error while finding module specification for \
                  'grpc_tools.protoc' (ModuleNotFoundError: No module named 'grpc_tools')\" >&2\n\
                  exit 1\n";
    fs::write(&python, script).expect("it can be written");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&python, executable).expect("it is ours");
    let built_in =
        r#"{"local":["wireproof","plugin","grpc-python"],"opt":"python=./python","out":"gen"}"#;
    let of_protoc = r#"{"protoc_builtin":"python","out":"gen","protoc_path":["./python","-m","grpc_tools.protoc"]}"#;
    for plugin in [built_in, of_protoc] {
        let template = format!(r#"{{"version":"v2","plugins":[{plugin}]}}"#);
        let made = generate(folder.path(), &template, &[]);
        assert_eq!(made.code, 1, "{}", made.stderr);
        for said in ["python -m grpc_tools.protoc", "`pip install grpcio-tools=="] {
            assert!(made.stderr.contains(said), "{said}: {}", made.stderr);
        }
    }
}

/// The program exists, so the error does not suggest to install it.
#[cfg(unix)]
#[test]
fn a_missing_interpreter_is_not_reported_as_a_missing_plugin() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = workspace();
    let program = folder.path().join("protoc-gen-x");
    fs::write(&program, "#!/nowhere/python\n").expect("it can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let template = r#"{"version":"v2","plugins":[{"local":"./protoc-gen-x","out":"gen"}]}"#;
    for more in [&[][..], &["--check"]] {
        let answer = generate(folder.path(), template, more);
        assert_eq!(answer.code, 1, "{more:?}: {}", answer.stderr);
        let says = "\"./protoc-gen-x\" cannot run: protoc-gen-x: the program exists, \
                    but its interpreter or a shared library does not";
        assert!(answer.stderr.contains(says), "{}", answer.stderr);
    }
}

/// Whether a signal is ignored in this process (proc_pid_status(5)).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Ctrl-C reaches this program and not its plugins, which have groups of their own.
#[cfg(unix)]
#[test]
fn plugins_end_with_the_run_that_a_signal_ends() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::time::{Duration, Instant};

    let Some(python) = python() else { return };
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
        if is_ignored(number) {
            // The tests run under nohup or the like: the signal ends nothing.
            continue;
        }
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

/// Something that it has started may hold on to its standard error: what it said is not lost.
#[test]
fn stderr_of_a_plugin_is_shown_even_if_a_child_keeps_it_open() {
    let Some(python) = python() else { return };
    let folder = workspace();
    let template = template(&python, &[(&["say=something", "leave=60", "make=x"], "gen")]);
    let begun = std::time::Instant::now();
    let answer = generate(folder.path(), &template, &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stderr.contains("something"), "{}", answer.stderr);
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "it is not waited for");
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
