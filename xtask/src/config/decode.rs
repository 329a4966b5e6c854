//! Raw structures into one form for all versions: paths checked and relative to their module,
//! defaults filled in. Rule ids are still as written; `rules` resolves them.

use std::collections::BTreeSet;

use super::lists::{
    directories, disjoint, distinct, excludes_of, first_duplicate, inside, one_path, paths,
};
use super::names::{deps, module_name};
use super::parse;
use super::path::relative;
use super::raw::{self, List, Text};
use super::rules::LintOptions;
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// A `buf.yaml`, decoded.
#[derive(Clone, Debug)]
pub(super) struct BufYaml {
    /// The file, as the user calls it.
    pub(super) name: String,
    pub(super) version: ConfigVersion,
    pub(super) modules: Vec<Module>,
    pub(super) deps: Vec<String>,
    /// Whether it asks for plugins or policies, which are skipped.
    pub(super) plugins: bool,
    /// The sections of the whole file: those of an image.
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

/// A `lint` section: its rules and what they ask for.
#[derive(Clone, Debug)]
pub(super) struct Lint {
    pub(super) section: Section,
    pub(super) options: LintOptions,
}

/// A `lint` or `breaking` section: which rules, and where not.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// `lint` or `breaking`.
    pub(super) kind: &'static str,
    pub(super) version: ConfigVersion,
    /// Switched off by `disable_builtin`, or by ignoring the whole module.
    pub(super) disabled: bool,
    pub(super) r#use: Vec<Text>,
    pub(super) except: Vec<Text>,
    pub(super) ignore: Vec<String>,
    pub(super) ignore_only: Vec<(Text, Vec<String>)>,
    pub(super) ignore_unstable_packages: bool,
}

/// Decodes a `buf.yaml` that the user calls `name`.
pub(super) fn buf_yaml(content: &[u8], name: &str) -> Result<BufYaml> {
    let version = version(content, name, &ConfigVersion::ALL, "v2")?;
    match version {
        ConfigVersion::V2 => v2(parse::yaml(content, name)?, name),
        version => v1(parse::yaml(content, name)?, version, name),
    }
}

/// Decodes a `buf.work.yaml`: its folders, sorted.
pub(super) fn buf_work_yaml(content: &[u8], name: &str) -> Result<Vec<String>> {
    version(content, name, &[ConfigVersion::V1], "v1")?;
    let raw: raw::BufWorkYaml = parse::yaml(content, name)?;
    let dirs = paths(raw.directories, "directories", name)?;
    if dirs.is_empty() {
        return Err(Error::new("`directories` names no folder").at(name));
    }
    if dirs.iter().any(|dir| dir == ".") {
        return Err(Error::new("`directories` cannot name the folder of the file itself").at(name));
    }
    distinct(dirs, "directory", name)
}

/// What a file or a module without configuration means.
pub(super) fn default_v1() -> BufYaml {
    v1(raw::BufYamlV1::default(), ConfigVersion::V1, "buf.yaml")
        .expect("an empty configuration has no path that could be wrong")
}

fn version(
    content: &[u8],
    name: &str,
    known: &[ConfigVersion],
    newest: &str,
) -> Result<ConfigVersion> {
    let raw: raw::Versioned = parse::yaml(content, name)?;
    let help = format!("write `version: {newest}`");
    let Some(written) = raw.version.filter(|version| !version.value.is_empty()) else {
        return Err(Error::new("no `version` is set").at(name).help(help));
    };
    let found = known.iter().find(|version| version.to_string() == written.value);
    found.copied().ok_or_else(|| {
        Error::new(format!("unknown version {:?}", written.value))
            .at(parse::place(name, written.referenced))
            .help(help)
    })
}

fn v1(raw: raw::BufYamlV1, version: ConfigVersion, name: &str) -> Result<BufYaml> {
    let build = raw.build.unwrap_or_default();
    let roots = paths(build.roots, "build.roots", name)?;
    if version == ConfigVersion::V1 && !roots.is_empty() {
        return Err(Error::new("`build.roots` exists in `version: v1beta1` only").at(name));
    }
    let roots =
        if roots.is_empty() { vec![".".to_owned()] } else { distinct(roots, "root", name)? };
    let excludes = paths(build.excludes, "build.excludes", name)?;
    let excludes = excludes_of(&roots, &[], excludes, name)?;
    let lint = lint(raw.lint.unwrap_or_default(), version, ".", Outside::Refused, name)?;
    let breaking =
        breaking(raw.breaking.unwrap_or_default(), version, ".", Outside::Refused, name)?;
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
        lint,
        breaking,
    })
}

