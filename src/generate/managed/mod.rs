//! Managed mode: sets options on files without a change to their sources, as buf does. An option
//! that is set has no location in the source, so the location of an earlier value is removed.

mod fields;
mod flags;
mod location_removal;
mod option_value;
mod parts;
mod php;
mod rules;
mod texts;
mod values;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::location_removal::Paths;
use self::option_value::Value;
use self::rules::Rules;
use crate::config::Workspace;
use crate::config::managed::Managed;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::image::BufFile;
use crate::schema::{Schema, SchemaFile, tag, well_known};

/// Returns `schema` with the options of `managed`. The names of modules come from `workspace`, or
/// from an image.
#[must_use]
pub fn manage(schema: Schema, workspace: &Workspace, managed: &Managed) -> Schema {
    if !managed.enabled {
        return schema;
    }
    let mut files = schema.into_files();
    for file in &mut files {
        let module = module_name(file, workspace);
        apply(&mut file.descriptor, module.as_deref(), managed);
    }
    Schema::new(files)
}

fn module_name(file: &SchemaFile, workspace: &Workspace) -> Option<String> {
    match BufFile::of(&file.descriptor) {
        Ok(Some(record)) => record.module_name(),
        _ => workspace.modules.get(file.module)?.name.clone(),
    }
}

/// Sets the options of `file`, which belongs to the module with that name, according to `managed`.
/// Well-known files do not change. A file is copied only if it changes.
pub fn apply(file: &mut Arc<FileDescriptorProto>, module: Option<&str>, managed: &Managed) {
    if !managed.enabled || well_known::is_path(file.name()) {
        return;
    }
    let rules = Rules::of(managed, file.name(), module);
    let changes: Vec<(i32, Value)> =
        texts::changes(file, &rules).into_iter().chain(flags::changes(file, &rules)).collect();
    let fields = rules.change_fields();
    if changes.is_empty() && !fields {
        return;
    }
    let file = Arc::make_mut(file);
    let mut gone = Paths::default();
    for (number, value) in changes {
        option_value::set(&mut file.options, number, &value);
        gone.insert(vec![tag::file::OPTIONS, number]);
    }
    if fields {
        fields::set(file, &rules, &mut gone);
    }
    if let Some(info) = &mut file.source_code_info
        && !gone.is_empty()
    {
        *info = location_removal::without(info, &gone);
    }
}
