//! How a rule says what it found: which element, which part of it, what is wrong, what to do.

use super::Module;
use super::comments::Comments;
use super::ignores;
use crate::config::LintOptions;
use crate::finding::{Finding, Fix, Level, Place};
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
    stands: Stands,
}

/// Where a finding stands.
#[derive(Debug)]
enum Stands {
    /// At the first line of its file.
    File,
    /// At a part of the file, or at its first line where that has no place.
    AtOrFile(Spot),
    /// At a part of the file, or nowhere where that has no place.
    At(Spot),
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
            stands: if spot.path().is_empty() { Stands::File } else { Stands::At(spot.clone()) },
            spot,
            fix: None,
            findings: self,
        }
    }

    /// The findings that are not ignored, with their places.
    pub(super) fn finish(self) -> Vec<Finding> {
        let Findings { module, mut comments, mut found, .. } = self;
        found.sort_by_key(|found| found.file);
        let obey = module.settings.options.comment_ignores;
        let mut findings = Vec::with_capacity(found.len());
        for Found { mut finding, file, stands } in found {
            if obey && stands.is_ignored(&mut finding, &mut comments) {
                continue;
            }
            finding.place = stands.place(file, module.schema(), &mut comments);
            findings.push(finding);
        }
        findings
    }
}

impl Stands {
    /// Whether a comment asks for silence. One that asks without a reason is mentioned in the help.
    fn is_ignored(&self, finding: &mut Finding, comments: &mut Comments<'_>) -> bool {
        let (Stands::At(spot) | Stands::AtOrFile(spot)) = self else { return false };
        let asked = ignores::declarations(spot)
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

    fn place(&self, file: usize, schema: &Schema, comments: &mut Comments<'_>) -> Place {
        let whole = || Place::file(schema.file_at(file).map_or("", |file| file.external()));
        match self {
            Stands::File => whole(),
            Stands::AtOrFile(spot) => comments.place(spot).unwrap_or_else(whole),
            Stands::At(spot) => comments.place(spot).unwrap_or_else(Place::nowhere),
        }
    }
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
    stands: Stands,
    fix: Option<Fix>,
}

impl Draft<'_, '_> {
    /// It stands at this part (field numbers of descriptor.proto).
    pub(super) fn part(mut self, tail: &[i32]) -> Self {
        self.stands = Stands::At(self.spot.clone().part(tail));
        self
    }

    /// It stands at this part if that is there, otherwise at the first line of the file.
    pub(super) fn part_or_file(mut self, tail: &[i32]) -> Self {
        self.stands = Stands::AtOrFile(self.spot.clone().part(tail));
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
        let finding = Finding {
            rule: rule.id,
            level: Level::Error,
            place: Place::nowhere(),
            element: self.element,
            message: format!("{} {says}", self.words),
            help: Some(help.into()),
            change: wrong.to_string(),
            against: None,
            releases: Vec::new(),
            fix: self.fix,
        };
        self.findings.found.push(Found { finding, file: self.file, stands: self.stands });
    }
}
