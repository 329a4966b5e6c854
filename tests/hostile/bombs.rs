//! Small inputs that unpack, decode or grow to much: each is refused with an error that names it
//! and the limit, before the memory is spent. Each runs with little address space.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::parity::programs::tools;

/// The address space, in KiB, of a run that holds only a small part of its input.
const LITTLE: usize = 3 << 18;
/// That of a run that holds an input up to the limit once.
const ONCE: usize = 3 << 19;
/// That of a run that decodes up to the limit: a list that grows is moved, and what was read is
/// still there.
const DECODED: usize = 9 << 18;

const LIMIT: &str = "its decoded content takes more than the limit of 1 GiB";
const BYTES: &str = "it has more than 1073741824 bytes";

/// Runs `SCRIPT`, in which `"$@"` is `wireproof ARGS`, in `folder`, with `space` KiB of address
/// space and a minute of time on a processor for each process.
fn run(folder: &Path, space: usize, script: &str, args: &[&str]) -> Output {
    let script = format!("ulimit -v {space}; ulimit -t 60; {script}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_wireproof")]).args(args);
    command.current_dir(folder).output().expect("there is a shell")
}

/// Asserts that `build` refuses the input called `name`, with an error with that name and `why`.
fn refused(folder: &Path, space: usize, name: &str, why: &str) {
    let output = run(folder, space, "exec \"$@\"", &["build", name]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{name}: {}: {errors}", output.status);
    assert!(errors.contains(name) && errors.contains(why), "{name}: {errors}");
    assert!(errors.len() < 1000, "{name}: {errors}");
}

/// Asserts the same of an input with the content `bytes`.
fn refused_bytes(space: usize, name: &str, bytes: &[u8], why: &str) {
    let folder = tools::temporary();
    fs::write(folder.path().join(name), bytes).expect("it can be written");
    refused(folder.path(), space, name, why);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("it is in memory")
}

/// Packs so many MiB of zeros as gzip, in members of 16 MiB.
fn zeros(mib: usize) -> Vec<u8> {
    gzip(&vec![0; 16 << 20]).repeat(mib / 16)
}

/// Writes a field of a message on the wire.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_key(number, WireType::LengthDelimited, &mut bytes);
    encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

/// Returns the header of an entry of a tar archive.
fn header(name: &str, kind: tar::EntryType, size: usize) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).expect("it is short");
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn what_unpacks_to_more_than_the_limit() {
    let zeros = zeros(1040);
    refused_bytes(LITTLE, "a.binpb.gz", &zeros, BYTES);
    // A frame with a window of 128 KiB, all of it blocks of one byte that is repeated.
    let block = (128_u32 << 10 << 3 | 1 << 1).to_le_bytes();
    let blocks = [&block[..3], &[0]].concat().repeat(8 * 1040);
    let zstd = [&b"\x28\xb5\x2f\xfd\0\x38"[..], &blocks].concat();
    refused_bytes(LITTLE, "a.binpb.zst", &zstd, BYTES);
    // All of it in a file that is kept.
    let tar = gzip(&header("a.proto", tar::EntryType::Regular, 1040 << 20));
    refused_bytes(ONCE, "a.tar.gz", &[tar, zeros].concat(), LIMIT);
}

#[test]
fn zstd_frames_that_declare_huge_sizes_are_refused() {
    let magic = b"\x28\xb5\x2f\xfd";
    // A window of 2 TiB; a content of 8 EiB, which is the window, too.
    let (window, content) = (b"\0\xf8", b"\xe0\0\0\0\0\0\0\0\x80");
    for header in [&window[..], &content[..]] {
        let zstd = [&magic[..], header, &[1, 0, 0]].concat();
        refused_bytes(LITTLE, "a.binpb.zst", &zstd, "window");
    }
}

