//! Templates of `version: v2`.

use super::super::raw::Flag;
use super::known::PLUGINS;
use super::{
    Plugin, Program, RemotePlugin, Template, inputs, managed_v2, out, parameter, raw, strategy,
};
use crate::error::{Error, Result};

pub(super) fn template(raw: raw::V2, name: &str) -> Result<Template> {
    let (remote_plugins, plugins): (Vec<_>, Vec<_>) =
        raw.plugins.unwrap_or_default().into_iter().partition(is_remote);
    let (remote_inputs, inputs): (Vec<_>, Vec<_>) =
        raw.inputs.unwrap_or_default().into_iter().partition(inputs::is_remote);
    let managed = managed_v2::v2(raw.managed.unwrap_or_default(), name)?;
    Ok(Template {
        name: name.to_owned(),
        plugins: plugins.into_iter().map(|raw| plugin(raw, name)).collect::<Result<_>>()?,
        remote_plugins: remote_plugins
            .into_iter()
            .map(|raw| {
                let reference = raw.remote.map(|remote| remote.value).unwrap_or_default();
                remote(reference, raw.out, name, write)
            })
            .collect::<Result<_>>()?,
        inputs: inputs.into_iter().map(|raw| inputs::input(raw, name)).collect::<Result<_>>()?,
        remote_inputs: remote_inputs.into_iter().filter_map(|raw| raw.module).collect(),
        types: Vec::new(),
        clean: is_set(raw.clean),
        warnings: managed.warning(name).into_iter().collect(),
        managed,
    })
}

fn is_set(flag: Option<Flag>) -> bool {
    flag.is_some_and(|flag| flag.0)
}

fn plugin(raw: raw::PluginV2, name: &str) -> Result<Plugin> {
    let refuse = |problem: String| Err(Error::new(problem).at(name));
    let (short, program) = program(&raw, name)?;
    let built_in = matches!(program, Program::Named { .. });
    if raw.revision.is_some() {
        return refuse(format!(
            "the plugin {short:?}: `revision` is only allowed for remote plugins"
        ));
    }
    if raw.protoc_path.is_some() && !built_in {
        return refuse(format!("the plugin {short:?}: `protoc_path` needs `protoc_builtin`"));
    }
    let (include_imports, include_wkt) = (is_set(raw.include_imports), is_set(raw.include_wkt));
    if include_wkt && !include_imports {
        return refuse(format!("the plugin {short:?}: `include_wkt` needs `include_imports`"));
    }
    Ok(Plugin {
        program,
        out: out(raw.out, &short, name)?,
        parameter: parameter(raw.opt),
        strategy: strategy(raw.strategy, name)?,
        include_imports,
        include_wkt,
        types: raw.types.unwrap_or_default(),
        exclude_types: raw.exclude_types.unwrap_or_default(),
        name: short,
    })
}

fn is_remote(raw: &raw::PluginV2) -> bool {
    raw.remote.is_some() && raw.local.is_none() && raw.protoc_builtin.is_none()
}

/// Returns the name and the program of a plugin; an error unless exactly one key sets them.
fn program(raw: &raw::PluginV2, name: &str) -> Result<(String, Program)> {
    match (&raw.remote, &raw.local, &raw.protoc_builtin) {
        (None, Some(local), None) if local.0.first().is_none_or(String::is_empty) => {
            Err(Error::new("`local` of a plugin is empty").at(name))
        }
        (None, Some(local), None) => Ok((local.0.join(" "), Program::Local(local.0.clone()))),
        (None, None, Some(built_in)) => {
            let protoc = raw.protoc_path.as_ref().map(|path| path.0.clone()).unwrap_or_default();
            let name = built_in.value.clone();
            Ok((name.clone(), Program::Named { name, protoc }))
        }
        _ => Err(Error::new("a plugin needs one of `local`, `protoc_builtin` and `remote`")
            .at(name)
            .help("`local: protoc-gen-NAME` runs an installed plugin")),
    }
}