fn v2(raw: raw::BufYamlV2, name: &str) -> Result<BufYaml> {
    const VERSION: ConfigVersion = ConfigVersion::V2;
    let (top_lint, top_breaking) = (raw.lint.unwrap_or_default(), raw.breaking.unwrap_or_default());
    let raw_modules = v2_modules(raw.modules.unwrap_or_default(), raw.name, name)?;
    let mut modules = Vec::new();
    for module in raw_modules {
        modules.push(v2_module(module, &top_lint, &top_breaking, name)?);
    }
    distinct_modules(&modules, name)?;
    let named = modules.iter().filter_map(|module| module.name.as_deref());
    if let Some(twice) = first_duplicate(named) {
        return Err(Error::new(format!("two modules are named {twice:?}")).at(name));
    }
    Ok(BufYaml {
        name: name.to_owned(),
        version: VERSION,
        modules,
        deps: deps(raw.deps, name)?,
        plugins: extensions(
            &raw.plugins.unwrap_or_default(),
            &raw.policies.unwrap_or_default(),
            name,
        )?,
        lint: lint(top_lint, VERSION, ".", Outside::Dropped, name)?,
        breaking: breaking(top_breaking, VERSION, ".", Outside::Dropped, name)?,
    })
}

/// The modules as listed; without a list, one that is the whole folder and has the file's name.
fn v2_modules(
    modules: Vec<Option<raw::ModuleV2>>,
    top_name: Option<Text>,
    name: &str,
) -> Result<Vec<raw::ModuleV2>> {
    if modules.is_empty() {
        return Ok(vec![raw::ModuleV2 { name: top_name, ..Default::default() }]);
    }
    if let Some(top) = top_name.filter(|top| !top.value.is_empty()) {
        let message = "`name` at the top level is for a file without `modules`";
        let place = parse::place(name, top.referenced);
        return Err(Error::new(message).at(place).help("give each module its own `name`"));
    }
    Ok(modules.into_iter().map(Option::unwrap_or_default).collect())
}

