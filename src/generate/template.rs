//! Finds the template of a run.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::config::{Override, Template};
use crate::error::{Error, Result};
use crate::files;
use crate::input::{self, Source};

/// The file name of a template.
pub const TEMPLATE_NAME: &str = "buf.gen.yaml";

/// A template, and the folder that its paths are relative to.
#[derive(Clone, Debug)]
pub struct FoundTemplate {
    /// The template.
    pub template: Template,
    /// Its file, absolute; none if it was given as data.
    pub file: Option<PathBuf>,
    /// The folder that its paths are relative to.
    pub dir: PathBuf,
}

impl FoundTemplate {
    /// Decodes the template `given` on a command line. Its paths are relative to `cwd`.
    ///
    /// # Errors
    ///
    /// The template is not valid.
    pub fn given(given: &Override, cwd: &Path) -> Result<Self> {
        let template = Template::decode(&given.content, &given.name)?;
        let file = Path::new(&given.name).canonicalize().ok();
        Ok(FoundTemplate { template, file, dir: cwd.to_owned() })
    }

    /// Finds the nearest template at or above `cwd`, on disk or in git's index.
    ///
    /// # Errors
    ///
    /// The template cannot be read, or is not valid.
    pub fn nearest(cwd: &Path, staged: bool) -> Result<Option<Self>> {
        let top = top(cwd);
        let index = staged.then(|| index(cwd)).transpose()?;
        for dir in cwd.ancestors().take_while(|dir| dir.starts_with(top)) {
            let path = dir.join(TEMPLATE_NAME);
            if let Some(content) = read(&path, index.as_ref())? {
                let name =
                    if dir == cwd { TEMPLATE_NAME.into() } else { path.display().to_string() };
                let template = Template::decode(&content, &name)?;
                return Ok(Some(FoundTemplate { template, file: Some(path), dir: dir.to_owned() }));
            }
        }
        Ok(None)
    }
}

/// Returns git's index, seen from `cwd`.
fn index(cwd: &Path) -> Result<Source> {
    input::directory(".", &input::Options { staged: true, ..input::Options::new(cwd.to_owned()) })
}

/// Reads the file at `path` on disk or in `index`; none if there is none.
fn read(path: &Path, index: Option<&Source>) -> Result<Option<Vec<u8>>> {
    if let Some(index) = index {
        return index.tree.read(&index.view.find(&path.to_string_lossy())?, files::SETTINGS);
    }
    match files::read(path, files::SETTINGS) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    }
}

/// Returns the folder above which no template is searched, since a template names programs to run:
/// the top of the repository, or else of the workspace.
fn top(cwd: &Path) -> &Path {
    let with = |names: &[&str]| {
        cwd.ancestors().find(|dir| names.iter().any(|name| dir.join(name).exists()))
    };
    let workspace = || with(&["wireproof.toml", "buf.yaml", "buf.work.yaml"]);
    files::top_of_repository(cwd).or_else(workspace).unwrap_or(cwd)
}
