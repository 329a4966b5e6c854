//! Packed folders: whatever the bytes are, they are unpacked, or there is an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::input::{Reference, Source};

/// The kinds of archive, and what is meant of one.
const REFERENCES: [&str; 5] = [
    "-#format=tar",
    "-#format=targz,strip_components=1",
    "-#format=tar,compression=zstd,subdir=a",
    "-#format=zip",
    "-#format=zip,strip_components=1,subdir=a/b",
];

fuzz_target!(|bytes: &[u8]| {
    for text in REFERENCES {
        let Ok(Reference::Archive(reference)) = Reference::parse(text) else {
            panic!("{text} is an archive");
        };
        let Ok(source) = Source::of_archive(bytes, &reference) else { continue };
        for path in source.tree.list(&source.dir, "").expect("it is in memory") {
            let content = source.tree.read(&path).expect("it is in memory");
            assert!(content.is_some(), "{path} is listed and not there");
        }
    }
});
