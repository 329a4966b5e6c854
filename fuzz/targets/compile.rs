//! Sources, one file or several: they compile, or there are findings. What compiles can be
//! written as an image and is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof_fuzz::{Files, configured, images, schema, source};

fuzz_target!(|bytes: &[u8]| {
    let input = source(Files::of(bytes, "a.proto"));
    if let Ok(workspace) = configured(&input)
        && let Some(schema) = schema(&input, &workspace)
    {
        images(schema);
    }
});
