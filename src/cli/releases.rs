//! The releases of a schema: frozen images in a folder, each named by its version.

use std::fmt;
use std::path::{Path, PathBuf};

use semver::Version;

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::files;
use crate::input::Source;
use crate::schema::Schema;
use crate::schema::image::SharedImages;
use crate::workspace::Loader;

/// A release, whose image is read only when needed.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    version: Version,
    /// The path of the image in the tree of the working directory.
    path: String,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)
    }
}

impl Release {
    /// Returns the version.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Returns the path of the image, as shown to the user.
    pub(crate) fn shown(&self, loader: &Loader) -> String {
        loader.shown(&self.path)
    }

    /// Whether it precedes the release with the same three numbers: `1.2.0-rc.1`.
    pub(crate) fn is_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Reads the schema.
    pub(crate) fn schema(&self, loader: &Loader) -> Result<Schema> {
        self.shared_schema(loader, &mut SharedImages::default())
    }

    /// Reads the schema. Files that `images` has are shared.
    pub(crate) fn shared_schema(
        &self,
        loader: &Loader,
        images: &mut SharedImages,
    ) -> Result<Schema> {
        let shown = loader.shown(&self.path);
        let at = |error: Error| match error.place() {
            Some(place) => {
                let place = format!("{shown}: {place}");
                error.at(place)
            }
            None => error.at(shown.clone()),
        };
        let bytes = loader.here().tree.read(&self.path, files::SCHEMAS)?;
        let bytes =
            bytes.ok_or_else(|| at(Error::new("the image was deleted while it was read")))?;
        loader.here().budget.charge(bytes.len()).map_err(at)?;
        images.read(&bytes).map_err(at)
    }
}

/// Returns the releases that `settings` support, oldest first.
///
/// # Errors
///
/// There are releases, and none of them is supported.
pub(crate) fn supported(settings: &Settings, loader: &Loader) -> Result<Vec<Release>> {
    let mut releases = all(settings, loader.here())?;
    let newest = releases.last().cloned();
    releases.retain(|release| settings.supports(&release.version));
    match newest {
        Some(newest) if releases.is_empty() => {
            let message = format!(
                "`history.supported` includes no release: the newest in {} is {newest}",
                loader.shown(&settings.releases)
            );
            let file = settings.file.clone().unwrap_or_default();
            Err(Error::new(message).at(file).help("change the requirement, or delete it"))
        }
        _ => Ok(releases),
    }
}

/// Returns all releases, oldest first. A folder that does not exist has none.
pub(crate) fn all(settings: &Settings, here: &Source) -> Result<Vec<Release>> {
    let images = here.tree.list(&settings.releases, ".binpb", &|_| true)?;
    let releases = images.into_iter().map(|path| release(path, here));
    let mut releases: Vec<Release> =
        releases.filter_map(Result::transpose).collect::<Result<_>>()?;
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    // `v1.0.0.binpb` and `1.0.0.binpb` are the same version.
    let duplicate = releases.windows(2).find(|pair| pair[0].version == pair[1].version);
    match duplicate {
        Some(pair) => Err(Error::new(format!("duplicate release {}", pair[0]))
            .at(here.view.show(&pair[1].path))
            .help("delete the image that was not released")),
        None => Ok(releases),
    }
}

/// Returns the release that the changes of `version` are counted from: the newest one before it that
/// is no pre-release, since a pre-release is no promise.
pub(crate) fn previous<'r>(releases: &'r [Release], version: &Version) -> Option<&'r Release> {
    let mut older = releases.iter().rev().filter(|release| release.version < *version);
    older.find(|release| !release.is_prerelease())
}

/// Returns the release `text` of `releases`.
pub(crate) fn named<'r>(releases: &'r [Release], text: &str) -> Result<&'r Release> {
    let version = parse_version(text)?;
    releases.iter().find(|release| release.version == version).ok_or_else(|| {
        let known: Vec<String> = releases.iter().map(Release::to_string).collect();
        let help = match known.as_slice() {
            [] => "there are no releases yet: `wireproof release VERSION` creates one".to_owned(),
            known => format!("releases are {}", known.join(", ")),
        };
        Error::new(format!("there is no release v{version}")).help(help)
    })
}

/// Returns the release at `path`; none for a temporary file.
fn release(path: String, here: &Source) -> Result<Option<Release>> {
    let name = path.rsplit('/').next().unwrap_or(&path);
    let version = name.trim_end_matches(".binpb");
    if name.starts_with('.') {
        return Ok(None);
    }
    match parse_version(version) {
        Ok(version) => Ok(Some(Release { version, path })),
        Err(error) => Err(error.at(here.view.show(&path))),
    }
}

/// Parses a version with or without the prefix: `1.2.3` or `v1.2.3`.
pub(crate) fn parse_version(text: &str) -> Result<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).map_err(|error| {
        Error::new(format!("\"{text}\" is not a version: {error}"))
            .help("write three numbers: v1.2.0")
    })
}

/// Returns the path of the image of `version` in `folder`.
pub(crate) fn path_of(folder: &Path, version: &Version) -> PathBuf {
    folder.join(format!("v{version}.binpb"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;

    fn names(folder: &Path) -> Result<Vec<String>> {
        let options = input::Options::new(folder.to_owned());
        let here = input::directory(".", &options)?;
        let settings = Settings::load(&here, &here.dir)?;
        Ok(all(&settings, &here)?.iter().map(Release::to_string).collect())
    }

    #[test]
    fn releases_are_found_by_name_and_sorted_by_version() -> Result<()> {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let releases = folder.path().join("contracts/releases");
        std::fs::create_dir_all(&releases).expect("it can be made");
        let write =
            |name: &str| std::fs::write(releases.join(name), "").expect("it can be written");
        for name in ["v1.10.0.binpb", "1.9.0.binpb", ".v2.0.0.binpb.1.tmp", "README.md"] {
            write(name);
        }
        assert_eq!(names(folder.path())?, ["v1.9.0", "v1.10.0"]);
        write("v1.9.0.binpb");
        assert!(
            names(folder.path())
                .is_err_and(|error| error.to_string().contains("duplicate release v1.9.0"))
        );
        write("latest.binpb");
        assert!(
            names(folder.path()).is_err_and(|error| error.to_string().contains("not a version"))
        );
        Ok(())
    }
}
