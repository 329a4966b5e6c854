//! Images against the real buf: what it writes we read, what we write it reads.

use prost::Message;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wireproof::schema::descriptor::{FileDescriptorSet, SourceCodeInfo};
use wireproof::schema::image::{Format, decode, encode};
use wireproof::schema::runtime::pool;
use wireproof::schema::well_known::well_known;

/// The buf that `WIREPROOF_BUF` names; without one the test says aloud that it was skipped.
fn buf(test: &str) -> Option<PathBuf> {
    let buf = std::env::var_os("WIREPROOF_BUF").map(PathBuf::from);
    if buf.is_none() {
        // Not eprintln: that is captured, and nobody would know.
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: WIREPROOF_BUF names no buf");
    }
    buf
}

/// What `buf build` writes for the files, as `output`.
fn buf_build(buf: &Path, files: &[(&str, &str)], output: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("buf.yaml"), "version: v2\n").expect("it can be written");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    run_buf(buf, folder.path(), &["build", "-o"], output)
}

/// What buf writes as `output`, the last of its arguments.
fn run_buf(buf: &Path, folder: &Path, arguments: &[&str], output: &str) -> Vec<u8> {
    let run = Command::new(buf).args(arguments).arg(output).current_dir(folder).output();
    let run = run.expect("buf starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    std::fs::read(folder.join(output)).expect("buf wrote it")
}

#[test]
fn well_known_types_are_those_of_buf() {
    let Some(buf) = buf("well_known_types_are_those_of_buf") else { return };
    let imports = well_known().file.iter().map(|file| format!("import \"{}\";\n", file.name()));
    let source = format!("syntax = \"proto3\";\n{}", imports.collect::<String>());

    let image = buf_build(&buf, &[("all.proto", &source)], "image.binpb");
    let mut set = decode(&image, Format::Binary).unwrap();
    set.file.retain(|file| file.name() != "all.proto");
    for file in &mut set.file {
        file.buf_image_file = None;
    }
    if std::env::var_os("WIREPROOF_UPDATE").is_some() {
        update_well_known(&set);
    } else {
        assert!(set == *well_known(), "they differ: run again with WIREPROOF_UPDATE=1");
    }
}

fn update_well_known(set: &FileDescriptorSet) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/well_known.binpb");
    let bytes = encode(set, Format::Binary).expect("binary holds every set");
    std::fs::write(path, bytes).expect("the source tree can be written");
}

#[test]
fn binary_images_of_buf_are_kept_to_the_byte() {
    let Some(buf) = buf("binary_images_of_buf_are_kept_to_the_byte") else { return };
    let image = buf_build(&buf, &FILES, "image.binpb");
    let set = decode(&image, Format::Binary).unwrap();
    assert!(encode(&set, Format::Binary).unwrap() == image);
}

#[test]
fn every_format_of_buf_is_read() {
    let Some(buf) = buf("every_format_of_buf_is_read") else { return };
    let expected = without_extension_of_source_info(buf_build(&buf, &FILES, "image.binpb"));
    for (output, format) in FORMATS {
        let set = decode(&buf_build(&buf, &FILES, output), format).unwrap();
        let set = without_extension_of_source_info(encode(&set, Format::Binary).unwrap());
        assert_same(&set, &expected, output);
    }
}

#[test]
fn buf_reads_every_format() {
    let Some(buf) = buf("buf_reads_every_format") else { return };
    let expected = without_extension_of_source_info(buf_build(&buf, &FILES, "image.binpb"));
    for (input, format) in FORMATS {
        if format == Format::Yaml {
            continue; // buf does not read custom options in YAML, its own neither.
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(input), encode(&expected, format).unwrap()).unwrap();
        let image = run_buf(&buf, folder.path(), &["build", input, "-o"], "image.binpb");
        assert_same(&without_extension_of_source_info(image), &expected, input);
    }
}

#[test]
fn buf_reads_yaml_without_custom_options() {
    let Some(buf) = buf("buf_reads_yaml_without_custom_options") else { return };
    let folder = tempfile::tempdir().unwrap();
    let yaml = encode(well_known(), Format::Yaml).unwrap();
    std::fs::write(folder.path().join("image.yaml"), yaml).unwrap();
    let image = run_buf(&buf, folder.path(), &["build", "image.yaml", "-o"], "image.binpb");
    let mut set = without_extension_of_source_info(image);
    for file in &mut set.file {
        file.buf_image_file = None;
    }
    set.file.sort_by(|one, other| one.name.cmp(&other.name));
    let mut expected = well_known().clone();
    expected.file.sort_by(|one, other| one.name.cmp(&other.name));
    assert_same(&set, &expected, "image.yaml");
}

