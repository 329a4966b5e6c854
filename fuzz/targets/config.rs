//! `buf.yaml`, `buf.work.yaml` and `wireproof.toml`, alone and together: whatever they hold, the
//! answer is a configuration or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::config::Settings;
use wireproof::workspace::{Options, load};
use wireproof_fuzz::{Files, loaded, on_disk};

fuzz_target!(|bytes: &[u8]| {
    // On disk, so that files are opened as the command line opens them.
    let (folder, input) = on_disk(&Files::of(bytes, "buf.yaml"));
    let _ = loaded(&input);
    // Without sources, so that only the configuration matters: an image that holds no file.
    std::fs::write(folder.path().join("empty.binpb"), "").expect("the folder is writable");
    let _ = load("empty.binpb", &Options::new(folder.path()));
    let _ = Settings::load(&input, &input.dir);
});
