//! Prints findings to standard output, and turns them into an exit code.

use std::io::IsTerminal as _;

use super::{Outcome, print_exactly};
use crate::compat;
use crate::error::Result;
use crate::finding::Finding;
use crate::lint;
use crate::report::{self, Format, RenderOptions};
use crate::workspace::Texts;

/// The flag for the format of findings.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct FormatArgs {
    /// Report format: text, json, msvs, junit, github-actions, gitlab-code-quality, sarif or
    /// markdown
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_format)]
    pub(crate) error_format: Format,
}

/// The flag for the format of lint findings, which have one more format.
#[derive(Debug, clap::Args)]
pub(crate) struct LintFormatArgs {
    /// Report format: text, json, msvs, junit, github-actions, gitlab-code-quality, sarif,
    /// markdown or config-ignore-yaml
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_lint_format)]
    pub(crate) error_format: Format,
}

fn parse_lint_format(name: &str) -> Result<Format, String> {
    Format::named(name, &Format::LINT)
}

fn parse_format(name: &str) -> Result<Format, String> {
    let named = Format::named(name, &Format::COMMON);
    match Format::named(name, &Format::LINT) {
        Ok(lints) => named.map_err(|known| format!("{} is only for lint; {known}", lints.name())),
        Err(_) => named,
    }
}

/// Prints `findings`, sorted, and returns the outcome. They may quote `texts`.
pub(crate) fn report(findings: Vec<Finding>, format: Format, texts: &Texts) -> Result<Outcome> {
    report_of(findings, format, texts, &|_| None, "")
}

/// Prints breaking changes like [`report`]. `accept` are the arguments with which `accept` finds them
/// again, see [`RenderOptions`].
pub(crate) fn report_breaks(
    findings: Vec<Finding>,
    format: Format,
    texts: &Texts,
    accept: &str,
) -> Result<Outcome> {
    report_of(findings, format, texts, &|_| None, accept)
}

/// Prints `findings` like [`report`], for a format that needs import paths: `import_path` returns
/// that of a file by the path that findings show.
pub(crate) fn report_of(
    mut findings: Vec<Finding>,
    format: Format,
    texts: &Texts,
    import_path: &dyn Fn(&str) -> Option<String>,
    accept: &str,
) -> Result<Outcome> {
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let source = |path: &str| texts.text(path);
    let is_terminal = std::io::stdout().is_terminal();
    let colors = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let rules =
        [lint::rules::table(), compat::rules::table(), compat::rules::proof_table()].concat();
    // A log is what people read there.
    let is_detailed = is_terminal || std::env::var("CI").is_ok_and(|value| value == "true");
    let options =
        RenderOptions { is_detailed, colors, source: &source, import_path, rules: &rules, accept };
    print_exactly(report::render(&findings, format, &options).as_bytes())?;
    let fails = findings.iter().any(Finding::fails);
    // Dropping many findings takes time, and the process exits anyway.
    std::mem::forget(findings);
    Ok(if fails { Outcome::Findings } else { Outcome::Clean })
}