const FORMATS: [(&str, Format); 4] = [
    ("image.binpb", Format::Binary),
    ("image.json", Format::Json),
    ("image.txtpb", Format::Text),
    ("image.yaml", Format::Yaml),
];

/// A binary image as the other formats hold it: without buf's extension of the source info.
fn without_extension_of_source_info(image: Vec<u8>) -> FileDescriptorSet {
    let mut set = decode(&image, Format::Binary).expect("buf wrote it");
    for file in &mut set.file {
        if let Some(info) = &mut file.source_code_info {
            let known = SourceCodeInfo::decode(info.as_slice()).expect("buf wrote it");
            *info = known.encode_to_vec();
        }
    }
    set
}

/// Compares what is in the files: compilers order the bytes of options differently.
fn assert_same(set: &FileDescriptorSet, expected: &FileDescriptorSet, what: &str) {
    let text = |set| {
        let bytes = encode(set, Format::Text).expect("it was read");
        String::from_utf8(bytes).expect("text")
    };
    let (text, expected) = (text(set), text(expected));
    for (line, (found, expected)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{what}, line {line} as text");
    }
    assert_eq!(text.len(), expected.len(), "{what}");
}

/// Everything that images are made of: editions, custom options of every kind, unused imports.
const FILES: [(&str, &str); 2] = [("e.proto", E), ("o.proto", O)];

const O: &str = r#"
edition = "2024";
package o;
import "google/protobuf/any.proto";
import "google/protobuf/descriptor.proto";
import "google/protobuf/struct.proto";
export message Sub { int32 x = 1; Sub sub = 2; }
extend google.protobuf.FieldOptions {
  Sub sub = 50000;
  repeated int32 numbers = 50001;
  string s = 50002;
  float f = 50003;
  double d = 50004;
  uint64 u = 50005;
  bytes b = 50006;
  google.protobuf.FieldDescriptorProto.Type t = 50007;
  Maps maps = 50008;
  google.protobuf.Struct json = 50009;
  google.protobuf.Any any = 50010;
}
export message Maps { map<string, Sub> m = 1; map<int32, string> n = 2; extensions 100 to max; }
extend Maps { Sub more = 100; }
"#;

const E: &str = r#"
edition = "2024";
package e;
import "google/protobuf/empty.proto";
import option "o.proto";
// A comment, "quoted".
export message M {
  int32 a = 1 [
    (o.sub) = {x: 1 sub {x: 2}}, (o.numbers) = 1, (o.numbers) = 2, (o.s) = "x\ty\"'\303\251",
    (o.f) = 1.5e10, (o.d) = inf, (o.u) = 18446744073709551615, (o.b) = "\x00\xff",
    (o.t) = TYPE_INT32,
    (o.maps) = {
      m: [{key: "a", value: {x: 1}}, {key: "b", value: {}}, {key: "c"}],
      n: {key: 1 value: "one"}, n: {key: 2 value: "two"}, n: {key: 3 value: ""},
      [o.more]: {x: 5}
    },
    (o.json) = {fields: [{key: "k", value: {number_value: 1.5}}]},
    (o.any) = {[type.googleapis.com/o.Sub] {x: 7}}
  ];
  local message L { string s = 1 [features.field_presence = IMPLICIT]; }
  L l = 2 [features.message_encoding = DELIMITED];
  map<string, L> m = 3;
  repeated int32 r = 4 [features.repeated_field_encoding = EXPANDED];
  reserved 7 to 9, 100 to max;
}
enum E { option features.enum_type = CLOSED; ONE = 1; }
service S { rpc Call(M) returns (stream M) {} }
"#;

#[test]
fn editions_of_buf_make_a_pool() {
    let Some(buf) = buf("editions_of_buf_make_a_pool") else { return };
    let set = decode(&buf_build(&buf, &FILES, "image.binpb"), Format::Binary).unwrap();
    let pool = pool(&set.file).unwrap();
    let m = pool.get_message_by_name("e.M").unwrap();
    assert!(m.get_field_by_name("l").unwrap().is_group());
    assert!(m.get_field_by_name("m").unwrap().is_map());
    assert!(!m.get_field_by_name("r").unwrap().is_packed());
    assert!(m.get_field_by_name("a").unwrap().supports_presence());
    let l = pool.get_message_by_name("e.M.L").unwrap();
    assert!(!l.get_field_by_name("s").unwrap().supports_presence());
}
