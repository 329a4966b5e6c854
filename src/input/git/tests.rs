//! Tests with real repositories of every kind, created by git.

use super::super::tests::{Run, folder, options, write};
use super::super::{Reference, open as open_input};
use super::*;
use crate::input::Opened;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

const A: &str = "syntax = \"proto3\"; package x; message A {}";
const B: &str = "syntax = \"proto3\"; package y; import \"x/a.proto\";";

/// Runs git in `dir` and returns what it prints.
fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@e", "-c", "protocol.file.allow=always"])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"])
        .args(args)
        .current_dir(dir)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn commit(dir: &Path, message: &str) -> String {
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-qm", message]);
    git(dir, &["rev-parse", "HEAD"])
}

/// Returns a folder with the repository `repo`, which has two commits: the first has `a/x/a.proto`
/// and is tagged v1; the second adds `b/y/b.proto`.
fn repository() -> TempDir {
    let root = folder(&[
        ("repo/buf.yaml", "version: v2\nmodules: [{path: a}, {path: b}]\n"),
        ("repo/a/x/a.proto", A),
        ("repo/a.proto/z.proto", A),
    ]);
    let repo = root.path().join("repo");
    git(&repo, &["init", "-q"]);
    commit(&repo, "one");
    git(&repo, &["tag", "-a", "v1", "-m", "v1"]);
    write(&repo, &[("b/y/b.proto", B), ("a/x/new.proto", A)]);
    commit(&repo, "two");
    root
}

fn targets(root: &TempDir, input: &str) -> String {
    Run::new(".", input).targets(root.path())
}

/// Returns every file below `dir`, with its content.
fn snapshot(dir: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

const ALL: &str = "a/x/a.proto a/x/new.proto b/y/b.proto";

#[test]
fn revisions_are_named_in_every_way() {
    let root = repository();
    let repo = root.path().join("repo");
    let id = git(&repo, &["rev-parse", "HEAD"]);
    git(&repo, &["update-ref", "refs/pull/7/merge", "HEAD"]);
    let second = [
        "repo/.git".to_owned(),
        "repo#format=git".to_owned(),
        "repo/.git#branch=main".to_owned(),
        "repo/.git#tag=main".to_owned(),
        "repo/.git#ref=HEAD".to_owned(),
        format!("repo/.git#commit={id}"),
        format!("repo/.git#commit={}", &id[..8]),
        format!("repo/.git#ref={}", &id[..8]),
        // The names of CI systems. buf reads all of these.
        "repo/.git#branch=refs/heads/main".to_owned(),
        "repo/.git#branch=heads/main".to_owned(),
        "repo/.git#branch=refs/pull/7/merge".to_owned(),
        "repo/.git#branch=pull/7/merge".to_owned(),
        "repo/.git#branch=HEAD".to_owned(),
        format!("repo/.git#branch={id}"),
        format!("repo/.git#tag={id}"),
    ];
    for input in second {
        assert_eq!(targets(&root, &input), ALL, "{input}");
    }
    for name in [
        "tag=v1",
        "tag=refs/tags/v1",
        "tag=tags/v1",
        "branch=v1",
        "branch=refs/tags/v1",
        "ref=v1",
        "ref=HEAD~1",
        "ref=HEAD^",
    ] {
        let shown = targets(&root, &format!("repo/.git#{name},subdir=a"));
        assert_eq!(shown, "a/x/a.proto", "{name}");
    }
    let missing = targets(&root, "repo/.git#branch=nope");
    assert!(missing.contains("does not have a branch \"nope\""), "{missing}");
    assert!(!missing.contains("fetch"), "there is nowhere to fetch from: {missing}");
    // A part of an id could be that of another commit.
    let missing = targets(&root, &format!("repo/.git#branch={}", &id[..8]));
    assert!(missing.contains("does not have a branch"), "{missing}");
    assert!(targets(&root, "nope/.git").contains("not a git repository"));
}

#[test]
fn a_revision_without_its_repository_is_recognized() {
    let root = repository();
    let repo = root.path().join("repo");
    git(&repo, &["update-ref", "refs/remotes/origin/far", "HEAD"]);
    for (cwd, input, meant) in [
        ("repo", "main", ".git#branch=main"),
        ("repo/a/x", "main", "../../.git#branch=main"),
        ("repo", "v1", ".git#tag=v1"),
        ("repo", "origin/far", ".git#branch=origin/far"),
        ("repo", "far", ".git#branch=far"),
        ("repo", "HEAD~1", ".git#ref=HEAD~1"),
    ] {
        let shown = Run::new(cwd, input).targets(root.path());
        let expected = format!("error: {input}: no such directory\n  help: did you mean {meant}?");
        assert_eq!(shown, expected);
        let found = Run::new(cwd, &format!("{meant},subdir=a")).targets(root.path());
        assert!(found.starts_with("a/x/a.proto"), "{meant}: {found}");
    }
    assert_eq!(Run::new("repo", "nope").targets(root.path()), "error: nope: no such directory");
    assert_eq!(Run::new(".", "main").targets(root.path()), "error: main: no such directory");
}

#[test]
fn paths_are_those_of_the_repository_and_narrowed_from_the_subdir() {
    let root = repository();
    assert_eq!(targets(&root, "repo/.git#subdir=b"), "b/y/b.proto");
    let path = Run { paths: &["x/new.proto"], ..Run::new(".", "repo/.git#subdir=a") };
    assert_eq!(path.targets(root.path()), "a/x/new.proto");
    for outside in ["../a", "../../q"] {
        let exclude = Run { exclude_paths: &[outside], ..Run::new(".", "repo/.git#subdir=b") };
        assert_eq!(exclude.targets(root.path()), "b/y/b.proto", "as in buf, {outside}");
    }
    let whole = Run { exclude_paths: &["../q"], ..Run::new(".", "repo/.git") };
    assert!(whole.targets(root.path()).contains("outside of the input"));
    assert!(targets(&root, "repo/.git#subdir=a/x").contains("inside the module at"));
    assert!(targets(&root, "repo/.git#subdir=nope").contains("no .proto file"));
}

#[test]
fn content_is_that_of_the_revision_and_nothing_is_written() {
    let root = repository();
    let repo = root.path().join("repo");
    write(&repo, &[("a/x/a.proto", "changed"), ("a/x/a2.proto", "new")]);
    let before = snapshot(&repo);
    let sources = Run::new("repo", ".git").sources(root.path()).unwrap();
    let a = sources.find("x/a.proto").unwrap();
    assert_eq!(sources.read(&a).unwrap(), A.as_bytes());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for file in sources.targets() {
                    let expected = if file.path == "y/b.proto" { B } else { A };
                    assert_eq!(sources.read(file).unwrap(), expected.as_bytes());
                }
            });
        }
    });
    assert!(snapshot(&repo) == before, "the repository was written to");
}

