//! `buf.yaml`, `buf.work.yaml` and `wireproof.toml`, alone and together: whatever they hold, the
//! answer is a configuration or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::config::{Settings, load_for_image};
use wireproof_fuzz::{Files, configured, on_disk, tables};

fuzz_target!(|bytes: &[u8]| {
    // On disk, so that files are opened as the command line opens them.
    let (_folder, input) = on_disk(&Files::of(bytes, "buf.yaml"));
    let _ = configured(&input);
    let _ = load_for_image(&input, &input.dir, None, &tables());
    let _ = Settings::load(&input, &input.dir);
});
