//! Loads the workspace of an input: its files are found, and resolved module by module.

use super::decode::{self, BufYaml};
use super::discover::{Found, buf_yaml_in, find, overridden};
use super::input_paths::{InputPaths, Override};
use super::path::{contains, join, normalize, relative};
use super::rule_set::RuleSet;
use super::workspace::{Module, Source, Workspace};
use super::{ReadFile, Tables, names, policy, rules};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// Loads the configuration of `input`.
pub fn load(
    files: &dyn ReadFile,
    input: InputPaths<'_>,
    config: Option<&Override>,
    tables: &Tables<'_>,
) -> Result<Workspace> {
    let dir = normalize(input.dir)?;
    let ceiling = normalize(input.ceiling)?;
    let ceiling = if contains(&ceiling, &dir) { ceiling } else { dir.clone() };
    let found = match config {
        Some(config) => overridden(config, files, &dir, &ceiling)?,
        None => find(files, &dir, &ceiling, input)?,
    };
    found.resolve(&dir, input.is_file, files, tables)
}

/// Loads the configuration for an image, which has none of its own: the top level of the `buf.yaml`
/// in `dir` (the working directory). The one module of the result is the whole image.
pub fn load_for_image(
    files: &dyn ReadFile,
    dir: &str,
    config: Option<&Override>,
    tables: &Tables<'_>,
) -> Result<Workspace> {
    let dir = normalize(dir)?;
    let (mut yaml, source) = match config {
        Some(config) => (decode::buf_yaml(&config.content, &config.name)?, Source::Override),
        None => match buf_yaml_in(files, &dir)? {
            Some(yaml) => {
                let name = yaml.name.clone();
                (yaml, Source::Files(vec![name]))
            }
            None => (decode::default_v1(), Source::Default),
        },
    };
    yaml.modules.truncate(1);
    let module = decode::Module {
        dir: ".".to_owned(),
        roots: vec![".".to_owned()],
        name: None,
        includes: Vec::new(),
        excludes: Vec::new(),
        lint: yaml.lint.clone(),
        breaking: yaml.breaking.clone(),
    };
    yaml.modules = vec![module];
    Found { root: dir.clone(), files: vec![(".".to_owned(), yaml)], source }
        .resolve(&dir, false, files, tables)
}

impl Found {
    fn resolve(
        self,
        dir: &str,
        is_file: bool,
        files: &dyn ReadFile,
        tables: &Tables<'_>,
    ) -> Result<Workspace> {
        let below = relative(&self.root, dir).expect("the root of a workspace contains its input");
        let version = self.files.first().map_or(ConfigVersion::V1, |(_, yaml)| yaml.version);
        let mut workspace = Workspace {
            version,
            root: self.root,
            modules: Vec::new(),
            deps: Vec::new(),
            dependencies: Vec::new(),
            policies: Vec::new(),
            warnings: Vec::new(),
            source: self.source,
        };
        for (prefix, yaml) in self.files {
            let mut file =
                File { prefix, below: &below, is_file, files, tables, workspace: &mut workspace };
            file.add(yaml)?;
        }
        if workspace.modules.iter().any(|module| module.target) {
            return Ok(workspace);
        }
        Err(no_target(&workspace, &below, files.display(dir)))
    }
}

/// A file that is added to the workspace.
struct File<'a> {
    /// The folder that the folders of its modules are relative to.
    prefix: String,
    /// The folder of the input, relative to the workspace.
    below: &'a str,
    is_file: bool,
    files: &'a dyn ReadFile,
    tables: &'a Tables<'a>,
    workspace: &'a mut Workspace,
}

impl File<'_> {
    fn add(&mut self, yaml: BufYaml) -> Result<()> {
        if yaml.plugins {
            self.workspace.warnings.push(policy::plugins_are_skipped(&yaml.name));
        }
        for module in yaml.modules {
            let module = self.module(module, &yaml.name)?;
            self.workspace.modules.push(module);
        }
        let Workspace { root, policies, warnings, .. } = &mut *self.workspace;
        let dir = join(root, &self.prefix);
        let reader = policy::Reader { files: self.files, dir: &dir, file: &yaml.name };
        *policies = reader.resolve(&yaml.policies, self.tables, warnings)?;
        self.add_deps(yaml.deps, &yaml.name)
    }

    fn module(&mut self, module: decode::Module, file: &str) -> Result<Module> {
        let dir = join(&self.prefix, &module.dir);
        let target = self.is_file || contains(self.below, &dir);
        let (lint, breaking) = if target {
            let sections = [&module.lint.section, &module.breaking];
            rules::resolve(sections, self.tables, file, &mut self.workspace.warnings)?
        } else {
            (RuleSet::none(module.lint.section.version), RuleSet::none(module.breaking.version))
        };
        Ok(Module {
            dir,
            target,
            roots: module.roots,
            name: module.name,
            includes: module.includes,
            excludes: module.excludes,
            lint,
            lint_options: module.lint.options,
            breaking,
        })
    }

    /// Adds dependencies. Several modules may name the same one, but only at the same reference.
    fn add_deps(&mut self, deps: Vec<String>, file: &str) -> Result<()> {
        let known = &mut self.workspace.deps;
        for dep in deps {
            let module = names::split_ref(&dep).0;
            match known.iter().find(|known| names::split_ref(known).0 == module) {
                None => known.push(dep),
                Some(same) if *same == dep => {}
                Some(other) => {
                    let message = format!("{dep:?} conflicts with {other:?} in another module");
                    return Err(Error::new(message).at(file));
                }
            }
        }
        Ok(())
    }
}

/// Returns the error for an input that contains none of the modules.
fn no_target(workspace: &Workspace, below: &str, dir: String) -> Error {
    match workspace.modules.iter().find(|module| contains(&module.dir, below)) {
        Some(module) => {
            let at = &module.dir;
            Error::new(format!("this folder is inside the module at {at:?}"))
                .at(dir)
                .help("use the module or its workspace as the input, and select files with --path")
        }
        None => Error::new("the configuration has no module in this folder").at(dir),
    }
}
