//! `release VERSION`: freezes the current schema as a promise.

use std::path::PathBuf;

use super::releases::{self, Release};
use super::schema::{Outcome as Read, Reader, SelectionArgs};
use super::{Outcome, findings, print};
use crate::error::{Error, Result};
use crate::files;
use crate::printable;
use crate::report::Format;
use crate::schema::image;

/// Freeze the current schema as a release
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// Its version: v1.2.0
    version: String,
}

pub(crate) fn run(args: &ReleaseArgs) -> Result<Outcome> {
    let version = releases::parse_version(&args.version)?;
    let selection = SelectionArgs::default();
    let reader = Reader::new(&selection)?.whole();
    let settings = reader.settings()?;
    let folder = PathBuf::from(reader.shown(&settings.releases));
    if let Some(newest) = releases::all(&settings, reader.here())?.last()
        && version <= *newest.version()
    {
        return Err(refused(&version, newest));
    }
    let loaded = match reader.read_schema(&reader.shown(&settings.root), None)? {
        Read::Loaded(loaded) => loaded,
        Read::Broken(found, texts) => return findings::report(found, Format::Text, &texts),
    };
    let set = image::freeze(&image::of_schema(loaded.schema))?;
    let path = releases::path_of(&folder, &version);
    if !files::is_inside(&reader.absolute(&settings.top), &folder) {
        return Err(Error::new("a symbolic link leads from here out of the repository")
            .at(folder.display().to_string())
            .help("remove the link, or name another folder in `history.releases`"));
    }
    std::fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    files::write(&path, &image::encode(&set, image::Format::Binary)?)?;
    let shown = path.display().to_string();
    print(&format!("released v{version}: {}\n", printable::line(&shown)))?;
    Ok(Outcome::Clean)
}

fn refused(version: &semver::Version, newest: &Release) -> Error {
    Error::new(format!("v{version} does not come after {newest}, which is released"))
        .help("a release is never changed: choose a greater version")
}
