//! The single pass over all pairs of elements.

use rustc_hash::FxHashMap;

use super::{Check, Findings, View, rules};
use crate::finding::Finding;
use crate::rule::{Rule, enabled};
use crate::schema::pair::Pair;
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Service};

enabled! {
    schema: Schema(view: &View<'_>);
    file: File(pair: Pair<File<'_>>);
    message: Message(pair: Pair<Message<'_>>);
    field: Field(pair: Pair<Field<'_>>);
    deleted_field: DeletedField(field: Field<'_>, message: Message<'_>);
    enumeration: Enum(pair: Pair<Enum<'_>>);
    enum_number: EnumNumber(values: Pair<&[EnumValue<'_>]>);
    deleted_enum_number: DeletedEnumNumber(values: &[EnumValue<'_>], enumeration: Enum<'_>);
    service: Service(pair: Pair<Service<'_>>);
    method: Method(pair: Pair<Method<'_>>);
}

/// Runs the enabled rules on everything in `view` but the old files in `known`. `identities` has that
/// of each old file, if they are to be remembered.
pub(super) fn walk(
    view: &View<'_>,
    rules: &Enabled,
    identities: &[u64],
    is_known: &dyn Fn(u64) -> bool,
) -> Vec<(Option<u64>, Finding)> {
    let mut findings = Findings::new(view);
    rules.schema(view, &mut findings);
    let extensions = Extensions::of(view);
    for old in view.old_files() {
        let identity = identities.get(old.index()).copied();
        if identity.is_some_and(is_known) {
            continue;
        }
        findings.begin(identity);
        let mut walker = Walker { view, rules, findings: &mut findings };
        walker.file(old, &extensions);
    }
    findings.finish()
}

struct Walker<'w, 's> {
    view: &'s View<'s>,
    rules: &'w Enabled,
    findings: &'w mut Findings<'s>,
}

impl<'s> Walker<'_, 's> {
    /// Checks the elements of the old file, each with its counterpart in any new file.
    fn file(&mut self, old: File<'s>, extensions: &Extensions<'s>) {
        let view = self.view;
        if let Some(new) = view.new_file(old.path()) {
            self.rules.file(Pair { old, new }, self.findings);
        }
        for old in old.all_messages() {
            if let Some(new) = view.new_message(old.full_name()) {
                self.message(Pair { old, new });
            }
        }
        for old in old.all_enums() {
            if let Some(new) = view.new_enum(old.full_name()) {
                self.enumeration(Pair { old, new });
            }
        }
        for old in old.all_extensions() {
            if let Some(new) = extensions.get(old) {
                self.rules.field(Pair { old, new }, self.findings);
            }
        }
        for old in old.services() {
            if let Some(new) = view.new_service(old.full_name()) {
                self.service(Pair { old, new });
            }
        }
    }

    fn message(&mut self, pair: Pair<Message<'s>>) {
        self.rules.message(pair, self.findings);
        for (old, new) in pair.fields_by_number() {
            match new {
                Some(new) => self.rules.field(Pair { old, new }, self.findings),
                None => self.rules.deleted_field(old, pair.new, self.findings),
            }
        }
    }

    fn enumeration(&mut self, pair: Pair<Enum<'s>>) {
        self.rules.enumeration(pair, self.findings);
        if pair.old.proto().value == pair.new.proto().value {
            return;
        }
        for (_, values) in pair.numbers() {
            if values.new.is_empty() {
                self.rules.deleted_enum_number(&values.old, pair.new, self.findings);
                continue;
            }
            let values = Pair { old: &*values.old, new: &*values.new };
            self.rules.enum_number(values, self.findings);
        }
    }

    fn service(&mut self, pair: Pair<Service<'s>>) {
        self.rules.service(pair, self.findings);
        for pair in pair.methods() {
            self.rules.method(pair, self.findings);
        }
    }
}

/// The new extensions, by extendee and number.
struct Extensions<'s>(FxHashMap<(&'s str, i32), Field<'s>>);

impl<'s> Extensions<'s> {
    fn of(view: &View<'s>) -> Self {
        let new = view.new_files().flat_map(|file| file.all_extensions());
        Extensions(new.map(|field| ((field.extendee(), field.number()), field)).collect())
    }

    fn get(&self, old: Field<'s>) -> Option<Field<'s>> {
        self.0.get(&(old.extendee(), old.number())).copied()
    }
}
