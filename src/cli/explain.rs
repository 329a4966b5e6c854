//! `explain RULE`: what a rule checks, why, and what to do instead.

use std::fmt::Write as _;

use super::{Outcome, print};
use crate::compat;
use crate::error::{Error, Result};
use crate::lint;
use crate::rule::{ConfigVersion, Rule};

/// Explain a rule
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Its id, FIELD_NO_DELETE for example
    rule: String,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Outcome> {
    let rule = find(&args.rule)?;
    print(&page(rule))?;
    Ok(Outcome::Clean)
}

fn find(id: &str) -> Result<&'static Rule> {
    let id = id.to_ascii_uppercase().replace('-', "_");
    let known = || lint::rules::table().into_iter().chain(compat::rules::table());
    known().find(|rule| rule.id == id).ok_or_else(|| {
        let near = known().min_by_key(|rule| strsim::damerau_levenshtein(rule.id, &id));
        let near = near.map_or_else(String::new, |rule| format!("did you mean {}? ", rule.id));
        Error::new(format!("there is no rule {id}"))
            .help(format!("{near}`wireproof rules` lists all of them"))
    })
}

/// The page of a rule, as Markdown.
pub(crate) fn page(rule: &Rule) -> String {
    let mut page = format!("# {}\n\n{}\n\n", rule.id, rule.purpose);
    if rule.deprecated {
        page.push_str(&deprecation(rule));
    } else {
        page.push_str("| buf.yaml | categories | on by default |\n| --- | --- | --- |\n");
        for version in ConfigVersion::ALL {
            let row = match rule.membership(version) {
                Some(member) => {
                    let default = if member.default { "yes" } else { "no" };
                    format!("| {version} | {} | {default} |", member.categories.join(", "))
                }
                None => format!("| {version} | not in this version | |"),
            };
            let _ = writeln!(page, "{row}");
        }
        page.push('\n');
    }
    page.push_str(rule.docs.trim());
    page.push('\n');
    page
}

fn deprecation(rule: &Rule) -> String {
    match rule.replacements {
        [] => "Deprecated; nothing replaces it.\n\n".to_owned(),
        instead => format!("Deprecated; replaced by {}.\n\n", instead.join(", ")),
    }
}
