//! Finds the workspace of this repository, in which alone its own commands work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};

/// The folder of the nearest Cargo workspace at or above the working directory, if its root
/// package is `wireproof`.
pub(crate) fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| Error::io(Path::new("."), error))?;
    find(&here).ok_or_else(|| {
        Error::new("this command is for the repository of wireproof itself: the root package of the workspace here is not `wireproof`")
            .at(here.display().to_string())
    })
}

/// The cargo that runs this program, else the one of the `PATH`.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn find(here: &Path) -> Option<PathBuf> {
    let (folder, manifest) = here.ancestors().find_map(|folder| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = text.parse().ok()?;
        manifest.contains_key("workspace").then_some((folder, manifest))
    })?;
    let name = manifest.get("package")?.get("name")?.as_str()?;
    (name == "wireproof").then(|| folder.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(manifest: &str) -> bool {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).expect("folders can be made in it");
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("files can be written to it");
        find(&inner).is_some()
    }

    #[test]
    fn only_a_workspace_whose_root_package_is_wireproof_will_do() {
        assert!(found("[workspace]\n[package]\nname = 'wireproof'"));
        assert!(!found("[workspace]\n[package]\nname = 'other'"));
        assert!(!found("[workspace]"));
        assert!(!found("[package]\nname = 'wireproof'"));
    }
}
