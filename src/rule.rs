//! What a rule *is*, without its check: the tables of these are handed to `config` (which
//! resolves `use` and `except` against them) and to `report` and `cli` (which explain them).

mod page;

use std::fmt;

/// A version of buf's configuration files; each has its own set of rules and categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigVersion {
    /// `version: v1beta1`
    V1Beta1,
    /// `version: v1`, and what holds without any configuration.
    V1,
    /// `version: v2`
    V2,
}

impl ConfigVersion {
    /// All versions, oldest first.
    pub const ALL: [ConfigVersion; 3] =
        [ConfigVersion::V1Beta1, ConfigVersion::V1, ConfigVersion::V2];
}

impl fmt::Display for ConfigVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConfigVersion::V1Beta1 => "v1beta1",
            ConfigVersion::V1 => "v1",
            ConfigVersion::V2 => "v2",
        })
    }
}

/// What one configuration version says of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The categories that contain it, in buf's order (strictest last).
    pub categories: &'static [&'static str],
    /// Whether it is on when nothing is configured.
    pub default: bool,
}

/// One rule: its names, where it belongs, what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id, as users write it: `FIELD_NO_DELETE`.
    pub id: &'static str,
    /// One sentence: what it checks.
    pub purpose: &'static str,
    /// Markdown under three fixed headings: `## What it checks`, `## Why`, `## Instead`.
    pub docs: &'static str,
    /// Its place in `version: v1beta1`, if it exists there.
    pub v1beta1: Option<Membership>,
    /// Its place in `version: v1`, if it exists there.
    pub v1: Option<Membership>,
    /// Its place in `version: v2`, if it exists there.
    pub v2: Option<Membership>,
    /// Whether buf has deprecated it: it is in no category and never on by default.
    pub deprecated: bool,
    /// The rules that stand in for a deprecated one: naming it means naming these.
    pub replacements: &'static [&'static str],
}

impl Rule {
    /// A rule without anything, to declare others: `..Rule::PLAIN`. It is in no version of the
    /// configuration and not deprecated.
    pub(crate) const PLAIN: Rule = Rule {
        id: "",
        purpose: "",
        docs: "",
        v1beta1: None,
        v1: None,
        v2: None,
        deprecated: false,
        replacements: &[],
    };

    /// What its documentation says under `heading`.
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        let mut sections = self.docs.split("## ");
        let section = sections.find_map(|section| section.strip_prefix(heading));
        section.map(str::trim)
    }

    /// What `version` says of the rule; none where the rule does not exist.
    pub fn membership(&self, version: ConfigVersion) -> Option<Membership> {
        match version {
            ConfigVersion::V1Beta1 => self.v1beta1,
            ConfigVersion::V1 => self.v1,
            ConfigVersion::V2 => self.v2,
        }
    }
}

/// Declares `Enabled`, the rules that a configuration has in use, by their kind of `Check`: for each
/// kind a list, and a method of the same name that runs its rules on an element. `rules`, `Check`,
/// `Findings`, `Rule` and `RuleSet` are those of the module that declares it.
macro_rules! enabled {
    ($($list:ident: $kind:ident($($argument:ident: $type:ty),*);)*) => {
        /// The rules in use, by what they are run on.
        #[derive(Default)]
        pub(super) struct Enabled {
            $($list: Vec<(&'static Rule, fn($($type,)* &mut Findings<'_>))>,)*
        }

        impl Enabled {
            /// Returns the rules that `set` has in use.
            pub(super) fn of(set: &RuleSet) -> Self {
                let mut enabled = Enabled::default();
                for rule in rules::all().filter(|rule| set.enabled(rule.rule.id)) {
                    match rule.check {
                        $(Check::$kind(check) => enabled.$list.push((&rule.rule, check)),)*
                        Check::Nothing => {}
                    }
                }
                enabled
            }

            $(
                fn $list(&self, $($argument: $type,)* findings: &mut Findings<'_>) {
                    for (rule, check) in &self.$list {
                        findings.ask(rule, |findings| check($($argument,)* findings));
                    }
                }
            )*
        }
    };
}
pub(crate) use enabled;

/// A rule of these categories that is on by default.
pub(crate) const fn on(categories: &'static [&'static str]) -> Option<Membership> {
    Some(Membership { categories, default: true })
}

/// A rule of these categories that is off by default.
pub(crate) const fn off(categories: &'static [&'static str]) -> Option<Membership> {
    Some(Membership { categories, default: false })
}

#[cfg(test)]
pub(crate) mod tests;
