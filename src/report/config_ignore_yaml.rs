//! `--error-format config-ignore-yaml`: what would have to stand in `buf.yaml` for all of it to
//! pass. Like buf's, it is written for `version: v1`, with the paths by which files are imported.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::{Reader, text};
use crate::finding::{COMPILE, Finding};
use crate::printable;

/// Paths by the rule that is not to look at them.
type IgnoreOnly<'a> = BTreeMap<&'a str, BTreeSet<String>>;

#[derive(Serialize)]
struct Config<'a> {
    version: &'static str,
    lint: Lint<'a>,
}

#[derive(Serialize)]
struct Lint<'a> {
    ignore_only: IgnoreOnly<'a>,
}

pub(super) fn render(findings: &[Finding], reader: &Reader<'_>) -> String {
    // A schema that does not compile cannot be excused: it is said as always.
    if findings.iter().any(|finding| finding.rule == COMPILE) {
        return text::render(findings, reader);
    }
    let mut ignore_only = IgnoreOnly::new();
    for finding in findings {
        if let Some(path) = &finding.place.path {
            let path = (reader.import_path)(path).unwrap_or_else(|| path.clone());
            ignore_only.entry(finding.rule).or_default().insert(path);
        }
    }
    if ignore_only.is_empty() {
        return String::new();
    }
    if ignore_only.values().flatten().any(|path| path.contains('\n')) {
        return quoted(&ignore_only);
    }
    let config = Config { version: "v1", lint: Lint { ignore_only } };
    let options = serde_saphyr::ser_options! { compact_list_indent: false };
    let yaml = serde_saphyr::to_string_with_options(&config, options);
    let yaml = yaml.expect("names and paths become YAML");
    if printable::lines(&yaml) == yaml { yaml } else { quoted(&config.lint.ignore_only) }
}

/// Writes the same with every path on a line of its own, quoted and with the escapes of YAML.
fn quoted(ignore_only: &IgnoreOnly<'_>) -> String {
    let mut out = "version: v1\nlint:\n  ignore_only:\n".to_owned();
    let escape = |out: &mut String, c: char| *out += &format!("\\U{:08x}", u32::from(c));
    for (rule, paths) in ignore_only {
        let _ = writeln!(out, "    {rule}:");
        for path in paths {
            let path = path.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(out, "      - \"{}\"", printable::line_with(&path, escape));
        }
    }
    out
}
