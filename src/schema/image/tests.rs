//! Tests of reading, writing and freezing images.

use super::*;
use crate::schema::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, Location,
    SourceCodeInfo,
};
use crate::schema::well_known::well_known;
use proptest::prelude::*;
use prost::Message;

fn image() -> Vec<u8> {
    encode(well_known(), Format::Binary).unwrap()
}

fn error_of(bytes: &[u8]) -> String {
    decode(bytes, Format::Binary).unwrap_err().to_string()
}

#[test]
fn binary_is_read_and_written_to_the_byte() {
    let bytes = image();
    assert_eq!(decode(&bytes, Format::Binary).unwrap(), *well_known());
    assert_eq!(bytes, include_bytes!("../well_known.binpb"));
}

#[test]
fn errors_say_where() {
    assert_eq!(error_of(b""), "the image contains no files");
    assert_eq!(error_of(b"\x0a\x00"), "file 1 of the image has no name");
    assert!(error_of(b"garbage").starts_with("not a descriptor set"));
    assert!(error_of(b"garbage").contains(", at byte 0\n"), "{}", error_of(b"garbage"));

    let truncated = &image()[..1000];
    let why = "a file of 5456 bytes is cut off after 997 bytes, at byte 0";
    assert!(error_of(truncated).contains(why), "{}", error_of(truncated));

    let huge = b"\x0a\x03\x0a\x01a\x0a\xff\xff\xff\xff\x0f";
    assert!(error_of(huge).contains(", at byte 5\n"), "{}", error_of(huge));
}

#[test]
fn a_broken_field_is_named() {
    let file = b"\x0a\x06\x22\x04\x12\x02\x0a\x7f";
    let error = error_of(file);
    assert!(error.contains("FileDescriptorProto.message_type"), "{error}");
    assert!(error.contains(", in file 1 at byte 0"), "{error}");
}

#[test]
fn the_same_file_twice_is_an_error() {
    let twice = [image(), image()].concat();
    assert!(error_of(&twice).contains("duplicate file `google/protobuf/any.proto` in the image"));
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    let field = |tag: u8, content: Vec<u8>| {
        let mut bytes = vec![tag << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut bytes);
        [bytes, content].concat()
    };
    let message = (0..10_000).fold(Vec::new(), |inner, _| field(3, inner));
    let set = field(1, field(4, message));
    assert!(error_of(&set).contains("recursion limit"), "{}", error_of(&set));
}

#[test]
fn bufs_record_is_read_and_written() {
    let mut file = FileDescriptorProto { name: Some("a.proto".into()), ..Default::default() };
    assert!(!is_import(&file));
    assert_eq!(BufFile::of(&file).unwrap(), None);

    BufFile::new(true, false, vec![1, 3]).write(&mut file);
    assert_eq!(file.buf_image_file(), [0x08, 1, 0x18, 0, 0x20, 1, 0x20, 3]);
    assert!(is_import(&file));
    assert_eq!(BufFile::of(&file).unwrap().unwrap().module_name(), None);

    file.buf_image_file = Some(vec![0x08]);
    assert!(
        BufFile::of(&file)
            .unwrap_err()
            .to_string()
            .starts_with("cannot decode buf's extension of `a.proto`")
    );
    let set = FileDescriptorSet { file: vec![file] };
    assert!(
        error_of(&set.encode_to_vec()).starts_with("cannot decode buf's extension of `a.proto`")
    );
}

#[test]
fn endings_name_format_and_compression() {
    let of = Format::of_path;
    assert_eq!(of("v1.0.0.binpb"), Some((Format::Binary, Compression::None)));
    assert_eq!(of("a/b.bin.gz"), Some((Format::Binary, Compression::Gzip)));
    assert_eq!(of("api.binpb.zst"), Some((Format::Binary, Compression::Zstd)));
    assert_eq!(of("api.json"), Some((Format::Json, Compression::None)));
    assert_eq!(of("api.txtpb.gz"), Some((Format::Text, Compression::Gzip)));
    assert_eq!(of("api.yaml"), Some((Format::Yaml, Compression::None)));
    assert_eq!(of("api.proto"), None);
    assert_eq!(of("binpb"), None);
}