#[test]
fn bare_repositories_worktrees_and_submodules() {
    let root = repository();
    let repo = root.path().join("repo");
    git(root.path(), &["clone", "-q", "--bare", "repo", "bare.git"]);
    assert_eq!(targets(&root, "bare.git#branch=main"), ALL);
    assert_eq!(targets(&root, "bare.git#tag=v1,subdir=a"), "a/x/a.proto");

    git(&repo, &["worktree", "add", "-q", "../tree", "v1"]);
    assert_eq!(targets(&root, "tree/.git#subdir=a"), "a/x/a.proto");
    assert_eq!(targets(&root, "tree/.git#branch=main"), ALL);

    write(root.path(), &[("outer/o.proto", A)]);
    let outer = root.path().join("outer");
    git(&outer, &["init", "-q"]);
    git(&outer, &["submodule", "add", "-q", "../repo", "sub"]);
    commit(&outer, "outer");
    assert_eq!(targets(&root, "outer/sub/.git#branch=main"), ALL);
    assert_eq!(targets(&root, "outer/sub/.git#tag=v1,subdir=a"), "a/x/a.proto");
    assert_eq!(targets(&root, "outer/.git"), "o.proto", "as in buf, without the submodule");
    assert_eq!(targets(&root, "repo/.git#recurse_submodules=true"), ALL);
}

