//! `plugin`: runs a built-in generator as a plugin of buf or protoc.

use std::path::Path;
use std::time::Duration;

use super::{Outcome, install_hint, output};
use crate::error::{Error, Result};
use crate::files;
use crate::generate::{self, Environment};

/// Run a built-in generator as a protoc plugin (stdin to stdout)
#[derive(Debug, clap::Args)]
pub(crate) struct PluginArgs {
    /// The generator: grpc-python, openapi or rust
    name: String,
}

pub(crate) fn run(args: &PluginArgs) -> Result<Outcome> {
    let request = files::read_bounded(std::io::stdin().lock(), files::SCHEMAS);
    let request = request.map_err(|error| Error::io(Path::new("standard input"), error))?;
    let folder = std::env::current_dir().map_err(|error| Error::io(Path::new("."), error))?;
    let environment = Environment {
        folder,
        // The program that runs a plugin has a limit of its own.
        limit: Duration::from_secs(3600),
        allow_missing: false,
        help: install_hint::help,
    };
    let response = generate::answer(&args.name, &request, &environment)?;
    output::print_pieces(|sink| sink(&response))?;
    Ok(Outcome::Clean)
}
