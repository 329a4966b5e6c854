//! `buf.gen.yaml`: which plugins make which stubs of which inputs. Read as buf 1.75 reads it
//! (<https://buf.build/docs/configuration/v2/buf-gen-yaml/>); all versions become one form.

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
use super::{common, parse};
use crate::error::{Error, Result};

/// What is generated, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The file, as the user calls it.
    pub name: String,
    /// The plugins, in the order in which they stand there.
    pub plugins: Vec<Plugin>,
    /// What stubs are made of where the command names no input; none: the working directory.
    pub inputs: Vec<Input>,
    /// Inputs that are modules of a registry: only another input can stand in for them.
    pub remote_inputs: Vec<String>,
    /// The types that are kept, of all inputs (only `version: v1` has it).
    pub types: Vec<String>,
    /// Whether what an earlier run made and this one does not goes away.
    pub clean: bool,
    /// The options that files get without their being written.
    pub managed: Managed,
    /// What the user should know, and what fails nothing.
    pub warnings: Vec<String>,
}

/// One plugin and what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// What it is called in messages.
    pub name: String,
    /// What is run.
    pub program: Program,
    /// The folder, zip or jar that its files go to.
    pub out: String,
    /// Its options, as they are handed over; none if there are none.
    pub parameter: Option<String>,
    /// How its work is divided.
    pub strategy: Strategy,
    /// Whether it is asked for the imports of the files as well.
    pub include_imports: bool,
    /// Whether it is asked for the well-known types as well.
    pub include_wkt: bool,
    /// The types that are kept for it; none: all.
    pub types: Vec<String>,
    /// The types that are left out for it.
    pub exclude_types: Vec<String>,
}

/// What speaks the plugin protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program and its arguments, found as a shell would.
    Local(Vec<String>),
    /// A plugin by its short name: `protoc-gen-NAME`, or else what protoc has built in.
    Named {
        /// The short name.
        name: String,
        /// The protoc to ask, and its arguments; empty: `protoc`.
        protoc: Vec<String>,
    },
}

impl Program {
    /// The name of the plugin of this program's own that is meant, if one is.
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

/// How the files are divided into requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// One request for the files of each folder.
    #[default]
    Directory,
    /// One request for all files.
    All,
}

/// One of `inputs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// It as the commands take it: `PATH#key=value`.
    pub reference: String,
    /// What `--path` would name.
    pub paths: Vec<String>,
    /// What `--exclude-path` would name.
    pub exclude_paths: Vec<String>,
    /// The types that are kept; none: all.
    pub types: Vec<String>,
    /// The types that are left out.
    pub exclude_types: Vec<String>,
}

impl Template {
    /// Decodes a template that the user calls `name`.
    pub fn decode(content: &[u8], name: &str) -> Result<Template> {
        match common::version(content, name, &crate::rule::ConfigVersion::ALL, "v2")? {
            crate::rule::ConfigVersion::V2 => v2::template(parse::yaml(content, name)?, name),
            crate::rule::ConfigVersion::V1 => v1::template(parse::yaml(content, name)?, name),
            crate::rule::ConfigVersion::V1Beta1 => {
                v1::oldest_template(parse::yaml(content, name)?, name)
            }
        }
    }
}

/// The one string that a plugin is handed: its options with commas between.
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

/// The folder that a plugin writes to, which has to be named.
fn out(written: Option<String>, plugin: &str, name: &str) -> Result<String> {
    let out = written.filter(|out| !out.is_empty());
    out.ok_or_else(|| Error::new(format!("the plugin {plugin:?} has no `out`")).at(name))
}