/// Returns a folder with the repository `outer`, whose submodule `sub` is the one of
/// [`repository`] at its second commit, with a submodule `more` of its own.
fn with_submodules() -> TempDir {
    let root = repository();
    write(root.path(), &[("inner/i.proto", A), ("outer/o.proto", A)]);
    let [repo, inner, outer] = ["repo", "inner", "outer"].map(|name| root.path().join(name));
    git(&inner, &["init", "-q"]);
    commit(&inner, "inner");
    write(&repo, &[("buf.yaml", "version: v1\n")]);
    git(&repo, &["submodule", "add", "-q", "../inner", "more"]);
    commit(&repo, "with a submodule");
    git(&outer, &["init", "-q"]);
    git(&outer, &["submodule", "add", "-q", "--name", "name/of", "../repo", "sub"]);
    commit(&outer, "outer");
    git(&outer, &["tag", "v1"]);
    root
}

#[test]
fn submodules_are_read_from_their_repositories_at_the_recorded_commits() {
    let root = with_submodules();
    let outer = root.path().join("outer");
    let input = "outer/.git#tag=v1,recurse_submodules=true";
    let missing = targets(&root, input);
    assert!(missing.contains("outer/sub/more: this submodule is not cloned"), "{missing}");
    run_the_help(&root, &missing);
    let all = "o.proto sub/a.proto/z.proto sub/a/x/a.proto sub/a/x/new.proto sub/b/y/b.proto \
               sub/more/i.proto";
    assert_eq!(targets(&root, input), all);
    let below = |paths: &[&str]| Run { paths, ..Run::new(".", input) }.targets(root.path());
    assert_eq!(below(&["sub/b"]), "sub/b/y/b.proto");
    assert_eq!(below(&["sub/more", "sub/b/y"]), "sub/b/y/b.proto sub/more/i.proto");
    let of_one = targets(&root, &format!("{input},subdir=sub"));
    assert_eq!(of_one, all.replace("o.proto sub/a.proto/z", "sub/a.proto/z"));
    assert_eq!(targets(&root, "outer#format=git,tag=v1,recurse_submodules=true"), all);

    // The revision counts, not the working tree, from which the submodule may be gone.
    write(&outer, &[("sub/later.proto", A)]);
    git(&outer, &["rm", "-qf", "sub"]);
    commit(&outer, "without");
    let before = snapshot(root.path());
    assert_eq!(targets(&root, input), all);
    assert_eq!(targets(&root, "outer/.git#recurse_submodules=true"), "o.proto");
    assert!(snapshot(root.path()) == before, "something was written");

    git(root.path(), &["clone", "-q", "--recurse-submodules", "--branch=v1", "outer", "clone"]);
    assert_eq!(targets(&root, "clone/.git#recurse_submodules=true"), all);
    let url = format!("file://{}/.git#recurse_submodules=true,tag=v1", outer.display());
    assert!(targets(&root, &url).contains("submodules of a remote repository are not fetched"));
}

/// Runs the command in the help of an error.
fn run_the_help(root: &TempDir, shown: &str) {
    let (_, command) = shown.split_once("run `git ").expect(shown);
    let command = command.strip_suffix('`').expect(shown);
    git(root.path(), &command.split(' ').collect::<Vec<_>>());
}

#[test]
fn a_submodule_without_the_recorded_commit_comes_with_the_line_to_run() {
    let root = with_submodules();
    let outer = root.path().join("outer");
    git(&outer, &["submodule", "update", "-q", "--init", "--recursive"]);
    let later = commit_in(&root, "repo", "later.proto");
    let cacheinfo = format!("160000,{later},sub");
    git(&outer, &["update-index", "--cacheinfo", &cacheinfo]);
    git(&outer, &["commit", "-qm", "later"]);
    let input = "outer/.git#recurse_submodules=true";
    let missing = targets(&root, input);
    assert!(missing.contains("outer/sub: the clone of this submodule does not have"), "{missing}");
    run_the_help(&root, &missing);
    assert!(targets(&root, input).contains("sub/later.proto"));
    git(root.path(), &["clone", "-q", "--bare", "outer", "bare.git"]);
    let missing = targets(&root, "bare.git#recurse_submodules=true");
    assert!(missing.contains("bare.git/sub: this submodule is not cloned"), "{missing}");
    assert!(missing.contains("--recurse-submodules"), "{missing}");
}

fn commit_in(root: &TempDir, repository: &str, path: &str) -> String {
    let repository = root.path().join(repository);
    write(&repository, &[(path, A)]);
    commit(&repository, path)
}

