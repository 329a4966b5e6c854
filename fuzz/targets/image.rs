//! Images in all formats, packed or not: they are read, or there is an error. What was read is a
//! schema that can be compared and written, whatever it holds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wireproof::compat::{Settings, check};
use wireproof::schema::image::{self, Compression, Format, MAX_SIZE};
use wireproof::schema::pair::Pair;
use wireproof::schema::runtime;
use wireproof_fuzz::{all_rules, images};

const COMPRESSIONS: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];
const FORMATS: [Format; 4] = [Format::Binary, Format::Json, Format::Text, Format::Yaml];

fuzz_target!(|bytes: &[u8]| {
    for compression in COMPRESSIONS {
        if let Ok(unpacked) = image::decompress(bytes, compression, MAX_SIZE) {
            FORMATS.iter().for_each(|format| read(&unpacked, *format));
        }
    }
});

fn read(bytes: &[u8], format: Format) {
    let Ok(set) = image::decode(bytes, format) else { return };
    let _ = runtime::pool(&set.file);
    let schema = image::schema(set);
    let settings = Settings { modules: &all_rules(1), exclude_imports: false, proof: Default::default() };
    let _ = check(Pair { old: &schema, new: &schema }, &settings);
    images(schema);
}
