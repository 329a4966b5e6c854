//! `--error-format config-ignore-yaml`: the section of `buf.yaml` that would suppress all findings.
//! Like buf's, it is for `version: v1`, and has import paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::{RenderOptions, text};
use crate::finding::{COMPILE, Finding};
use crate::printable;

/// The ignored paths by rule.
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

pub(super) fn render(findings: &[Finding], options: &RenderOptions<'_>) -> String {
    // Compile errors cannot be suppressed, so they are reported as text.
    if findings.iter().any(|finding| finding.rule == COMPILE) {
        return text::render(findings, options);
    }
    let mut ignore_only = IgnoreOnly::new();
    for finding in findings {
        if let Some(path) = &finding.place.path {
            let path = (options.import_path)(path).unwrap_or_else(|| path.clone());
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

/// Returns the section with every path quoted on a line of its own, with escapes of YAML. The YAML
/// writer folds long lines, so that a part of a path could begin a line and be read as a CI command.
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
