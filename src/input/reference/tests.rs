//! Tests of references. Each was tried with buf 1.75 first.

use super::*;

fn parse(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn error(text: &str) -> String {
    Reference::parse(text).unwrap_err().to_string()
}

fn image_of(text: &str) -> (Format, Compression) {
    match parse(text) {
        Reference::Image { format, compression, .. } => (format, compression),
        other => panic!("{text} is {other:?}"),
    }
}

fn git(text: &str) -> GitReference {
    match parse(text) {
        Reference::Git(git) => git,
        other => panic!("{text} is {other:?}"),
    }
}

fn archive(text: &str) -> ArchiveReference {
    match parse(text) {
        Reference::Archive(archive) => archive,
        other => panic!("{text} is {other:?}"),
    }
}

#[test]
fn a_path_without_a_known_ending_is_a_folder() {
    for path in [".", "proto", "a.b/c", "../x"] {
        assert_eq!(parse(path), Reference::Directory { path: path.to_owned() });
    }
    let file = Reference::ProtoFile { path: "a/b.proto".to_owned(), package_files: true };
    assert_eq!(parse("a/b.proto#include_package_files=true"), file);
}

#[test]
fn the_ending_names_format_and_compression() {
    assert_eq!(image_of("x.binpb"), (Format::Binary, Compression::None));
    assert_eq!(image_of("x.bin.gz"), (Format::Binary, Compression::Gzip));
    assert_eq!(image_of("x.binpb.zst"), (Format::Binary, Compression::Zstd));
    assert_eq!(image_of("x.json"), (Format::Json, Compression::None));
    assert_eq!(image_of("x.txtpb.gz"), (Format::Text, Compression::Gzip));
    assert_eq!(image_of("x.yaml.zst"), (Format::Yaml, Compression::Zstd));
    assert_eq!(image_of("x#format=jsongz"), (Format::Json, Compression::Gzip));
    assert_eq!(image_of("-"), (Format::Binary, Compression::None));
    assert_eq!(archive("x.tgz").compression, Compression::Gzip);
    assert_eq!(archive("x.tar.zst").compression, Compression::Zstd);
    assert_eq!(archive("x.zip").kind, ArchiveKind::Zip);
}

#[test]
fn options_decide_against_the_ending() {
    assert_eq!(image_of("x.dat#format=bin,compression=zstd").1, Compression::Zstd);
    assert_eq!(image_of("x.binpb.gz#compression=none").1, Compression::None);
    assert_eq!(image_of("x.dat.gz#format=binpb").1, Compression::Gzip);
    assert_eq!(image_of("x#format=bingz").1, Compression::Gzip);
    let packed = archive("-#format=targz,strip_components=1,subdir=./a//b/");
    assert_eq!(packed.location, Location::Stdin);
    assert_eq!((packed.strip_components, packed.subdir.as_str()), (1, "a/b"));
    assert_eq!(archive("x.tgz#format=tar").compression, Compression::Gzip);
}

#[test]
fn git_repositories_are_local_or_remote() {
    let local = git(".git#tag=v1,subdir=proto");
    assert_eq!(local.repository, Repository::Local(".git".to_owned()));
    assert_eq!(local.revision, Revision::Tag("v1".to_owned()));
    assert_eq!(local.subdir, "proto");
    let remote = git("https://host/a/b.git#branch=main,ref=HEAD~1,depth=5");
    assert_eq!(remote.repository, Repository::Remote("https://host/a/b.git".to_owned()));
    let branch = Some("main".to_owned());
    assert_eq!(remote.revision, Revision::Ref { name: "HEAD~1".to_owned(), branch });
    assert_eq!(remote.depth, Some(5));
    assert_eq!(git("repo#format=git").revision, Revision::Head);
    assert_eq!(git("x.git/#commit=abc").revision, Revision::Commit("abc".to_owned()));
    assert!(error("git@host:a/b.git").contains("ssh://git@host/a/b.git"));
}

#[test]
fn a_mistake_is_answered_with_what_was_meant() {
    assert!(error("x.tar#sub_dir=a").contains("did you mean `subdir`?"));
    assert!(error(".git#brunch=a").contains("did you mean `branch`?"));
    assert!(error(".git#zzzzzzzz=a").contains("one of format, compression"));
    assert!(error("x#format=binp").contains("did you mean `binpb`?"));
    assert!(error("x#format=mod").contains("buf export"));
    assert!(error("a.b.gz").contains("#format=binpb"));
    assert!(error("https://host/a/b").contains("https://host/a/b#format=git"));
    assert!(error("https://host/a.zip").contains("curl"));
}

#[test]
fn a_file_of_an_unknown_form_comes_with_its_format() {
    for (path, help) in [
        ("x.tar.xz", "unpack it first"),
        ("x.tar.bz2", "unpack it first"),
        ("X.TBZ2", "unpack it first"),
        ("x.7z", "unpack it first"),
        ("x.ZIP", "x.ZIP#format=zip"),
        ("x.TAR.GZ", "x.TAR.GZ#format=targz"),
        ("x.Tgz", "x.Tgz#format=targz"),
        ("x.TAR.ZST", "x.TAR.ZST#format=tar,compression=zstd"),
        ("x.JSON", "x.JSON#format=json"),
        ("x.JSON.GZ", "x.JSON.GZ#format=jsongz"),
        ("x.PROTO", "x.PROTO#format=protofile"),
        ("x.dat", "x.dat#format=binpb"),
    ] {
        let line = help_for_file(path);
        assert!(line.contains(help), "{path}: {line}");
        if let Some((_, reference)) = line.split_once("name its format: ") {
            assert!(Reference::parse(reference).is_ok(), "{line}");
        }
    }
}

#[test]
fn what_buf_refuses_is_refused() {
    for text in [
        "",
        " ",
        "#format=tar",
        "a#",
        "a#b#c",
        "a#format",
        "a#format=",
        "a#format=x=y",
        "a.bin#format=bin,format=bin",
        "a#subdir=b",
        "a#branch=b",
        "a#strip_components=1",
        "a.zip#compression=gzip",
        "a.tar#subdir=../b",
        "a.tar#subdir=/b",
        ".git#depth=0",
        ".git#depth=x",
        ".git#branch=a,tag=b",
        ".git#tag=a,ref=b",
        ".git#recurse_submodules=1",
        "a.proto#include_package_files=no",
        "a.bin#compression=lz4",
        "-#format=git",
        "svn://host/x#format=git",
    ] {
        assert!(Reference::parse(text).is_err(), "{text:?}");
    }
}
