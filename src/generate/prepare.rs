//! Prepares a loaded schema for the plugins of a template.

use super::filter::filter;
use super::managed::manage;
use super::request::in_order;
use crate::config::Workspace;
use crate::config::managed::Managed;
use crate::error::Result;
use crate::schema::Schema;

/// The selection of types for plugins, by name.
#[derive(Clone, Debug, Default)]
pub struct TypeSelection {
    /// The types to keep, with everything that they need; empty: all.
    pub include: Vec<String>,
    /// The types to leave out.
    pub exclude: Vec<String>,
}

/// Returns `schema`, which belongs to `workspace`, in the form for plugins: in the order of buf's
/// images, with the selected types, and with the options of managed mode.
pub fn prepare(
    schema: Schema,
    workspace: &Workspace,
    types: &TypeSelection,
    managed: &Managed,
) -> Result<Schema> {
    // Filtered files keep the order of the whole image.
    let mut schema = in_order(schema);
    if !types.include.is_empty() || !types.exclude.is_empty() {
        schema = filter(&schema, &types.include, &types.exclude)?;
    }
    manage(schema, workspace, managed)
}
