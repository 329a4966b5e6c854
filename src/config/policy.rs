//! Policies: files with rules that apply in addition to those of the modules. Their ignored paths
//! are import paths, listed where the policy is named. Comments do not suppress them.

use std::collections::BTreeSet;

use super::common::{self, read_first};
use super::lists::{distinct, first_duplicate, one_path};
use super::names::{is_full_name, split_ref};
use super::raw::{self, List, Text};
use super::rule_set::{LintOptions, RuleSet};
use super::rules::{SectionFiles, section_rules};
use super::section::{Lint, Outside, Scope, Section};
use super::workspace::Policy;
use super::{ReadFile, Table, Tables, parse};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// An entry of `policies`, whose file is not read yet.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    name: Text,
    ignore: Vec<String>,
    ignore_only: Vec<(Text, Vec<String>)>,
}

/// Returns the policies that the configuration `file` lists. As in buf, null entries are ignored.
pub(super) fn entries(list: Option<Vec<Option<raw::Policy>>>, file: &str) -> Result<Vec<Entry>> {
    list.into_iter().flatten().flatten().map(|raw| entry(raw, file)).collect()
}

fn entry(raw: raw::Policy, file: &str) -> Result<Entry> {
    let Some(name) = raw.policy.filter(|name| !name.value.is_empty()) else {
        return Err(Error::new("an entry of `policies` has no `policy`")
            .at(file)
            .help("set its file: `policy: policy.yaml`"));
    };
    let ignore = paths(raw.ignore, "policies.ignore", file)?;
    let mut ignore_only = Vec::new();
    for (id, list) in raw.ignore_only.unwrap_or_default() {
        let list = paths(list, "policies.ignore_only", file)?;
        if !id.value.is_empty() {
            ignore_only.push((id, list));
        }
    }
    ignore_only.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
    Ok(Entry { name, ignore, ignore_only })
}

/// Returns the paths of a list, sorted; an error if one is inside another. Nulls are ignored.
fn paths(list: List, key: &str, file: &str) -> Result<Vec<String>> {
    let mut written = BTreeSet::new();
    let mut paths = Vec::new();
    for path in list.into_iter().flatten().flatten() {
        if path.value.is_empty() {
            let place = parse::place(file, path.referenced);
            return Err(Error::new(format!("`{key}`: empty path")).at(place));
        }
        let canonical = one_path(&path, key, file)?;
        if written.insert(path.value) {
            paths.push(canonical);
        }
    }
    distinct(paths, &format!("`{key}`: path"), file)
}

/// Returns the warning about plugins in `file`.
pub(super) fn plugins_are_skipped(file: &str) -> String {
    format!("{file}: `plugins` are skipped: their rules are not checked")
}

/// A reader of policy files.
pub(super) struct Reader<'a> {
    pub(super) files: &'a dyn ReadFile,
    /// The folder of the configuration.
    pub(super) dir: &'a str,
    /// The name of the configuration, as shown to the user.
    pub(super) file: &'a str,
}

impl Reader<'_> {
    /// Reads the policies of `entries`. If no rules run, no file is read.
    pub(super) fn resolve(
        &self,
        entries: &[Entry],
        tables: &Tables<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Policy>> {
        if let (Table::Inactive(_), Table::Inactive(_)) = (tables.lint, tables.compat) {
            return Ok(Vec::new());
        }
        if let Some(twice) = first_duplicate(entries.iter().map(|entry| &*entry.name.value)) {
            let message = format!("`policies`: duplicate entry {twice:?}");
            return Err(Error::new(message).at(self.file).help("merge the entries into one"));
        }
        let mut policies = Vec::new();
        for entry in entries {
            match self.files.read_policy(self.dir, &entry.name.value) {
                Ok(Some(content)) => {
                    policies.push(entry.resolve(&content, self.file, tables, warnings)?);
                }
                Ok(None) => warnings.push(self.missing(entry)?),
                Err(error) if error.place().is_none() => return Err(error.at(self.place(entry))),
                Err(error) => return Err(error),
            }
        }
        Ok(policies)
    }

    /// Returns the warning for a policy without a file, which may be in a registry. As in buf, it
    /// is an error if it is not pinned.
    fn missing(&self, entry: &Entry) -> Result<String> {
        let name = &entry.name.value;
        let (policy, _) = split_ref(name);
        let error = Error::new(format!("`policies`: file {name:?} not found"));
        let error = error.at(self.place(entry));
        if !is_full_name(policy) {
            let help = "it must be in the working directory or next to this file";
            return Err(error.help(help));
        }
        if !self.is_pinned(policy)? {
            return Err(error.help("to pin a registry policy in buf.lock, run `buf policy update`"));
        }
        let skipped = "is skipped: registry policies are not supported";
        Ok(format!("{}: the policy {name} {skipped}", self.file))
    }

    fn is_pinned(&self, policy: &str) -> Result<bool> {
        let Some((name, content)) = read_first(self.files, self.dir, &["buf.lock"])? else {
            return Ok(false);
        };
        let lock: raw::BufLock = parse::yaml(&content, &name)?;
        let mut pinned = lock.policies.into_iter().flatten().flatten();
        Ok(pinned.any(|pinned| pinned.name.as_deref() == Some(policy)))
    }

    fn place(&self, entry: &Entry) -> String {
        parse::place(self.file, entry.name.referenced)
    }
}

