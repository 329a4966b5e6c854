//! Which files configure an input: those of its folder, or of one above it.
//!
//! As in buf, the nearest folder decides whose `buf.yaml` (v2) or `buf.work.yaml` has the input
//! among its modules; failing that, the `buf.yaml` (v1) at or above the input; failing that,
//! nothing, and the rules of v1 hold.

use std::collections::BTreeSet;

use super::decode::{self, BufYaml};
use super::path::{contains, join, normalize, parent, relative};
use super::workspace::{Module, Source, Workspace};
use super::{ReadFile, Tables};
use super::{names, rules};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// The names of a module's configuration, the usual one first.
const BUF_YAML: [&str; 2] = ["buf.yaml", "buf.mod"];
/// The names of a v1 workspace's configuration, the usual one first.
const BUF_WORK_YAML: [&str; 2] = ["buf.work.yaml", "buf.work"];

/// What is to be configured, in the tree that is read from. All paths are relative to the tree's
/// root (`.` is the root itself).
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The folder that is the input, or that holds the file that is.
    pub dir: &'a str,
    /// The folder that the modules of a v2 `--config` are relative to: the root of a git tree or
    /// an archive, the working directory if the input was named relative to it, else `dir`.
    pub base: &'a str,
    /// Whether the input is one file: then `dir` need not be a module.
    pub is_file: bool,
    /// What `--path` names: where the input has no configuration, theirs is used.
    pub paths: &'a [String],
}

impl<'a> Target<'a> {
    /// The folder `dir`, which is also the base.
    pub fn dir(dir: &'a str) -> Self {
        Target { dir, base: dir, is_file: false, paths: &[] }
    }
}

/// The value of `--config`: it stands in for the configuration of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What the user calls it: the file, or `--config`.
    pub name: String,
    /// YAML or JSON.
    pub content: Vec<u8>,
}

impl Override {
    /// Whether this value of `--config` is the path of a file; otherwise it is the configuration
    /// itself.
    pub fn is_file(value: &str) -> bool {
        [".json", ".yaml", ".yml"].iter().any(|extension| value.ends_with(extension))
    }

    /// The configuration that stands on the command line.
    pub fn inline(value: &str) -> Self {
        Override { name: "--config".to_owned(), content: value.as_bytes().to_vec() }
    }
}

/// The configuration of `target`.
pub fn load(
    files: &dyn ReadFile,
    target: Target<'_>,
    config: Option<&Override>,
    tables: &Tables<'_>,
) -> Result<Workspace> {
    let dir = normalize(target.dir)?;
    let found = match config {
        Some(config) => overridden(config, &dir, target.base)?,
        None => find(files, &dir, target)?,
    };
    found.resolve(&dir, target.is_file, files, tables)
}

/// The configuration of an image, which has none of its own: the `buf.yaml` in `dir` (the working
/// directory), its top level only. The one module of the result is the whole image.
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

/// The files that configure an input, decoded.
struct Found {
    /// The workspace's folder.
    root: String,
    /// Each with the folder that its modules' folders are relative to (itself relative to
    /// `root`).
    files: Vec<(String, BufYaml)>,
    source: Source,
}

/// `--config` is all there is: no file is looked for.
fn overridden(config: &Override, dir: &str, base: &str) -> Result<Found> {
    let yaml = decode::buf_yaml(&config.content, &config.name)?;
    let base = normalize(base)?;
    let is_based = yaml.version == ConfigVersion::V2 && contains(&base, dir);
    let root = if is_based { base } else { dir.to_owned() };
    Ok(Found { root, files: vec![(".".to_owned(), yaml)], source: Source::Override })
}

fn find(files: &dyn ReadFile, dir: &str, target: Target<'_>) -> Result<Found> {
    let here = [".".to_owned()];
    if let Some(found) = workspace_at_or_above(files, dir)? {
        return Ok(found);
    }
    if let Some(root) = v1_module_at_or_above(files, dir)? {
        return v1_modules(files, &root, &here);
    }
    if !target.is_file
        && let Some(found) = find_for_paths(files, dir, target.paths)?
    {
        return Ok(found);
    }
    v1_modules(files, dir, &here)
}

