//! The arguments of `generate`, resolved once against its template.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::selection::working_dir;
use super::super::{install_hint, say};
use super::GenerateArgs;
use crate::config::{self, Override, Plugin, RemotePlugin, managed::Managed};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::generate::{
    self, Environment, FoundTemplate, GeneratedOutputs, Roots, TypeSelection, write,
};
use crate::printable;
use crate::schema::Schema;
use crate::workspace::{Load, Loaded, Loader, Options, PackageFile, Rules, Texts, config_override};

/// One run of `generate`.
pub(super) struct Job {
    pub(super) roots: Roots,
    pub(super) plugins: Vec<Plugin>,
    /// The plugins that are not run, because they are remote.
    pub(super) remote: Vec<RemotePlugin>,
    /// The number of plugins of the template.
    pub(super) all_plugins: usize,
    /// Options for writing, or comparing with, the outputs.
    pub(super) write: write::Options,
    inputs: Vec<Input>,
    /// The configuration of all inputs, instead of their own.
    config: Option<Override>,
    managed: Managed,
    environment: Environment,
    warnings: Vec<String>,
}

/// The result of a job.
pub(super) enum Generated {
    /// The inputs compile, and the plugins succeeded.
    Outputs(GeneratedOutputs),
    /// An input does not compile: its findings, and the sources that they quote.
    CompileErrors(Vec<Finding>, Texts),
}

impl Job {
    /// Resolves `args` for the template `found`. Remote plugins are left out.
    pub(super) fn new(args: &GenerateArgs, found: FoundTemplate) -> Result<Self> {
        let FoundTemplate { mut template, file, dir } = found;
        let all_plugins = template.plugins.len() + template.remote_plugins.len();
        template.leave_out_remote_outputs();
        let roots = Roots { cwd: working_dir()?, template_dir: dir };
        refuse_parts(args, &template)?;
        let inputs = inputs(args, &template)?;
        let resolve = |input| Input::resolve(args, input, &template, &roots);
        let inputs = inputs.into_iter().map(resolve).collect::<Result<_>>()?;
        // A template that is given as data has no name in the manifests, so that the files of any
        // other one would be stale.
        let may_delete = file.is_some() || template.clean;
        let complete = args.clean || may_delete && !is_narrowed(args);
        let warnings = template.warnings.iter();
        Ok(Job {
            plugins: plugins(args, &template.plugins, &roots),
            all_plugins,
            remote: template.remote_plugins,
            write: write::Options {
                complete,
                force: args.force,
                template: file,
                on_wait: Some(|dir| {
                    say(&format!("waits for another run, which has locked {}", dir.display()));
                }),
            },
            inputs,
            config: config_override("config", args.config.as_deref())?,
            environment: Environment {
                folder: roots.template_dir.clone(),
                limit: Duration::from_secs(args.timeout),
                allow_missing: args.check,
                help: install_hint::help,
            },
            warnings: warnings.map(|warning| printable::line(warning).into_owned()).collect(),
            managed: template.managed,
            roots,
        })
    }

    /// Loads the inputs, and runs the plugins on them.
    pub(super) fn generate(&self) -> Result<Generated> {
        let (mut findings, mut texts) = (Vec::new(), Texts::default());
        let mut schemas = Vec::new();
        for input in &self.inputs {
            match input.load(self.config.as_ref())? {
                Load::Ready(loaded) => {
                    let Loaded { schema, workspace, .. } = *loaded;
                    let types = &input.types;
                    schemas.push(generate::prepare(schema, &workspace, types, &self.managed)?);
                }
                Load::CompileErrors(of_input, quoted) => {
                    findings.extend(of_input);
                    texts.extend(quoted);
                }
            }
        }
        if !findings.is_empty() {
            return Ok(Generated::CompileErrors(findings, texts));
        }
        let mut outputs = GeneratedOutputs::default();
        outputs.warnings.clone_from(&self.warnings);
        for schema in schemas {
            outputs.extend(generate::generate(&schema, &self.plugins, &self.environment)?);
        }
        Ok(Generated::Outputs(outputs))
    }
}

