//! Tests of inputs on disk. Each expectation was observed with buf 1.75 first.

use super::*;
use crate::config::{self, InputPaths, Tables};
use std::fs;
use tempfile::TempDir;

/// Returns a folder with `files` in it (path and content).
pub(super) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

pub(super) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Returns options with the working directory `folder` and a cache inside it.
pub(super) fn options(folder: &Path) -> Options {
    let working_dir = folder.canonicalize().unwrap();
    Options { cache_dir: working_dir.join("cache"), ..Options::new(working_dir) }
}

/// One run: the working directory and the arguments.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    pub(super) cwd: &'a str,
    pub(super) input: &'a str,
    pub(super) paths: &'a [&'a str],
    pub(super) exclude_paths: &'a [&'a str],
    pub(super) no_symlinks: bool,
    pub(super) allow_unmatched: bool,
    pub(super) staged: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(cwd: &'a str, input: &'a str) -> Self {
        Run { cwd, input, ..Run::default() }
    }

    fn path(self, paths: &'a [&'a str]) -> Self {
        Run { paths, ..self }
    }

    fn exclude(self, exclude_paths: &'a [&'a str]) -> Self {
        Run { exclude_paths, ..self }
    }

    pub(super) fn sources(self, folder: &Path) -> Result<Sources> {
        let options = Options {
            working_dir: folder.join(self.cwd).canonicalize().unwrap(),
            follow_symlinks: !self.no_symlinks,
            staged: self.staged,
            ..options(folder)
        };
        let source = match open(&Reference::parse(self.input)?, &options)? {
            Opened::Source(source) => source,
            Opened::Image(image) => panic!("{} is an image", image.name),
        };
        let input = InputPaths {
            dir: &source.dir,
            ceiling: &source.ceiling,
            is_file: source.file.is_some(),
            paths: &[],
        };
        let workspace = config::load(&source, input, None, &Tables::default())?;
        let own = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let selection = Selection {
            paths: &own(self.paths),
            exclude_paths: &own(self.exclude_paths),
            allow_unmatched: self.allow_unmatched,
            vendored: &[],
        };
        Sources::list(&source, &workspace, &selection)
    }

    /// Returns the displayed paths of the targets, or the error.
    pub(super) fn targets(self, folder: &Path) -> String {
        match self.sources(folder) {
            Ok(sources) => shown(&sources),
            Err(error) => format!("error: {error}"),
        }
    }
}

fn shown(sources: &Sources) -> String {
    for file in sources.targets() {
        let text = sources.text(&file.external).map(String::into_bytes);
        assert_eq!(text, sources.read(file).ok(), "{} can be quoted", file.external);
    }
    let mut files: Vec<&str> = sources.targets().iter().map(|file| &*file.external).collect();
    files.sort_unstable();
    files.join(" ")
}

const A: &str = "syntax = \"proto3\"; package x; message A {}";
const A2: &str = "syntax = \"proto3\"; package x; message A2 {}";
const B: &str = "syntax = \"proto3\"; package y; import \"x/a.proto\"; message B { x.A a = 1; }";
const C: &str = "syntax = \"proto3\"; package c; message C {}";

fn v2_workspace() -> TempDir {
    folder(&[
        ("ws/buf.yaml", "version: v2\nmodules: [{path: a}, {path: b}]\n"),
        ("ws/a/x/a.proto", A),
        ("ws/a/x/a2.proto", A2),
        ("ws/b/y/b.proto", B),
        ("ws/c/c.proto", C),
    ])
}

#[test]
fn a_workspace_a_module_of_it_and_a_folder_beside_them() {
    let ws = v2_workspace();
    let run = |cwd, input| Run::new(cwd, input).targets(ws.path());
    assert_eq!(run(".", "ws"), "ws/a/x/a.proto ws/a/x/a2.proto ws/b/y/b.proto");
    assert_eq!(run(".", "ws/a"), "ws/a/x/a.proto ws/a/x/a2.proto");
    assert_eq!(run(".", "ws/c"), "ws/c/c.proto");
    assert!(run(".", "ws/a/x").contains("inside the module at \"a\""));
    assert!(run("ws/a/x", ".").contains("inside the module at \"a\""));
    assert!(run(".", "ws/nope").contains("no such directory"));
    assert!(run(".", "ws/buf.lock").contains("no such directory"));
    assert!(run(".", "buf.build/acme/petapis").contains("buf export buf.build/acme/petapis"));
}

