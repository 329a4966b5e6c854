//! Loads the inputs of the fuzz targets, and checks what becomes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use wireproof::compat::rules;
use wireproof::config::RuleSet;
use wireproof::input::{self, Budget, Source, View, directory};
use wireproof::rule::ConfigVersion;
use wireproof::schema::Schema;
use wireproof::schema::image::{self, Format};
use wireproof::workspace::{Load, Loaded, Options, load_source};

use tempfile::TempDir;

use crate::Files;

/// All formats in which images are written.
const FORMATS: [Format; 4] = [Format::Binary, Format::Json, Format::Text, Format::Yaml];

/// `files` as an input.
pub fn source(files: Files) -> Source {
    Source {
        tree: Arc::new(files),
        dir: ".".to_owned(),
        file: None,
        ceiling: ".".to_owned(),
        view: View::Own { dir: ".".to_owned() },
        budget: Budget::default(),
    }
}

/// `files` as an input on disk, which goes as soon as the folder does.
pub fn on_disk(files: &Files) -> (TempDir, Source) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    files.write_to(folder.path());
    let options = input::Options::new(folder.path().to_owned());
    let source = directory(".", &options).expect("the folder is there");
    (folder, source)
}

/// A configuration of `modules` modules that uses every rule in each.
pub fn all_rules(modules: usize) -> Vec<RuleSet> {
    let mut ids: Vec<&'static str> = rules::table().iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    let rules = RuleSet {
        version: ConfigVersion::V2,
        rules: ids,
        is_target: true,
        ignore: Vec::new(),
        ignore_only: BTreeMap::new(),
        ignore_unstable_packages: false,
    };
    vec![rules; modules]
}

/// Loads `source`; none if it cannot be read or does not compile.
pub fn loaded(source: &Source) -> Option<Box<Loaded>> {
    match load_source(source, &Options::new("/")).ok()? {
        Load::Ready(loaded) => Some(loaded),
        Load::CompileErrors(findings, _) => {
            assert!(!findings.is_empty(), "a schema that does not compile has a finding");
            None
        }
    }
}

/// Writes `schema` in every format. What was written is read, and written again it is the same
/// (options may come back with their fields in another order).
pub fn images(schema: Schema) {
    let set = image::of_schema(schema);
    for format in FORMATS {
        if let Ok(bytes) = image::encode(&set, format) {
            let read = match image::decode(&bytes, format) {
                // A list in a list in a list is twice as deep in JSON as it is on the wire.
                Err(error) if error.to_string().contains("recursion limit") => continue,
                read => read.expect("what was written can be read"),
            };
            let again = image::encode(&read, format).expect("what was read can be written");
            assert!(bytes == again, "{format:?} says something else");
        }
    }
    let _ = image::freeze(&set);
}