impl Entry {
    /// Returns the policy in `content`; `file` is the configuration that lists it.
    fn resolve(
        &self,
        content: &[u8],
        file: &str,
        tables: &Tables<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Policy> {
        let name = &*self.name.value;
        common::version(content, name, &[ConfigVersion::V2], "v2")?;
        let raw: raw::PolicyFile = parse::yaml(content, name).map_err(about_ignores)?;
        if common::plugins(raw.plugins, name)? {
            warnings.push(plugins_are_skipped(name));
        }
        let lint = lint(raw.lint.unwrap_or_default(), name)?;
        let breaking = breaking(raw.breaking.unwrap_or_default(), name)?;
        let mut rules = |section, table| self.rules(section, table, file, warnings);
        Ok(Policy {
            name: name.to_owned(),
            lint: rules(lint.section, tables.lint)?,
            lint_options: lint.options,
            breaking: rules(breaking, tables.compat)?,
        })
    }

    /// Returns the rules of a section that are in use. As in buf, sections of rules that do not run
    /// are not checked, and ids in `ignore_only` must exist in the section that runs.
    fn rules(
        &self,
        section: Section,
        table: Table<'_>,
        file: &str,
        warnings: &mut Vec<String>,
    ) -> Result<RuleSet> {
        let Table::Active(rules) = table else { return Ok(RuleSet::none(section.version)) };
        let section = Section {
            ignore: self.ignore.clone(),
            ignore_only: self.ignore_only.clone(),
            ..section
        };
        if !section.disabled && section.ignore.iter().any(|path| path == ".") {
            let message = "`policies.ignore`: a path covers all files";
            return Err(Error::new(message)
                .at(parse::place(file, self.name.referenced))
                .help("to disable the policy, remove it from `policies`"));
        }
        section_rules(
            &section,
            rules,
            SectionFiles { rules: &self.name.value, ignores: file },
            warnings,
        )
    }
}

/// Adds a help to the error about an ignore key in a policy: it belongs into `buf.yaml`.
fn about_ignores(error: Error) -> Error {
    if error.to_string().contains("unknown key `ignore") {
        error.help("move it to the entry in `policies` that names this policy")
    } else {
        error
    }
}

fn scope(name: &str) -> Scope<'_> {
    Scope { name, version: ConfigVersion::V2, dir: ".", outside: Outside::Refused }
}

fn lint(raw: raw::PolicyLint, name: &str) -> Result<Lint> {
    let lint = scope(name).lint(raw::Lint {
        r#use: raw.r#use,
        except: raw.except,
        enum_zero_value_suffix: raw.enum_zero_value_suffix,
        rpc_allow_same_request_response: raw.rpc_allow_same_request_response,
        rpc_allow_google_protobuf_empty_requests: raw.rpc_allow_google_protobuf_empty_requests,
        rpc_allow_google_protobuf_empty_responses: raw.rpc_allow_google_protobuf_empty_responses,
        service_suffix: raw.service_suffix,
        disable_builtin: raw.disable_builtin,
        ..raw::Lint::default()
    })?;
    let options = LintOptions { comment_ignores: false, ..lint.options };
    Ok(Lint { options, ..lint })
}

fn breaking(raw: raw::PolicyBreaking, name: &str) -> Result<Section> {
    scope(name).breaking(raw::Breaking {
        r#use: raw.r#use,
        except: raw.except,
        ignore_unstable_packages: raw.ignore_unstable_packages,
        disable_builtin: raw.disable_builtin,
        ..raw::Breaking::default()
    })
}