#[test]
fn paths_are_shown_from_the_working_directory_as_the_walk_finds_them() {
    let ws = v2_workspace();
    let run = |cwd, input| Run::new(cwd, input).targets(ws.path());
    assert_eq!(run("ws/a", "."), "x/a.proto x/a2.proto");
    assert_eq!(run("ws/a", ".."), "../b/y/b.proto x/a.proto x/a2.proto");
    assert_eq!(run("ws/a", "../b"), "../b/y/b.proto");
    assert_eq!(run("ws/a/x", "../.."), "../../b/y/b.proto ../x/a.proto ../x/a2.proto");
    assert_eq!(run("ws/a/x", "a.proto"), "../x/a.proto");
    assert_eq!(run("ws/c", "../b/y/b.proto"), "../b/y/b.proto");
    let absolute = ws.path().canonicalize().unwrap().join("ws/c");
    let shown = run("ws/a", absolute.to_str().unwrap());
    assert_eq!(shown, absolute.join("c.proto").to_str().unwrap());
}

#[test]
fn a_single_file_brings_what_it_may_import() {
    let ws = v2_workspace();
    let sources = Run::new(".", "ws/b/y/b.proto").sources(ws.path()).unwrap();
    assert_eq!(shown(&sources), "ws/b/y/b.proto");
    let import = sources.find("x/a.proto").unwrap();
    assert_eq!(sources.read(&import).unwrap(), A.as_bytes());
    assert_eq!((import.module, &*import.external), (Some(0), "ws/a/x/a.proto"));
    for other_name in
        ["./x/a.proto", "x//a.proto", "x/../x/a.proto", "/x/a.proto", "x", "../buf.yaml"]
    {
        assert!(sources.find(other_name).is_none(), "{other_name}");
    }

    let package = Run::new(".", "ws/a/x/a.proto#include_package_files=true");
    assert_eq!(package.targets(ws.path()), "ws/a/x/a.proto ws/a/x/a2.proto");
    let filtered = Run::new(".", "ws/a/x/a.proto").path(&["ws/a/x"]).targets(ws.path());
    assert!(filtered.contains("cannot be used with a single file"), "{filtered}");
    assert!(Run::new(".", "nope.proto").targets(ws.path()).contains("no such file"));
}

#[test]
fn path_and_exclude_path_narrow_the_targets() {
    let ws = v2_workspace();
    let path = |paths| Run::new(".", "ws").path(paths).targets(ws.path());
    assert_eq!(path(&["ws/a/x/a.proto"]), "ws/a/x/a.proto");
    assert_eq!(path(&["./ws//a/x/"]), "ws/a/x/a.proto ws/a/x/a2.proto");
    assert_eq!(path(&["ws/a/x/a.proto", "ws/a/nope"]), "ws/a/x/a.proto");
    let sources = Run::new(".", "ws").path(&["ws/b/y"]).sources(ws.path()).unwrap();
    assert!(sources.find("x/a.proto").is_some(), "narrowing leaves what can be imported");

    let exclude = |paths| Run::new(".", "ws").exclude(paths).targets(ws.path());
    assert_eq!(exclude(&["ws/a/x"]), "ws/b/y/b.proto");
    assert_eq!(exclude(&["ws/nope"]), "ws/a/x/a.proto ws/a/x/a2.proto ws/b/y/b.proto");
    let both = Run::new(".", "ws").path(&["ws/a/x"]).exclude(&["ws/a/x/a.proto"]);
    assert_eq!(both.targets(ws.path()), "ws/a/x/a2.proto");
    assert_eq!(Run::new("ws/a/x", "..").path(&["."]).targets(ws.path()), "a.proto a2.proto");
    assert_eq!(Run::new("ws/a/x", "..").path(&["a.proto"]).targets(ws.path()), "a.proto");
}

