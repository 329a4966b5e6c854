//! `buf.gen.yaml`: the plugins, their options and their inputs. Read as in buf 1.75
//! (<https://buf.build/docs/configuration/v2/buf-gen-yaml/>); all versions are converted to one
//! form.

mod inputs;
pub(crate) mod known;
pub mod managed;
mod managed_v1;
mod managed_v2;
mod raw;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

use self::managed::Managed;
use super::path::normalize;
use super::{common, parse};
use crate::error::{Error, Result};

/// A generation template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name of the file, as shown to the user.
    pub name: String,
    /// The plugins, in order, without the remote ones.
    pub plugins: Vec<Plugin>,
    /// The remote plugins, in order.
    pub remote_plugins: Vec<RemotePlugin>,
    /// The inputs, used if the command names none; empty stands for the working directory.
    pub inputs: Vec<Input>,
    /// Inputs that are modules of a registry. They are not supported, so the command has to name
    /// other inputs.
    pub remote_inputs: Vec<String>,
    /// The types to keep, for all inputs (only in `version: v1`).
    pub types: Vec<String>,
    /// Whether files of an earlier run that this one does not generate are deleted.
    pub clean: bool,
    /// The configuration of managed mode.
    pub managed: Managed,
    /// Warnings for the user.
    pub warnings: Vec<String>,
}

/// One plugin and its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// Its name in messages.
    pub name: String,
    /// The program to run.
    pub program: Program,
    /// The folder, zip or jar for its files.
    pub out: String,
    /// Its options, as passed to it; none if there are none.
    pub parameter: Option<String>,
    /// The way in which files are divided into requests.
    pub strategy: Strategy,
    /// Whether it generates code for imports as well.
    pub include_imports: bool,
    /// Whether it generates code for the well-known types as well.
    pub include_wkt: bool,
    /// The types to keep for it; empty: all.
    pub types: Vec<String>,
    /// The types to leave out for it.
    pub exclude_types: Vec<String>,
}

/// A plugin that buf runs on a server. It is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlugin {
    /// Its name in the registry.
    pub reference: String,
    /// The folder, zip or jar for its files.
    pub out: String,
    /// What to do instead, with its local replacement in the syntax of the template.
    pub help: String,
}

impl RemotePlugin {
    /// Returns the names of `plugins`, and what to do instead, for a message about all of them.
    pub(crate) fn describe(plugins: &[RemotePlugin]) -> (String, String) {
        let names: Vec<String> =
            plugins.iter().map(|plugin| format!("{:?}", plugin.reference)).collect();
        let help = |plugin: &RemotePlugin| match plugins {
            [_] => plugin.help.clone(),
            _ => format!("{:?}: {}", plugin.reference, plugin.help),
        };
        let help: Vec<String> = plugins.iter().map(help).collect();
        (names.join(", "), help.join("; "))
    }
}

/// A program that speaks the plugin protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program and its arguments, found in `PATH`.
    Local(Vec<String>),
    /// A plugin by its short name: `protoc-gen-NAME`, or else a generator that is built into
    /// protoc.
    Named {
        /// The short name.
        name: String,
        /// The protoc to run, and its arguments; empty: `protoc`.
        protoc: Vec<String>,
    },
}

impl Program {
    /// Returns the name of the built-in generator, if the plugin is one.
    pub fn built_in(&self) -> Option<&str> {
        match self {
            Program::Local(words) => match &words[..] {
                [program, plugin, name] if program == "wireproof" && plugin == "plugin" => {
                    Some(name)
                }
                _ => None,
            },
            Program::Named { .. } => None,
        }
    }
}

/// The way in which files are divided into requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// One request for the files of each folder.
    #[default]
    Directory,
    /// One request for all files.
    All,
}

/// An entry of `inputs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The input as on the command line: `PATH#key=value`.
    pub reference: String,
    /// The files and folders to keep, as with `--path`.
    pub paths: Vec<String>,
    /// The files and folders to leave out, as with `--exclude-path`.
    pub exclude_paths: Vec<String>,
    /// The types to keep; empty: all.
    pub types: Vec<String>,
    /// The types to leave out.
    pub exclude_types: Vec<String>,
}

impl Template {
    /// Decodes a template; `name` is shown to the user.
    pub fn decode(content: &[u8], name: &str) -> Result<Template> {
        match common::version(content, name, &crate::rule::ConfigVersion::ALL, "v2")? {
            crate::rule::ConfigVersion::V2 => v2::template(parse::yaml(content, name)?, name),
            crate::rule::ConfigVersion::V1 => v1::template(parse::yaml(content, name)?, name),
            crate::rule::ConfigVersion::V1Beta1 => {
                v1::v1beta1_template(parse::yaml(content, name)?, name)
            }
        }
    }
}

impl Template {
    /// Fails if the template has remote plugins. The error names all of them, each with its local
    /// replacement.
    pub fn refuse_remote_plugins(&self) -> Result<()> {
        let (names, help) = RemotePlugin::describe(&self.remote_plugins);
        let subject = match self.remote_plugins.len() {
            0 => return Ok(()),
            1 => format!("the plugin {names} is remote"),
            _ => format!("the plugins {names} are remote"),
        };
        let problem = format!("{subject}; wireproof only runs local plugins");
        Err(Error::new(problem).at(&self.name).help(help))
    }

    /// Removes the local plugins that share an output with a remote one: its content is unknown.
    pub fn leave_out_remote_outputs(&mut self) {
        let normal = |out: &str| normalize(out).unwrap_or_else(|_| out.to_owned());
        let unknown: Vec<String> =
            self.remote_plugins.iter().map(|plugin| normal(&plugin.out)).collect();
        self.plugins.retain(|plugin| !unknown.contains(&normal(&plugin.out)));
    }
}

/// Returns the parameter of a plugin: its options, joined by commas.
fn parameter(options: Option<raw::OneOrMany>) -> Option<String> {
    let joined = options.map(|options| options.0.join(","));
    joined.filter(|options| !options.is_empty())
}

fn strategy(written: Option<raw::Text>, name: &str) -> Result<Strategy> {
    let Some(written) = written else { return Ok(Strategy::default()) };
    match written.value.as_str() {
        "" | "directory" => Ok(Strategy::Directory),
        "all" => Ok(Strategy::All),
        other => Err(Error::new(format!("unknown strategy {other:?}"))
            .at(parse::place(name, written.referenced))
            .help("write `directory` or `all`")),
    }
}

/// Returns the output folder of a plugin; an error if there is none.
fn out(written: Option<String>, plugin: &str, name: &str) -> Result<String> {
    let out = written.filter(|out| !out.is_empty());
    out.ok_or_else(|| Error::new(format!("the plugin {plugin:?} has no `out`")).at(name))
}