/// Refuses a part of a schema if a plugin writes a file about the whole of it.
fn refuse_parts(args: &GenerateArgs, template: &config::Template) -> Result<()> {
    const WHOLE: [&str; 3] = ["descriptors=", "json=", "modules="];
    let selection = &args.selection;
    let limits = [
        (&selection.paths, "--path"),
        (&selection.exclude_paths, "--exclude-path"),
        (&args.types, "--type"),
        (&args.exclude_types, "--exclude-type"),
    ];
    let Some((_, flag)) = limits.iter().find(|(limit, _)| !limit.is_empty()) else {
        return Ok(());
    };
    let rust = template.plugins.iter().filter(|plugin| plugin.program.built_in() == Some("rust"));
    let mut options = rust.flat_map(|plugin| plugin.parameter.iter().flat_map(|it| it.split(',')));
    match options.find(|option| WHOLE.iter().any(|whole| option.starts_with(whole))) {
        Some(option) => {
            let problem =
                format!("{option} is a file about all packages, and {flag} selects a part");
            Err(Error::new(problem).at(&template.name).help(format!("leave out {flag}")))
        }
        None => Ok(()),
    }
}

/// Returns whether the command line limits a run to a part of what the template generates.
fn is_narrowed(args: &GenerateArgs) -> bool {
    let selection = &args.selection;
    let limits = [&args.types, &args.exclude_types, &selection.paths, &selection.exclude_paths];
    args.input.is_some() || limits.iter().any(|limit| !limit.is_empty())
}

/// Returns the plugins of the template with the flags applied.
fn plugins(args: &GenerateArgs, plugins: &[Plugin], roots: &Roots) -> Vec<Plugin> {
    let output = args.output.as_deref().filter(|output| !output.is_empty());
    let resolve = |plugin: &Plugin| Plugin {
        out: match output {
            Some(output) => format!("{}/{}", roots.from_template(output), plugin.out),
            None => plugin.out.clone(),
        },
        include_imports: args.include_imports.unwrap_or(plugin.include_imports),
        include_wkt: args.include_wkt.unwrap_or(plugin.include_wkt),
        ..plugin.clone()
    };
    plugins.iter().map(resolve).collect()
}

/// Returns the input of the command line, or else those of the template, or else its folder.
fn inputs(args: &GenerateArgs, template: &config::Template) -> Result<Vec<config::Input>> {
    let input = |reference: &str| {
        vec![config::Input { reference: reference.to_owned(), ..Default::default() }]
    };
    if let Some(reference) = &args.input {
        return Ok(input(reference));
    }
    if let Some(module) = template.remote_inputs.first() {
        return Err(Error::new(format!("the input {module:?} is a module of a registry"))
            .at(&template.name)
            .help("`buf export` it, and name the `directory`, there or on the command line"));
    }
    match &template.inputs[..] {
        [] => Ok(input(".")),
        inputs => Ok(inputs.to_vec()),
    }
}

/// One input of a job.
struct Input {
    reference: String,
    options: Options,
    types: TypeSelection,
    /// The input that has to have no more files of the same packages, if this one may be a part.
    whole: Option<Whole>,
}

/// An input without the limits of the command line.
struct Whole {
    reference: String,
    options: Options,
    /// The limit, in words.
    limit: &'static str,
    help: String,
}

