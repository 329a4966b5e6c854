//! Approvals: breaks that a team accepts, one file each, so that two approvals never touch the same
//! file. The name of the file is the fingerprint of the finding.

mod date;

use std::collections::BTreeSet;
use std::fmt;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use toml::de::DeTable;

pub use self::date::Date;
use super::{APPROVAL, Accepted, Finding, Level, Levels, Place, Surface, fingerprint};
use crate::printable::is_hidden;

/// The comment at the top of every approval.
const HEAD: &str = "\
# This break is accepted: `wireproof accept` wrote the file. Delete it when the break is undone.
";

/// The keys of the file.
const KEYS: [&str; 10] = [
    "rule", "element", "change", "policy", "message", "releases", "effects", "reason", "owner",
    "expires",
];

/// The approval of one break.
///
/// It covers the findings with its fingerprint whose releases are all among its own. A finding of
/// `--against` is about no release, so every approval with its fingerprint covers it. An approval
/// without releases, made with `--against`, covers nothing else.
///
/// An approval covers the effects that were proved when it was made: if the same change has a worse
/// effect later, such as when the message that replaces another one changes, it fails again.
///
/// What round trips and contract tests find is covered too, if it is about the same element and if
/// the approvals of this element have all of its releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its file, as shown to the user.
    pub file: String,
    /// The rule of the finding.
    pub rule: String,
    /// The element of the finding.
    pub element: String,
    /// The change of the finding, which is part of the fingerprint.
    pub change: String,
    /// The policy of the finding, if it has one.
    pub policy: Option<String>,
    /// The message of the finding.
    pub message: String,
    /// The releases whose clients may break.
    pub releases: Vec<String>,
    /// The level of each surface on which the break has an effect. None covers any effect.
    pub effects: Option<Levels>,
    /// Why the break is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which the approval is valid.
    pub expires: Option<Date>,
}

/// A problem of a file that should be an approval, with its location, which counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The problem, in one clause.
    pub message: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    rule: String,
    element: String,
    change: String,
    policy: Option<String>,
    message: String,
    #[serde(default)]
    releases: Vec<String>,
    effects: Option<Levels>,
    reason: String,
    owner: String,
    expires: Option<toml::value::Date>,
}

impl Approval {
    /// Parses the content of `file`, which has to have the name of its fingerprint.
    pub fn parse(file: &str, content: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(content)
            .map_err(|error| Malformed::new(format!("it is not UTF-8: {error}")))?;
        let at = |error: &toml::de::Error| {
            Malformed::at(text, error.span().map_or(0, |span| span.start), error.message())
        };
        let table = DeTable::parse(text).map_err(|error| at(&error))?;
        let mut keys = table.get_ref().keys();
        if let Some(key) = keys.find(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            let message = format!("unknown key `{}`; keys are {}", key.get_ref(), KEYS.join(", "));
            return Err(Malformed::at(text, key.span().start, &message));
        }
        let raw: Raw = toml::from_str(text).map_err(|error| at(&error))?;
        let approval = Approval::of_raw(file, raw);
        approval.validate().map_err(Malformed::new)?;
        Ok(approval)
    }

    fn of_raw(file: &str, raw: Raw) -> Self {
        Approval {
            file: file.to_owned(),
            rule: raw.rule,
            element: raw.element,
            change: raw.change,
            policy: raw.policy,
            message: raw.message,
            releases: raw.releases,
            effects: raw.effects,
            reason: raw.reason,
            owner: raw.owner,
            expires: raw.expires.map(Date::of_toml),
        }
    }

    fn validate(&self) -> Result<(), String> {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        let expected = format!("{}.toml", self.fingerprint());
        if name != expected {
            return Err(format!(
                "the file has to be named {expected}, the fingerprint of its rule, element and \
                 change"
            ));
        }
        for (key, value) in [("reason", &self.reason), ("owner", &self.owner)] {
            if value.trim().is_empty() {
                return Err(format!("`{key}` is empty"));
            }
        }
        Ok(())
    }

