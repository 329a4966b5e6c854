//! The page of a rule, which `explain` prints and `docs/rules` contains.

use std::fmt::Write as _;

use super::{ConfigVersion, PROOF_RULES, Rule};

impl Rule {
    /// Returns the documentation of the rule, as Markdown.
    pub fn page(&self) -> String {
        let mut page = format!("# {}\n\n{}\n\n", self.id, self.purpose);
        if self.deprecated {
            page.push_str(&deprecation(self));
        } else if PROOF_RULES.contains(&self.id) {
            page.push_str(
                "Of the category PROOF: off by default, and selected by `proof.rules` in \
                 `wireproof.toml`.\n\n",
            );
        } else if ConfigVersion::ALL.iter().all(|version| self.membership(*version).is_none()) {
            page.push_str("Always on: `buf.yaml` does not configure it.\n\n");
        } else {
            page.push_str("| buf.yaml | categories | on by default |\n| --- | --- | --- |\n");
            for version in ConfigVersion::ALL {
                let row = match self.membership(version) {
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
        page.push_str(self.docs.trim());
        page.push('\n');
        page
    }
}

fn deprecation(rule: &Rule) -> String {
    match rule.replacements {
        [] => "Deprecated; nothing replaces it.\n\n".to_owned(),
        instead => format!("Deprecated; replaced by {}.\n\n", instead.join(", ")),
    }
}
