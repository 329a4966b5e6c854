//! Two versions, each of sources or an image, under every rule: the check ends with findings or
//! without. Sources against themselves have none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::compat::{Settings, check};
use wireproof::finding::Finding;
use wireproof::schema::pair::Pair;
use wireproof::schema::{Schema, image};
use wireproof_fuzz::{Files, all_rules, loaded, source};

/// The one file of a version that is an image.
const IMAGES: [(&str, image::Format); 2] =
    [("image.binpb", image::Format::Binary), ("image.txtpb", image::Format::Text)];

/// A schema, and how many modules it is of.
type Version = (Schema, usize);

fuzz_target!(|bytes: &[u8]| {
    let files = Files::of(bytes, "old/a.proto");
    let Some(old) = version(files.below("old")) else { return };
    let _ = compare(&old, &old);
    let Some(new) = version(files.below("new")) else { return };
    let _ = compare(&old, &new);
    let _ = compare(&new, &old);
});

fn version(files: Files) -> Option<Version> {
    for (name, format) in IMAGES {
        if let Some(bytes) = files.get(name) {
            return image::decode(bytes, format).ok().map(|set| (image::schema(set), 1));
        }
    }
    let loaded = loaded(&source(files))?;
    let version = (loaded.schema, loaded.workspace.modules.len());
    assert_eq!(compare(&version, &version), [], "it differs from itself");
    Some(version)
}

fn compare(old: &Version, new: &Version) -> Vec<Finding> {
    let settings = Settings { modules: &all_rules(new.1), exclude_imports: false, proof: Default::default() };
    check(Pair { old: &old.0, new: &new.0 }, &settings)
}
