//! `explain RULE`: prints the page of a rule.

use super::{Outcome, print};
use crate::compat;
use crate::error::{Error, Result};
use crate::lint;
use crate::rule::{OTHERS, Rule};

/// Explain a rule: what it checks, why, and what to do instead
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Rule id, for example FIELD_NO_DELETE or COMPILE
    rule: String,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Outcome> {
    let rule = find(&args.rule)?;
    print(&rule.page())?;
    Ok(Outcome::Clean)
}

/// Returns the rule `id`, which may be written in lower case and with hyphens.
fn find(id: &str) -> Result<&'static Rule> {
    let id = id.to_ascii_uppercase().replace('-', "_");
    let known = || {
        let tables = [lint::rules::table(), compat::rules::table(), compat::rules::proof_table()];
        tables.concat().into_iter().chain(&OTHERS)
    };
    known().find(|rule| rule.id == id).ok_or_else(|| {
        let near = known().min_by_key(|rule| strsim::damerau_levenshtein(rule.id, &id));
        let near = near.map_or_else(String::new, |rule| format!("did you mean {}? ", rule.id));
        Error::new(format!("unknown rule {id}"))
            .help(format!("{near}`wireproof rules` lists all rules"))
    })
}