impl Input {
    fn resolve(
        args: &GenerateArgs,
        input: config::Input,
        template: &config::Template,
        roots: &Roots,
    ) -> Result<Self> {
        let is_named = args.input.is_some();
        let working_dir = if is_named { &roots.cwd } else { &roots.template_dir };
        // Paths on the command line are relative to the working directory.
        let given = |path: &String| if is_named { path.clone() } else { roots.from_template(path) };
        let or = |flag: &[String], own: &[String]| -> Vec<String> {
            if flag.is_empty() { own.to_vec() } else { flag.iter().map(given).collect() }
        };
        let all = Options {
            single_namespace: true,
            working_dir: working_dir.clone(),
            paths: input.paths,
            exclude_paths: input.exclude_paths,
            ..args.selection.options()?
        };
        let options = Options {
            paths: or(&args.selection.paths, &all.paths),
            exclude_paths: or(&args.selection.exclude_paths, &all.exclude_paths),
            ..all.clone()
        };
        let makes_packages = template.plugins.iter().any(|p| p.program.built_in() == Some("rust"));
        let whole = makes_packages.then(|| Whole::of(args, &input.reference, all)).flatten();
        // Only the first versions of templates have types for all inputs, and those have no inputs.
        let include = [args.types.clone(), input.types, template.types.clone()];
        let exclude = [args.exclude_types.clone(), input.exclude_types];
        let first = |lists: &[Vec<String>]| {
            lists.iter().find(|list| !list.is_empty()).cloned().unwrap_or_default()
        };
        let types = TypeSelection { include: first(&include), exclude: first(&exclude) };
        Ok(Input { reference: input.reference, options, types, whole })
    }

    fn load(&self, config: Option<&Override>) -> Result<Load> {
        let loader = Loader::new(self.options.clone())?;
        let load = loader.load(&self.reference, config, Rules::None)?;
        if let (Load::Ready(loaded), Some(whole)) = (&load, &self.whole) {
            whole.require_packages(&loaded.schema, config)?;
        }
        Ok(load)
    }
}

impl Whole {
    /// Returns the whole of the input `reference`, which has the options `all`; none if the command
    /// line does not limit it.
    fn of(args: &GenerateArgs, reference: &str, all: Options) -> Option<Self> {
        let options = Options { warn: |_| (), ..all };
        let selection = &args.selection;
        if let Some(whole) = args.input.as_deref().and_then(with_package_files) {
            let help = format!("write {whole:?}");
            return Some(Whole { reference: whole, options, limit: "the input", help });
        }
        let limit = match (selection.paths.is_empty(), selection.exclude_paths.is_empty()) {
            (true, true) => return None,
            (true, false) => "--exclude-path",
            (false, _) => "--path",
        };
        let help = "choose all files of the package, or leave out --path and --exclude-path";
        Some(Whole { reference: reference.to_owned(), options, limit, help: help.to_owned() })
    }

    /// Fails if `part` has only some files of a package: the Rust plugin generates one file for a
    /// package, which would lose the types of the others.
    fn require_packages(&self, part: &Schema, config: Option<&Override>) -> Result<()> {
        let targets: Vec<_> = part.files().filter(|file| !file.is_import()).collect();
        let packages: BTreeSet<&str> = targets.iter().map(|file| file.package()).collect();
        let paths: BTreeSet<&str> = targets.iter().map(|file| file.path()).collect();
        let all = Loader::new(self.options.clone())?.packages(&self.reference, config)?;
        let is_left_out =
            |file: &&PackageFile| packages.contains(&*file.package) && !paths.contains(&*file.path);
        let Some(file) = all.iter().find(is_left_out) else { return Ok(()) };
        let (package, limit) = (&file.package, self.limit);
        let problem = format!(
            "package {package:?} is generated as one Rust file, but {limit} excludes this file"
        );
        Err(Error::new(problem).at(&file.external).help(&self.help))
    }
}

/// Returns the reference to all files of the package of the file `input`; none if `input` is
/// something else.
fn with_package_files(input: &str) -> Option<String> {
    const OPTION: &str = "include_package_files";
    let (path, options) = input.split_once('#').unwrap_or((input, ""));
    let is_one = path.ends_with(".proto") && !options.contains(OPTION);
    let separator = if options.is_empty() { "#" } else { "," };
    is_one.then(|| format!("{}{separator}{OPTION}=true", input.trim_end_matches('#')))
}
