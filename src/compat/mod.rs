//! Compatibility: forbidden changes between two schemas.
//!
//! [`check`] pairs old elements with new ones in a single pass and runs every enabled rule on the
//! pairs of its kind. A rule is a [`CompatRule`] in a file of [`rules`].

mod cardinality;
mod defaults;
pub mod diff;
mod findings;
mod history;
mod kinds;
mod ranges;
pub mod rules;
mod view;
mod walk;

use crate::config::RuleSet;
use crate::finding::Finding;
use crate::rule::Rule;
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Schema, Service, pair::Pair};

pub use self::history::History;

use self::findings::Findings;
use self::view::View;
use self::walk::Enabled;

/// A rule with its check.
#[derive(Clone, Copy, Debug)]
pub struct CompatRule {
    /// The declaration of the rule.
    pub rule: Rule,
    /// The check of the rule.
    pub check: Check,
}

/// The check of a rule, by the kind of elements that it runs on. Unless noted otherwise, a check
/// runs on pairs of elements that exist in both schemas.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Both schemas as a whole, for checks without pairs: deleted files and packages.
    Schema(fn(&View<'_>, &mut Findings<'_>)),
    /// Two files with one path.
    File(fn(Pair<File<'_>>, &mut Findings<'_>)),
    /// Two messages with one full name, map entries included.
    Message(fn(Pair<Message<'_>>, &mut Findings<'_>)),
    /// Two fields with one number, or two extensions of one message with one number.
    Field(fn(Pair<Field<'_>>, &mut Findings<'_>)),
    /// An old field whose number the new message no longer has.
    DeletedField(fn(Field<'_>, Message<'_>, &mut Findings<'_>)),
    /// Two enums with one full name.
    Enum(fn(Pair<Enum<'_>>, &mut Findings<'_>)),
    /// The values with one number in two enums.
    EnumNumber(fn(Pair<&[EnumValue<'_>]>, &mut Findings<'_>)),
    /// The old values of a number that the new enum no longer has.
    DeletedEnumNumber(fn(&[EnumValue<'_>], Enum<'_>, &mut Findings<'_>)),
    /// Two services with one full name.
    Service(fn(Pair<Service<'_>>, &mut Findings<'_>)),
    /// Two methods with one name.
    Method(fn(Pair<Method<'_>>, &mut Findings<'_>)),
    /// None: the rule exists by name only.
    Nothing,
}

/// The settings of [`check`].
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The rules of each module of the new schema, by the index that its files carry.
    pub modules: &'a [RuleSet],
    /// Whether findings in imports are left out.
    pub exclude_imports: bool,
}

/// Returns the findings of all enabled rules for the change from old to new, sorted.
///
/// Each module is checked with its own rules, together with its imports: a file that two modules
/// see is checked with the rules of both.
pub fn check(pair: Pair<&Schema>, settings: &Settings<'_>) -> Vec<Finding> {
    let parts = view::parts(pair, settings.modules);
    let views = match &parts {
        Some(parts) => View::of_parts(parts, settings),
        None => View::all(pair, settings),
    };
    let mut found: Vec<Finding> =
        views.iter().flat_map(|view| walk::walk(view, &Enabled::of(view.rules()))).collect();
    found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    found.dedup();
    found
}

/// Removes duplicates as buf does: of several findings with the same change at the same location it
/// keeps one. buf identifies a field by the short name of its message, so for two such messages
/// without a location (in an image without source info, or for a file option) it reports one
/// finding. For reports only.
pub fn distinct(findings: &mut Vec<Finding>) {
    let mut seen = rustc_hash::FxHashSet::default();
    findings.retain(|f| seen.insert((f.rule, f.place.clone(), f.change.clone(), f.policy.clone())));
}
