//! Resolves the rule ids and categories of a section to the rules of one module.

use std::collections::BTreeSet;

use super::raw::Text;
use super::rule_set::RuleSet;
use super::section::Section;
use super::{Table, Tables, parse};
use crate::error::{Error, Result};
use crate::rule::{Membership, Rule};

/// Categories that buf has renamed, each with its new name.
const DEPRECATED_CATEGORIES: [(&str, &str); 2] =
    [("DEFAULT", "STANDARD"), ("STYLE_DEFAULT", "STYLE_STANDARD")];

/// Resolves a module's `lint` and `breaking` against the existing rules. Warnings about deprecated
/// ids are added to `warnings`.
pub(super) fn resolve(
    [lint, breaking]: [&Section; 2],
    tables: &Tables<'_>,
    file: &str,
    warnings: &mut Vec<String>,
) -> Result<(RuleSet, RuleSet)> {
    let mut sets = Vec::new();
    for (section, table) in [(lint, tables.lint), (breaking, tables.compat)] {
        sets.push(match table {
            Table::Active(rules) => section_rules(
                section,
                rules,
                SectionFiles { rules: file, ignores: file },
                warnings,
            )?,
            Table::Inactive(_) => {
                check_unused_section(section, tables, file)?;
                RuleSet::none(section.version)
            }
        });
    }
    let breaking = sets.pop().expect("two were pushed");
    Ok((sets.pop().expect("two were pushed"), breaking))
}

/// Checks the ids in the `use` of a section that does not run: as in buf, they must exist.
fn check_unused_section(section: &Section, tables: &Tables<'_>, file: &str) -> Result<()> {
    let (lint, compat) = (tables.lint.rules(), tables.compat.rules());
    if lint.is_empty() || compat.is_empty() {
        return Ok(());
    }
    let table = [lint, compat].concat();
    let mut ignored_warnings = Vec::new();
    let mut resolver = Resolver { section, table: &table, file, warnings: &mut ignored_warnings };
    section.r#use.iter().try_for_each(|id| resolver.rules_of(id).map(drop))
}

/// The names of the files of a section, as shown to the user. The rules of a policy are in its own
/// file, its ignored paths where it is listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct SectionFiles<'a> {
    pub(super) rules: &'a str,
    pub(super) ignores: &'a str,
}

/// Resolves one section against the rules of its kind.
pub(super) fn section_rules(
    section: &Section,
    table: &[&Rule],
    files: SectionFiles<'_>,
    warnings: &mut Vec<String>,
) -> Result<RuleSet> {
    let file = files.rules;
    let mut set = RuleSet {
        ignore: section.ignore.clone(),
        is_target: true,
        ignore_unstable_packages: section.ignore_unstable_packages,
        ..RuleSet::none(section.version)
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
            let except = format!("to disable the rule, add {} to `except`", id.value);
            let place = parse::place(files.ignores, id.referenced);
            return Err(Error::new(message).at(place).help(except));
        }
        resolver.file = files.ignores;
        for rule in resolver.rules_of(id)? {
            set.ignore_only.entry(rule).or_default().extend(paths.iter().cloned());
        }
    }
    if rules.is_empty() {
        let kind = section.kind;
        return Err(Error::new(format!("`{kind}`: `except` removes every rule in use"))
            .at(file)
            .help("to disable the rules, write `disable_builtin: true`"));
    }
    set.rules = rules.into_iter().collect();
    Ok(set)
}

/// Adds a warning unless it is there already.
fn warn(warnings: &mut Vec<String>, warning: String) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// A resolver of the ids of one section.
struct Resolver<'a> {
    section: &'a Section,
    table: &'a [&'a Rule],
    file: &'a str,
    warnings: &'a mut Vec<String>,
}

impl<'a> Resolver<'a> {
    /// Returns the rules that `use` names; without it, those that are on by default.
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

    /// Returns the rules of an id or category; deprecated ones are replaced.
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

    /// Returns the rule itself, or its replacements if it is deprecated, which may be none.
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
            None => error.help(format!("run `wireproof rules --version {version}` to list them")),
        }
    }

    /// Returns the rules that exist in this version.
    fn members(&self) -> impl Iterator<Item = (&'a Rule, Membership)> + use<'a> {
        let (table, version) = (self.table, self.section.version);
        table.iter().filter_map(move |rule| Some((*rule, rule.membership(version)?)))
    }
}