#[test]
fn compressed_data_is_read_again() {
    let bytes = image();
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let packed = compress(&bytes, compression);
        assert_eq!(packed, compress(&bytes, compression), "{compression:?}: deterministic");
        let unpacked = decompress(&packed, compression, MAX_SIZE).unwrap();
        assert_eq!(unpacked, bytes, "{compression:?}");

        let error = decompress(&packed, compression, bytes.len() - 1).unwrap_err().to_string();
        assert!(error.contains("it has more than"), "{compression:?}: {error}");
        assert_eq!(decompress(&packed, compression, bytes.len()).unwrap(), bytes);
    }
    for compression in [Compression::Gzip, Compression::Zstd] {
        assert!(decompress(b"garbage", compression, MAX_SIZE).is_err(), "{compression:?}");
        let packed = compress(&bytes, compression);
        assert!(decompress(&packed[..packed.len() / 2], compression, MAX_SIZE).is_err());
        let two = [packed.clone(), packed].concat();
        let unpacked = decompress(&two, compression, MAX_SIZE).unwrap();
        assert_eq!(unpacked, [bytes.clone(), bytes.clone()].concat(), "{compression:?}");
    }
}

#[test]
fn a_frozen_image_keeps_comments_and_forgets_the_layout() {
    let at = |path: &[i32], comment: Option<&str>| Location {
        path: path.to_vec(),
        span: vec![3, 1, 9],
        leading_comments: comment.map(str::to_owned),
        ..Default::default()
    };
    let info = SourceCodeInfo {
        location: vec![at(&[4, 1], Some("b")), at(&[12], None), at(&[4, 0], Some("a"))],
    };
    let file = |name: &str, imports: &[&str], info: Option<&SourceCodeInfo>| FileDescriptorProto {
        name: Some(name.into()),
        dependency: imports.iter().map(|&name| name.into()).collect(),
        source_code_info: info.map(SourceCodeInfo::encode_to_vec),
        ..Default::default()
    };
    let bare = SourceCodeInfo { location: vec![at(&[12], None)] };
    let set = FileDescriptorSet {
        file: vec![
            file("b", &["c", "gone"], Some(&info)),
            file("c", &[], Some(&bare)),
            file("a", &["c", "a"], None),
        ],
    };
    let frozen = freeze(&set).unwrap();

    let names: Vec<&str> = frozen.file.iter().map(FileDescriptorProto::name).collect();
    assert_eq!(names, ["c", "a", "b"]);
    assert_eq!(frozen.file[0].source_code_info, None);
    let kept = SourceCodeInfo::decode(frozen.file[2].source_code_info()).unwrap();
    let expected = SourceCodeInfo {
        location: [(&[4, 0], "a"), (&[4, 1], "b")]
            .map(|(path, comment)| Location { span: vec![0, 0, 0], ..at(path, Some(comment)) })
            .to_vec(),
    };
    assert_eq!(kept, expected);
    assert_eq!(freeze(&frozen).unwrap(), frozen);
}

const READABLE: [Format; 3] = [Format::Json, Format::Text, Format::Yaml];

#[test]
fn readable_formats_hold_all_there_is() {
    for format in READABLE {
        let written = encode(well_known(), format).unwrap();
        assert!(decode(&written, format).unwrap() == *well_known(), "{format:?}");
    }
}

/// Returns an image that defines options with difficult content: a map, a group, floats, bytes.
fn image_with_options() -> FileDescriptorSet {
    let text = r#"
        file {
          name: "options.proto" package: "o" dependency: "google/protobuf/descriptor.proto"
          message_type {
            name: "Value"
            field {
              name: "map" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE
              type_name: ".o.Value.MapEntry" json_name: "map"
            }
            field { name: "float" number: 2 label: LABEL_OPTIONAL type: TYPE_FLOAT }
            field { name: "bytes" number: 3 label: LABEL_OPTIONAL type: TYPE_BYTES }
            field { name: "g" number: 4 label: LABEL_OPTIONAL type: TYPE_GROUP type_name: ".o.Value.G" }
            nested_type {
              name: "MapEntry"
              field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
              field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_INT64 }
              options { map_entry: true }
            }
            nested_type {
              name: "G"
              field { name: "yes" number: 1 label: LABEL_OPTIONAL type: TYPE_BOOL }
            }
          }
          extension {
            name: "value" number: 50000 label: LABEL_REPEATED type: TYPE_MESSAGE
            type_name: ".o.Value" extendee: ".google.protobuf.FileOptions"
          }
        }
        file <
          name: "user.proto" dependency: "options.proto",
          options {
            deprecated: true
            [o.value] {
              map { key: "a" value: 1 } map { key: "b" value: -9223372036854775808 }
              map { key: "c" value: 0 } map { key: "d" value: 7 } map { key: "e" value: 5 }
              float: nan bytes: "\377\0" G { yes: true }
            };
            [o.value]: <float: -inf>
            [nobody.knows.it]: [{ a: 'b' "c" }]  # passed over
          }
          [buf.buf]: 1
          buf_extension: { is_import: true module_info { name { owner: "me" } } }
        >"#;
    decode(text.as_bytes(), Format::Text).unwrap()
}

