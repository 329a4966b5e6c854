//! The inputs of `generate`: which they are, and what of them stubs are made of.

use std::collections::BTreeSet;

use super::super::selection::SelectionArgs;
use super::{GenerateArgs, Standpoint};
use crate::config::{self, Template};
use crate::error::{Error, Result};
use crate::generate::filter::filter;
use crate::schema::Schema;
use crate::workspace::{Load, Loader, Options, Rules, config_override};

/// The inputs: the one that is named, those of the template, or all that there is.
pub(super) fn inputs(args: &GenerateArgs, template: &Template) -> Result<Vec<config::Input>> {
    let named = |reference: &str| {
        vec![config::Input { reference: reference.to_owned(), ..Default::default() }]
    };
    if let Some(reference) = &args.input {
        return Ok(named(reference));
    }
    if let Some(module) = template.remote_inputs.first() {
        let problem = format!("the input {module:?} is a module of a registry");
        return Err(Error::new(problem)
            .at(&template.name)
            .help("`buf export` it, and name the `directory`, there or on the command line"));
    }
    match &template.inputs[..] {
        [] => Ok(named(".")),
        inputs => Ok(inputs.to_vec()),
    }
}

/// Reads an input of the template, or the one that the command names.
pub(super) fn read(args: &GenerateArgs, input: &config::Input, at: &Standpoint) -> Result<Load> {
    let config = config_override("config", args.config.as_deref())?;
    let given = &args.selection;
    // What the command line names is relative to where the user stands.
    let is_named = args.input.is_some();
    let or = |flag: &[String], own: &[String]| -> Vec<String> {
        match flag {
            [] => own.to_vec(),
            flag if is_named => flag.to_vec(),
            flag => flag.iter().map(|path| at.given(path)).collect(),
        }
    };
    let selection = SelectionArgs {
        paths: or(&given.paths, &input.paths),
        exclude_paths: or(&given.exclude_paths, &input.exclude_paths),
        disable_symlinks: given.disable_symlinks,
        staged: given.staged,
    };
    let options = Options { single_namespace: true, ..selection.options()? };
    let options =
        if is_named { options } else { Options { working_dir: at.folder.clone(), ..options } };
    Loader::new(options)?.load(&input.reference, config.as_ref(), Rules::None)
}

/// What the flags, or else the template, keep of the schema of an input.
pub(super) fn filtered(
    args: &GenerateArgs,
    template: &Template,
    input: &config::Input,
    schema: Schema,
) -> Result<Schema> {
    // Only the first versions of templates have types for all inputs, and those have no inputs.
    let own = [&input.types, &template.types].into_iter().find(|types| !types.is_empty());
    let types = if args.types.is_empty() { own } else { Some(&args.types) };
    let types = types.map_or(&[][..], |types| types);
    let exclude = match args.exclude_types.is_empty() {
        true => &input.exclude_types,
        false => &args.exclude_types,
    };
    if types.is_empty() && exclude.is_empty() {
        return Ok(schema);
    }
    filter(&schema, types, exclude)
}

/// Fails where a file of Rust, which holds a whole package, would be made of a part of one:
/// `--path` and `--exclude-path` leave out a file of a package that they leave, or the input is one
/// file of several.
pub(super) fn refuse_parts_of_packages(
    args: &GenerateArgs,
    template: &Template,
    input: &config::Input,
    at: &Standpoint,
    part: &Schema,
) -> Result<()> {
    let given = &args.selection;
    let makes_packages = template.plugins.iter().any(|p| p.program.built_in() == Some("rust"));
    let whole = args.input.as_deref().and_then(with_package_files);
    let is_narrowed = !given.paths.is_empty() || !given.exclude_paths.is_empty();
    if !makes_packages || !is_narrowed && whole.is_none() {
        return Ok(());
    }
    let selection = SelectionArgs {
        disable_symlinks: given.disable_symlinks,
        staged: given.staged,
        ..SelectionArgs::default()
    };
    let all = GenerateArgs {
        input: args.input.clone(),
        config: args.config.clone(),
        selection,
        ..GenerateArgs::default()
    };
    let reference = whole.clone().unwrap_or_else(|| input.reference.clone());
    let whole_input = config::Input { reference, ..input.clone() };
    // What does not compile is not made, whatever else there is of its package.
    let Load::Ready(all) = read(&all, &whole_input, at)? else { return Ok(()) };
    let wanted = |file: &crate::schema::File<'_>| !file.is_import();
    let packages: BTreeSet<&str> = part.files().filter(wanted).map(|file| file.package()).collect();
    let left_out = all.schema.files().filter(wanted).find(|file| {
        packages.contains(file.package())
            && part.file(file.path()).is_none_or(|file| file.is_import())
    });
    let Some(file) = left_out else { return Ok(()) };
    let (by, help) = match whole {
        Some(whole) => ("the input", format!("write {whole:?}")),
        None => (
            "--path",
            "choose all files of the package, or leave out --path and --exclude-path".to_owned(),
        ),
    };
    let package = file.package();
    let problem = format!(
        "it belongs to the package {package:?}, of which Rust is one file, and {by} leaves it out"
    );
    Err(Error::new(problem).at(file.external()).help(help))
}

/// A reference to one file as one to all files of its package; none where it is that already.
fn with_package_files(input: &str) -> Option<String> {
    const OPTION: &str = "include_package_files";
    let (path, options) = input.split_once('#').unwrap_or((input, ""));
    let is_one = path.ends_with(".proto") && !options.contains(OPTION);
    let separator = if options.is_empty() { "#" } else { "," };
    is_one.then(|| format!("{}{separator}{OPTION}=true", input.trim_end_matches('#')))
}
