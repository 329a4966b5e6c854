//! The findings of rules: the element, the part of it, the message, the help.

use rustc_hash::FxHashSet;

use super::Module;
use super::comments::Comments;
use super::ignores;
use crate::config::LintOptions;
use crate::finding::{Finding, Fix, Place};
use crate::parallel;
use crate::rule::Rule;
use crate::schema::{ElementPath, Schema, Subject};

/// The findings so far.
#[derive(Debug)]
pub struct Findings<'s> {
    module: &'s Module<'s>,
    rule: Option<&'static Rule>,
    comments: Comments<'s>,
    found: Vec<Found>,
}

/// A finding whose location has not been looked up yet.
#[derive(Debug)]
struct Found {
    finding: Finding,
    file: usize,
    /// The descriptor path of the finding. If it is the file itself, or has no location (as in an
    /// image without source info), the finding is reported on the first line.
    at: ElementPath,
    /// For a finding in an option: the minimum length of a path that may replace `at`.
    least: Option<usize>,
    /// The text that distinguishes the finding from others at the same location.
    discriminator: String,
}

impl<'s> Findings<'s> {
    pub(super) fn new(module: &'s Module<'s>) -> Self {
        let comments = Comments::new(module.schema());
        Findings { module, rule: None, comments, found: Vec::new() }
    }

    /// Runs `check`; its findings are those of `rule`.
    pub(super) fn run(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Self)) {
        self.rule = Some(rule);
        check(self);
    }

    /// Returns the schema that contains the module.
    pub(super) fn schema(&self) -> &'s Schema {
        self.module.schema()
    }

    /// Returns the options of the rules.
    pub(super) fn options(&self) -> &'s LintOptions {
        self.module.settings.options
    }

    /// Returns the comment directly before an element, empty if there is no comment; none if the
    /// element has no location.
    pub(super) fn leading_comment(&mut self, subject: impl Subject) -> Option<&str> {
        self.comments.leading(&subject.element_path())
    }

    /// Starts a finding about a file as a whole, or about an element.
    pub(super) fn on(&mut self, subject: impl Subject) -> Draft<'_, 's> {
        let element_path = subject.element_path();
        Draft {
            element: subject.element(),
            subject: subject.describe(),
            file: subject.file().index(),
            path: subject.file().path().to_owned(),
            at: element_path.clone(),
            element_path,
            least: None,
            fix: None,
            discriminator: None,
            findings: self,
        }
    }

    /// Returns the findings that are not suppressed, with their locations, sorted. Like buf, it keeps
    /// one of several findings with the same text at the same location: if elements have no locations,
    /// two with the same short name are indistinguishable.
    pub(super) fn finish(self) -> Vec<Finding> {
        let Findings { module, comments, mut found, .. } = self;
        let path = |found: &Found| module.schema().file_at(found.file).map(|it| it.external());
        found.sort_by_key(|found| (path(found), found.file));
        let mut files: Vec<Vec<Found>> = Vec::new();
        for found in found {
            match files.last_mut() {
                Some(of_file) if of_file[0].file == found.file => of_file.push(found),
                _ => files.push(vec![found]),
            }
        }
        let of_file = |found| {
            let comments = Comments::new(module.schema());
            Self::of_file(module, comments, found)
        };
        match files.len() {
            // The comments of the file may have been decoded for its rules.
            1 => {
                files.pop().map(|found| Self::of_file(module, comments, found)).unwrap_or_default()
            }
            _ => parallel::map(files, of_file).into_iter().flatten().collect(),
        }
    }

    /// Returns the findings of one file, sorted, with their locations.
    fn of_file(module: &Module<'_>, mut comments: Comments<'_>, found: Vec<Found>) -> Vec<Finding> {
        let obey = module.settings.options.comment_ignores;
        let mut seen = FxHashSet::default();
        let mut findings = Vec::with_capacity(found.len());
        for Found { mut finding, file, at, least, discriminator } in found {
            let at = match least {
                Some(least) => comments.nearest(&at, least).unwrap_or_else(|| at.up_to(0)),
                None => at,
            };
            if obey && is_ignored(&at, &mut finding, module.schema(), &mut comments) {
                continue;
            }
            finding.place = place(&at, file, module.schema(), &mut comments);
            if seen.insert((finding.rule, finding.place.clone(), discriminator)) {
                findings.push(finding);
            }
        }
        findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        findings
    }
}

