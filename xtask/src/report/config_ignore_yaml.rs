//! `--error-format config-ignore-yaml`: what would have to stand in `buf.yaml` for all of it to
//! pass. Like buf's, it is written for `version: v1`, with the paths by which files are imported.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Reader, text};
use crate::finding::{COMPILE, Finding};

#[derive(Serialize)]
struct Config<'a> {
    version: &'static str,
    lint: Lint<'a>,
}

#[derive(Serialize)]
struct Lint<'a> {
    ignore_only: BTreeMap<&'a str, BTreeSet<String>>,
}

pub(super) fn render(findings: &[Finding], reader: &Reader<'_>) -> String {
    // A schema that does not compile cannot be excused: it is said as always.
    if findings.iter().any(|finding| finding.rule == COMPILE) {
        return text::render(findings, reader);
    }
    let mut ignore_only: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for finding in findings {
        if let Some(path) = &finding.place.path {
            let path = (reader.import_path)(path).unwrap_or_else(|| path.clone());
            ignore_only.entry(finding.rule).or_default().insert(path);
        }
    }
    if ignore_only.is_empty() {
        return String::new();
    }
    let config = Config { version: "v1", lint: Lint { ignore_only } };
    let options = serde_saphyr::ser_options! { compact_list_indent: false };
    serde_saphyr::to_string_with_options(&config, options).expect("names and paths become YAML")
}