#[test]
fn custom_options_are_read_and_written_in_every_format() {
    let image = image_with_options();
    assert!(is_import(&image.file[1]));
    assert!(image.file[1].options().len() == 73, "{:?}", image.file[1].options());
    for format in READABLE {
        let written = encode(&image, format).unwrap();
        assert_eq!(written, encode(&image, format).unwrap(), "{format:?}: deterministic");
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains("[o.value]"), "{text}");
        assert_eq!(decode(&written, format).unwrap(), image, "{format:?}: {text}");
    }
}

#[test]
fn keys_that_nobody_knows_are_passed_over() {
    let json =
        br#"{"new": [1], "file": [{"name": "a.proto", "new": {}, "options": {"[x.y]": 1}}]}"#;
    let set = decode(json, Format::Json).unwrap();
    assert_eq!(set.file[0].name(), "a.proto");
    assert_eq!(set.file[0].options, Some(Vec::new()));
}

#[test]
fn errors_in_readable_formats_say_where() {
    let error = |bytes: &[u8], format| decode(bytes, format).unwrap_err().to_string();
    let json = error(b"{\n\"file\": [{\"name\": 1}]}", Format::Json);
    assert!(json.starts_with("not a descriptor set in JSON: "), "{json}");
    assert!(json.ends_with("at line 2 column 19"), "{json}");
    let json = error(b"{\"file\": [{\"name\": \"a\"}]} {", Format::Json);
    assert!(json.contains("trailing characters"), "{json}");
    let text = error(b"file {\n  name: \"a\"\n  number: 1\n}", Format::Text);
    assert!(text.contains("'number'"), "{text}");
    assert!(text.ends_with(", in the file that begins at line 1 column 7"), "{text}");
    let text = error(b"file {\n  name: \"a\n}", Format::Text);
    assert!(text.ends_with(": unterminated string at line 2 column 9"), "{text}");
    let yaml = error(b"file:\n  - name: [a]\n", Format::Yaml);
    assert!(yaml.contains("line 2"), "{yaml}");
    for format in READABLE {
        assert!(error(b"\xff\xfe garbage", format).contains("not a descriptor set"));
    }
    assert_eq!(error(b"", Format::Text), "the image contains no files");
}

#[test]
fn deep_nesting_in_readable_formats_is_an_error() {
    let nested = |open: &str| open.repeat(100_000);
    let json = format!("{{\"file\": [{{\"messageType\": [{}", nested("{\"nestedType\": ["));
    let yaml = format!("file: [{{messageType: [{}", nested("{nestedType: ["));
    let unknown_yaml = format!("unknown: {}", nested("["));
    let text = format!("file {{ message_type {{ {}", nested("nested_type {"));
    for (bytes, format, limit) in [
        (json, Format::Json, "recursion limit"),
        (yaml, Format::Yaml, "too many levels"),
        (unknown_yaml, Format::Yaml, "too many levels"),
        (text, Format::Text, "nested too deeply"),
    ] {
        let error = decode(bytes.as_bytes(), format).unwrap_err().to_string();
        assert!(error.contains(limit), "{error}");
    }
}

#[test]
fn messages_as_deep_as_any_compiler_allows_are_read() {
    let nest = |inner, _| DescriptorProto {
        name: Some("M".into()),
        nested_type: vec![inner],
        ..Default::default()
    };
    let message = (0..32).fold(DescriptorProto::default(), nest);
    let name = Some("a.proto".into());
    let file = FileDescriptorProto { name, message_type: vec![message], ..Default::default() };
    let set = FileDescriptorSet { file: vec![file] };
    for format in READABLE {
        assert_eq!(decode(&encode(&set, format).unwrap(), format).unwrap(), set, "{format:?}");
    }
}

