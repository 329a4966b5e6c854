//! `plugin`: one of the built-in generators as a plugin for buf to run.

use std::path::Path;
use std::time::Duration;

use super::{Outcome, installation, output};
use crate::error::{Error, Result};
use crate::files;
use crate::generate::{self, Environment};

/// Be a protoc plugin: a request on standard input, the answer on standard output
#[derive(Debug, clap::Args)]
pub(crate) struct PluginArgs {
    /// Which one: grpc-python, openapi or rust
    name: String,
}

pub(crate) fn run(args: &PluginArgs) -> Result<Outcome> {
    let question = files::read_bounded(std::io::stdin().lock(), files::SCHEMAS);
    let question = question.map_err(|error| Error::io(Path::new("standard input"), error))?;
    let folder = std::env::current_dir().map_err(|error| Error::io(Path::new("."), error))?;
    // Whoever runs a plugin says how long it may take.
    let environment = Environment {
        folder,
        limit: Duration::from_secs(3600),
        allow_missing: false,
        help: installation::help,
    };
    let answer = generate::answer(&args.name, &question, &environment)?;
    output::print_pieces(|sink| sink(&answer))?;
    Ok(Outcome::Clean)
}
