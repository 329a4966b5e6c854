//! The look-up of the files that configure an input: those of its folder, or of one above it.
//!
//! As in buf, the nearest `buf.yaml` (v2) or `buf.work.yaml` with the input among its modules is
//! used; else the `buf.yaml` (v1) at or above the input, up to the ceiling; else the rules of v1.

use std::collections::BTreeSet;

use super::common::{read_first, self_and_parents, written_version};
use super::decode::{self, BufYaml};
use super::input_paths::{InputPaths, Override};
use super::path::{contains, join, normalize, relative};
use super::workspace::Source;
use super::{BUF_YAML, ReadFile};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// The file names of a v1 workspace, the preferred one first.
const BUF_WORK_YAML: [&str; 2] = ["buf.work.yaml", "buf.work"];

/// The files that configure an input, decoded.
pub(super) struct Found {
    /// The folder of the workspace.
    pub(super) root: String,
    /// Each file with the folder that the folders of its modules are relative to (itself relative
    /// to `root`).
    pub(super) files: Vec<(String, BufYaml)>,
    pub(super) source: Source,
}

/// Returns the configuration of `--config`; no file is looked up. As in buf, a v1 configuration
/// replaces the file of the folder, but it is still an error if that file has an unknown version.
pub(super) fn overridden(
    config: &Override,
    files: &dyn ReadFile,
    dir: &str,
    ceiling: &str,
) -> Result<Found> {
    let yaml = decode::buf_yaml(&config.content, &config.name)?;
    if yaml.version != ConfigVersion::V2 {
        replaced_in(files, dir)?;
    }
    let root = if yaml.version == ConfigVersion::V2 { ceiling } else { dir };
    let (root, files) = (root.to_owned(), vec![(".".to_owned(), yaml)]);
    Ok(Found { root, files, source: Source::Override })
}

/// Checks the version of the file that `--config` replaces.
fn replaced_in(files: &dyn ReadFile, dir: &str) -> Result<()> {
    let Some((name, content)) = read_first(files, dir, &BUF_YAML)? else { return Ok(()) };
    match written_version(&content, &name)? {
        Some(version) => refuse_old_name(&name, version),
        None => Ok(()),
    }
}

/// Finds the configuration of `dir`, the folder of `input`.
pub(super) fn find(
    files: &dyn ReadFile,
    dir: &str,
    ceiling: &str,
    input: InputPaths<'_>,
) -> Result<Found> {
    let here = [".".to_owned()];
    if let Some(found) = workspace_at_or_above(files, dir)? {
        return Ok(found);
    }
    if let Some(root) = v1_module_at_or_above(files, dir, ceiling)? {
        return v1_modules(files, &root, &here);
    }
    if !input.is_file
        && let Some(found) = find_for_paths(files, dir, ceiling, input.paths)?
    {
        return Ok(found);
    }
    v1_modules(files, dir, &here)
}

/// Returns the configuration of the values of `--path`, if the input has none. As in buf, the
/// modules of a workspace found this way are relative to the ceiling.
fn find_for_paths(
    files: &dyn ReadFile,
    dir: &str,
    ceiling: &str,
    paths: &[String],
) -> Result<Option<Found>> {
    let mut workspace: Option<Found> = None;
    let mut modules = BTreeSet::new();
    for path in paths {
        let path = normalize(path)?;
        if let Some(found) = workspace_at_or_above(files, &path)? {
            if workspace.as_ref().is_some_and(|other| other.root != found.root) {
                return Err(Error::new("the --path values are in different workspaces"));
            }
            workspace = Some(found);
        } else if let Some(root) = v1_module_at_or_above(files, &path, ceiling)? {
            modules.extend(relative(dir, &root));
        }
    }
    match workspace {
        Some(_) if !modules.is_empty() => {
            Err(Error::new("some --path values are inside a workspace and some are outside"))
        }
        Some(found) => Ok(Some(Found { root: ceiling.to_owned(), ..found })),
        None if modules.is_empty() => Ok(None),
        None => v1_modules(files, dir, &modules.into_iter().collect::<Vec<_>>()).map(Some),
    }
}

/// Returns the nearest v2 `buf.yaml` or `buf.work.yaml` that has `dir` among its modules.
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
    /// Whether this v2 file configures the folder `below`: a module, a folder inside one, or a
    /// folder that contains one.
    fn controls(&self, is_here: bool, below: &str) -> bool {
        self.version == ConfigVersion::V2
            && (is_here
                || self
                    .modules
                    .iter()
                    .any(|module| contains(&module.dir, below) || contains(below, &module.dir)))
    }
}

/// Returns the folder of the v1 `buf.yaml` at or above `dir`, not above `ceiling`.
fn v1_module_at_or_above(files: &dyn ReadFile, dir: &str, ceiling: &str) -> Result<Option<String>> {
    let mut found: Option<String> = None;
    for root in self_and_parents(dir).take_while(|root| contains(ceiling, root)) {
        if buf_yaml_in(files, root)?.is_none_or(|yaml| yaml.version != ConfigVersion::V1) {
            continue;
        }
        if let Some(inner) = found {
            let message =
                format!("nested v1 buf.yaml: another one is in {}", files.display(&inner));
            return Err(Error::new(message).at(files.display(root)));
        }
        found = Some(root.to_owned());
    }
    Ok(found)
}

/// Returns the modules at `dirs` below `root`, each with its own `buf.yaml` of v1 or v1beta1, or
/// none.
fn v1_modules(files: &dyn ReadFile, root: &str, dirs: &[String]) -> Result<Found> {
    let mut found = Found { root: root.to_owned(), files: Vec::new(), source: Source::Default };
    let mut names = Vec::new();
    for dir in dirs {
        let yaml = match buf_yaml_in(files, &join(root, dir))? {
            Some(yaml) if yaml.version == ConfigVersion::V2 => {
                let message = "a module of a v1 workspace cannot use `version: v2`";
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

/// Returns the `buf.yaml` of a folder.
pub(super) fn buf_yaml_in(files: &dyn ReadFile, dir: &str) -> Result<Option<BufYaml>> {
    match read_first(files, dir, &BUF_YAML)? {
        Some((name, content)) => {
            let yaml = decode::buf_yaml(&content, &name)?;
            refuse_old_name(&name, yaml.version)?;
            Ok(Some(yaml))
        }
        None => Ok(None),
    }
}

fn refuse_old_name(name: &str, version: ConfigVersion) -> Result<()> {
    if name.ends_with(BUF_YAML[1]) && version == ConfigVersion::V2 {
        let message = "this file name is not supported by `version: v2`";
        return Err(Error::new(message).at(name).help("rename it to buf.yaml"));
    }
    Ok(())
}

/// Returns the name of a `buf.work.yaml` and the folders it lists.
fn buf_work_yaml_in(files: &dyn ReadFile, dir: &str) -> Result<Option<(String, Vec<String>)>> {
    match read_first(files, dir, &BUF_WORK_YAML)? {
        Some((name, content)) => {
            let dirs = decode::buf_work_yaml(&content, &name)?;
            Ok(Some((name, dirs)))
        }
        None => Ok(None),
    }
}
