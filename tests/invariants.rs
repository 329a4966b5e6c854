//! The invariants of ARCHITECTURE.md, held over the text of the sources: who may use whom, who
//! prints, who touches the world outside, and that every file says what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order in which they may use each other: each only those before it.
const ORDER: &[&str] = &[
    "printable",
    "error",
    "yaml",
    "parallel",
    "files",
    "process",
    "finding",
    "rule",
    "schema",
    "value",
    "config",
    "input",
    "compile",
    "lint",
    "compat",
    "generate",
    "roundtrip",
    "contract",
    "workspace",
    "report",
    "cli",
];

/// Of these none uses another, wherever they stand in [`ORDER`].
const APART: &[&str] = &["lint", "compat", "generate", "roundtrip", "contract"];

/// The modules that write to the terminal, and what they do it with.
const PRINTERS: &[&str] = &["report", "cli"];
const PRINTING: &[&str] = &["print!", "println!", "eprint!", "eprintln!", "stdout()", "stderr()"];

/// The one file that does it for all others. It escapes what it prints, but in `print_exactly`, which
/// only these files call: for what is escaped already, and for data.
const PRINTER: &str = "cli/mod.rs";
const EXACT: &[&str] = &[PRINTER, "cli/findings.rs", "cli/fix.rs", "cli/output.rs"];

/// The modules that touch files and processes, and what they do it with.
const OUTSIDE: &[&str] = &["files", "process", "input", "generate", "contract", "cli"];
const TOUCHING: &[&str] = &[
    "std::{",
    "std::fs",
    "std::process",
    "std::net",
    "std::env",
    "std::os",
    ".exists()",
    ".try_exists()",
    ".is_file()",
    ".is_dir()",
    ".metadata()",
    ".canonicalize()",
    ".read_dir()",
    ".read_link()",
];

#[test]
fn a_module_uses_only_those_before_it() {
    holds(breaks_order);
}

#[test]
fn only_report_and_cli_print() {
    holds(prints);
}

#[test]
fn one_file_prints_and_escapes() {
    holds(prints_unescaped);
}

#[test]
fn only_input_generate_and_cli_touch_files_and_processes() {
    holds(touches);
}

#[test]
fn one_function_starts_git() {
    holds_outside_tests(starts_git);
}

#[test]
fn one_module_opens_and_writes_files() {
    holds_outside_tests(opens);
}

#[test]
fn planted_violations_are_found() {
    let planted = |check: Check, path: &str, code: &str| {
        let source = Source::new(path.to_owned(), String::new());
        check(&source, code).is_some()
    };
    assert!(planted(breaks_order, "rule.rs", "use crate::schema::Schema;"));
    assert!(planted(breaks_order, "rule.rs", "use super::schema::Schema;"));
    assert!(planted(breaks_order, "lint/rules/a.rs", "fn f(x: &crate::compat::X)"));
    assert!(planted(breaks_order, "compat/mod.rs", "use crate::lint::X;"));
    assert!(planted(breaks_order, "schema/image/mod.rs", "use super::super::config::X;"));
    assert!(planted(breaks_order, "report/mod.rs", "use crate::{error, finding};"));
    assert!(planted(breaks_order, "utils.rs", "use crate::error::Error;"));
    assert!(!planted(breaks_order, "compile/mod.rs", "use crate::config::X;"));
    assert!(!planted(breaks_order, "config/read.rs", "use super::cli::X; mycrate::cli"));
    assert!(planted(prints, "compile/mod.rs", "println!();"));
    assert!(!planted(prints, "report/text.rs", "println!();"));
    assert!(planted(prints_unescaped, "cli/lint.rs", "eprintln!();"));
    assert!(planted(prints_unescaped, "cli/lint.rs", "io::stdout().write_all(b)"));
    assert!(planted(prints_unescaped, "cli/lint.rs", "print_exactly(b)?;"));
    assert!(!planted(prints_unescaped, "cli/lint.rs", "std::io::stdout().is_terminal()"));
    assert!(!planted(prints_unescaped, "cli/mod.rs", "io::stdout().lock()"));
    assert!(planted(touches, "config/mod.rs", "use std::fs::File;"));
    assert!(planted(touches, "config/mod.rs", "use std::{fmt, fs};"));
    assert!(planted(touches, "config/mod.rs", "if path.exists() {"));
    assert!(!planted(touches, "input/mod.rs", "use std::fs::File;"));
    assert!(planted(starts_git, "generate/x.rs", "Command::new(\"git\")"));
    assert!(planted(starts_git, "input/git/remote.rs", "process::Command::new(\"git\")"));
    assert!(!planted(starts_git, "input/git/command.rs", "Command::new(\"git\")"));
    assert!(planted(opens, "cli/lint.rs", "let text = fs::read_to_string(path)?;"));
    assert!(planted(opens, "input/git/remote.rs", "std::fs::write(path, bytes)"));
    assert!(planted(opens, "generate/write/mod.rs", "File::create(path)"));
    assert!(!planted(opens, "files/read.rs", "File::open(path)"));
}