    /// Returns the fingerprint of the findings that it covers.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.rule, &self.element, &self.change, self.policy.as_deref())
    }

    /// Returns the first of `releases` that it does not cover.
    fn uncovered<'r>(&self, releases: &'r [String]) -> Option<&'r String> {
        releases.iter().find(|release| !self.releases.contains(release))
    }

    /// Returns the first effect of `finding` that is worse than the approved one.
    fn worse(&self, finding: &Finding) -> Option<(Surface, Level)> {
        let approved = self.effects.as_ref()?;
        let is_worse = |(surface, level): &(Surface, Level)| {
            approved.get(surface).is_none_or(|approved| approved < level)
        };
        finding.effects().into_iter().find(is_worse)
    }

    /// Whether its break can have an effect on data or calls: what is reserved has none, nor have the
    /// options of a file, which change generated code.
    fn has_effects(&self) -> bool {
        !["RESERVED_", "FILE_SAME_"].iter().any(|kind| self.rule.starts_with(kind))
    }

    fn accepted(&self) -> Accepted {
        Accepted {
            file: self.file.clone(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires.map(|date| date.to_string()),
        }
    }

    /// Returns a finding about the approval itself.
    fn finding(&self, message: &str, help: &str) -> Finding {
        let message = format!("The approval of {} for `{}` {message}", self.rule, self.element);
        Finding::of_file(APPROVAL, &self.file, message).with_help(help)
    }
}

/// Writes the content of the file.
impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        let mut line = |key: &str, text: &str| writeln!(f, "{key} = {}", quoted(text));
        line("rule", &self.rule)?;
        line("element", &self.element)?;
        line("change", &self.change)?;
        self.policy.iter().try_for_each(|policy| line("policy", policy))?;
        line("message", &self.message)?;
        let releases: Vec<String> = self.releases.iter().map(|release| quoted(release)).collect();
        writeln!(f, "releases = [{}]", releases.join(", "))?;
        if let Some(effects) = &self.effects {
            let effects: Vec<String> =
                effects.iter().map(|(surface, level)| format!("{surface} = \"{level}\"")).collect();
            match effects.as_slice() {
                [] => f.write_str("effects = {}\n")?,
                effects => writeln!(f, "effects = {{ {} }}", effects.join(", "))?,
            }
        }
        let mut line = |key: &str, text: &str| writeln!(f, "{key} = {}", quoted(text));
        line("reason", &self.reason)?;
        line("owner", &self.owner)?;
        self.expires.iter().try_for_each(|date| writeln!(f, "expires = {date}"))
    }
}

/// Returns `text` as a basic string of TOML, with hidden characters escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Malformed {
    /// Returns a problem of the whole file.
    pub fn new(message: impl Into<String>) -> Self {
        Malformed { message: message.into(), line: 1, column: 1 }
    }

    /// Returns a problem at a byte of `text`.
    fn at(text: &str, offset: usize, message: &str) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        let (line, column) = (number(before.matches('\n').count()), number(column));
        Malformed { message: message.trim().to_owned(), line, column }
    }

    /// Returns the problem as a finding about `file`.
    pub fn finding(&self, file: &str) -> Finding {
        let Malformed { message, line, column } = self;
        let place = Place {
            start_line: *line,
            start_column: *column,
            end_line: *line,
            end_column: *column,
            ..Place::file(file)
        };
        let message = format!("The approval is not valid: {message}");
        let help = "restore the file from git, or delete it and run `wireproof accept` again";
        Finding { place, ..Finding::of_file(APPROVAL, file, message).with_help(help) }
    }
}

/// The approvals of a repository.
#[derive(Clone, Debug)]
pub struct Approvals {
    known: Vec<Approval>,
    today: Date,
    /// The indexes of the approvals, by fingerprint.
    by_fingerprint: FxHashMap<String, Vec<usize>>,
    /// The indexes of the approvals, by element.
    by_element: FxHashMap<String, Vec<usize>>,
}

