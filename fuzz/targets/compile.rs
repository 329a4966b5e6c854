//! Sources, one file or several: they compile, or there are findings. What compiles can be
//! written as an image and is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof_fuzz::{Files, images, loaded, source};

fuzz_target!(|bytes: &[u8]| {
    if let Some(loaded) = loaded(&source(Files::of(bytes, "a.proto"))) {
        images(loaded.schema);
    }
});
