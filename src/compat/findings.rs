//! Reporting of findings by rules: the pair of elements, the part of it, the change, and the help.

use super::View;
use crate::finding::{Finding, Place};
use crate::rule::Rule;
use crate::schema::pair::Pair;
use crate::schema::{ElementPath, File, Lookup, Schema, Subject};

/// The findings of the rules so far.
#[derive(Debug)]
pub struct Findings<'s> {
    view: &'s View<'s>,
    rule: Option<&'static Rule>,
    /// The identity of the old file that is checked; none if it is not to be remembered.
    origin: Option<u64>,
    found: Vec<Found>,
}

/// A finding whose locations have not been resolved yet.
#[derive(Debug)]
struct Found {
    finding: Finding,
    origin: Option<u64>,
    places: Pair<Option<Side>>,
}

/// The location of a finding on one side: the first of `paths` that has a span in the file.
#[derive(Clone, Debug)]
struct Side {
    file: usize,
    /// The descriptor path of the element, to which those of parts are relative.
    whole: ElementPath,
    paths: Vec<ElementPath>,
}

impl Side {
    fn of(subject: impl Subject) -> Self {
        Side {
            file: subject.file().index(),
            whole: subject.element_path(),
            paths: subject.element_paths(),
        }
    }
}

impl<'s> Findings<'s> {
    pub(super) fn new(view: &'s View<'s>) -> Self {
        Findings { view, rule: None, origin: None, found: Vec::new() }
    }

    /// Sets the identity of the old file that is checked from now on.
    pub(super) fn begin(&mut self, origin: Option<u64>) {
        self.origin = origin;
    }

    /// Runs `check` and attributes its findings to `rule`.
    pub(super) fn run(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Self)) {
        self.rule = Some(rule);
        check(self);
    }

    /// Returns the view that is being compared.
    pub(super) fn view(&self) -> &'s View<'s> {
        self.view
    }

    /// Starts a finding about an element that both sides have.
    pub(super) fn on<S: Subject>(&mut self, pair: Pair<S>) -> Draft<'_, 's> {
        let ignored = self.ignores(Some(&pair.old), Some(&pair.new));
        self.draft(pair.new, pair.map(|subject| Some(Side::of(subject))), ignored)
    }

    /// Starts a finding about an element that only the new side has.
    pub(super) fn added<S: Subject>(&mut self, new: S) -> Draft<'_, 's> {
        let ignored = self.ignores(None::<&S>, Some(&new));
        self.draft(new, Pair { old: None, new: Some(Side::of(new)) }, ignored)
    }

    /// Starts a finding about a deleted element, located at `near`, which is left around it.
    pub(super) fn deleted(&mut self, old: impl Subject, near: impl Subject) -> Draft<'_, 's> {
        let places = Pair { old: Some(Side::of(old)), new: Some(Side::of(near)) };
        let ignored = self.ignores(Some(&old), Some(&near));
        self.draft(old, places, ignored)
    }

    /// Starts a finding about an element that was deleted together with its file.
    pub(super) fn deleted_with_file<S: Subject>(&mut self, old: S) -> Draft<'_, 's> {
        let ignored = self.ignores(Some(&old), None::<&S>);
        self.draft(old, Pair { old: Some(Side::of(old)), new: None }, ignored)
    }

    /// Starts a finding about a deleted element, located at `near` if anything is left around it.
    pub(super) fn deleted_near(
        &mut self,
        old: impl Subject,
        near: Option<impl Subject>,
    ) -> Draft<'_, 's> {
        match near {
            Some(near) => self.deleted(old, near),
            None => self.deleted_with_file(old),
        }
    }

    fn ignores(&self, old: Option<&impl Subject>, new: Option<&impl Subject>) -> Pair<bool> {
        let files = Pair { old: old.map(Subject::file), new: new.map(Subject::file) };
        let nowhere = Pair { old: false, new: false };
        self.rule.map_or(nowhere, |rule| self.view.ignores(rule.id, files))
    }

    fn draft(
        &mut self,
        subject: impl Subject,
        places: Pair<Option<Side>>,
        ignored: Pair<bool>,
    ) -> Draft<'_, 's> {
        Draft {
            element: subject.element(),
            label: subject.label(),
            subject: subject.describe(),
            places,
            parts: 0,
            ignored,
            findings: self,
        }
    }

    /// Returns the findings with their locations, each with the identity of its old file.
    pub(super) fn finish(self) -> Vec<(Option<u64>, Finding)> {
        let schemas = self.view.schemas();
        let mut found = self.found;
        locate(
            &mut found,
            schemas.old,
            |sides| sides.old.as_ref(),
            |finding, place| {
                finding.against = Some(place);
            },
        );
        locate(
            &mut found,
            schemas.new,
            |sides| sides.new.as_ref(),
            |finding, place| {
                finding.place = place;
            },
        );
        found.into_iter().map(|found| (found.origin, found.finding)).collect()
    }
}

