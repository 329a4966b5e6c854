//! The one pass over the elements.

use super::{Check, Findings, Module, rules};
use crate::config::RuleSet;
use crate::finding::Finding;
use crate::parallel;
use crate::rule::{Rule, enabled};
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Oneof, Service};

enabled! {
    module: Module(&Module<'_>);
    package: Package(&str, &[File<'_>]);
    folder: Folder(&str, &[File<'_>]);
    file: File(File<'_>);
    message: Message(Message<'_>);
    field: Field(Field<'_>);
    oneof: Oneof(Oneof<'_>);
    enumeration: Enum(Enum<'_>);
    enum_value: EnumValue(EnumValue<'_>);
    service: Service(Service<'_>);
    method: Method(Method<'_>);
}

/// Asks the rules in use about everything in `module`: its files in parallel, then what several
/// of them have to agree on.
pub(super) fn walk(module: &Module<'_>, rules: &Enabled) -> Vec<Finding> {
    let by_file = parallel::map(module.files().to_vec(), |file| {
        let mut findings = Findings::new(module);
        Walker { rules, findings: &mut findings }.file(file);
        findings.finish()
    });
    let mut findings = Findings::new(module);
    groups(module, rules, &mut findings);
    by_file.into_iter().flatten().chain(findings.finish()).collect()
}

/// Asks about what several files have to agree on.
fn groups(module: &Module<'_>, rules: &Enabled, findings: &mut Findings<'_>) {
    for (rule, check) in &rules.module {
        findings.ask(rule, |f| check(module, f));
    }
    if !rules.package.is_empty() {
        for (package, files) in module.grouped(File::package) {
            for (rule, check) in &rules.package {
                findings.ask(rule, |f| check(package, &files, f));
            }
        }
    }
    if !rules.folder.is_empty() {
        for (folder, files) in module.grouped(|file| super::packages::folder(file.path())) {
            for (rule, check) in &rules.folder {
                findings.ask(rule, |f| check(folder, &files, f));
            }
        }
    }
}

struct Walker<'w, 's> {
    rules: &'w Enabled,
    findings: &'w mut Findings<'s>,
}

impl Walker<'_, '_> {
    fn file(&mut self, file: File<'_>) {
        for (rule, check) in &self.rules.file {
            self.findings.ask(rule, |f| check(file, f));
        }
        for message in file.all_messages().filter(|message| !message.is_map_entry()) {
            self.message(message);
        }
        for field in file.all_extensions() {
            self.field(field);
        }
        for enumeration in file.all_enums() {
            self.enumeration(enumeration);
        }
        for service in file.services() {
            self.service(service);
        }
    }

    fn message(&mut self, message: Message<'_>) {
        for (rule, check) in &self.rules.message {
            self.findings.ask(rule, |f| check(message, f));
        }
        for field in message.fields() {
            self.field(field);
        }
        if self.rules.oneof.is_empty() {
            return;
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            for (rule, check) in &self.rules.oneof {
                self.findings.ask(rule, |f| check(oneof, f));
            }
        }
    }

    fn field(&mut self, field: Field<'_>) {
        for (rule, check) in &self.rules.field {
            self.findings.ask(rule, |f| check(field, f));
        }
    }

    fn enumeration(&mut self, enumeration: Enum<'_>) {
        for (rule, check) in &self.rules.enumeration {
            self.findings.ask(rule, |f| check(enumeration, f));
        }
        for value in enumeration.values() {
            for (rule, check) in &self.rules.enum_value {
                self.findings.ask(rule, |f| check(value, f));
            }
        }
    }

    fn service(&mut self, service: Service<'_>) {
        for (rule, check) in &self.rules.service {
            self.findings.ask(rule, |f| check(service, f));
        }
        for method in service.methods() {
            for (rule, check) in &self.rules.method {
                self.findings.ask(rule, |f| check(method, f));
            }
        }
    }
}
