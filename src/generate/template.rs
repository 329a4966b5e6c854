//! Finds the template of a run.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::config::{Override, Template};
use crate::error::{Error, Result};
use crate::files;

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

    /// Finds the nearest template at or above `cwd`.
    ///
    /// # Errors
    ///
    /// The template cannot be read, or is not valid.
    pub fn nearest(cwd: &Path) -> Result<Option<Self>> {
        let top = top(cwd);
        for dir in cwd.ancestors().take_while(|dir| dir.starts_with(top)) {
            let path = dir.join(TEMPLATE_NAME);
            match files::read(&path, files::SETTINGS) {
                Ok(content) => {
                    let name =
                        if dir == cwd { TEMPLATE_NAME.into() } else { path.display().to_string() };
                    let template = Template::decode(&content, &name)?;
                    return Ok(Some(FoundTemplate {
                        template,
                        file: Some(path),
                        dir: dir.to_owned(),
                    }));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io(&path, error)),
            }
        }
        Ok(None)
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