/// Resolves the locations of one side of all findings, file by file.
fn locate(
    found: &mut [Found],
    schema: &Schema,
    side: impl Fn(&Pair<Option<Side>>) -> Option<&Side>,
    set: impl Fn(&mut Finding, Place),
) {
    // By file, since `Lookup` caches the locations of one file.
    found.sort_by_key(|found| side(&found.places).map(|side| side.file));
    let files: Vec<File<'_>> = schema.files().collect();
    let mut lookup = Lookup::new(schema);
    for Found { finding, places, .. } in found {
        let Some(Side { file, paths, .. }) = side(places) else { continue };
        let place = if paths.is_empty() {
            Place::file(files[*file].external())
        } else {
            lookup.place(paths)
        };
        set(finding, place);
    }
}

/// A finding that has not been reported yet.
#[derive(Debug)]
#[must_use = "a draft becomes a finding only with `report`"]
pub(super) struct Draft<'f, 's> {
    findings: &'f mut Findings<'s>,
    element: String,
    label: String,
    subject: String,
    places: Pair<Option<Side>>,
    parts: usize,
    ignored: Pair<bool>,
}

impl Draft<'_, '_> {
    /// Locates the finding at this part of the element (field numbers of descriptor.proto) if it
    /// has a span. Of several parts, the first one with a span is used.
    pub(super) fn part(self, tail: &[i32]) -> Self {
        let path = |side: &Option<Side>| side.as_ref().map(|side| side.whole.clone().part(tail));
        let paths = Pair { old: path(&self.places.old), new: path(&self.places.new) };
        self.at(paths)
    }

    /// Locates the finding like [`Draft::part`], at descriptor paths outside of the element.
    pub(super) fn at(mut self, paths: Pair<Option<ElementPath>>) -> Self {
        let Pair { old, new } = &mut self.places;
        for (side, path) in [(old, paths.old), (new, paths.new)] {
            if let (Some(side), Some(path)) = (side, path) {
                side.paths.insert(self.parts, path);
            }
        }
        self.parts += 1;
        self
    }

    /// Locates the finding at this part or, if it has no span, at the first line of the file.
    pub(super) fn only_part(mut self, tail: &[i32]) -> Self {
        for side in [&mut self.places.old, &mut self.places.new].into_iter().flatten() {
            side.paths.clear();
        }
        self.part(tail)
    }

    /// Replaces the subject by something that is not an element, such as a package: its full name,
    /// and the beginning of the message.
    pub(super) fn named(mut self, element: &str, subject: String) -> Self {
        self.label = element.to_owned();
        self.element = element.to_owned();
        self.subject = subject;
        self
    }

    /// Drops the old location, and with it the ignored paths of the old side.
    pub(super) fn without_old(mut self) -> Self {
        self.places.old = None;
        self.ignored.old = false;
        self
    }

    /// Adds the finding. Its message is the description of the subject and `predicate`, which
    /// completes the sentence. `change` is a short and stable description of the change, which is
    /// part of the fingerprint; `help` is the instruction for the user.
    pub(super) fn report(
        self,
        change: impl std::fmt::Display,
        predicate: impl std::fmt::Display,
        help: impl Into<String>,
    ) {
        let Pair { old, new } = self.ignored;
        let Some(rule) = self.findings.rule.filter(|_| !old && !new) else { return };
        let finding = Finding {
            rule: rule.id,
            place: Place::nowhere(),
            element: self.element,
            message: format!("{} {predicate}", self.subject),
            help: Some(help.into()),
            change: format!("{}: {change}", self.label),
            against: None,
            against_input: None,
            releases: Vec::new(),
            fix: None,
            policy: None,
            proof: None,
            accepted: None,
        };
        let origin = self.findings.origin;
        self.findings.found.push(Found { finding, origin, places: self.places });
    }
}
