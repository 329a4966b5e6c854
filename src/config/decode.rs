//! Converts raw structures to one form for all versions: paths are checked and relative to their
//! module, defaults are filled in. Rule ids stay as written; `rules` resolves them.

use std::collections::BTreeSet;

use super::common::{plugins, version};
use super::lists::{
    directories, distinct, excludes_of, first_duplicate, inside, named_paths, one_path,
};
use super::names::{deps, module_name};
use super::parse;
use super::policy::{self, Entry};
use super::raw::{self, Text};
use super::section::{Lint, Outside, Scope, Section};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// A `buf.yaml`, decoded.
#[derive(Clone, Debug)]
pub(super) struct BufYaml {
    /// The name of the file, as shown to the user.
    pub(super) name: String,
    pub(super) version: ConfigVersion,
    pub(super) modules: Vec<Module>,
    pub(super) deps: Vec<String>,
    /// Whether it lists plugins, which are skipped.
    pub(super) plugins: bool,
    /// The policies that it lists.
    pub(super) policies: Vec<Entry>,
    /// The top-level sections, which apply to images.
    pub(super) lint: Lint,
    pub(super) breaking: Section,
}

/// A module before its rule ids are resolved.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) dir: String,
    pub(super) roots: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) includes: Vec<String>,
    pub(super) excludes: Vec<String>,
    pub(super) lint: Lint,
    pub(super) breaking: Section,
}

/// Decodes a `buf.yaml`; `name` is shown to the user.
pub(super) fn buf_yaml(content: &[u8], name: &str) -> Result<BufYaml> {
    let version = version(content, name, &ConfigVersion::ALL, "v2")?;
    match version {
        ConfigVersion::V2 => v2(parse::yaml(content, name)?, name),
        version => v1(parse::yaml(content, name)?, version, name),
    }
}

/// Decodes a `buf.work.yaml` and returns its folders, sorted.
pub(super) fn buf_work_yaml(content: &[u8], name: &str) -> Result<Vec<String>> {
    version(content, name, &[ConfigVersion::V1], "v1")?;
    let raw: raw::BufWorkYaml = parse::yaml(content, name)?;
    let dirs = named_paths(raw.directories, "directories", name)?;
    if dirs.is_empty() {
        return Err(Error::new("`directories` is empty").at(name));
    }
    if dirs.iter().any(|dir| dir == ".") {
        return Err(Error::new("`directories` cannot contain the file's own folder").at(name));
    }
    distinct(dirs, "directory", name)
}

/// Returns the configuration of a module without a file, and of an empty file.
pub(super) fn default_v1() -> BufYaml {
    v1(raw::BufYamlV1::default(), ConfigVersion::V1, "buf.yaml")
        .expect("an empty configuration has no path that could be wrong")
}

fn v1(raw: raw::BufYamlV1, version: ConfigVersion, name: &str) -> Result<BufYaml> {
    let build = raw.build.unwrap_or_default();
    let roots = named_paths(build.roots, "build.roots", name)?;
    if version == ConfigVersion::V1 && !roots.is_empty() {
        return Err(Error::new("`build.roots` is only allowed in `version: v1beta1`").at(name));
    }
    let roots =
        if roots.is_empty() { vec![".".to_owned()] } else { distinct(roots, "root", name)? };
    let excludes = named_paths(build.excludes, "build.excludes", name)?;
    let excludes = excludes_of(&roots, &[], excludes, name)?;
    let scope = Scope { name, version, dir: ".", outside: Outside::Refused };
    let lint = scope.lint(raw.lint.unwrap_or_default())?;
    let breaking = scope.breaking(raw.breaking.unwrap_or_default())?;
    let module = Module {
        dir: ".".to_owned(),
        roots,
        name: module_name(raw.name, name)?,
        includes: Vec::new(),
        excludes,
        lint: lint.clone(),
        breaking: breaking.clone(),
    };
    let deps = deps(raw.deps, name)?;
    Ok(BufYaml {
        name: name.to_owned(),
        version,
        modules: vec![module],
        deps,
        plugins: false,
        policies: Vec::new(),
        lint,
        breaking,
    })
}

