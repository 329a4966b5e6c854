//! Packed folders: whatever the bytes are, they are unpacked, or there is an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::input::{Opened, Options, Reference, open};

/// The kinds of archive, and what is meant of one.
const REFERENCES: [&str; 5] = [
    "packed#format=tar",
    "packed#format=targz,strip_components=1",
    "packed#format=tar,compression=zstd,subdir=a",
    "packed#format=zip",
    "packed#format=zip,strip_components=1,subdir=a/b",
];

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    std::fs::write(folder.path().join("packed"), bytes).expect("it can be written");
    let options = Options::new(folder.path().to_owned());
    for text in REFERENCES {
        let reference = Reference::parse(text).expect("it is an archive");
        let Ok(Opened::Source(source)) = open(&reference, &options) else { continue };
        let all = source.tree.list(&source.dir, "", &|_| true);
        for path in all.expect("it is in memory") {
            let content = source.tree.read(&path, u64::MAX).expect("it is in memory");
            assert!(content.is_some(), "{path} is listed and not there");
        }
    }
});
