//! The declaration of a rule, without its check. The tables of rules are passed to `config`, which
//! resolves `use` and `except` against them, and to `report` and `cli`, which print their
//! documentation.

mod other;
mod page;

use std::fmt;

pub use self::other::OTHERS;

/// The category of the rules that only `wireproof.toml` selects.
pub const PROOF: &str = "PROOF";

/// The ids of the rules of the category [`PROOF`], sorted.
pub const PROOF_RULES: [&str; 6] = [
    "PROOF_ADDITION_UNREAD",
    "PROOF_ENUM_VALUE_SAME_MEANING",
    "PROOF_FIELD_SAME_BINARY_VALUE",
    "PROOF_FIELD_SAME_JSON_VALUE",
    "PROOF_FIELD_SAME_PRESENCE",
    "PROOF_RPC_NO_DELETE",
];

/// A version of buf's configuration files. Each has its own set of rules and categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigVersion {
    /// `version: v1beta1`
    V1Beta1,
    /// `version: v1`, which also applies without a configuration.
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

/// The membership of a rule in one version of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The categories that contain it, in buf's order (strictest last).
    pub categories: &'static [&'static str],
    /// Whether it is on by default.
    pub default: bool,
}

/// A rule: its id, its documentation, and its membership in each version.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id: `FIELD_NO_DELETE`.
    pub id: &'static str,
    /// One sentence that describes the check.
    pub purpose: &'static str,
    /// Markdown under three fixed headings: `## What it checks`, `## Why`, `## Instead`.
    pub docs: &'static str,
    /// Its membership in `version: v1beta1`, if it exists there.
    pub v1beta1: Option<Membership>,
    /// Its membership in `version: v1`, if it exists there.
    pub v1: Option<Membership>,
    /// Its membership in `version: v2`, if it exists there.
    pub v2: Option<Membership>,
    /// Whether buf has deprecated it. A deprecated rule is in no category and off by default.
    pub deprecated: bool,
    /// The replacements of a deprecated rule, which are used in its place.
    pub replacements: &'static [&'static str],
}

impl Rule {
    /// An empty rule, to declare others with `..Rule::PLAIN`. It is in no version of the
    /// configuration, and not deprecated.
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

    /// Returns the section of its documentation under `heading`.
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        let mut sections = self.docs.split("## ");
        let section = sections.find_map(|section| section.strip_prefix(heading));
        section.map(str::trim)
    }

    /// Returns its membership in `version`; none if it does not exist there.
    pub fn membership(&self, version: ConfigVersion) -> Option<Membership> {
        match version {
            ConfigVersion::V1Beta1 => self.v1beta1,
            ConfigVersion::V1 => self.v1,
            ConfigVersion::V2 => self.v2,
        }
    }
}

/// Declares `Enabled`, the rules in use, by the kind of their `Check`: a list for each kind, and a
/// method of the same name that runs its rules on an element. `rules`, `Check`, `Findings` and
/// `Rule` come from the module that uses the macro.
macro_rules! enabled {
    ($($list:ident: $kind:ident($($argument:ident: $type:ty),*);)*) => {
        /// The rules in use, by the kind of elements that they run on.
        #[derive(Default)]
        pub(super) struct Enabled {
            $($list: Vec<(&'static Rule, fn($($type,)* &mut Findings<'_>))>,)*
        }

        impl Enabled {
            /// Returns the rules that `is_in_use` accepts.
            pub(super) fn of(is_in_use: &dyn Fn(&Rule) -> bool) -> Self {
                let mut enabled = Enabled::default();
                for rule in rules::all().filter(|rule| is_in_use(&rule.rule)) {
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
                        findings.run(rule, |findings| check($($argument,)* findings));
                    }
                }
            )*
        }
    };
}
pub(crate) use enabled;

/// Returns the membership of a rule in these categories that is on by default.
pub(crate) const fn on(categories: &'static [&'static str]) -> Option<Membership> {
    Some(Membership { categories, default: true })
}

/// Returns the membership of a rule in these categories that is off by default.
pub(crate) const fn off(categories: &'static [&'static str]) -> Option<Membership> {
    Some(Membership { categories, default: false })
}

#[cfg(test)]
pub(crate) mod tests;
