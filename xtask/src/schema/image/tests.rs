//! Tests of reading, writing and freezing images.

use super::*;
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet, Location, SourceCodeInfo};
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
    assert_eq!(error_of(b"\x0a\x00"), "file 1 of the image: the file has no name");
    assert!(error_of(b"garbage").starts_with("byte 0 of the image: this is not a descriptor set"));

    let truncated = &image()[..1000];
    let why = "a file of 5456 bytes begins here, but only 997 follow";
    assert!(error_of(truncated).contains(why), "{}", error_of(truncated));

    let huge = b"\x0a\x03\x0a\x01a\x0a\xff\xff\xff\xff\x0f";
    assert!(error_of(huge).starts_with("byte 5 of the image: "), "{}", error_of(huge));
}

#[test]
fn a_broken_field_is_named() {
    let file = b"\x0a\x06\x22\x04\x12\x02\x0a\x7f";
    let error = error_of(file);
    assert!(error.contains("FileDescriptorProto.message_type"), "{error}");
    assert!(error.starts_with("file 1 of the image, from byte 0 on: "), "{error}");
}

#[test]
fn the_same_file_twice_is_an_error() {
    let twice = [image(), image()].concat();
    assert!(error_of(&twice).contains("contains `google/protobuf/any.proto` more than once"));
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
    assert!(BufFile::of(&file).unwrap_err().to_string().starts_with("a.proto: buf's record"));
    let set = FileDescriptorSet { file: vec![file] };
    assert!(error_of(&set.encode_to_vec()).starts_with("a.proto: buf's record"));
}

#[test]
fn endings_name_format_and_compression() {
    let of = Format::of_path;
    assert_eq!(of("v1.0.0.binpb"), Some((Format::Binary, Compression::None)));
    assert_eq!(of("a/b.bin.gz"), Some((Format::Binary, Compression::Gzip)));
    assert_eq!(of("api.binpb.zst"), Some((Format::Binary, Compression::Zstd)));
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
        assert!(error.contains("unpacks to more than"), "{compression:?}: {error}");
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

/// `bytes` with a few of them replaced, removed or repeated.
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

fn small_image() -> Vec<u8> {
    let set = FileDescriptorSet { file: well_known().file[..3].to_vec() };
    encode(&freeze(&set).unwrap(), Format::Binary).unwrap()
}