#[test]
fn every_file_but_a_rules_says_what_it_is_for() {
    let sources = sources();
    let silent = sources.iter().filter(|source| !source.is_rule());
    let silent = silent.filter(|source| !source.text.starts_with("//!"));
    let silent: Vec<&str> = silent.map(|source| &*source.path).collect();
    assert!(silent.is_empty(), "these do not begin with `//!`: {silent:#?}");
}

/// One source file of the library.
struct Source {
    /// Relative to `src`, with `/` between its parts.
    path: String,
    /// The top-level module that it belongs to.
    module: String,
    text: String,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        Source { path, module, text }
    }

    /// Whether it holds tests, which may read the sources that they speak of.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Whether it holds a rule, which documents itself in its declaration.
    fn is_rule(&self) -> bool {
        let of_the_folder = ["/mod.rs", "/tests.rs"].iter().any(|name| self.path.ends_with(name));
        self.path.contains("/rules/") && !of_the_folder
    }
}

/// Says what is wrong with a line of code, if anything is.
type Check = fn(&Source, &str) -> Option<String>;

fn breaks_order(source: &Source, code: &str) -> Option<String> {
    let depth = source.path.trim_end_matches("/mod.rs").matches('/').count() + 1;
    let upwards = "super::".repeat(depth);
    let mut used = names_after(code, "crate::").chain(names_after(code, &upwards));
    used.find_map(|used| refuses(&source.module, used))
}

/// Why `module` may not use what `used` names at the root of the crate; none if it may.
fn refuses(module: &str, used: &str) -> Option<String> {
    let place = |name| ORDER.iter().position(|module: &&str| *module == name);
    let Some(own) = place(module) else {
        return Some(format!("`{module}` has no place in the order of modules"));
    };
    if used == "{" {
        return Some("one `use` a module, please: this test reads no groups".to_owned());
    }
    let later = place(used).is_some_and(|used| used > own);
    let apart = used != module && APART.contains(&used) && APART.contains(&module);
    (later || apart).then(|| format!("`{module}` may not use `{used}`"))
}

fn prints(source: &Source, code: &str) -> Option<String> {
    let printing = PRINTING.iter().find(|printing| contains(code, printing))?;
    let allowed = PRINTERS.contains(&source.module.as_str());
    (!allowed).then(|| format!("`{printing}` is for {PRINTERS:?} alone"))
}

fn prints_unescaped(source: &Source, code: &str) -> Option<String> {
    let path = &*source.path;
    let printing = PRINTING.iter().find(|printing| contains(code, printing));
    let printing = printing.filter(|_| path != PRINTER && !code.contains("().is_terminal()"));
    let exact = contains(code, "print_exactly") && !EXACT.contains(&path);
    match printing {
        Some(printing) => Some(format!("`{printing}` is for {PRINTER} alone")),
        None => exact.then(|| format!("`print_exactly` is for {EXACT:?} alone")),
    }
}

