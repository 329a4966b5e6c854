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
pub mod proof;
mod ranges;
pub mod rules;
mod view;
mod walk;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::RuleSet;
use crate::finding::{Finding, Level, Surface};
use crate::rule::{PROOF_RULES, Rule};
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Schema, Service, pair::Pair};

pub use self::history::History;
pub use self::proof::Prover;

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
    /// What is proved about findings.
    pub proof: ProofSettings<'a>,
}

/// The settings of proofs.
#[derive(Clone, Copy, Debug)]
pub struct ProofSettings<'a> {
    /// The rules of the category PROOF that are in use.
    pub rules: &'a [&'static str],
    /// The surfaces on which effects are looked for; none for those that the rules in use protect.
    pub surfaces: Option<&'a [Surface]>,
    /// The lowest level that the rules of the category PROOF report.
    pub fail_on: Level,
}

impl Default for ProofSettings<'_> {
    fn default() -> Self {
        ProofSettings { rules: &[], surfaces: None, fail_on: Level::Lossy }
    }
}

/// Returns the findings of all enabled rules for the change from old to new, sorted, each with its
/// proof.
///
/// Each module is checked with its own rules, together with its imports: a file that two modules
/// see is checked with the rules of both.
pub fn check(pair: Pair<&Schema>, settings: &Settings<'_>) -> Vec<Finding> {
    check_remembering(pair, settings, None)
}

/// Returns the findings like [`check`]. Old files in `seen` are not checked again.
pub fn check_remembering(
    pair: Pair<&Schema>,
    settings: &Settings<'_>,
    mut seen: Option<&mut SeenFiles>,
) -> Vec<Finding> {
    // What one of several modules sees depends on all files.
    seen = seen.filter(|_| settings.modules.len() <= 1);
    let parts = view::parts(pair, settings.modules);
    let views = match &parts {
        Some(parts) => View::of_parts(parts, settings),
        None => View::all(pair, settings),
    };
    let mut found: Vec<Finding> =
        views.iter().flat_map(|view| of_view(view, settings, seen.as_deref_mut())).collect();
    found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    found.dedup();
    found
}

/// Returns the findings of one module with their proofs. A rule of the category PROOF says nothing
/// about an element that another rule has found.
fn of_view(view: &View<'_>, settings: &Settings<'_>, seen: Option<&mut SeenFiles>) -> Vec<Finding> {
    let is_in_use = |rule: &Rule| {
        let is_target = view.rules().is_target && !view.rules().rules.is_empty();
        view.rules().enabled(rule.id) || is_target && settings.proof.rules.contains(&rule.id)
    };
    let identities = match &seen {
        Some(_) => view.schemas().old.use_identities(),
        None => Vec::new(),
    };
    let is_known = |id| seen.as_ref().is_some_and(|seen| seen.0.contains_key(&id));
    let found = walk::walk(view, &Enabled::of(&is_in_use), &identities, &is_known);
    let found = crate::parallel::map(found, |(id, mut finding)| {
        let surfaces = match finding.rule {
            "PROOF_FIELD_SAME_BINARY_VALUE" => &[Surface::Binary],
            "PROOF_FIELD_SAME_JSON_VALUE" => &[Surface::Json],
            "PROOF_RPC_NO_DELETE" => &[Surface::Rpc],
            _ => view.surfaces(),
        };
        finding.proof = Some(view.prover().prove(&finding, surfaces));
        (id, finding)
    });
    let mut found = match seen {
        Some(seen) => seen.remember(&identities, found),
        None => found.into_iter().map(|(_, finding)| finding).collect(),
    };
    // The findings of the rules may be remembered ones.
    drop_known(&mut found);
    found
}

/// The findings of old files, by the identity of the file.
#[derive(Debug, Default)]
pub struct SeenFiles(FxHashMap<u64, Vec<Finding>>);

impl SeenFiles {
    /// Returns the findings of the files `identities`: `found`, and those that are remembered.
    /// Remembers the new ones.
    fn remember(&mut self, identities: &[u64], found: Vec<(Option<u64>, Finding)>) -> Vec<Finding> {
        let (mut all, mut new) = (Vec::new(), FxHashMap::<u64, Vec<Finding>>::default());
        for (id, finding) in found {
            match id {
                Some(id) => new.entry(id).or_default().push(finding),
                None => all.push(finding),
            }
        }
        for id in identities {
            let of_file = new.remove(id).unwrap_or_default();
            let known = self.0.entry(*id).or_insert(of_file);
            all.extend(known.iter().cloned());
        }
        all
    }
}

