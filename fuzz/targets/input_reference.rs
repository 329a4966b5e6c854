//! What a user writes as an input.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::input::Reference;

fuzz_target!(|text: &str| {
    let _ = Reference::parse(text);
});