fn touches(source: &Source, code: &str) -> Option<String> {
    let touching = TOUCHING.iter().find(|touching| contains(code, touching))?;
    let allowed = OUTSIDE.contains(&source.module.as_str()) || source.is_test();
    (!allowed).then(|| format!("`{touching}` is for {OUTSIDE:?} alone"))
}

fn starts_git(source: &Source, code: &str) -> Option<String> {
    let allowed = source.path == "input/git/command.rs" || source.is_test();
    (!allowed && code.contains("new(\"git\")"))
        .then(|| "only `input/git/command.rs` starts git".to_owned())
}

/// How files are opened and written.
const OPENING: &[&str] = &[
    "fs::read(",
    "fs::read_to_string(",
    "fs::write(",
    "fs::copy(",
    "File::open(",
    "File::create(",
    "File::create_new(",
    "File::options(",
    "OpenOptions",
];

/// Files that open others in a way of their own: folders and a file of the cache to lock them, and
/// what Linux knows of this process.
const OPENERS: &[(&str, &str)] = &[
    ("generate/write/locks.rs", "File::open("),
    ("input/git/remote.rs", "File::create("),
    ("process.rs", "fs::read_to_string("),
];

fn opens(source: &Source, code: &str) -> Option<String> {
    let opening = OPENING.iter().find(|opening| contains(code, opening))?;
    let is_own = OPENERS.contains(&(&source.path, opening));
    let allowed = source.module == "files" || source.is_test() || is_own;
    (!allowed).then(|| format!("`{opening}` is for `files` alone"))
}

/// Asserts that `check` has nothing to say of any line of code; it is given no comments.
fn holds(check: Check) {
    holds_in(sources(), check);
}

/// The same without the tests that are at the end of a file.
fn holds_outside_tests(check: Check) {
    let mut sources = sources();
    for source in &mut sources {
        let tests = source.text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(source.text.len());
        source.text.truncate(tests);
    }
    holds_in(sources, check);
}

fn holds_in(sources: Vec<Source>, check: Check) {
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| !["lib", "main"].contains(&&*source.module)) {
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(why) = check(source, code) {
                broken.push(format!("src/{}:{}: {why}", source.path, number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "ARCHITECTURE.md does not allow this:\n{}", broken.join("\n"));
}

/// Whether `code` contains `needle` where no longer word does.
fn contains(code: &str, needle: &str) -> bool {
    code.match_indices(needle).any(|(at, _)| !ends_in_word(&code[..at]) || needle.starts_with('.'))
}

/// What follows each `prefix` in `code`: a name, or the `{` of a group.
fn names_after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let found = code.match_indices(prefix).filter(|(at, _)| !ends_in_word(&code[..*at]));
    found.map(move |(at, _)| {
        let rest = &code[at + prefix.len()..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if rest.starts_with('{') { "{" } else { &rest[..end] }
    })
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources are there") {
            let path = entry.expect("their folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(read(&root, path));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn read(root: &Path, path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).expect("sources are text");
    let path = path.strip_prefix(root).expect("it was found below it").to_string_lossy();
    Source::new(path.replace('\\', "/"), text)
}

/// The gate without contract tests needs no asynchronous runtime and no HTTP.
#[test]
fn without_default_features_there_is_no_network() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = |features: &[&str]| {
        let output = std::process::Command::new(&cargo)
            .args(["tree", "--offline", "--locked", "--package", "wireproof"])
            .args(["--edges", "normal,build", "--prefix", "none"])
            .args(features)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        let network = ["tokio", "tonic", "hyper", "h2", "rustls"];
        names.filter(|name| network.contains(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tree(&["--no-default-features"]), Vec::<String>::new());
    let rest = ["--no-default-features", "--features", "generate,protovalidate,roundtrip"];
    assert_eq!(tree(&rest), Vec::<String>::new());
    assert!(tree(&["--all-features"]).contains(&"tonic".to_owned()));
}
