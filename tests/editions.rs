//! Images with editions through every command: buf built them (`fixtures/compat-editions`), and
//! protoc builds them here, since editions are not read from source yet. Each command ends as it
//! should, and none panics.

use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message as _;

use crate::oracle::{Protoc, Tree};
use crate::parity::programs::tools::{self, Finding};

fn image(side: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat-editions");
    fixtures.join(format!("{side}.binpb"))
}

/// A workspace: a module of proto3, and both images.
fn workspace() -> tempfile::TempDir {
    let folder = tools::temporary();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it is made");
        std::fs::write(path, text).expect("it can be written");
    };
    write("buf.yaml", "version: v2\nmodules:\n  - path: proto\n");
    write("wireproof.toml", "");
    write("proto/a.proto", "syntax = \"proto3\";\npackage a;\nmessage M { int32 a = 1; }\n");
    for side in ["old", "new"] {
        let to = folder.path().join(format!("{side}.binpb"));
        std::fs::copy(image(side), to).expect("it can be copied");
    }
    folder
}

/// The exit code and the output of wireproof; it is one of the three that mean something.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let output = command
        .args(args)
        .current_dir(folder)
        .env_remove("CI")
        .output()
        .expect("it has been built");
    let errors = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().unwrap_or_else(|| panic!("{args:?}: {}", output.status));
    assert!([0, 100].contains(&code) && !errors.contains("panicked"), "{args:?}: {errors}");
    (code, String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn build_writes_and_reads_them_in_every_format() {
    let folder = workspace();
    let folder = folder.path();
    let formats = ["a.binpb", "a.json", "a.txtpb", "a.yaml", "a.binpb.gz", "a.json.zst"];
    for format in formats {
        assert_eq!(run(folder, &["build", "new.binpb", "-o", format]).0, 0, "{format}");
        assert_eq!(run(folder, &["build", format, "-o", "again.binpb"]).0, 0, "{format}");
        let args = ["check-compat", format, "--against", "new.binpb"];
        assert_eq!(run(folder, &args), (0, String::new()), "{format}");
    }
    for flag in ["--exclude-source-info", "--exclude-imports"] {
        assert_eq!(run(folder, &["build", "new.binpb", "-o", "part.binpb", flag]).0, 0, "{flag}");
    }
}

#[test]
fn check_compat_judges_them_in_both_directions_under_every_configuration() {
    let folder = workspace();
    let inputs = ["old.binpb", "new.binpb", "."];
    for (new, old) in inputs.iter().flat_map(|new| inputs.map(|old| (*new, old))) {
        for version in ["v1beta1", "v1", "v2"] {
            let config = format!("{{\"version\": \"{version}\"}}");
            let args = ["check-compat", new, "--against", old, "--error-format", "json"];
            let args = [&args[..], &["--config", &config, "--against-config", &config]].concat();
            let (code, found) = run(folder.path(), &args);
            assert_eq!(code == 0, new == old, "{new} against {old} under {version}");
            assert_eq!(found.is_empty(), new == old, "{new} against {old} under {version}");
            assert!(!found.contains("COMPILE"), "{found}");
        }
    }
}

#[test]
fn check_and_release_read_them_as_releases() {
    let folder = workspace();
    let releases = folder.path().join("contracts/releases");
    std::fs::create_dir_all(&releases).expect("it can be made");
    for (side, version) in [("old", "v1.0.0"), ("new", "v1.1.0")] {
        std::fs::copy(image(side), releases.join(format!("{version}.binpb"))).expect("copied");
    }
    assert_eq!(run(folder.path(), &["check"]).0, 100);
    assert_eq!(run(folder.path(), &["check-compat"]).0, 100);
    assert_eq!(run(folder.path(), &["release", "v2.0.0"]).0, 0);
}

/// Places and rules of what `program` finds: what must be equal.
fn found(program: &Path, folder: &Path, args: &[&str]) -> Vec<Finding> {
    let args = [args, &["--error-format", "json"]].concat();
    let mut found = tools::run(program, folder, &args).findings();
    found.sort();
    found
}

#[test]
fn in_images_that_protoc_made_buf_finds_the_same() {
    let Some(buf) = tools::buf() else { return };
    let Some(mut protoc) = Protoc::find() else { return };
    let folder = workspace();
    for side in ["old", "new"] {
        let sources = image(side).with_extension("");
        let set = protoc.compile(&Tree::of(side, &sources)).expect("protoc knows the edition");
        let path = folder.path().join(format!("{side}.binpb"));
        std::fs::write(path, set.encode_to_vec()).expect("it can be written");
    }
    for version in ["v1beta1", "v1", "v2"] {
        let config = format!("{{\"version\": \"{version}\"}}");
        for (new, old) in [("old.binpb", "new.binpb"), ("new.binpb", "old.binpb")] {
            let compat = ["breaking", new, "--against", old, "--against-config", &config];
            for args in [&compat[..], &["lint", new]] {
                let args = [args, &["--config", &config]].concat();
                let [ours, theirs] =
                    [tools::wireproof(), buf].map(|program| found(program, folder.path(), &args));
                assert_eq!(ours, theirs, "{args:?}");
                assert!(!theirs.is_empty(), "{args:?}");
            }
        }
    }
}

/// Generated messages of editions: what their features say of presence, encoding and enums is what
/// Python's protobuf does.
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
#[test]
fn generated_messages_are_read_by_python_as_here() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    use wireproof::value::{MessageValue, Types};
    use wireproof::workspace::{Load, Options, load};

    let folder = workspace();
    let types = match load("new.binpb", &Options::new(folder.path())) {
        Ok(Load::Ready(loaded)) => Types::new(&loaded.schema),
        _ => panic!("the image is read"),
    };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let of_editions = types.messages().filter(|of| of.name().starts_with("ed."));
    let mut count = 0;
    for of in of_editions {
        let strategy = wireproof::roundtrip::arbitrary(&of);
        let mut trees = strategy.edges(runner.rng(), 2, 500);
        trees.extend((0..100).map(|_| strategy.new_tree(&mut runner).expect("it is generated")));
        let messages: Vec<MessageValue> = trees.iter().map(|tree| tree.current()).collect();
        let image = (folder.path(), "new.binpb");
        let Some(read) = crate::valid::asked("read", image, &of, &messages) else { return };
        for (message, theirs) in messages.iter().zip(read) {
            let shown = format!("{} {{ {} }}", of.name(), of.to_text(message));
            assert_eq!(of.to_json(message).as_ref(), Ok(&theirs["json"]), "{shown}");
            let digits = theirs["bytes"].as_str().expect("it has bytes").as_bytes();
            let byte = |pair: &[u8]| {
                let pair = std::str::from_utf8(pair).expect("it is ASCII");
                u8::from_str_radix(pair, 16).expect("it is a byte")
            };
            let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
            assert_eq!(of.decode(&bytes).as_ref(), Ok(message), "{shown}");
            count += 1;
        }
    }
    assert!(count > 1_000, "{count}");
}
