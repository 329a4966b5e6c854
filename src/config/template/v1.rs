//! Templates of `version: v1beta1` and `v1`.

use super::managed::Managed;
use super::managed_v1;
use super::raw::{self, Text};
use super::v2::{self, LocalReplacement};
use super::{Plugin, Program, RemotePlugin, Template, out, parameter, strategy};
use crate::error::{Error, Result};

pub(super) fn v1beta1_template(raw: raw::V1Beta1, name: &str) -> Result<Template> {
    let newer = |plugin: raw::PluginV1Beta1| raw::PluginV1 {
        name: plugin.name,
        out: plugin.out,
        opt: plugin.opt,
        path: plugin.path.map(|path| raw::OneOrMany(vec![path])),
        strategy: plugin.strategy,
        ..raw::PluginV1::default()
    };
    let plugins = raw.plugins.unwrap_or_default().into_iter().map(newer).collect();
    let managed = managed_v1::v1beta1(raw.managed, raw.options, name)?;
    template_of(plugins, Vec::new(), managed, name)
}

pub(super) fn template(raw: raw::V1, name: &str) -> Result<Template> {
    let types = raw.types.and_then(|types| types.include).unwrap_or_default();
    let managed = managed_v1::v1(raw.managed.unwrap_or_default(), name)?;
    template_of(raw.plugins.unwrap_or_default(), types, managed, name)
}

fn template_of(
    plugins: Vec<raw::PluginV1>,
    types: Vec<String>,
    managed: Managed,
    name: &str,
) -> Result<Template> {
    if plugins.is_empty() {
        return Err(Error::new("`plugins` is empty").at(name));
    }
    let (mut local, mut remote_plugins) = (Vec::new(), Vec::new());
    for raw in plugins {
        match plugin(raw, name)? {
            Either::Local(plugin) => local.push(*plugin),
            Either::Remote(plugin) => remote_plugins.push(plugin),
        }
    }
    let warnings = managed.warning(name).into_iter().collect();
    Ok(Template {
        name: name.to_owned(),
        plugins: local,
        remote_plugins,
        inputs: Vec::new(),
        remote_inputs: Vec::new(),
        types,
        clean: false,
        managed,
        warnings,
    })
}

/// A plugin that is run, or one that is not.
enum Either {
    Local(Box<Plugin>),
    Remote(RemotePlugin),
}

fn plugin(raw: raw::PluginV1, name: &str) -> Result<Either> {
    let said = |text: Option<Text>| text.map(|text| text.value).filter(|text| !text.is_empty());
    let (key, short) = match (said(raw.plugin), said(raw.name)) {
        (Some(short), None) => ("plugin", short),
        (None, Some(short)) => ("name", short),
        _ => return Err(Error::new("a plugin needs either `plugin` or `name`").at(name)),
    };
    if short.contains('/') {
        let remote = v2::remote(short, raw.out, name, |replacement| written(key, replacement))?;
        return Ok(Either::Remote(remote));
    }
    if raw.revision.is_some() {
        let problem =
            format!("the plugin {short:?}: `revision` is only allowed for remote plugins");
        return Err(Error::new(problem).at(name));
    }
    let words = |words: Option<raw::OneOrMany>| words.map(|words| words.0).unwrap_or_default();
    let program = match words(raw.path) {
        path if path.is_empty() => {
            Program::Named { name: short.clone(), protoc: words(raw.protoc_path) }
        }
        path => Program::Local(path),
    };
    Ok(Either::Local(Box::new(Plugin {
        program,
        out: out(raw.out, &short, name)?,
        parameter: parameter(raw.opt),
        strategy: strategy(raw.strategy, name)?,
        include_imports: false,
        include_wkt: false,
        types: Vec::new(),
        exclude_types: Vec::new(),
        name: short,
    })))
}

/// Returns a plugin in the syntax of these versions. In v1beta1, where the key is `name`, a program
/// has no arguments.
fn written(key: &str, replacement: LocalReplacement<'_>) -> String {
    match replacement {
        LocalReplacement::Installed(name) => format!("`{key}: {name}`"),
        LocalReplacement::Program(program) => format!("`{key}: {program}` with `path: {program}`"),
        LocalReplacement::OfProtoc(name) => format!("`{key}: {name}`"),
        LocalReplacement::Own(name) if key == "name" => {
            format!("in `version: v2`: `local: [wireproof, plugin, {name}]`")
        }
        LocalReplacement::Own(name) => {
            format!("`{key}: {name}` with `path: [wireproof, plugin, {name}]`")
        }
    }
}
