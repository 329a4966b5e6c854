//! The inputs of `input_forms.txt`, in a world of their own, through both programs.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use crate::parity::differences;
use crate::parity::programs::sandbox::World;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A line of the table.
struct Case<'a> {
    line: &'a str,
    folder: &'a str,
    stdin: Option<&'a str>,
    arguments: Vec<String>,
}

impl<'a> Case<'a> {
    fn of(line: &'a str) -> Self {
        let (place, arguments) = line.split_once(" | ").expect("a folder, a bar, arguments");
        let (folder, stdin) = match place.split_once(" < ") {
            Some((folder, file)) => (folder, Some(file)),
            None => (place, None),
        };
        Case { line, folder, stdin, arguments: words(arguments) }
    }

    fn ask(&self, program: &Path, world: &World) -> tools::Answer {
        let folder = world.path(self.folder);
        let here = folder.canonicalize().expect("the folder is there");
        let here = here.to_str().expect("a plain name");
        let fill =
            |word: &String| word.replace("$PWD", here).replace("$FIRST", &world.first_commit);
        let mut arguments: Vec<String> = self.arguments.iter().map(fill).collect();
        if !arguments.iter().any(|argument| argument == "--error-format") {
            arguments.extend(["--error-format", "json"].map(str::to_owned));
        }
        let mut command = tools::command(program, &folder);
        let stdin = self.stdin.map(|file| File::open(world.path(file)).expect("it is there"));
        command.args(arguments).stdin(stdin.map_or(Stdio::null(), Stdio::from));
        command
            .env("BUF_CACHE_DIR", world.path("cache"))
            .env("XDG_CACHE_HOME", world.path("cache"))
            // buf clones submodules, here from folders.
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
            .env("GIT_CONFIG_VALUE_0", "always");
        tools::answer(&mut command)
    }

    /// What the two programs say differently.
    fn difference(&self, buf: &Path, world: &World) -> Option<String> {
        let [theirs, ours] = [buf, tools::wireproof()].map(|program| self.ask(program, world));
        let said = match theirs.code == ours.code && theirs.code == 100 {
            // A schema that does not compile says so in as many findings as it likes; `buf build`
            // says it on standard error.
            true if self.arguments[0] == "build" => return None,
            true if theirs.broken() && ours.broken() => return None,
            true => tools::difference(&theirs.findings(), &ours.findings()),
            false if theirs.code == ours.code => return None,
            false => format!(
                "exit {} (buf), {} (wireproof)\nbuf: {}{}wireproof: {}{}",
                theirs.code, ours.code, theirs.stdout, theirs.stderr, ours.stdout, ours.stderr
            ),
        };
        (!said.is_empty()).then(|| format!("{}\n{said}", self.line))
    }
}

/// Words as a shell takes them apart, with single quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, part) in text.split('\'').enumerate() {
        match i % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn inputs_are_read_as_buf_reads_them() {
    let Some(buf) = tools::buf() else { return };
    let lines = include_str!("input_forms.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    // The gate asks a part, another one each time.
    let seed = *scale::seeds().last().expect("there is a seed") as usize;
    let step = if scale::long() { 1 } else { 8 };
    let cases: Vec<Case<'_>> = lines.skip(seed % step).step_by(step).map(Case::of).collect();
    let world = World::make(buf);
    let (known, expected): (Vec<_>, Vec<_>) =
        cases.iter().partition(|case| differences::of_input(case.line).is_some());
    let differing = scale::parallel(&expected, |case| case.difference(buf, &world));
    let still = scale::parallel(&known, |case| case.difference(buf, &world));
    tools::say(&format!("parity: {} inputs read alike", expected.len()));
    assert!(differing.is_empty(), "{} inputs:\n{}", differing.len(), differing.join("\n"));
    assert_eq!(still.len(), known.len(), "a difference is gone: take it out\n{still:?}");
}