impl Approvals {
    /// Returns the approvals `known`, of which those that expired before `today` cover nothing.
    pub fn new(known: Vec<Approval>, today: Date) -> Self {
        let mut by_fingerprint = FxHashMap::<String, Vec<usize>>::default();
        let mut by_element = FxHashMap::<String, Vec<usize>>::default();
        for (index, approval) in known.iter().enumerate() {
            by_fingerprint.entry(approval.fingerprint()).or_default().push(index);
            by_element.entry(approval.element.clone()).or_default().push(index);
        }
        Approvals { known, today, by_fingerprint, by_element }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Marks `finding` as accepted if an approval covers it. If one nearly does, its help says why
    /// it does not.
    pub fn accept(&self, finding: &mut Finding) {
        if self.is_empty() {
            return;
        }
        let Some(indexes) = self.by_fingerprint.get(&finding.fingerprint()) else { return };
        let mut problem = None;
        for approval in indexes.iter().map(|index| &self.known[*index]) {
            let file = &approval.file;
            if let Some(date) = self.expired(approval) {
                problem = Some(format!("the approval {file} expired on {date}: accept it again"));
            } else if let Some(missing) = approval.uncovered(&finding.releases) {
                let covered = match approval.releases.as_slice() {
                    [] => "no release".to_owned(),
                    releases => releases.join(", "),
                };
                problem = Some(format!(
                    "the approval {file} covers {covered}, not {missing}: accept it again"
                ));
            } else if let Some((surface, level)) = approval.worse(finding) {
                problem = Some(format!(
                    "the approval {file} was for another effect; on the surface {surface} the level \
                     is {level} now: accept it again"
                ));
            } else {
                finding.accepted = Some(approval.accepted());
                return;
            }
        }
        if let Some(problem) = problem {
            finding.help = Some(match finding.help.take() {
                Some(help) => format!("{help}; {problem}"),
                None => problem,
            });
        }
    }

    /// Marks `finding`, which is an effect of a change of one of `elements`, as accepted if the
    /// approvals of these elements cover all its releases.
    pub fn accept_effect(&self, finding: &mut Finding, elements: &BTreeSet<String>) {
        let indexes = elements.iter().filter_map(|element| self.by_element.get(element)).flatten();
        let valid: Vec<&Approval> = indexes
            .map(|index| &self.known[*index])
            .filter(|approval| self.expired(approval).is_none() && approval.has_effects())
            .collect();
        let covers = |release: &String| valid.iter().any(|it| it.releases.contains(release));
        if !finding.releases.iter().all(covers) {
            return;
        }
        let first = finding.releases.first();
        let first = valid.iter().find(|it| first.is_none_or(|first| it.releases.contains(first)));
        finding.accepted = first.map(|approval| approval.accepted());
    }

    /// Returns the findings about the approvals themselves: the expired ones and, if `found` are the
    /// findings against all supported releases, the unused ones. An approval without releases is for
    /// `--against`, so it is never unused.
    pub fn findings(&self, found: Option<&[Finding]>) -> Vec<Finding> {
        let used: Option<BTreeSet<String>> =
            found.map(|found| found.iter().map(Finding::fingerprint).collect());
        let is_unused = |approval: &Approval| {
            let used = used.as_ref().is_none_or(|used| used.contains(&approval.fingerprint()));
            !used && !approval.releases.is_empty()
        };
        let finding = |approval: &Approval| match self.expired(approval) {
            Some(date) => Some(approval.finding(
                &format!("expired on {date}."),
                "undo the break and delete the file, or accept the break again",
            )),
            None if is_unused(approval) => {
                Some(approval.finding("matches no finding any more.", "delete the file"))
            }
            None => None,
        };
        self.known.iter().filter_map(finding).collect()
    }

    /// Returns the date on which `approval` expired, if it has.
    fn expired(&self, approval: &Approval) -> Option<Date> {
        approval.expires.filter(|date| *date < self.today)
    }
}

#[cfg(test)]
mod tests;