/// The configuration that the values of `--path` have, where the input has none. As in buf, the
/// modules of a workspace that is found this way are taken to be relative to the input.
fn find_for_paths(files: &dyn ReadFile, dir: &str, paths: &[String]) -> Result<Option<Found>> {
    let mut workspace: Option<Found> = None;
    let mut modules = BTreeSet::new();
    for path in paths {
        let path = normalize(path)?;
        if let Some(found) = workspace_at_or_above(files, &path)? {
            if workspace.as_ref().is_some_and(|other| other.root != found.root) {
                return Err(Error::new("the values of --path are in different workspaces"));
            }
            workspace = Some(found);
        } else if let Some(root) = v1_module_at_or_above(files, &path)? {
            modules.extend(relative(dir, &root));
        }
    }
    match workspace {
        Some(_) if !modules.is_empty() => {
            Err(Error::new("the values of --path are in a workspace and outside of it"))
        }
        Some(found) => Ok(Some(Found { root: dir.to_owned(), ..found })),
        None if modules.is_empty() => Ok(None),
        None => v1_modules(files, dir, &modules.into_iter().collect::<Vec<_>>()).map(Some),
    }
}

/// The nearest v2 `buf.yaml` or `buf.work.yaml` that has `dir` among its modules.
fn workspace_at_or_above(files: &dyn ReadFile, dir: &str) -> Result<Option<Found>> {
    for root in self_and_parents(dir) {
        let work = buf_work_yaml_in(files, root)?;
        let yaml = buf_yaml_in(files, root)?;
        let below = relative(root, dir).expect("a parent contains its child");
        match (work, yaml) {
            (Some(_), Some(_)) => {
                let message = "a folder cannot have both a buf.work.yaml and a buf.yaml";
                return Err(Error::new(message).at(files.display(root)));
            }
            (Some((name, dirs)), None)
                if root == dir || dirs.iter().any(|d| contains(d, &below)) =>
            {
                let mut found = v1_modules(files, root, &dirs)?;
                if let Source::Files(names) = &mut found.source {
                    names.insert(0, name);
                } else {
                    found.source = Source::Files(vec![name]);
                }
                return Ok(Some(found));
            }
            (None, Some(yaml)) if yaml.controls(root == dir, &below) => {
                let source = Source::Files(vec![yaml.name.clone()]);
                let files = vec![(".".to_owned(), yaml)];
                return Ok(Some(Found { root: root.to_owned(), files, source }));
            }
            _ => {}
        }
    }
    Ok(None)
}

impl BufYaml {
    /// Whether this v2 file configures the folder `below` it: a module of it, a folder inside
    /// one, or a folder that holds some.
    fn controls(&self, is_here: bool, below: &str) -> bool {
        self.version == ConfigVersion::V2
            && (is_here
                || self
                    .modules
                    .iter()
                    .any(|module| contains(&module.dir, below) || contains(below, &module.dir)))
    }
}

/// The folder of the v1 `buf.yaml` at or above `dir`.
fn v1_module_at_or_above(files: &dyn ReadFile, dir: &str) -> Result<Option<String>> {
    let mut found: Option<String> = None;
    for root in self_and_parents(dir) {
        if buf_yaml_in(files, root)?.is_none_or(|yaml| yaml.version != ConfigVersion::V1) {
            continue;
        }
        if let Some(inner) = found {
            let message = format!("this buf.yaml and that of {} are nested", files.display(&inner));
            return Err(Error::new(message).at(files.display(root)));
        }
        found = Some(root.to_owned());
    }
    Ok(found)
}

/// The modules at `dirs` below `root`, each with its own `buf.yaml` of v1 or v1beta1, or none.
fn v1_modules(files: &dyn ReadFile, root: &str, dirs: &[String]) -> Result<Found> {
    let mut found = Found { root: root.to_owned(), files: Vec::new(), source: Source::Default };
    let mut names = Vec::new();
    for dir in dirs {
        let yaml = match buf_yaml_in(files, &join(root, dir))? {
            Some(yaml) if yaml.version == ConfigVersion::V2 => {
                let message = "a module of a v1 workspace cannot have a `version: v2`";
                return Err(Error::new(message).at(yaml.name));
            }
            Some(yaml) => {
                names.push(yaml.name.clone());
                yaml
            }
            None => decode::default_v1(),
        };
        found.files.push((dir.clone(), yaml));
    }
    if !names.is_empty() {
        found.source = Source::Files(names);
    }
    Ok(found)
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
            warnings: Vec::new(),
            source: self.source,
        };
        for (prefix, yaml) in self.files {
            let mut file =
                File { prefix, below: &below, is_file, tables, workspace: &mut workspace };
            file.add(yaml)?;
        }
        if workspace.modules.iter().any(|module| module.target) {
            return Ok(workspace);
        }
        Err(no_target(&workspace, &below, files.display(dir)))
    }
}

