//! `reference`: writes the reference of the rules, which has the pages of `explain`, and an index.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use wireproof::compat;
use wireproof::error::{Error, Result};
use wireproof::lint;
use wireproof::rule::{ConfigVersion, OTHERS, Rule};

use crate::{say, write};

/// Write the reference of the rules to docs/rules: a page per rule, and an index
#[derive(Debug, clap::Args)]
pub(crate) struct ReferenceArgs {}

pub(crate) fn run(_: &ReferenceArgs, root: &Path) -> Result<()> {
    update(&root.join("docs/rules")).map(|done| say(&done))
}

const INDEX: &str = "README.md";

/// Writes the reference into `folder`, deletes the pages of rules that no longer exist, and
/// returns a summary.
fn update(folder: &Path) -> Result<String> {
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    let pages = pages();
    let mut written = 0;
    for (name, text) in &pages {
        let path = folder.join(name);
        if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            write(&path, text)?;
            written += 1;
        }
    }
    let deleted = delete_others(folder, &pages)?;
    Ok(format!("{}: {written} written, {deleted} deleted", folder.display()))
}

/// Returns the pages by file name.
fn pages() -> BTreeMap<String, String> {
    let of_compat = [compat::rules::table(), compat::rules::proof_table()].concat();
    let rules = [lint::rules::table(), of_compat, OTHERS.iter().collect()].concat();
    let pages = rules.into_iter().map(|rule| (format!("{}.md", rule.id), rule.page()));
    pages.chain([(INDEX.to_owned(), index())]).collect()
}

/// Deletes pages in `folder` whose names look like rule ids and are not in `pages`.
fn delete_others(folder: &Path, pages: &BTreeMap<String, String>) -> Result<usize> {
    let is_id = |name: &str| name.chars().all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_'));
    let mut deleted = 0;
    for entry in fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
        let entry = entry.map_err(|error| Error::io(folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.strip_suffix(".md").is_some_and(|name| name.contains('_') && is_id(name))
            && !pages.contains_key(&name)
        {
            fs::remove_file(entry.path()).map_err(|error| Error::io(&entry.path(), error))?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Returns the table of all rules.
fn index() -> String {
    let mut index = "\
# The rules

One page per rule, as printed by `wireproof explain RULE`. `cargo xtask reference` writes the pages.
The last column has the versions of `buf.yaml` in which a rule is on by default.
"
    .to_owned();
    let tables = [("Lint", lint::rules::table()), ("Compatibility", compat::rules::table())];
    for (title, table) in tables {
        let _ = write!(
            index,
            "\n## {title}\n\n| rule | what it checks | by default |\n| --- | --- | --- |\n"
        );
        for rule in table {
            let _ = writeln!(
                index,
                "| [{0}]({0}.md) | {1} | {2} |",
                rule.id,
                rule.purpose,
                default(rule)
            );
        }
    }
    let plain = [
        ("Proof", compat::rules::proof_table()),
        ("Other findings", OTHERS.iter().collect::<Vec<_>>()),
    ];
    for (title, table) in plain {
        let _ = write!(index, "\n## {title}\n\n| rule | what it checks |\n| --- | --- |\n");
        for rule in table {
            let _ = writeln!(index, "| [{0}]({0}.md) | {1} |", rule.id, rule.purpose);
        }
    }
    index
}

/// Returns the versions of buf.yaml in which `rule` is on by default.
fn default(rule: &Rule) -> String {
    if rule.deprecated {
        return "deprecated".to_owned();
    }
    let is_on = |version: &ConfigVersion| rule.membership(*version).is_some_and(|m| m.default);
    let versions = ConfigVersion::ALL.into_iter().filter(is_on);
    versions.map(|version| version.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