fn v2(raw: raw::BufYamlV2, name: &str) -> Result<BufYaml> {
    let (top_lint, top_breaking) = (raw.lint.unwrap_or_default(), raw.breaking.unwrap_or_default());
    let raw_modules = v2_modules(raw.modules.unwrap_or_default(), raw.name, name)?;
    let mut modules = Vec::new();
    for module in raw_modules {
        modules.push(v2_module(module, &top_lint, &top_breaking, name)?);
    }
    distinct_modules(&modules, name)?;
    let named = modules.iter().filter_map(|module| module.name.as_deref());
    if let Some(twice) = first_duplicate(named) {
        return Err(Error::new(format!("duplicate module name {twice:?}")).at(name));
    }
    let scope = Scope { name, version: ConfigVersion::V2, dir: ".", outside: Outside::Dropped };
    Ok(BufYaml {
        name: name.to_owned(),
        version: ConfigVersion::V2,
        modules,
        deps: deps(raw.deps, name)?,
        plugins: plugins(raw.plugins, name)?,
        policies: policy::entries(raw.policies, name)?,
        lint: scope.lint(top_lint)?,
        breaking: scope.breaking(top_breaking)?,
    })
}

/// Returns the listed modules; without a list, one module with the whole folder and the name in the
/// file.
fn v2_modules(
    modules: Vec<Option<raw::ModuleV2>>,
    top_name: Option<Text>,
    name: &str,
) -> Result<Vec<raw::ModuleV2>> {
    let modules: Vec<raw::ModuleV2> = modules.into_iter().flatten().collect();
    if modules.is_empty() {
        return Ok(vec![raw::ModuleV2 { name: top_name, ..Default::default() }]);
    }
    if let Some(top) = top_name.filter(|top| !top.value.is_empty()) {
        let message = "a top-level `name` is not allowed with `modules`";
        let place = parse::place(name, top.referenced);
        return Err(Error::new(message).at(place).help("give each module its own `name`"));
    }
    Ok(modules)
}

/// Checks that no two modules are equal. Two modules may have the same folder if they include
/// different parts of it.
fn distinct_modules(modules: &[Module], name: &str) -> Result<()> {
    let mut seen = BTreeSet::new();
    let part =
        |module: &Module| (module.dir.clone(), module.includes.clone(), module.excludes.clone());
    match modules.iter().find(|module| !seen.insert(part(module))) {
        Some(twice) => Err(Error::new(format!("duplicate module at {:?}", twice.dir)).at(name)),
        None => Ok(()),
    }
}

fn v2_module(
    raw: raw::ModuleV2,
    top_lint: &raw::Lint,
    top_breaking: &raw::Breaking,
    name: &str,
) -> Result<Module> {
    let dir = match raw.path {
        Some(path) => one_path(&path, "path", name)?,
        None => ".".to_owned(),
    };
    let includes = inside(named_paths(raw.includes, "includes", name)?, &dir, "include", name)?;
    let includes = directories(distinct(includes, "include", name)?, "include", name)?;
    let excludes = inside(named_paths(raw.excludes, "excludes", name)?, &dir, "exclude", name)?;
    let excludes = excludes_of(&[".".to_owned()], &includes, excludes, name)?;
    let scope = |outside| Scope { name, version: ConfigVersion::V2, dir: &dir, outside };
    let (own, shared) = (scope(Outside::Refused), scope(Outside::Dropped));
    // A non-empty section of the module replaces that of the file.
    let lint = match raw.lint.filter(|lint| !lint.is_empty()) {
        Some(lint) => own.lint(lint)?,
        None => shared.lint(top_lint.clone())?,
    };
    let breaking = match raw.breaking.filter(|breaking| !breaking.is_empty()) {
        Some(breaking) => own.breaking(breaking)?,
        None => shared.breaking(top_breaking.clone())?,
    };
    let roots = vec![".".to_owned()];
    Ok(Module {
        dir,
        roots,
        name: module_name(raw.name, name)?,
        includes,
        excludes,
        lint,
        breaking,
    })
}
