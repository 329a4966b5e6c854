//! `rules`: prints the table of rules, as text or as JSON with buf's keys.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Outcome, print};
use crate::compat;
use crate::error::Result;
use crate::lint;
use crate::rule::{ConfigVersion, Membership, PROOF, PROOF_RULES, Rule};

/// List the rules
#[derive(Debug, clap::Args)]
pub(crate) struct RulesArgs {
    /// List the rules of this version of buf.yaml: v1beta1, v1 or v2
    #[arg(long, value_name = "VERSION", default_value = "v2", value_parser = parse_version)]
    version: ConfigVersion,
    /// List only the rules of lint, only those of check-compat, or only those that
    /// `proof.rules` of wireproof.toml selects
    #[arg(long, value_name = "KIND", value_parser = ["lint", "compat", "proof"])]
    kind: Option<String>,
    /// Also list deprecated rules
    #[arg(long)]
    include_deprecated: bool,
    /// Output format; json is one object per line, with buf's keys
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// Parses the value of `--version`.
fn parse_version(name: &str) -> Result<ConfigVersion, String> {
    let versions = ConfigVersion::ALL.into_iter();
    versions.into_iter().find(|version| version.to_string() == name).ok_or_else(|| {
        let known = ConfigVersion::ALL.map(|version| version.to_string());
        format!("known versions are {}", known.join(", "))
    })
}

pub(crate) fn run(args: &RulesArgs) -> Result<Outcome> {
    let is_selected = |kind: &str| args.kind.as_ref().is_none_or(|selected| selected == kind);
    let kinds = [
        ("lint", lint::rules::table()),
        ("compat", compat::rules::table()),
        ("proof", compat::rules::proof_table()),
    ];
    let selected = kinds.into_iter().filter(|(kind, _)| is_selected(kind));
    let listed: Vec<(&Rule, Membership)> = selected
        .flat_map(|(_, table)| table)
        .filter(|rule| args.include_deprecated || !rule.deprecated)
        .filter_map(|rule| Some((rule, membership(rule, args.version)?)))
        .collect();
    print(&match args.format.as_str() {
        "json" => json(&listed),
        _ => text(&listed),
    })?;
    Ok(Outcome::Clean)
}

/// Returns the membership of a rule in `version`, or in the category PROOF.
fn membership(rule: &Rule, version: ConfigVersion) -> Option<Membership> {
    let of_proof = Membership { categories: &[PROOF], default: false };
    rule.membership(version).or_else(|| PROOF_RULES.contains(&rule.id).then_some(of_proof))
}

/// A rule as a line of JSON.
#[derive(Serialize)]
struct Line {
    id: &'static str,
    categories: &'static [&'static str],
    default: bool,
    purpose: &'static str,
    deprecated: bool,
    replacements: Option<&'static [&'static str]>,
}

/// Returns a JSON object per line, one for each rule.
fn json(rules: &[(&Rule, Membership)]) -> String {
    let lines = rules.iter().map(|(rule, member)| {
        let line = Line {
            id: rule.id,
            categories: member.categories,
            default: member.default,
            purpose: rule.purpose,
            deprecated: rule.deprecated,
            replacements: Some(rule.replacements).filter(|list| !list.is_empty()),
        };
        serde_json::to_string(&line).expect("strings become JSON") + "\n"
    });
    lines.collect()
}

/// Returns a table with a header.
fn text(rules: &[(&Rule, Membership)]) -> String {
    let width = |column: fn(&(&Rule, Membership)) -> usize| rules.iter().map(column).max();
    let id = width(|(rule, _)| rule.id.len()).unwrap_or(0);
    let categories = width(|(_, member)| member.categories.join(", ").len()).unwrap_or(0);
    let mut out = String::new();
    let mut line = |name: &str, list: &str, default: &str, purpose: &str| {
        let _ = writeln!(out, "{name:id$}  {list:categories$}  {default:7}  {purpose}");
    };
    line("ID", "CATEGORIES", "DEFAULT", "PURPOSE");
    for (rule, member) in rules {
        let default = if member.default { "*" } else { "" };
        line(rule.id, &member.categories.join(", "), default, rule.purpose);
    }
    out
}