/// Whether a comment suppresses the finding. If the comment lacks a reason, the help of the finding
/// mentions it.
fn is_ignored(
    at: &ElementPath,
    finding: &mut Finding,
    schema: &Schema,
    comments: &mut Comments<'_>,
) -> bool {
    if at.path().is_empty() {
        return false;
    }
    // The comment before a group belongs to its message.
    let with_group = |path: ElementPath| [schema.message_of_group(&path), Some(path)];
    let suppressions = ignores::declarations(at)
        .flat_map(with_group)
        .flatten()
        .filter_map(|path| ignores::suppression_of(comments.leading(&path)?, finding.rule))
        .collect::<Vec<_>>();
    if suppressions.contains(&ignores::Suppression::Fully) {
        return true;
    }
    if !suppressions.is_empty() {
        let lacks = format!("`wireproof:ignore {}` needs a reason after it", finding.rule);
        finding.help = Some(match finding.help.take() {
            Some(help) => format!("{help}; {lacks}"),
            None => lacks,
        });
    }
    false
}

fn place(at: &ElementPath, file: usize, schema: &Schema, comments: &mut Comments<'_>) -> Place {
    let part = if at.path().is_empty() { None } else { comments.place(at) };
    let whole = || Place::file(schema.file_at(file).map_or("", |file| file.external()));
    part.unwrap_or_else(whole)
}

/// A finding that has not been reported yet.
#[derive(Debug)]
#[must_use = "a draft becomes a finding with `report`"]
pub(super) struct Draft<'f, 's> {
    findings: &'f mut Findings<'s>,
    element: String,
    subject: String,
    file: usize,
    path: String,
    element_path: ElementPath,
    fix: Option<Fix>,
    at: ElementPath,
    least: Option<usize>,
    discriminator: Option<String>,
}

impl Draft<'_, '_> {
    /// Sets the location to a part of the element (field numbers of descriptor.proto). If the part
    /// has no location, the finding is reported on the first line of the file.
    pub(super) fn part(mut self, tail: &[i32]) -> Self {
        self.at = self.element_path.clone().part(tail);
        self
    }

    /// Sets the location to a part of an option, or to the nearest path that has a location. `tail`
    /// begins with the numbers of `options` and of the extension.
    pub(super) fn option(mut self, tail: &[i32]) -> Self {
        self.least = Some(self.element_path.path().len() + 2);
        self.part(tail)
    }

    /// Sets the text that distinguishes the finding from others at the same location. The default
    /// is the short name of the element and the `problem` of [`Draft::report`].
    pub(super) fn distinguished_by(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = Some(discriminator.into());
        self
    }

    /// Sets the fix of `lint --fix`. A fix has to be unambiguous and must change neither the wire
    /// format nor generated names.
    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Records the finding. `problem` describes it in a short and stable form, which is part of the
    /// fingerprint; `predicate` completes a sentence that begins with the element; `help` is the
    /// instruction for the user.
    pub(super) fn report(
        self,
        problem: impl std::fmt::Display,
        predicate: impl std::fmt::Display,
        help: impl Into<String>,
    ) {
        let Some(rule) = self.findings.rule else { return };
        if self.findings.module.settings.rules.ignores(rule.id, &self.path) {
            return;
        }
        let change = problem.to_string();
        let discriminator = self.discriminator.unwrap_or_else(|| {
            let name = self.element.rsplit('.').next().unwrap_or_default();
            format!("{name} {change}")
        });
        let finding = Finding {
            rule: rule.id,
            place: Place::nowhere(),
            element: self.element,
            message: format!("{} {predicate}", self.subject),
            help: Some(help.into()),
            change,
            against: None,
            against_input: None,
            releases: Vec::new(),
            fix: self.fix,
            policy: None,
            proof: None,
            accepted: None,
        };
        let found =
            Found { finding, file: self.file, at: self.at, least: self.least, discriminator };
        self.findings.found.push(found);
    }
}