#[test]
fn paths_that_mean_nothing_are_refused() {
    let ws = v2_workspace();
    let fails = |run: Run<'_>, why: &str| {
        let shown = run.targets(ws.path());
        assert!(shown.starts_with("error") && shown.contains(why), "{shown}");
    };
    let path = |paths| Run::new(".", "ws").path(paths);
    fails(path(&["ws"]), "names the whole input");
    fails(path(&["ws/a"]), "names a whole module");
    fails(path(&["ws/nope"]), "no .proto file");
    fails(path(&["ws/a/nope"]), "no .proto file");
    fails(path(&["ws/c"]), "no .proto file");
    fails(path(&["x/a.proto"]), "outside of the input");
    fails(Run::new(".", "ws/a").path(&["ws/b/y"]), "no .proto file");
    fails(Run::new(".", "ws").exclude(&["ws/a"]), "names a whole module");
    fails(Run::new(".", "ws").exclude(&["ws/a/x", "ws/b/y"]), "no .proto file");
    fails(path(&["ws/a/x/a.proto"]).exclude(&["ws/a/x"]), "excludes everything");
    fails(path(&["ws/a/x"]).exclude(&["ws/a/x"]), "excludes everything");

    let missing = Run { allow_unmatched: true, ..path(&["ws/a/x/gone.proto"]) };
    assert_eq!(missing.targets(ws.path()), "");
}

#[test]
fn a_path_that_holds_whole_modules_names_none_of_them() {
    let ws = folder(&[
        ("buf.yaml", "version: v2\nmodules: [{path: m/a}, {path: m/b}]\n"),
        ("m/a/x/a.proto", A),
        ("m/b/y/c.proto", C),
    ]);
    let run = Run::new(".", ".");
    assert!(run.path(&["m"]).targets(ws.path()).contains("no .proto file"));
    assert_eq!(run.exclude(&["m"]).targets(ws.path()), "m/a/x/a.proto m/b/y/c.proto");
    assert_eq!(run.exclude(&["m/a/x"]).targets(ws.path()), "m/b/y/c.proto");
    assert_eq!(Run::new(".", "m").targets(ws.path()), "m/a/x/a.proto m/b/y/c.proto");
}

#[test]
fn a_v1_buf_yaml_counts_up_to_the_working_directory() {
    let root = folder(&[("buf.yaml", "version: v1\n"), ("p/q/a.proto", A)]);
    let run = |cwd, input| Run::new(cwd, input).targets(root.path());
    assert!(run(".", "p").contains("inside the module at"));
    assert_eq!(run("p", "."), "q/a.proto");
    assert_eq!(run("p/q", "."), "a.proto");
    assert_eq!(run("p/q", "../../p"), "../q/a.proto");
    assert_eq!(run("p/q", "../.."), "../../p/q/a.proto");
    assert_eq!(run("p/q", "a.proto"), "a.proto");
}

#[test]
fn modules_without_files_and_files_with_two_modules() {
    let ws = v2_workspace();
    write(ws.path(), &[("ws/b/x/a.proto", A)]);
    let run = |input, paths| Run::new(".", input).path(paths).targets(ws.path());
    assert!(run("ws", &[]).contains("\"x/a.proto\" is in two modules, \"a\" and \"b\""));
    assert!(run("ws/b", &[]).contains("two modules"));
    assert_eq!(run("ws", &["ws/b/y"]), "ws/b/y/b.proto");
    let sources = Run::new(".", "ws").path(&["ws/b/y"]).sources(ws.path()).unwrap();
    assert!(sources.find("x/a.proto").is_none(), "the import is ambiguous");
    assert_eq!(sources.candidates("x/a.proto").len(), 2);

    let empty = folder(&[
        ("buf.yaml", "version: v2\nmodules: [{path: a}, {path: d}]\n"),
        ("a/a.proto", A),
        ("d/README", ""),
    ]);
    assert!(Run::new(".", ".").targets(empty.path()).contains("no .proto file"));
    assert_eq!(Run::new(".", "a").targets(empty.path()), "a/a.proto");
    assert!(Run::new(".", "d").targets(empty.path()).contains("no .proto file"));
}

