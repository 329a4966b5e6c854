//! The rules, one per file; closely related rules share a file with a table.

use super::findings::Draft;
use super::view::name_in;
use super::{Check, CompatRule, Findings, View};
use crate::rule::{Membership, PROOF_RULES, Rule, off, on};
use crate::schema::descriptor::JsonFormat;
use crate::schema::pair::Pair;
use crate::schema::{
    Container, Enum, EnumValue, Field, File, Message, Method, Oneof, Service, tag,
};

/// Declares the modules of this folder and lists their rules.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// The files of this folder, each with its rules.
        const FILES: &[(&str, &[CompatRule])] = &[$((stringify!($module), $module::RULES),)*];
    };
}

rules! {
    enum_no_delete,
    enum_same_json_format,
    enum_same_type,
    enum_value_no_delete,
    enum_value_same_name,
    extension_message_no_delete,
    extension_no_delete,
    field_no_delete,
    field_same_cardinality,
    field_same_cpp_string_type,
    field_same_default,
    field_same_java_utf8_validation,
    field_same_json_name,
    field_same_jstype,
    field_same_name,
    field_same_oneof,
    field_same_type,
    field_same_utf8_validation,
    field_wire_compatible_cardinality,
    field_wire_compatible_type,
    field_wire_json_compatible_cardinality,
    field_wire_json_compatible_type,
    file_no_delete,
    file_same_option,
    file_same_package,
    file_same_syntax,
    message_no_delete,
    message_no_remove_standard_descriptor_accessor,
    message_same_json_format,
    message_same_required_fields,
    oneof_no_delete,
    package_element_no_delete,
    package_no_delete,
    proof_addition_unread,
    proof_enum_value_same_meaning,
    proof_field_same_presence,
    proof_field_same_value,
    proof_rpc_no_delete,
    reserved_enum_no_delete,
    reserved_message_no_delete,
    retired,
    rpc_no_delete,
    rpc_same_idempotency_level,
    rpc_same_streaming,
    rpc_same_type,
    service_no_delete,
}

/// Returns all rules.
pub fn all() -> impl Iterator<Item = &'static CompatRule> {
    FILES.iter().flat_map(|(_, rules)| *rules)
}

/// Returns the declarations of the rules of `buf.yaml`, sorted by id: the table that `config`
/// resolves ids against.
pub fn table() -> Vec<&'static Rule> {
    sorted(|rule| !is_proof(rule))
}

/// Returns the declarations of the rules of the category PROOF, sorted by id. `wireproof.toml`
/// selects them: buf refuses rules that it does not know in `buf.yaml`.
pub fn proof_table() -> Vec<&'static Rule> {
    sorted(is_proof)
}

fn sorted(is_chosen: impl Fn(&Rule) -> bool) -> Vec<&'static Rule> {
    let mut table: Vec<&Rule> = all().map(|rule| &rule.rule).filter(|it| is_chosen(it)).collect();
    table.sort_by_key(|rule| rule.id);
    table
}

/// Whether a rule is of the category PROOF.
pub(super) fn is_proof(rule: &Rule) -> bool {
    PROOF_RULES.contains(&rule.id)
}

/// Whether JSON support was guaranteed and no longer is.
fn lost_json(format: Pair<JsonFormat>) -> bool {
    format.old == JsonFormat::Allow && format.new != JsonFormat::Allow
}

#[cfg(test)]
mod tests;