/// One folder may be two modules, if they take different parts of it.
fn distinct_modules(modules: &[Module], name: &str) -> Result<()> {
    let mut seen = BTreeSet::new();
    let part =
        |module: &Module| (module.dir.clone(), module.includes.clone(), module.excludes.clone());
    match modules.iter().find(|module| !seen.insert(part(module))) {
        Some(twice) => {
            Err(Error::new(format!("the module at {:?} is listed twice", twice.dir)).at(name))
        }
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
    let includes = inside(paths(raw.includes, "includes", name)?, &dir, "include", name)?;
    let includes = directories(distinct(includes, "include", name)?, "include", name)?;
    let excludes = inside(paths(raw.excludes, "excludes", name)?, &dir, "exclude", name)?;
    let excludes = excludes_of(&[".".to_owned()], &includes, excludes, name)?;
    // A module's own section replaces that of the file, unless it says nothing.
    let lint = match raw.lint.filter(|own| !own.is_empty()) {
        Some(own) => lint(own, ConfigVersion::V2, &dir, Outside::Refused, name)?,
        None => lint(top_lint.clone(), ConfigVersion::V2, &dir, Outside::Dropped, name)?,
    };
    let breaking = match raw.breaking.filter(|own| !own.is_empty()) {
        Some(own) => breaking(own, ConfigVersion::V2, &dir, Outside::Refused, name)?,
        None => breaking(top_breaking.clone(), ConfigVersion::V2, &dir, Outside::Dropped, name)?,
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

/// Whether there are plugins or policies; each must say which one it is.
fn extensions(plugins: &[raw::Plugin], policies: &[raw::Policy], name: &str) -> Result<bool> {
    if plugins.iter().any(|plugin| plugin.plugin.is_none()) {
        return Err(Error::new("an entry of `plugins` has no `plugin`").at(name));
    }
    if policies.iter().any(|policy| policy.policy.is_none()) {
        return Err(Error::new("an entry of `policies` has no `policy`").at(name));
    }
    Ok(!plugins.is_empty() || !policies.is_empty())
}

/// What becomes of an ignore path outside the module.
#[derive(Clone, Copy, PartialEq)]
enum Outside {
    /// It is an error: the section is the module's own.
    Refused,
    /// It is another module's: the section is shared.
    Dropped,
}

fn lint(
    raw: raw::Lint,
    version: ConfigVersion,
    dir: &str,
    outside: Outside,
    name: &str,
) -> Result<Lint> {
    let options = LintOptions {
        enum_zero_value_suffix: or_default(&raw.enum_zero_value_suffix, "_UNSPECIFIED"),
        rpc_allow_same_request_response: raw.rpc_allow_same_request_response.unwrap_or(false),
        rpc_allow_google_protobuf_empty_requests: raw
            .rpc_allow_google_protobuf_empty_requests
            .unwrap_or(false),
        rpc_allow_google_protobuf_empty_responses: raw
            .rpc_allow_google_protobuf_empty_responses
            .unwrap_or(false),
        service_suffix: or_default(&raw.service_suffix, "Service"),
        comment_ignores: comment_ignores(&raw, version, name)?,
    };
    let paths = PathRule { kind: "lint", dir, outside, name };
    let section = Section {
        kind: "lint",
        version,
        disabled: raw.disable_builtin.unwrap_or(false),
        r#use: ids(raw.r#use),
        except: ids(raw.except),
        ignore: Vec::new(),
        ignore_only: Vec::new(),
        ignore_unstable_packages: false,
    };
    Ok(Lint { section: paths.apply(section, raw.ignore, raw.ignore_only)?, options })
}

/// v1 has to be told to obey comments, v2 has to be told not to.
fn comment_ignores(raw: &raw::Lint, version: ConfigVersion, name: &str) -> Result<bool> {
    let (own, other, keys) = match version {
        ConfigVersion::V2 => (
            raw.disallow_comment_ignores.as_ref().is_none_or(|disallow| !disallow.value),
            &raw.allow_comment_ignores,
            ("allow_comment_ignores", "disallow_comment_ignores"),
        ),
        _ => (
            raw.allow_comment_ignores.as_ref().is_some_and(|allow| allow.value),
            &raw.disallow_comment_ignores,
            ("disallow_comment_ignores", "allow_comment_ignores"),
        ),
    };
    let Some(other) = other else { return Ok(own) };
    Err(Error::new(format!("unknown key `{}` in `version: {version}`", keys.0))
        .at(parse::place(name, other.referenced))
        .help(format!("`version: {version}` has `{}`", keys.1)))
}

fn breaking(
    raw: raw::Breaking,
    version: ConfigVersion,
    dir: &str,
    outside: Outside,
    name: &str,
) -> Result<Section> {
    let paths = PathRule { kind: "breaking", dir, outside, name };
    let section = Section {
        kind: "breaking",
        version,
        disabled: raw.disable_builtin.unwrap_or(false),
        r#use: ids(raw.r#use),
        except: ids(raw.except),
        ignore: Vec::new(),
        ignore_only: Vec::new(),
        ignore_unstable_packages: raw.ignore_unstable_packages.unwrap_or(false),
    };
    paths.apply(section, raw.ignore, raw.ignore_only)
}

/// How the paths of one section become relative to their module.
struct PathRule<'a> {
    kind: &'static str,
    dir: &'a str,
    outside: Outside,
    name: &'a str,
}

impl PathRule<'_> {
    fn apply(&self, mut section: Section, ignore: List, only: raw::PathsById) -> Result<Section> {
        let key = format!("{}.ignore", self.kind);
        let ignore = paths(ignore, &key, self.name)?;
        if ignore.iter().any(|path| path == self.dir) {
            section.disabled = true;
            return Ok(section);
        }
        section.ignore = self.relative(ignore, &key)?;
        let key = format!("{}.ignore_only", self.kind);
        for (id, list) in only.unwrap_or_default() {
            let list = self.relative(paths(list, &key, self.name)?, &key)?;
            if list.is_empty() {
                continue;
            }
            section.ignore_only.push((id, list));
        }
        section.ignore_only.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
        Ok(section)
    }

    /// The paths inside the module, sorted, none within another.
    fn relative(&self, paths: Vec<String>, key: &str) -> Result<Vec<String>> {
        let mut inside = Vec::new();
        for path in paths {
            match relative(self.dir, &path) {
                Some(path) => inside.push(path),
                None if self.outside == Outside::Dropped => {}
                None => {
                    let dir = self.dir;
                    let message = format!("`{key}`: {path:?} is not within the module {dir:?}");
                    return Err(Error::new(message).at(self.name));
                }
            }
        }
        inside.sort();
        inside.dedup();
        disjoint(&inside, &format!("`{key}`"), self.name)?;
        Ok(inside)
    }
}

impl raw::Lint {
    /// Whether it says nothing: then the section of the file holds.
    fn is_empty(&self) -> bool {
        let off = |flag: &Option<bool>| !flag.unwrap_or(false);
        let unset = |text: &Option<String>| text.as_deref().unwrap_or("").is_empty();
        is_empty(&self.r#use)
            && is_empty(&self.except)
            && is_empty(&self.ignore)
            && self.ignore_only.as_ref().is_none_or(|only| only.is_empty())
            && unset(&self.enum_zero_value_suffix)
            && off(&self.rpc_allow_same_request_response)
            && off(&self.rpc_allow_google_protobuf_empty_requests)
            && off(&self.rpc_allow_google_protobuf_empty_responses)
            && unset(&self.service_suffix)
            && self.disallow_comment_ignores.as_ref().is_none_or(|flag| !flag.value)
            && self.allow_comment_ignores.is_none()
            && off(&self.disable_builtin)
    }
}

impl raw::Breaking {
    /// Whether it says nothing: then the section of the file holds.
    fn is_empty(&self) -> bool {
        is_empty(&self.r#use)
            && is_empty(&self.except)
            && is_empty(&self.ignore)
            && self.ignore_only.as_ref().is_none_or(|only| only.is_empty())
            && !self.ignore_unstable_packages.unwrap_or(false)
            && !self.disable_builtin.unwrap_or(false)
    }
}

fn is_empty(list: &List) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

fn or_default(text: &Option<String>, default: &str) -> String {
    text.as_deref().filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
}

/// The ids of a list, in which an empty one says nothing.
fn ids(list: List) -> Vec<Text> {
    list.into_iter().flatten().flatten().filter(|id| !id.value.is_empty()).collect()
}