/// A crafted `.gitmodules` could lead to any repository of the machine.
#[test]
fn a_submodule_that_leads_out_of_the_repository_is_refused() {
    let root = with_submodules();
    let outer = root.path().join("outer");
    let id = git(&root.path().join("inner"), &["rev-parse", "HEAD"]);
    git(&outer, &["rm", "-q", "--cached", "sub"]);
    git(&outer, &["update-index", "--add", "--cacheinfo", &format!("160000,{id},evil")]);
    let refused = |name: &str, path: &str| {
        let text = format!("[submodule \"{name}\"]\n\tpath = {path}\n\turl = x\n");
        write(&outer, &[(".gitmodules", &text)]);
        git(&outer, &["add", ".gitmodules"]);
        git(&outer, &["commit", "-qm", name]);
        targets(&root, "outer/.git#recurse_submodules=true")
    };
    for name in ["../../../inner/.git", "/x", "a/../b", ".."] {
        let shown = refused(name, "evil");
        assert!(shown.contains("evil: invalid name of a submodule"), "{name}: {shown}");
    }
    assert!(refused("evil", "elsewhere").contains("does not list this submodule"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("../inner", outer.join("evil")).unwrap();
    assert!(refused("linked", "evil").contains("evil: this submodule is not cloned"));
}

#[cfg(unix)]
#[test]
fn links_in_git_are_not_followed() {
    let root = folder(&[("repo/p/a.proto", A)]);
    let repo = root.path().join("repo");
    std::os::unix::fs::symlink("p", repo.join("q")).unwrap();
    std::os::unix::fs::symlink("a.proto", repo.join("p/b.proto")).unwrap();
    git(&repo, &["init", "-q"]);
    commit(&repo, "one");
    assert_eq!(targets(&root, "repo/.git"), "p/a.proto");
}

#[test]
fn what_a_shallow_clone_lacks_comes_with_the_line_to_run() {
    let root = repository();
    let repo = root.path().join("repo");
    let id = git(&repo, &["rev-parse", "v1^{commit}"]);
    git(&repo, &["branch", "side", "v1"]);
    let url = format!("file://{}", repo.display());
    git(&repo, &["update-ref", "refs/pull/7/merge", "v1"]);
    for revision in [
        "tag=v1",
        "ref=HEAD~1",
        "branch=side",
        "branch=refs/heads/side",
        "branch=refs/pull/7/merge",
        "tag=refs/tags/v1",
        &format!("commit={id}"),
        &format!("branch={id}"),
    ] {
        let name = revision.replace(['=', '~', '/'], "-");
        git(root.path(), &["clone", "-q", "--depth=1", &url, &name]);
        let input = format!(".git#{revision},subdir=a");
        let shown = Run::new(&name, &input).targets(root.path());
        let (_, line) =
            shown.split_once("this clone is shallow; fetch it first: git ").expect(&shown);
        git(&root.path().join(&name), &line.split(' ').collect::<Vec<_>>());
        assert_eq!(Run::new(&name, &input).targets(root.path()), "a/x/a.proto", "{line}");
    }
}

#[test]
fn a_partial_clone_is_completed_in_the_cache() {
    let root = repository();
    let repo = root.path().join("repo");
    git(&repo, &["config", "uploadpack.allowFilter", "true"]);
    git(&repo, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", repo.display());
    for filter in ["blob:none", "tree:0"] {
        let name = format!("partial-{}", &filter[..4]);
        git(root.path(), &["clone", "-q", "--no-checkout", "--filter", filter, &url, &name]);
        let before = snapshot(&root.path().join(&name));
        let input = format!("{name}/.git#tag=v1,subdir=a");
        let sources = Run::new(".", &input).sources(root.path()).unwrap();
        assert_eq!(sources.read(&sources.targets()[0]).unwrap(), A.as_bytes());
        assert_eq!(targets(&root, &format!("{name}/.git")), ALL);
        assert!(snapshot(&root.path().join(&name)) == before, "{filter}: written to");
    }
}

#[test]
fn a_remote_repository_is_fetched_into_the_cache() {
    let root = repository();
    let repo = root.path().join("repo");
    let url = format!("file://{}/.git", repo.display());
    let id = git(&repo, &["rev-parse", "v1^{commit}"]);
    let before = snapshot(&repo);
    assert_eq!(targets(&root, &url), ALL);
    assert_eq!(targets(&root, &format!("{url}#branch=main")), ALL);
    for name in ["tag=v1", "ref=HEAD~1", "branch=main,ref=HEAD~1", "ref=main^", "ref=v1"] {
        assert_eq!(targets(&root, &format!("{url}#{name},subdir=a")), "a/x/a.proto", "{name}");
    }
    for id in [&id[..], &id[..8]] {
        assert_eq!(targets(&root, &format!("{url}#commit={id},subdir=a")), "a/x/a.proto");
        assert_eq!(targets(&root, &format!("{url}#ref={id},subdir=a")), "a/x/a.proto");
    }
    assert!(snapshot(&repo) == before, "the remote repository was written to");
    let missing = targets(&root, &format!("{url}#branch=nope"));
    assert!(missing.contains("couldn't find remote ref nope"), "{missing}");
    assert!(targets(&root, &format!("{url}#ref=HEAD~9")).contains("last 50 commits"));

    write(&repo, &[("b/y/later.proto", A)]);
    commit(&repo, "three");
    assert_eq!(targets(&root, &url), format!("{ALL} b/y/later.proto"), "what is new is fetched");
}

fn staged(root: &TempDir, cwd: &str, input: &str) -> String {
    Run { staged: true, ..Run::new(cwd, input) }.targets(root.path())
}

#[test]
fn the_index_is_read_as_it_is_staged() {
    let root = repository();
    let repo = root.path().join("repo");
    write(
        &repo,
        &[
            ("a/x/staged.proto", A),
            ("a/x/a.proto", "staged"),
            ("buf.yaml", "version: v2\nmodules: [{path: a}]\n"),
        ],
    );
    git(&repo, &["add", "-A"]);
    write(
        &repo,
        &[("a/x/a.proto", "not staged"), ("a/x/unstaged.proto", A), ("buf.yaml", "not staged")],
    );
    fs::remove_file(repo.join("a/x/new.proto")).unwrap();
    let before = snapshot(&repo);
    let all = "a/x/a.proto a/x/new.proto a/x/staged.proto";
    assert_eq!(staged(&root, "repo", "."), all);
    assert_eq!(staged(&root, "repo", "a/x/a.proto"), "a/x/a.proto");
    assert_eq!(staged(&root, "repo/a", "."), "x/a.proto x/new.proto x/staged.proto");
    assert_eq!(staged(&root, "repo/a/x", "../.."), "../x/a.proto ../x/new.proto ../x/staged.proto");
    assert_eq!(staged(&root, ".", "repo/a"), all.replace("a/x", "repo/a/x"));
    let run = Run { staged: true, ..Run::new("repo", ".") };
    let sources = run.sources(root.path()).unwrap();
    let a = sources.find("x/a.proto").unwrap();
    assert_eq!(sources.read(&a).unwrap(), b"staged");
    assert!(snapshot(&repo) == before, "the repository was written to");
    assert!(staged(&root, ".", ".").contains("not inside a git repository"));
}

#[test]
fn images_are_read_from_the_index_too() {
    let root = folder(&[("repo/old.binpb", "staged")]);
    let repo = root.path().join("repo");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "-A"]);
    write(&repo, &[("old.binpb", "not staged"), ("new.binpb", "")]);
    let options = Options { staged: true, ..options(&repo) };
    let read = |path| open_input(&Reference::parse(path).unwrap(), &options);
    match read("old.binpb").unwrap() {
        Opened::Image(image) => assert_eq!(image.bytes, b"staged"),
        Opened::Source(_) => panic!("an image is no source"),
    }
    assert!(read("new.binpb").is_err());
}

#[test]
fn an_index_with_conflicts_is_refused() {
    let root = repository();
    let repo = root.path().join("repo");
    git(&repo, &["checkout", "-q", "-b", "side", "v1"]);
    write(&repo, &[("a/x/a.proto", "side")]);
    commit(&repo, "side");
    git(&repo, &["checkout", "-q", "main"]);
    write(&repo, &[("a/x/a.proto", "main")]);
    commit(&repo, "main");
    let merge = Command::new("git").args(["merge", "-q", "side"]).current_dir(&repo).output();
    assert!(!merge.unwrap().status.success());
    assert!(staged(&root, "repo", ".").contains("resolve it first"));
}