#[test]
fn skipped_archive_entries_take_no_memory() {
    let folder = tools::temporary();
    let proto = "syntax = \"proto3\"; package a.v1;";
    let start = header("big", tar::EntryType::Regular, 960 << 20);
    let mut end = header("a.proto", tar::EntryType::Regular, proto.len());
    end.extend_from_slice(proto.as_bytes());
    end.resize(1 << 12, 0);
    let tar = [gzip(&start), zeros(960), gzip(&end)].concat();
    fs::write(folder.path().join("a.tar.gz"), tar).expect("it can be written");
    let output = run(folder.path(), LITTLE, "exec \"$@\"", &["build", "a.tar.gz"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {errors}", output.status);

    let start = header("big", tar::EntryType::Regular, 1040 << 20);
    let tar = [gzip(&start), zeros(1040)].concat();
    fs::write(folder.path().join("b.tar.gz"), tar).expect("it can be written");
    refused(folder.path(), LITTLE, "b.tar.gz", LIMIT);
}

#[test]
fn names_as_long_as_the_archive() {
    let long = header("././@LongLink", tar::EntryType::GNULongName, 160 << 20);
    let names = gzip(&vec![b'a'; 16 << 20]).repeat(10);
    let file = gzip(&[header("a.proto", tar::EntryType::Regular, 0), vec![0; 1 << 10]].concat());
    let tar = [gzip(&long), names, file].concat();
    refused_bytes(ONCE, "a.tar.gz", &tar, "a name of more than 4096 bytes: \"aaaa");
}

#[test]
fn a_zip_archive_with_a_million_entries() {
    const ENTRIES: u64 = (1 << 20) + 1;
    let entry = [&b"PK\x01\x02"[..], &[0; 42]].concat();
    let mut zip = entry.repeat(ENTRIES as usize);
    let (size, end) = (zip.len() as u64, zip.len() as u64);
    zip.extend_from_slice(b"PK\x06\x06");
    let numbers = [44, 45 | 45 << 16, 0, ENTRIES, ENTRIES, size, 0];
    let widths = [8, 4, 8, 8, 8, 8, 8];
    for (number, width) in numbers.into_iter().zip(widths) {
        zip.extend_from_slice(&number.to_le_bytes()[..width]);
    }
    zip.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    zip.extend_from_slice(&end.to_le_bytes());
    zip.extend_from_slice(&[1, 0, 0, 0]);
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    zip.extend_from_slice(&[0xff; 12]);
    zip.extend_from_slice(&[0, 0]);
    refused_bytes(DECODED, "a.zip", &zip, LIMIT);
}

#[test]
fn twenty_million_empty_files() {
    let files = gzip(&field(1, &[]).repeat(1 << 20)).repeat(20);
    assert!(files.len() < 100_000);
    refused_bytes(DECODED, "a.binpb.gz", &files, LIMIT);
}

#[test]
fn a_file_on_the_wire_with_millions_of_items() {
    let name = field(1, b"a.proto");
    let message = |content: &[u8]| field(4, content);
    let cases = [
        ("messages", message(&[]).repeat(1_500_000)),
        ("messages in messages", message(&field(3, &[]).repeat(1_500_000))),
        ("fields", message(&field(2, &[]).repeat(2_100_000))),
        ("enums", field(5, &[]).repeat(3_000_000)),
        ("values", field(5, &field(2, &[]).repeat(6_500_000))),
        ("services", field(6, &[]).repeat(5_000_000)),
        ("methods", field(6, &field(2, &[]).repeat(4_000_000))),
        ("extensions", field(7, &[]).repeat(2_100_000)),
        ("oneofs", message(&field(8, &[]).repeat(8_000_000))),
        ("reserved ranges", message(&field(9, &[]).repeat(24_000_000))),
        ("imports", field(3, &[]).repeat(15_000_000)),
        ("numbers", field(10, &vec![0; 90_000_000])),
        ("locations", field(9, &field(1, &[]).repeat(3_100_000))),
        ("options", field(8, &vec![0; 8_500_000])),
        // Each has all of the name around it in its own.
        ("names", [field(2, &[b'a'; 1 << 20]), message(&field(1, b"A")).repeat(1024)].concat()),
        (
            "names of messages",
            message(&[field(1, &[b'a'; 1 << 20]), field(3, &[]).repeat(1024)].concat()),
        ),
    ];
    for (what, content) in cases {
        let bytes = field(1, &[&name[..], &content].concat());
        refused_bytes(DECODED, &format!("{}.binpb", what.replace(' ', "-")), &bytes, LIMIT);
    }
}

/// Joins `before`, `unit` so often, and `after`.
fn repeated(before: &str, unit: &str, times: usize, after: &str) -> String {
    [before, &unit.repeat(times), after].concat()
}

#[test]
fn a_text_with_millions_of_items() {
    let message = "{\"file\": [{\"name\": \"a\", \"messageType\": [";
    let path = "{\"file\": [{\"sourceCodeInfo\": {\"location\": [{\"path\": [";
    let cases = [
        ("files.json", repeated("{\"file\": [", "{},", 1_100_000, "{}]}")),
        ("messages.json", repeated(message, "{},", 950_000, "{}]}]}")),
        ("numbers.json", repeated(path, "0,", 6_500_000, "0]}]}}]}")),
        ("files.txtpb", "file{}".repeat(1_100_000)),
        ("messages.txtpb", repeated("file{", "message_type{}", 950_000, "}")),
        (
            "numbers.txtpb",
            repeated("file{source_code_info{location{path:[", "0,", 6_500_000, "0]}}}"),
        ),
        ("extensions.txtpb", repeated("file{options{", "[a]:1 ", 22_500_000, "}}")),
        ("files.yaml", repeated("file:\n", "- {}\n", 1_100_000, "")),
        ("messages.yaml", repeated("file:\n- messageType:\n", "  - {}\n", 950_000, "")),
    ];
    for (name, text) in cases {
        refused_bytes(DECODED, name, text.as_bytes(), LIMIT);
    }
}

/// Runs `generate` with plugins that answer with `answers`, each of which writes into `gen`.
fn generate(answers: &[Vec<u8>]) -> (Option<i32>, String) {
    let folder = tools::temporary();
    let mut template = "version: v2\nplugins:\n".to_owned();
    for (index, answer) in answers.iter().enumerate() {
        fs::write(folder.path().join(format!("answer{index}")), answer).expect("it can be written");
        template += &format!("  - local: [cat, answer{index}]\n    out: gen\n    strategy: all\n");
    }
    fs::write(folder.path().join("buf.gen.yaml"), template).expect("it can be written");
    fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";").expect("it can be written");
    let output = run(folder.path(), DECODED, "exec \"$@\"", &["generate"]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Writes a file of an answer.
fn file(name: &str, point: &str, content: &str) -> Vec<u8> {
    let point = if point.is_empty() { Vec::new() } else { field(2, point.as_bytes()) };
    let name = field(1, name.as_bytes());
    field(15, &[name, point, field(15, content.as_bytes())].concat())
}

const POINT: &str = "// @@protoc_insertion_point(x)\n";

#[test]
fn insertions_count_toward_the_limit() {
    // Each insertion doubles the points.
    let first = file("a", "", POINT);
    let doubling = file("a", "x", POINT).repeat(40);
    let (code, errors) = generate(&[[&first[..], &doubling].concat()]);
    assert!(
        code == Some(1) && errors.contains(LIMIT) && errors.contains("cat"),
        "{code:?}: {errors}"
    );
    // A long text at many points, by another plugin.
    let long = file("a", "x", &"a".repeat(1 << 20));
    let (code, errors) = generate(&[file("a", "", &POINT.repeat(1100)), long]);
    assert!(code == Some(1) && errors.contains(LIMIT), "{code:?}: {errors}");
}

#[test]
fn a_plugin_inserts_into_a_long_file_again_and_again() {
    let long = file("a", "", &["a\n".repeat(10 << 20), POINT.to_owned()].concat());
    let (code, errors) = generate(&[long, file("a", "x", "b").repeat(20_000)]);
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn a_plugin_answers_with_millions_of_files() {
    let (code, errors) = generate(&[field(15, &[]).repeat(5_500_000)]);
    assert!(code == Some(1) && errors.contains(LIMIT), "{code:?}: {errors}");
}

#[test]
fn standard_input_of_a_built_in_plugin_has_a_limit() {
    let folder = tools::temporary();
    let script = "head -c 1100000000 /dev/zero | \"$@\"";
    let output = run(folder.path(), ONCE, script, &["plugin", "openapi"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {errors}", output.status);
    let expected = "standard input: larger than the limit of 1024 MiB";
    assert!(errors.contains(expected), "{errors}");

    let files = field(15, &[]).repeat(1_100_000);
    fs::write(folder.path().join("request"), files).expect("it can be written");
    let output = run(folder.path(), ONCE, "exec \"$@\" < request", &["plugin", "openapi"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {errors}", output.status);
    assert!(errors.contains("standard input") && errors.contains(LIMIT), "{errors}");
}
