//! The visit of every element of a module.

use super::{Check, Findings, Module, rules};
use crate::finding::Finding;
use crate::parallel;
use crate::rule::{Rule, enabled};
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Oneof, Service};

enabled! {
    module: Module(module: &Module<'_>);
    package: Package(package: &str, files: &[File<'_>]);
    folder: Folder(folder: &str, files: &[File<'_>]);
    file: File(file: File<'_>);
    message: Message(message: Message<'_>);
    field: Field(field: Field<'_>);
    oneof: Oneof(oneof: Oneof<'_>);
    enumeration: Enum(enumeration: Enum<'_>);
    enum_value: EnumValue(value: EnumValue<'_>);
    service: Service(service: Service<'_>);
    method: Method(method: Method<'_>);
}

/// Runs the enabled rules on everything in `module`: on its files in parallel, then on groups of
/// files.
pub(super) fn walk(module: &Module<'_>, rules: &Enabled) -> Vec<Finding> {
    // Findings that are nearly in their order are sorted fast.
    let mut files = module.files().to_vec();
    files.sort_by_key(|file| file.external());
    let by_file = parallel::map(files, |file| {
        let mut findings = Findings::new(module);
        Walker { rules, findings: &mut findings }.file(file);
        findings.finish()
    });
    let mut findings = Findings::new(module);
    groups(module, rules, &mut findings);
    by_file.into_iter().flatten().chain(findings.finish()).collect()
}

/// Runs the rules that check several files at once.
fn groups(module: &Module<'_>, rules: &Enabled, findings: &mut Findings<'_>) {
    rules.module(module, findings);
    if !rules.package.is_empty() {
        for (package, files) in module.grouped(File::package) {
            rules.package(package, &files, findings);
        }
    }
    if !rules.folder.is_empty() {
        for (folder, files) in module.grouped(|file| super::packages::folder(file.path())) {
            rules.folder(folder, &files, findings);
        }
    }
}

struct Walker<'w, 's> {
    rules: &'w Enabled,
    findings: &'w mut Findings<'s>,
}

impl Walker<'_, '_> {
    fn file(&mut self, file: File<'_>) {
        self.rules.file(file, self.findings);
        for message in file.all_messages().filter(|message| !message.is_map_entry()) {
            self.message(message);
        }
        for field in file.all_extensions() {
            self.rules.field(field, self.findings);
        }
        for enumeration in file.all_enums() {
            self.enumeration(enumeration);
        }
        for service in file.services() {
            self.service(service);
        }
    }

    fn message(&mut self, message: Message<'_>) {
        self.rules.message(message, self.findings);
        for field in message.fields() {
            self.rules.field(field, self.findings);
        }
        if self.rules.oneof.is_empty() {
            return;
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            self.rules.oneof(oneof, self.findings);
        }
    }

    fn enumeration(&mut self, enumeration: Enum<'_>) {
        self.rules.enumeration(enumeration, self.findings);
        for value in enumeration.values() {
            self.rules.enum_value(value, self.findings);
        }
    }

    fn service(&mut self, service: Service<'_>) {
        self.rules.service(service, self.findings);
        for method in service.methods() {
            self.rules.method(method, self.findings);
        }
    }
}