/// The languages of registry plugins whose generator is built into protoc.
const BUILT_IN: [&str; 10] =
    ["cpp", "csharp", "java", "kotlin", "objc", "php", "pyi", "python", "ruby", "rust"];

/// The languages whose gRPC plugin does not follow the naming of other plugins, with the name of
/// the program: `grpc_cpp_plugin` (<https://github.com/grpc/grpc/tree/master/src/compiler>).
const GRPC_PLUGINS: [(&str, &str); 6] = [
    ("cpp", "grpc_cpp_plugin"),
    ("csharp", "grpc_csharp_plugin"),
    ("node", "grpc_node_plugin"),
    ("objc", "grpc_objective_c_plugin"),
    ("php", "grpc_php_plugin"),
    ("ruby", "grpc_ruby_plugin"),
];

/// The local replacement of a remote plugin.
pub(super) enum LocalReplacement<'a> {
    /// An installed plugin: the name after `protoc-gen-`.
    Installed(String),
    /// An installed plugin with another name.
    Program(&'static str),
    /// A generator that is built into protoc.
    OfProtoc(&'a str),
    /// A generator that is built into wireproof.
    Own(&'static str),
}

/// Returns the plugin `reference`, which would run on a remote server. `write` returns its
/// replacement in the syntax of the template's version.
pub(super) fn remote(
    reference: String,
    written: Option<String>,
    name: &str,
    write: impl Fn(LocalReplacement<'_>) -> String,
) -> Result<RemotePlugin> {
    let out = out(written, &reference, name)?;
    let help = local_replacement(&reference, write);
    Ok(RemotePlugin { reference, out, help })
}

/// Returns what to do instead of running the plugin `reference` on a remote server.
fn local_replacement(reference: &str, write: impl Fn(LocalReplacement<'_>) -> String) -> String {
    let path = reference.split(':').next().unwrap_or(reference);
    let (above, short) = path.rsplit_once('/').unwrap_or(("", path));
    let owner = above.rsplit_once('/').map_or(above, |(_, owner)| owner);
    let known = PLUGINS.iter().find(|known| known.remote == Some(&format!("{owner}/{short}")));
    let program = known.and_then(|known| known.program.strip_prefix("protoc-gen-"));
    let replacement = match (owner, short) {
        ("grpc", "python") => LocalReplacement::Own("grpc-python"),
        (_, "neoeinstein-prost" | "neoeinstein-tonic") => LocalReplacement::Own("rust"),
        _ if program.is_some() => {
            LocalReplacement::Installed(program.unwrap_or_default().to_owned())
        }
        ("grpc", short) => match GRPC_PLUGINS.iter().find(|(language, _)| *language == short) {
            Some((_, program)) => LocalReplacement::Program(program),
            None => LocalReplacement::Installed(format!("grpc-{short}")),
        },
        // The registry names of these differ from those of their programs.
        ("community" | "connectrpc", _) => LocalReplacement::Installed("NAME".to_owned()),
        (_, short) if BUILT_IN.contains(&short) => LocalReplacement::OfProtoc(short),
        (_, short) => LocalReplacement::Installed(short.to_owned()),
    };
    let help = match &replacement {
        LocalReplacement::Installed(name) if name == "NAME" => "install its program, and write ",
        LocalReplacement::Installed(_) | LocalReplacement::Program(_) => "install it, and write ",
        LocalReplacement::OfProtoc(_) => "it is built into protoc: write ",
        LocalReplacement::Own(_) => "it is built into wireproof: write ",
    };
    format!("{help}{}", write(replacement))
}

fn write(replacement: LocalReplacement<'_>) -> String {
    match replacement {
        LocalReplacement::Installed(name) => format!("`local: protoc-gen-{name}`"),
        LocalReplacement::Program(program) => format!("`local: {program}`"),
        LocalReplacement::OfProtoc(name) => format!("`protoc_builtin: {name}`"),
        LocalReplacement::Own(name) => format!("`local: [wireproof, plugin, {name}]`"),
    }
}
