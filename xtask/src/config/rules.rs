//! The rules that hold for one module, and the paths they leave alone.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::Text;
use super::section::Section;
use super::{Table, Tables, parse, path};
use crate::error::{Error, Result};
use crate::rule::{ConfigVersion, Membership, Rule};

/// The categories that buf has renamed, each with its new name.
const DEPRECATED_CATEGORIES: [(&str, &str); 2] =
    [("DEFAULT", "STANDARD"), ("STYLE_DEFAULT", "STYLE_STANDARD")];

/// The rules of one kind (lint or compatibility) that are in use for one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The version of the configuration that chose them.
    pub version: ConfigVersion,
    /// The ids of the rules in use, sorted; deprecated ones are replaced already.
    pub rules: Vec<&'static str>,
    /// Files and folders that no rule is asked about, relative to the module's root as imports
    /// are.
    pub ignore: Vec<String>,
    /// The same for single rules, by id.
    pub ignore_only: BTreeMap<&'static str, Vec<String>>,
    /// Whether the module is part of the input; nothing is asked about one that is not.
    pub is_target: bool,
    /// Whether packages whose last component is an unstable version are left alone.
    pub ignore_unstable_packages: bool,
}

impl RuleSet {
    /// Whether the rule `id` is in use.
    pub fn enabled(&self, id: &str) -> bool {
        self.rules.binary_search(&id).is_ok()
    }

    /// Whether findings of the rule `id` in the file `path` are left out; an entry stands for
    /// itself and everything below it.
    pub fn ignores(&self, id: &str, path: &str) -> bool {
        let only = self.ignore_only.get(id).into_iter().flatten();
        self.ignore.iter().chain(only).any(|entry| path::contains(entry, path))
    }

    /// Whether findings in `package` are left out because it is unstable.
    pub fn ignores_package(&self, package: &str) -> bool {
        self.ignore_unstable_packages && is_unstable_package(package)
    }
}

/// What some lint rules can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintOptions {
    /// What the name of an enum's zero value ends with.
    pub enum_zero_value_suffix: String,
    /// Whether an RPC may have one type as request and response.
    pub rpc_allow_same_request_response: bool,
    /// Whether any number of RPCs may take `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_requests: bool,
    /// Whether any number of RPCs may return `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_responses: bool,
    /// What the name of a service ends with.
    pub service_suffix: String,
    /// Whether `// buf:lint:ignore RULE` above an element is obeyed.
    pub comment_ignores: bool,
}

/// Whether the last component of `package` is a version that promises nothing: `v1alpha1`,
/// `v1beta1`, `v1p1alpha1`, `v1test`.
pub fn is_unstable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    last.strip_prefix('v').is_some_and(is_unstable_version)
}

/// `1alpha`, `1beta2`, `1p3alpha4`, `1test`, `1testword`: a version without its `v`.
fn is_unstable_version(version: &str) -> bool {
    if let Some((major, _)) = version.split_once("test") {
        return is_number(major);
    }
    for word in ["alpha", "beta"] {
        if let Some((stable, minor)) = version.split_once(word) {
            let (major, patch) = stable.split_once('p').unwrap_or((stable, "1"));
            return is_number(major) && is_number(patch) && (minor.is_empty() || is_number(minor));
        }
    }
    false
}

/// Digits of a number from 1 to what fits 32 bits with a sign.
fn is_number(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<i32>().is_ok_and(|number| number > 0)
}

/// The rules of a module that is not part of the input.
pub(super) fn none(version: ConfigVersion) -> RuleSet {
    RuleSet {
        version,
        rules: Vec::new(),
        ignore: Vec::new(),
        ignore_only: BTreeMap::new(),
        is_target: false,
        ignore_unstable_packages: false,
    }
}

/// Resolves a module's `lint` and `breaking` against the rules that exist. Warnings, about what
/// buf has deprecated, are added to `warnings`.
pub(super) fn resolve(
    [lint, breaking]: [&Section; 2],
    tables: &Tables<'_>,
    file: &str,
    warnings: &mut Vec<String>,
) -> Result<(RuleSet, RuleSet)> {
    let mut sets = Vec::new();
    for (section, table) in [(lint, tables.lint), (breaking, tables.compat)] {
        sets.push(match table {
            Table::Asked(rules) => section_rules(section, rules, file, warnings)?,
            Table::Known(_) => {
                unasked(section, tables, file)?;
                none(section.version)
            }
        });
    }
    let breaking = sets.pop().expect("two were pushed");
    Ok((sets.pop().expect("two were pushed"), breaking))
}

/// As in buf, what `use` names must exist even in the section that is not asked.
fn unasked(section: &Section, tables: &Tables<'_>, file: &str) -> Result<()> {
    let (lint, compat) = (tables.lint.rules(), tables.compat.rules());
    if lint.is_empty() || compat.is_empty() {
        return Ok(());
    }
    let table = [lint, compat].concat();
    let mut unheard = Vec::new();
    let mut resolver = Resolver { section, table: &table, file, warnings: &mut unheard };
    section.r#use.iter().try_for_each(|id| resolver.rules_of(id).map(drop))
}