#[test]
fn includes_and_excludes_of_v2_modules() {
    let ws = folder(&[
        (
            "buf.yaml",
            "version: v2\nmodules:\n  - {path: a, includes: [a/x], excludes: [a/x/y]}\n  \
             - {path: a, includes: [a/z]}\n",
        ),
        ("a/x/a.proto", A),
        ("a/x/y/bad.proto", "bad"),
        ("a/z/c.proto", C),
        ("a/w/w.proto", "bad"),
    ]);
    assert_eq!(Run::new(".", ".").targets(ws.path()), "a/x/a.proto a/z/c.proto");
    assert_eq!(Run::new(".", ".").path(&["a/w", "a/z"]).targets(ws.path()), "a/z/c.proto");
    assert!(Run::new(".", "a/w/w.proto").targets(ws.path()).contains("no .proto file"));
}

#[test]
fn modules_that_share_a_folder_cannot_share_a_file() {
    let ws = folder(&[
        ("buf.yaml", "version: v2\nmodules:\n  - path: a\n  - {path: a, includes: [a/x]}\n"),
        ("a/x/a.proto", A),
        ("a/z/c.proto", C),
    ]);
    for run in [Run::new(".", "."), Run::new(".", ".").path(&["a/x"])] {
        let error = run.targets(ws.path());
        assert!(error.contains("\"x/a.proto\" is in two modules with the path \"a\""), "{error}");
        assert!(error.contains("`includes`"), "{error}");
    }
    // Paths that overlap name the file twice, in one module.
    let paths = ["a/z", "a/z/c.proto"];
    write(ws.path(), &[("buf.yaml", "version: v2\nmodules: [{path: a}]\n")]);
    assert_eq!(Run::new(".", ".").path(&paths).targets(ws.path()), "a/z/c.proto");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;

    let ws = folder(&[("m/a.proto", A)]);
    let odd = |name: &[u8]| ws.path().join("m").join(std::ffi::OsStr::from_bytes(name));
    fs::write(odd(b"b\xff.txt"), "").unwrap();
    fs::create_dir(odd(b"d\xff")).unwrap();
    assert_eq!(Run::new(".", "m").targets(ws.path()), "m/a.proto");
    for name in [&b"d\xff/b.proto"[..], b"b\xffc.proto"] {
        fs::write(odd(name), A2).unwrap();
        let error = Run::new(".", "m").targets(ws.path());
        let shown = format!("m/{}: the name of this file", String::from_utf8_lossy(name));
        assert!(error.contains(&shown), "{error}");
        assert_eq!(Run::new(".", "m").path(&["m/a.proto"]).targets(ws.path()), "m/a.proto");
        fs::remove_file(odd(name)).unwrap();
    }
}

