//! The lint rules, one file each; rules that differ only in one name share a file with a table.

use super::findings::Findings;
use super::ignores::PREFIXES;
use super::{Check, LintRule, Module, names, packages};
use crate::finding::Fix;
use crate::rule::{Rule, off, on};
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Oneof, Service, Subject, tag};

/// Declares the modules of this folder and lists their rules.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// The files of this folder, each with its rules.
        const FILES: &[(&str, &[LintRule])] = &[$((stringify!($module), $module::RULES),)*];
    };
}

rules! {
    comment,
    directory_same_package,
    enum_first_value_zero,
    enum_no_allow_alias,
    enum_pascal_case,
    enum_value_prefix,
    enum_value_upper_snake_case,
    enum_zero_value_suffix,
    field_lower_snake_case,
    field_no_descriptor,
    field_not_required,
    file_lower_snake_case,
    import_no_public,
    import_no_weak,
    import_used,
    message_pascal_case,
    oneof_lower_snake_case,
    package_defined,
    package_directory_match,
    package_lower_snake_case,
    package_no_import_cycle,
    package_same_directory,
    package_same_option,
    package_version_suffix,
    protovalidate,
    rpc_no_streaming,
    rpc_pascal_case,
    rpc_request_response_unique,
    rpc_standard_name,
    service_pascal_case,
    service_suffix,
    stable_package_no_import_unstable,
    syntax_specified,
}

/// Returns all rules.
pub fn all() -> impl Iterator<Item = &'static LintRule> {
    FILES.iter().flat_map(|(_, rules)| *rules)
}

/// Returns the declarations of all rules, sorted by id; `config` resolves ids against them.
pub fn table() -> Vec<&'static Rule> {
    let mut table: Vec<&Rule> = all().map(|rule| &rule.rule).collect();
    table.sort_by_key(|rule| rule.id);
    table
}

/// The categories of v1 and v2, named after the smallest: its rules are in all larger ones, too.
const MINIMAL: &[&str] = &["MINIMAL", "BASIC", "DEFAULT", "STANDARD"];
const BASIC: &[&str] = &["BASIC", "DEFAULT", "STANDARD"];
const STANDARD: &[&str] = &["DEFAULT", "STANDARD"];

/// The categories of v1beta1 for rules that also belong to a second family.
mod style {
    pub(super) const FILE_LAYOUT: &[&str] =
        &["MINIMAL", "BASIC", "DEFAULT", "STANDARD", "FILE_LAYOUT"];
    pub(super) const PACKAGE_AFFINITY: &[&str] =
        &["MINIMAL", "BASIC", "DEFAULT", "STANDARD", "PACKAGE_AFFINITY"];
    pub(super) const SENSIBLE: &[&str] = &["MINIMAL", "BASIC", "DEFAULT", "STANDARD", "SENSIBLE"];
    pub(super) const BASIC: &[&str] =
        &["BASIC", "DEFAULT", "STANDARD", "STYLE_BASIC", "STYLE_DEFAULT", "STYLE_STANDARD"];
    pub(super) const STANDARD: &[&str] =
        &["DEFAULT", "STANDARD", "STYLE_DEFAULT", "STYLE_STANDARD"];
}

/// Reports a name that `spell` would spell differently.
fn spelled(
    subject: impl Subject,
    name: &str,
    spell: fn(&str) -> String,
    how: &str,
    findings: &mut Findings<'_>,
) {
    let expected = spell(name);
    if name != expected {
        findings.on(subject).part(&[tag::NAME]).report(
            "spelling",
            format_args!("has a name that is not {how}."),
            format!("name it `{expected}`"),
        );
    }
}

/// Returns the path of the import at `index` in a file.
fn import_at(file: File<'_>, index: i32) -> Option<&str> {
    let index = usize::try_from(index).ok()?;
    file.proto().dependency.get(index).map(String::as_str)
}

#[cfg(test)]
mod tests;
