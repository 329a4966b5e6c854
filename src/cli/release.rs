//! `release VERSION`: freezes the current schema as an image that later versions are compared with,
//! and adds its changes to the changelog.

use std::path::{Path, PathBuf};

use semver::Version;

use super::changelog::{self, Changelog};
use super::releases::{self, Release};
use super::selection::{SelectionArgs, create_folder};
use super::{Outcome, approvals, diff, findings, print};
use crate::compat::diff::{Change, least_version, required};
use crate::error::{Error, Result};
use crate::files;
use crate::printable;
use crate::report::Format;
use crate::schema::image;
use crate::workspace::{Load, Loader, Options, Rules};

/// Freeze the current schema as a release, and add it to the changelog
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// Version of the release, for example 1.2.0; one that is too small for the changes is refused
    version: String,
}

pub(crate) fn run(args: &ReleaseArgs) -> Result<Outcome> {
    let version = releases::parse_version(&args.version)?;
    let options = SelectionArgs::default().options()?;
    let loader = Loader::new(Options { single_namespace: true, ..options })?;
    let settings = loader.settings()?;
    let folder = PathBuf::from(loader.shown(&settings.releases));
    let releases = releases::all(&settings, loader.here())?;
    if let Some(newest) = releases.last().filter(|newest| version <= *newest.version()) {
        return Err(not_newer(&version, newest));
    }
    let loaded = match loader.load(&loader.shown(&settings.root), None, Rules::Compat)? {
        Load::Ready(loaded) => loaded,
        Load::CompileErrors(found, texts) => return findings::report(found, Format::Text, &texts),
    };
    let changes = match releases::previous(&releases, &version) {
        Some(previous) => {
            let changes = diff::between(&previous.schema(&loader)?, &loaded, &settings.proof);
            require_size(&version, previous, &changes)?;
            Some(changes)
        }
        None => None,
    };
    let mut changelog = Changelog::read(&loader, &settings)?;
    if !changelog.has(&version) {
        let date = approvals::today().to_string();
        let entry = changelog::entry(&version, &date, changes.as_deref(), &loaded.schema);
        changelog.insert(&version, &entry);
    }
    let set = image::freeze(&image::of_schema(loaded.schema))?;
    let image = image::encode(&set, image::Format::Binary)?;
    let path = releases::path_of(&folder, &version);
    create_folder(&loader, &settings, &folder)?;
    write(&path, &image, &changelog)?;
    let [shown, log] = [&path, &changelog.path].map(|path| path.display().to_string());
    let (shown, log) = (printable::line(&shown), printable::line(&log));
    print(&format!("released v{version}: {shown}, {log}\n"))?;
    Ok(Outcome::Clean)
}

/// Writes the image and the changelog. Both are written beside their targets before the first one is
/// renamed.
fn write(path: &Path, image: &[u8], changelog: &Changelog) -> Result<()> {
    let log = (&*changelog.path, changelog.text.as_bytes());
    files::write_all([(path, image), log].into_iter()).map_err(|error| {
        if path.is_file() {
            error.help("the release is complete without its entry: `wireproof changelog` adds it")
        } else {
            error
        }
    })
}

/// Refuses a version that is smaller than the changes since `previous` require. Of a pre-release,
/// the version that it precedes counts.
fn require_size(version: &Version, previous: &Release, changes: &[Change]) -> Result<()> {
    let Some(bump) = required(changes) else { return Ok(()) };
    let least = least_version(previous.version(), bump);
    if Version::new(version.major, version.minor, version.patch) >= least {
        return Ok(());
    }
    let mut requiring = changes.iter().filter(|change| change.bump == bump);
    let first = requiring.next().map(Change::to_string).unwrap_or_default();
    let more = match requiring.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Err(Error::new(format!(
        "v{version} is too small: the changes since {previous} are {bump}, so the next version is \
         v{least} or greater; {first}{more}"
    ))
    .help("choose a greater version; `wireproof diff` lists the changes"))
}

/// Returns the error for a version that is not greater than the newest release.
fn not_newer(version: &Version, newest: &Release) -> Error {
    Error::new(format!("v{version} is not greater than {newest}, the latest release"))
        .help("releases are never changed: choose a greater version")
}
