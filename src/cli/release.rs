//! `release VERSION`: freezes the current schema as an image that later versions are compared with.

use std::path::PathBuf;

use super::releases::{self, Release};
use super::selection::{SelectionArgs, create_folder};
use super::{Outcome, findings, print};
use crate::error::{Error, Result};
use crate::files;
use crate::printable;
use crate::report::Format;
use crate::schema::image;
use crate::workspace::{Load, Loader, Options, Rules};

/// Freeze the current schema as a release
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// Version of the release, for example 1.2.0
    version: String,
}

pub(crate) fn run(args: &ReleaseArgs) -> Result<Outcome> {
    let version = releases::parse_version(&args.version)?;
    let options = SelectionArgs::default().options()?;
    let loader = Loader::new(Options { single_namespace: true, ..options })?;
    let settings = loader.settings()?;
    let folder = PathBuf::from(loader.shown(&settings.releases));
    if let Some(newest) = releases::all(&settings, loader.here())?.last()
        && version <= *newest.version()
    {
        return Err(not_newer(&version, newest));
    }
    let loaded = match loader.load(&loader.shown(&settings.root), None, Rules::None)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(found, texts) => return findings::report(found, Format::Text, &texts),
    };
    let set = image::freeze(&image::of_schema(loaded.schema))?;
    let path = releases::path_of(&folder, &version);
    create_folder(&loader, &settings, &folder)?;
    files::write(&path, &image::encode(&set, image::Format::Binary)?)?;
    let shown = path.display().to_string();
    print(&format!("released v{version}: {}\n", printable::line(&shown)))?;
    Ok(Outcome::Clean)
}

/// Returns the error for a version that is not greater than the newest release.
fn not_newer(version: &semver::Version, newest: &Release) -> Error {
    Error::new(format!("v{version} is not greater than {newest}, the latest release"))
        .help("releases are never changed: choose a greater version")
}
