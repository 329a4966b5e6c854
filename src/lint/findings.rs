//! How a rule says what it found: which element, which part of it, what is wrong, what to do.

use rustc_hash::FxHashSet;

use super::Module;
use super::comments::Comments;
use super::ignores;
use crate::config::LintOptions;
use crate::finding::{Finding, Fix, Place};
use crate::rule::Rule;
use crate::schema::{Schema, Spot, Subject};

/// What the rules have found so far.
#[derive(Debug)]
pub struct Findings<'s> {
    module: &'s Module<'s>,
    rule: Option<&'static Rule>,
    comments: Comments<'s>,
    found: Vec<Found>,
}

/// A finding whose place has not been looked up yet.
#[derive(Debug)]
struct Found {
    finding: Finding,
    file: usize,
    /// The part of the file it stands at; where that is the file itself, or has no place (an image
    /// without places has none), it stands at the first line.
    at: Spot,
    /// If it stands in an option: the length of the shortest path that may stand in for the spot.
    least: Option<usize>,
    /// What it says, apart from the place.
    says: String,
}

impl<'s> Findings<'s> {
    pub(super) fn new(module: &'s Module<'s>) -> Self {
        let comments = Comments::new(module.schema());
        Findings { module, rule: None, comments, found: Vec::new() }
    }

    /// Lets `rule` speak.
    pub(super) fn ask(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Self)) {
        self.rule = Some(rule);
        check(self);
    }

    /// What everything in the module is part of.
    pub(super) fn schema(&self) -> &'s Schema {
        self.module.schema()
    }

    /// What the rules are told.
    pub(super) fn options(&self) -> &'s LintOptions {
        self.module.settings.options
    }

    /// The comments directly before an element; none where the places of its file are not known.
    pub(super) fn leading_comment(&mut self, subject: impl Subject) -> Option<String> {
        self.comments.leading(&subject.spot())
    }

    /// Something is wrong with a file as a whole, or with an element.
    pub(super) fn on(&mut self, subject: impl Subject) -> Draft<'_, 's> {
        let spot = subject.spot();
        Draft {
            element: subject.element(),
            words: subject.words(),
            file: subject.file().index(),
            path: subject.file().path().to_owned(),
            at: spot.clone(),
            spot,
            least: None,
            fix: None,
            says: None,
            findings: self,
        }
    }

    /// The findings that are not ignored, with their places. Of those that say the same of the
    /// same place one is left, as buf leaves one: where elements have no places of their own, it
    /// cannot tell two that have the same short name.
    pub(super) fn finish(self) -> Vec<Finding> {
        let Findings { module, mut comments, mut found, .. } = self;
        found.sort_by_key(|found| found.file);
        let obey = module.settings.options.comment_ignores;
        let mut seen = FxHashSet::default();
        let mut findings = Vec::with_capacity(found.len());
        for Found { mut finding, file, at, least, says } in found {
            let at = match least {
                Some(least) => comments.nearest(&at, least).unwrap_or_else(|| at.up_to(0)),
                None => at,
            };
            if obey && is_ignored(&at, &mut finding, &mut comments) {
                continue;
            }
            finding.place = place(&at, file, module.schema(), &mut comments);
            if seen.insert((finding.rule, finding.place.clone(), says)) {
                findings.push(finding);
            }
        }
        findings
    }
}

/// Whether a comment asks for silence. One that asks without a reason is mentioned in the help.
fn is_ignored(at: &Spot, finding: &mut Finding, comments: &mut Comments<'_>) -> bool {
    if at.path().is_empty() {
        return false;
    }
    let asked = ignores::declarations(at)
        .filter_map(|spot| comments.leading(&spot))
        .filter_map(|comment| ignores::asks(&comment, finding.rule))
        .collect::<Vec<_>>();
    if asked.contains(&ignores::Asked::Fully) {
        return true;
    }
    if !asked.is_empty() {
        let lacks = format!("`wireproof:ignore {}` needs a reason behind it", finding.rule);
        finding.help = Some(match finding.help.take() {
            Some(help) => format!("{help}; {lacks}"),
            None => lacks,
        });
    }
    false
}

fn place(at: &Spot, file: usize, schema: &Schema, comments: &mut Comments<'_>) -> Place {
    let part = if at.path().is_empty() { None } else { comments.place(at) };
    let whole = || Place::file(schema.file_at(file).map_or("", |file| file.external()));
    part.unwrap_or_else(whole)
}

/// A finding that is being written.
#[derive(Debug)]
#[must_use = "a draft is no finding before `report`"]
pub(super) struct Draft<'f, 's> {
    findings: &'f mut Findings<'s>,
    element: String,
    words: String,
    file: usize,
    path: String,
    spot: Spot,
    fix: Option<Fix>,
    at: Spot,
    least: Option<usize>,
    says: Option<String>,
}

impl Draft<'_, '_> {
    /// It stands at this part (field numbers of descriptor.proto), or at the first line of the
    /// file if that is not there.
    pub(super) fn part(mut self, tail: &[i32]) -> Self {
        self.at = self.spot.clone().part(tail);
        self
    }

    /// It stands in an option, whose `options` and extension number begin `tail`, or at what is
    /// nearest to that and has a place.
    pub(super) fn option(mut self, tail: &[i32]) -> Self {
        self.least = Some(self.spot.path().len() + 2);
        self.part(tail)
    }

    /// What it says apart from the place, if that is not the short name of the element and what
    /// is wrong with it.
    pub(super) fn saying(mut self, says: impl Into<String>) -> Self {
        self.says = Some(says.into());
        self
    }

    /// `lint --fix` mends it so: for what has one right answer and changes neither what is sent nor
    /// what generated code is called.
    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Writes it down. `wrong` is what is wrong, in short and stable words: part of the
    /// fingerprint; `says` goes on where the name of the element ends and makes a sentence; `help`
    /// says what to do.
    pub(super) fn report(
        self,
        wrong: impl std::fmt::Display,
        says: impl std::fmt::Display,
        help: impl Into<String>,
    ) {
        let Some(rule) = self.findings.rule else { return };
        if self.findings.module.settings.rules.ignores(rule.id, &self.path) {
            return;
        }
        let change = wrong.to_string();
        let says_in_short = self.says.unwrap_or_else(|| {
            let name = self.element.rsplit('.').next().unwrap_or_default();
            format!("{name} {change}")
        });
        let finding = Finding {
            rule: rule.id,
            place: Place::nowhere(),
            element: self.element,
            message: format!("{} {says}", self.words),
            help: Some(help.into()),
            change,
            against: None,
            releases: Vec::new(),
            fix: self.fix,
            policy: None,
        };
        let found =
            Found { finding, file: self.file, at: self.at, least: self.least, says: says_in_short };
        self.findings.found.push(found);
    }
}
