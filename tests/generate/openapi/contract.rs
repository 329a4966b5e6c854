//! The document of this repository's contract, as it is committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wireproof::schema::runtime;

use super::{mapping, real, routes};
use crate::oracle::Tree;

/// How many messages are tried at least.
const TRIED: usize = 1_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/openapi")
}

fn document() -> Value {
    let text = std::fs::read_to_string(folder().join("openapi.json")).expect("it is committed");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_validator_accepts_it() {
    let Some(python) = real::validator() else { return };
    assert_eq!(real::validated(&python, &folder()), "1 checked\n");
}

#[test]
fn its_routes_and_schemas_are_known() {
    let document = document();
    let mut surface = String::new();
    for route in routes::routes(&document) {
        let _ = writeln!(surface, "{route}");
    }
    let schemas = document["components"]["schemas"].as_object().expect("there are schemas");
    for (name, schema) in schemas {
        let _ = writeln!(surface, "{name} = {}", routes::kind(schema));
    }
    insta::assert_snapshot!("surface", surface);
}

#[test]
fn its_schemas_accept_what_the_json_mapping_writes() {
    let document = document();
    let files = Tree::contract().compiled().expect("it compiles").file;
    let pool = runtime::pool(&files).expect("it is whole");
    let schemas = document["components"]["schemas"].as_object().expect("there are schemas");
    let own = schemas.keys().filter(|name| name.starts_with("agent."));
    let messages = own.filter_map(|name| pool.get_message_by_name(name));
    let tried: usize = messages.map(|message| mapping::try_all(&document, &message)).sum();
    assert!(tried > TRIED, "{tried}");
}