/// Removes the findings of rules of the category PROOF whose change another rule has found. The change
/// of that finding is the same, so whoever accepts it accepts this one.
fn drop_known(found: &mut Vec<Finding>) {
    let is_proof = |finding: &Finding| PROOF_RULES.contains(&finding.rule);
    if !found.iter().any(is_proof) {
        return;
    }
    let mut known = FxHashSet::default();
    for finding in found.iter().filter(|finding| !is_proof(finding)) {
        let kind = match finding.rule {
            "FIELD_SAME_TYPE"
            | "FIELD_WIRE_COMPATIBLE_TYPE"
            | "FIELD_WIRE_JSON_COMPATIBLE_TYPE" => "type",
            // Whether it is optional, required, repeated or a map.
            rule if rule.ends_with("_CARDINALITY") => "presence",
            "ENUM_VALUE_SAME_NAME" => "meaning",
            "RPC_NO_DELETE" | "SERVICE_NO_DELETE" | "PACKAGE_SERVICE_NO_DELETE" => "call",
            "FILE_NO_DELETE" | "FILE_SAME_PACKAGE" => {
                let path = finding.against.as_ref().and_then(|place| place.path.clone());
                known.extend(path.map(|path| ("file", path)));
                continue;
            }
            _ => continue,
        };
        known.insert((kind, finding.element.clone()));
    }
    let has = |kind, name: &str| known.contains(&(kind, name.to_owned()));
    let is_known = |finding: &Finding| {
        let element = &*finding.element;
        match finding.rule {
            "PROOF_FIELD_SAME_BINARY_VALUE" | "PROOF_FIELD_SAME_JSON_VALUE" => {
                has("type", element) || has("presence", element) && keeps_type(&finding.change)
            }
            "PROOF_FIELD_SAME_PRESENCE" => has("presence", element),
            "PROOF_ENUM_VALUE_SAME_MEANING" => has("meaning", element),
            // A service is found without its methods, and a file without either.
            "PROOF_RPC_NO_DELETE" => {
                let service = element.rsplit_once('.').map(|(service, _)| service);
                let file = finding.against.as_ref().and_then(|place| place.path.as_deref());
                has("call", element)
                    || service.is_some_and(|service| has("call", service))
                    || file.is_some_and(|file| has("file", file))
            }
            _ => false,
        }
    };
    found.retain(|finding| !is_proof(finding) || !is_known(finding));
}

/// Whether the change that a rule about values reports is one of cardinality alone: `json optional int32
/// to repeated int32`.
fn keeps_type(change: &str) -> bool {
    let change = change.rsplit_once(": ").map_or(change, |(_, change)| change);
    let types = change.split_once(' ').and_then(|(_, types)| types.split_once(" to "));
    let base = |declared: &str| declared.rsplit(' ').next().map(str::to_owned);
    types.is_some_and(|(old, new)| base(old) == base(new))
}

/// Returns the surfaces that the rules in use protect: those of WIRE protect binary and RPC, those of
/// WIRE_JSON also JSON, those of PACKAGE and FILE also source code.
pub fn protected(rules: &RuleSet) -> Vec<Surface> {
    let in_use = || all_rules().filter(|rule| rules.enabled(rule.id));
    let is_in = |rule: &Rule, category: &str| {
        let member = rule.membership(rules.version);
        member.is_some_and(|member| member.categories.contains(&category))
    };
    let has_source = in_use().any(|rule| !is_in(rule, "WIRE_JSON") && !is_in(rule, "WIRE"));
    let has_json = has_source || in_use().any(|rule| !is_in(rule, "WIRE"));
    let is_protected = |surface: &Surface| match surface {
        Surface::Source => has_source,
        Surface::Json => has_json,
        Surface::Binary | Surface::Rpc => true,
    };
    Surface::ALL.into_iter().filter(is_protected).collect()
}

fn all_rules() -> impl Iterator<Item = &'static Rule> {
    rules::all().map(|rule| &rule.rule)
}

/// Removes duplicates as buf does: of several findings with the same change at the same location it
/// keeps one. buf identifies a field by the short name of its message, so for two such messages
/// without a location (in an image without source info, or for a file option) it reports one
/// finding. If two modules find the same and protect other surfaces, the worse proof is kept. For
/// reports only.
pub fn distinct(findings: &mut Vec<Finding>) {
    let mut known = FxHashMap::default();
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in std::mem::take(findings) {
        let Finding { rule, place, change, policy, .. } = &finding;
        let key = (*rule, place.clone(), change.clone(), policy.clone());
        let index = *known.entry(key).or_insert(kept.len());
        match kept.get_mut(index) {
            None => kept.push(finding),
            Some(other) if other.element == finding.element && other.level() < finding.level() => {
                *other = finding;
            }
            Some(_) => {}
        }
    }
    *findings = kept;
}
