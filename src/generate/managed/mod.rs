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

use std::collections::BTreeSet;
use std::sync::Arc;

use self::location_removal::Paths;
use self::option_value::Value;
use self::rules::Rules;
use crate::config::Workspace;
use crate::config::managed::Managed;
use crate::error::{Error, Result};
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::{Schema, SchemaFile, tag, well_known};

/// Returns `schema`, which belongs to `workspace`, with the options of `managed`.
///
/// # Errors
///
/// A rule names a module, and it is not known whether a vendored file belongs to it.
pub fn manage(schema: Schema, workspace: &Workspace, managed: &Managed) -> Result<Schema> {
    if !managed.enabled {
        return Ok(schema);
    }
    let mut files = schema.into_files();
    require_known_modules(&files, workspace, managed)?;
    for file in &mut files {
        apply(&mut file.descriptor, file.module_name.as_deref(), managed);
    }
    Ok(Schema::new(files))
}

/// Fails if a rule names a module of a registry, and a vendored file may be from several.
fn require_known_modules(
    files: &[SchemaFile],
    workspace: &Workspace,
    managed: &Managed,
) -> Result<()> {
    let is_unknown = |file: &&SchemaFile| file.is_vendored && file.module_name.is_none();
    let Some(file) = files.iter().find(is_unknown) else { return Ok(()) };
    let is_own =
        |name: &str| workspace.modules.iter().any(|module| module.name.as_deref() == Some(name));
    let Some(name) = managed.module_names().find(|name| !is_own(name)) else { return Ok(()) };
    let message = format!(
        "a rule of managed mode names the module {name:?}, and it is not known whether this \
         vendored file belongs to it"
    );
    let names = std::iter::once(name).chain(workspace.dependencies.iter().map(String::as_str));
    let names: BTreeSet<&str> = names.collect();
    let line = |name: &&str| {
        let folder = name.rsplit('/').next().unwrap_or(name);
        format!("{name:?} = \"third_party/{folder}\"")
    };
    let lines: Vec<String> = names.iter().map(line).collect();
    let help = format!(
        "put each module into a folder of its own (`buf export MODULE --exclude-imports -o \
         FOLDER`), and name the folders in wireproof.toml, in the table `[deps.vendor]`: {}",
        lines.join(", ")
    );
    Err(Error::new(message).at(&file.external).help(help))
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