/// One file on its way into the workspace.
struct File<'a> {
    /// What the folders of its modules are relative to.
    prefix: String,
    /// The input, relative to the workspace.
    below: &'a str,
    is_file: bool,
    tables: &'a Tables<'a>,
    workspace: &'a mut Workspace,
}

impl File<'_> {
    fn add(&mut self, yaml: BufYaml) -> Result<()> {
        if yaml.plugins {
            let skipped = "`plugins` and `policies` are skipped: their rules are not checked";
            self.workspace.warnings.push(format!("{}: {skipped}", yaml.name));
        }
        for module in yaml.modules {
            let module = self.module(module, &yaml.name)?;
            self.workspace.modules.push(module);
        }
        self.add_deps(yaml.deps, &yaml.name)
    }

    fn module(&mut self, module: decode::Module, file: &str) -> Result<Module> {
        let dir = join(&self.prefix, &module.dir);
        let target = self.is_file || contains(self.below, &dir);
        let (lint, breaking) = if target {
            let sections = [&module.lint.section, &module.breaking];
            rules::resolve(sections, self.tables, file, &mut self.workspace.warnings)?
        } else {
            (rules::none(module.lint.section.version), rules::none(module.breaking.version))
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

    /// A dependency may be named by several modules, but only at one reference.
    fn add_deps(&mut self, deps: Vec<String>, file: &str) -> Result<()> {
        let known = &mut self.workspace.deps;
        for dep in deps {
            let module = names::split_ref(&dep).0;
            match known.iter().find(|known| names::split_ref(known).0 == module) {
                None => known.push(dep),
                Some(same) if *same == dep => {}
                Some(other) => {
                    let message = format!("{dep:?}, but another module depends on {other:?}");
                    return Err(Error::new(message).at(file));
                }
            }
        }
        Ok(())
    }
}

/// Why none of the modules is part of the input.
fn no_target(workspace: &Workspace, below: &str, dir: String) -> Error {
    match workspace.modules.iter().find(|module| contains(&module.dir, below)) {
        Some(module) => {
            let at = &module.dir;
            Error::new(format!("this folder is contained by the module at path {at:?}"))
                .at(dir)
                .help("name the module or its workspace, and filter by --path")
        }
        None => Error::new("no module of the configuration is in this folder").at(dir),
    }
}

fn buf_yaml_in(files: &dyn ReadFile, dir: &str) -> Result<Option<BufYaml>> {
    match read_first(files, dir, &BUF_YAML)? {
        Some((name, content)) => {
            let yaml = decode::buf_yaml(&content, &name)?;
            if name.ends_with(BUF_YAML[1]) && yaml.version == ConfigVersion::V2 {
                let message = "this file name is too old for `version: v2`";
                return Err(Error::new(message).at(name).help("rename it to buf.yaml"));
            }
            Ok(Some(yaml))
        }
        None => Ok(None),
    }
}

/// The name of a `buf.work.yaml` and the folders it lists.
fn buf_work_yaml_in(files: &dyn ReadFile, dir: &str) -> Result<Option<(String, Vec<String>)>> {
    match read_first(files, dir, &BUF_WORK_YAML)? {
        Some((name, content)) => {
            let dirs = decode::buf_work_yaml(&content, &name)?;
            Ok(Some((name, dirs)))
        }
        None => Ok(None),
    }
}

/// The first of `names` that exists in `dir`: its name for the user, and its content.
fn read_first(
    files: &dyn ReadFile,
    dir: &str,
    names: &[&str],
) -> Result<Option<(String, Vec<u8>)>> {
    for name in names {
        let path = join(dir, name);
        if let Some(content) = files.read(&path)? {
            return Ok(Some((files.display(&path), content)));
        }
    }
    Ok(None)
}

/// `dir`, the folder above it, and so on up to the root of the tree.
fn self_and_parents(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| parent(dir))
}