fn section_rules(
    section: &Section,
    table: &[&Rule],
    file: &str,
    warnings: &mut Vec<String>,
) -> Result<RuleSet> {
    let mut set = RuleSet {
        ignore: section.ignore.clone(),
        is_target: true,
        ignore_unstable_packages: section.ignore_unstable_packages,
        ..none(section.version)
    };
    if section.disabled {
        warn(warnings, format!("{file}: no {} rules are in use", section.kind));
        return Ok(set);
    }
    let mut resolver = Resolver { section, table, file, warnings };
    let mut rules = resolver.chosen()?;
    for id in &section.except {
        for rule in resolver.rules_of(id)? {
            rules.remove(rule);
        }
    }
    for (id, paths) in &section.ignore_only {
        if paths.iter().any(|path| path == ".") {
            let message = format!("`{}.ignore_only`: a path is the whole module", section.kind);
            let except = format!("to switch the rule off, name {} in `except`", id.value);
            return Err(Error::new(message).at(parse::place(file, id.referenced)).help(except));
        }
        for rule in resolver.rules_of(id)? {
            set.ignore_only.entry(rule).or_default().extend(paths.iter().cloned());
        }
    }
    if rules.is_empty() {
        let kind = section.kind;
        return Err(Error::new(format!("`{kind}`: `except` leaves no rule of those in use"))
            .at(file)
            .help("to switch the rules off, write `disable_builtin: true`"));
    }
    set.rules = rules.into_iter().collect();
    Ok(set)
}

/// Says it once, however often there is reason to.
fn warn(warnings: &mut Vec<String>, warning: String) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// Turns the ids of one section into rules.
struct Resolver<'a> {
    section: &'a Section,
    table: &'a [&'a Rule],
    file: &'a str,
    warnings: &'a mut Vec<String>,
}

impl<'a> Resolver<'a> {
    /// What `use` names; without it, what is on by default.
    fn chosen(&mut self) -> Result<BTreeSet<&'static str>> {
        if self.section.r#use.is_empty() {
            let default = self.members().filter(|(_, membership)| membership.default);
            return Ok(default.map(|(rule, _)| rule.id).collect());
        }
        let mut rules = BTreeSet::new();
        for id in &self.section.r#use {
            rules.extend(self.rules_of(id)?);
        }
        Ok(rules)
    }

    /// The rules that an id or category stands for; deprecated ones are replaced.
    fn rules_of(&mut self, written: &Text) -> Result<Vec<&'static str>> {
        let id = written.value.as_str();
        if let Some((rule, _)) = self.members().find(|(rule, _)| rule.id == id) {
            return Ok(self.replaced(rule));
        }
        let rules = self.members().filter(|(_, membership)| membership.categories.contains(&id));
        let rules: Vec<_> = rules.map(|(rule, _)| rule.id).collect();
        if rules.is_empty() {
            return Err(self.unknown(written));
        }
        if let Some((_, instead)) = DEPRECATED_CATEGORIES.iter().find(|(old, _)| *old == id) {
            let file = self.file;
            let warning = format!("{file}: the category {id} is deprecated; {instead} replaces it");
            warn(self.warnings, warning);
        }
        Ok(rules)
    }

    /// The rule itself, or what stands in for it: nothing, if it has no replacement.
    fn replaced(&mut self, rule: &Rule) -> Vec<&'static str> {
        if !rule.deprecated {
            return vec![rule.id];
        }
        let instead = match rule.replacements {
            [] => "nothing replaces it".to_owned(),
            [one] => format!("{one} replaces it"),
            many => format!("{} replace it", many.join(", ")),
        };
        let Rule { id, .. } = rule;
        warn(self.warnings, format!("{}: the rule {id} is deprecated; {instead}", self.file));
        rule.replacements.to_vec()
    }

    fn unknown(&self, written: &Text) -> Error {
        let Section { kind, version, .. } = self.section;
        let id = &written.value;
        let error = Error::new(format!("`{kind}`: {version} has no rule or category {id:?}"))
            .at(parse::place(self.file, written.referenced));
        let names = self.members().flat_map(|(rule, membership)| {
            std::iter::once(rule.id).chain(membership.categories.iter().copied())
        });
        match parse::nearest(id, names) {
            Some(near) => error.help(format!("did you mean {near}?")),
            None => error.help(format!("`wireproof rules --version {version}` lists what it has")),
        }
    }

    /// The rules that exist in this version.
    fn members(&self) -> impl Iterator<Item = (&'a Rule, Membership)> + use<'a> {
        let (table, version) = (self.table, self.section.version);
        table.iter().filter_map(move |rule| Some((*rule, rule.membership(version)?)))
    }
}
