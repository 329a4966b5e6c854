//! The one pass over the pairs.

use rustc_hash::FxHashMap;

use super::{Check, Findings, View, rules};
use crate::config::RuleSet;
use crate::finding::Finding;
use crate::rule::{Rule, enabled};
use crate::schema::pair::Pair;
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Service};

enabled! {
    schema: Schema(&View<'_>);
    file: File(Pair<File<'_>>);
    message: Message(Pair<Message<'_>>);
    field: Field(Pair<Field<'_>>);
    deleted_field: DeletedField(Field<'_>, Message<'_>);
    enumeration: Enum(Pair<Enum<'_>>);
    enum_number: EnumNumber(Pair<&[EnumValue<'_>]>);
    deleted_enum_number: DeletedEnumNumber(&[EnumValue<'_>], Enum<'_>);
    service: Service(Pair<Service<'_>>);
    method: Method(Pair<Method<'_>>);
}

/// Asks the rules in use about everything that `view` shows.
pub(super) fn walk(view: &View<'_>, rules: &Enabled) -> Vec<Finding> {
    let mut findings = Findings::new(view);
    for (rule, check) in &rules.schema {
        findings.ask(rule, |f| check(view, f));
    }
    let extensions = Extensions::of(view);
    for old in view.old_files() {
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
    /// What the old file declares, each with its counterpart wherever it stands now.
    fn file(&mut self, old: File<'s>, extensions: &Extensions<'s>) {
        let view = self.view;
        if let Some(new) = view.new_file(old.path()) {
            for (rule, check) in &self.rules.file {
                self.findings.ask(rule, |f| check(Pair { old, new }, f));
            }
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
                self.field(Pair { old, new });
            }
        }
        for old in old.services() {
            if let Some(new) = view.new_service(old.full_name()) {
                self.service(Pair { old, new });
            }
        }
    }

    fn message(&mut self, pair: Pair<Message<'s>>) {
        for (rule, check) in &self.rules.message {
            self.findings.ask(rule, |f| check(pair, f));
        }
        for (old, new) in pair.fields_by_number() {
            match new {
                Some(new) => self.field(Pair { old, new }),
                None => {
                    for (rule, check) in &self.rules.deleted_field {
                        self.findings.ask(rule, |f| check(old, pair.new, f));
                    }
                }
            }
        }
    }

    fn field(&mut self, pair: Pair<Field<'s>>) {
        for (rule, check) in &self.rules.field {
            self.findings.ask(rule, |f| check(pair, f));
        }
    }

    fn enumeration(&mut self, pair: Pair<Enum<'s>>) {
        for (rule, check) in &self.rules.enumeration {
            self.findings.ask(rule, |f| check(pair, f));
        }
        if pair.old.proto().value == pair.new.proto().value {
            return;
        }
        for (_, values) in pair.numbers() {
            if values.new.is_empty() {
                for (rule, check) in &self.rules.deleted_enum_number {
                    self.findings.ask(rule, |f| check(&values.old, pair.new, f));
                }
                continue;
            }
            let values = Pair { old: &*values.old, new: &*values.new };
            for (rule, check) in &self.rules.enum_number {
                self.findings.ask(rule, |f| check(values, f));
            }
        }
    }

    fn service(&mut self, pair: Pair<Service<'s>>) {
        for (rule, check) in &self.rules.service {
            self.findings.ask(rule, |f| check(pair, f));
        }
        for pair in pair.methods() {
            self.method(pair);
        }
    }

    fn method(&mut self, pair: Pair<Method<'s>>) {
        for (rule, check) in &self.rules.method {
            self.findings.ask(rule, |f| check(pair, f));
        }
    }
}

/// The new extensions, by what they extend and their number.
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
