//! The releases of a contract: frozen images in a folder, named by their version.

use std::fmt;
use std::path::{Path, PathBuf};

use semver::Version;

use super::schema::Reader;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::schema::image::{self, Format};

/// One release, by its image.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    version: Version,
    path: PathBuf,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)
    }
}

impl Release {
    /// Its version.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Its schema.
    pub(crate) fn schema(&self) -> Result<Schema> {
        let at = |error: Error| match error.place() {
            Some(place) => {
                let place = format!("{}: {place}", self.path.display());
                error.at(place)
            }
            None => error.at(self.path.display().to_string()),
        };
        let bytes = std::fs::read(&self.path).map_err(|error| Error::io(&self.path, error))?;
        Ok(image::schema(image::decode(&bytes, Format::Binary).map_err(at)?))
    }
}

/// The releases that `settings` support, oldest first.
pub(crate) fn supported(settings: &Settings, reader: &Reader<'_>) -> Result<Vec<Release>> {
    let mut releases = all(reader.shown(&settings.releases).as_ref())?;
    releases.retain(|release| settings.supported.matches(&release.version));
    Ok(releases)
}

/// Every release in `folder`, oldest first; a folder that does not exist has none.
pub(crate) fn all(folder: &Path) -> Result<Vec<Release>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| Error::io(folder, error))?,
    };
    let mut releases = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::io(folder, error))?.path();
        releases.extend(release(path)?);
    }
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    let twice = releases.windows(2).find(|pair| pair[0].version == pair[1].version);
    match twice {
        Some(pair) => Err(Error::new(format!("{} is there twice", pair[0]))
            .at(pair[1].path.display().to_string())
            .help("remove the one that was not released")),
        None => Ok(releases),
    }
}

/// The release at `path`; none for what is no image (a `.gitkeep`, a temporary file).
fn release(path: PathBuf) -> Result<Option<Release>> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(version) = name.strip_suffix(".binpb").filter(|name| !name.starts_with('.')) else {
        return Ok(None);
    };
    match parse_version(version) {
        Ok(version) => Ok(Some(Release { version, path })),
        Err(error) => Err(error.at(path.display().to_string())),
    }
}

/// A version as users write it: `1.2.3` or `v1.2.3`.
pub(crate) fn parse_version(text: &str) -> Result<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).map_err(|error| {
        Error::new(format!("\"{text}\" is no version: {error}"))
            .help("a release is named by three numbers: v1.2.0")
    })
}

/// The folder of releases that `settings` name, and where in it `version` stands.
pub(crate) fn path_of(folder: &Path, version: &Version) -> PathBuf {
    folder.join(format!("v{version}.binpb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_found_by_name_and_sorted_by_version() -> Result<()> {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for name in ["v1.10.0.binpb", "1.9.0.binpb", ".v2.0.0.binpb.1.tmp", "README.md"] {
            std::fs::write(folder.path().join(name), "").expect("it can be written");
        }
        let names: Vec<_> = all(folder.path())?.iter().map(Release::to_string).collect();
        assert_eq!(names, ["v1.9.0", "v1.10.0"]);
        std::fs::write(folder.path().join("v1.9.0.binpb"), "").expect("it can be written");
        assert!(all(folder.path()).is_err_and(|error| error.to_string().contains("twice")));
        std::fs::write(folder.path().join("latest.binpb"), "").expect("it can be written");
        assert!(all(folder.path()).is_err_and(|error| error.to_string().contains("no version")));
        Ok(())
    }
}