/// Found by fuzzing.
#[test]
fn a_text_that_could_be_written_can_be_read_however_deep_it_nests() {
    let message = DescriptorProto {
        name: Some("O".into()),
        field: vec![field("o", 1, ".O")],
        ..Default::default()
    };
    let option =
        FieldDescriptorProto { extendee: Some(FILE_OPTIONS.into()), ..field("x", 50_000, ".O") };
    let file = FileDescriptorProto {
        name: Some("a.proto".into()),
        dependency: vec!["google/protobuf/descriptor.proto".into()],
        message_type: vec![message],
        extension: vec![option],
        ..Default::default()
    };
    let written = (90..110).filter(|depth| {
        let options = Some(nested_option(*depth));
        let set = FileDescriptorSet { file: vec![FileDescriptorProto { options, ..file.clone() }] };
        let text = encode(&set, Format::Text);
        text.is_ok_and(|text| decode(&text, Format::Text).expect("it can be read") == set)
    });
    assert_eq!(written.count(), 10);
}

const FILE_OPTIONS: &str = ".google.protobuf.FileOptions";

fn field(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(1),
        r#type: Some(11),
        type_name: Some(type_name.into()),
        ..Default::default()
    }
}

/// Returns the encoded option 50000: messages nested in field 1, `depth` in all.
fn nested_option(depth: usize) -> Vec<u8> {
    let nest = |inner: Vec<u8>, key: &[u8]| {
        let mut bytes = key.to_vec();
        prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
        [bytes, inner].concat()
    };
    let value = (1..depth).fold(Vec::new(), |inner, _| nest(inner, &[0x0a]));
    nest(value, &[0x82, 0xb5, 0x18])
}

/// Returns `bytes` with a few of them replaced, removed or repeated.
pub(crate) fn mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0..4_u8, any::<u8>());
    prop::collection::vec(edit, 1..8).prop_map(move |edits| {
        let mut bytes = bytes.clone();
        for (index, edit, byte) in edits {
            let index = index.index(bytes.len());
            match edit {
                0 => bytes[index] = byte,
                1 => drop(bytes.remove(index)),
                2 => bytes.insert(index, byte),
                _ if bytes.len() > 16 => bytes.truncate(index.max(16)),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mutated_images_never_panic(bytes in mutated(small_image())) {
        if let Ok(set) = decode(&bytes, Format::Binary) {
            let written = encode(&set, Format::Binary).unwrap();
            prop_assert_eq!(decode(&written, Format::Binary).unwrap(), set.clone());
            let _ = freeze(&set);
        }
    }

    #[test]
    fn mutated_compressed_data_never_panics(
        gzip in mutated(compress(&small_image(), Compression::Gzip)),
        zstd in mutated(compress(&small_image(), Compression::Zstd)),
    ) {
        let _ = decompress(&gzip, Compression::Gzip, 1 << 20);
        let _ = decompress(&zstd, Compression::Zstd, 1 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mutated_readable_images_never_panic(
        json in mutated(encode(&image_with_options(), Format::Json).unwrap()),
        text in mutated(encode(&image_with_options(), Format::Text).unwrap()),
        yaml in mutated(encode(&image_with_options(), Format::Yaml).unwrap()),
    ) {
        for (bytes, format) in [(json, Format::Json), (text, Format::Text), (yaml, Format::Yaml)] {
            if let Ok(set) = decode(&bytes, format) {
                let _ = encode(&set, format);
            }
        }
    }

    #[test]
    fn mutated_images_are_written_in_readable_formats(
        bytes in mutated(image_with_options().encode_to_vec()),
    ) {
        if let Ok(set) = decode(&bytes, Format::Binary) {
            for format in READABLE {
                // An invalid name (only an image can contain one) is written, but not read.
                let _ = encode(&set, format).and_then(|written| decode(&written, format));
            }
        }
    }
}

fn small_image() -> Vec<u8> {
    let set = FileDescriptorSet { file: well_known().file[..3].to_vec() };
    encode(&freeze(&set).unwrap(), Format::Binary).unwrap()
}