#[test]
fn roots_of_v1beta1_and_directories_of_v1() {
    let beta = folder(&[
        ("beta/buf.yaml", "version: v1beta1\nbuild:\n  roots: [r1, r2]\n  excludes: [r2/b/x]\n"),
        ("beta/r1/a/a.proto", A),
        ("beta/r2/b/b.proto", B),
        ("beta/r2/b/x/x.proto", "bad"),
    ]);
    let run = |cwd, input, paths| Run::new(cwd, input).path(paths).targets(beta.path());
    assert_eq!(run(".", "beta", &[]), "beta/r1/a/a.proto beta/r2/b/b.proto");
    assert_eq!(run("beta/r2", "..", &[]), "../r1/a/a.proto b/b.proto");
    assert_eq!(run("beta/r2", "..", &["b"]), "b/b.proto");
    assert!(run(".", "beta", &["beta/r1"]).contains("inside a root of its module (r1, r2)"));
    let sources = Run::new(".", "beta").sources(beta.path()).unwrap();
    assert!(sources.find("b/b.proto").is_some() && sources.find("r2/b/b.proto").is_none());
    write(beta.path(), &[("beta/r2/a/a.proto", A)]);
    assert!(run(".", "beta", &[]).contains("two roots of the module"));

    let work = folder(&[
        ("buf.work.yaml", "version: v1\ndirectories: [m1, m2]\n"),
        ("m1/buf.yaml", "version: v1\n"),
        ("m1/a/a.proto", A),
        ("m2/b/b.proto", B),
    ]);
    let run = |cwd, input| Run::new(cwd, input).targets(work.path());
    assert_eq!(run(".", "."), "m1/a/a.proto m2/b/b.proto");
    assert_eq!(run("m1", ".."), "../m2/b/b.proto a/a.proto");
    assert_eq!(run(".", "m1"), "m1/a/a.proto");
    assert_eq!(run("m2/b", "b.proto"), "../b/b.proto");
    assert!(run(".", "m1/a").contains("inside the module at"));
}

#[test]
fn everything_on_disk_is_read() {
    let root = folder(&[
        (".hidden/h.proto", A),
        ("node_modules/n.proto", A),
        ("nested/buf.yaml", "version: v1\n"),
        ("nested/n.proto", A),
        (".gitignore", "*.proto\n"),
        ("README.md", ""),
    ]);
    fs::create_dir(root.path().join("folder.proto")).unwrap();
    let shown = Run::new(".", ".").targets(root.path());
    assert_eq!(shown, ".hidden/h.proto nested/n.proto node_modules/n.proto");
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_once() {
    use std::os::unix::fs::symlink;
    let root = folder(&[("m/p/a.proto", A), ("other/o.proto", C), ("s/m.proto", A)]);
    let link = |to: &str, at: &str| symlink(to, root.path().join(at)).unwrap();
    link("..", "m/p/loop");
    link("../../other", "m/p/out");
    link("a.proto", "m/p/link.proto");
    link("nowhere", "m/p/broken.proto");
    link("p", "m/q");
    link("m.proto", "s/a.proto");
    link("m.proto", "s/z.proto");
    link("m", "linked");
    let run = |input, no_symlinks| Run { no_symlinks, ..Run::new(".", input) }.targets(root.path());
    assert_eq!(run("m", false), "m/p/a.proto m/p/out/o.proto");
    assert_eq!(run("m", true), "m/p/a.proto");
    assert_eq!(run("s", false), "s/a.proto s/m.proto");
    assert_eq!(run("linked", false), "linked/p/a.proto linked/p/out/o.proto");
    assert!(run("linked", true).contains("no .proto file"));
}

#[test]
fn vendored_dependencies_are_imported_and_never_targets() {
    let ws = folder(&[("proto/y/b.proto", B), ("third/x/a.proto", A), ("third/y/b.proto", C)]);
    let options = options(ws.path());
    let source = directory("proto", &options).unwrap();
    let vendor = directory("third", &options).unwrap();
    let workspace =
        config::load(&source, InputPaths::dir(&source.dir), None, &Tables::default()).unwrap();
    let excluded = vendor.dir.clone();
    let vendored =
        Vendored { source: vendor, module: Some("r/o/third".into()), excluded, is_cached: false };
    let selection = Selection { vendored: &[vendored], ..Selection::default() };
    let sources = Sources::list(&source, &workspace, &selection).unwrap();
    assert_eq!(shown(&sources), "proto/y/b.proto");
    assert_eq!(sources.find("y/b.proto").unwrap().external, "proto/y/b.proto");
    let vendored = sources.find("x/a.proto").unwrap();
    assert_eq!((vendored.module, &*vendored.external), (None, "third/x/a.proto"));
    assert_eq!(sources.read(&vendored).unwrap(), A.as_bytes());
}
