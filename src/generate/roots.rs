//! The folders that the paths of a run are relative to.

use std::path::{Path, PathBuf};

/// The folders that the paths of a run are relative to, both absolute.
#[derive(Clone, Debug)]
pub struct Roots {
    /// The working directory, for paths on the command line and displayed paths.
    pub cwd: PathBuf,
    /// The folder of the template, for the paths in it.
    pub template_dir: PathBuf,
}

impl Roots {
    /// Returns a path of the command line relative to the folder of the template.
    pub fn from_template(&self, path: &str) -> String {
        let dir = self.cwd.strip_prefix(&self.template_dir).unwrap_or(&self.cwd);
        dir.join(path).display().to_string()
    }

    /// Returns a path of the template as shown to the user: relative to the working directory, or
    /// absolute if they have only the root in common.
    pub fn shown(&self, path: &str) -> String {
        let full = self.template_dir.join(path);
        let is_common = |dir: &Path| dir.parent().is_some() && full.starts_with(dir);
        let Some(common) = self.cwd.ancestors().find(|dir| is_common(dir)) else {
            return full.display().to_string();
        };
        let up = self.cwd.strip_prefix(common).into_iter().flat_map(Path::components);
        let up: PathBuf = up.map(|_| "..").collect();
        up.join(full.strip_prefix(common).unwrap_or(&full)).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_other_folder() {
        for (cwd, template_dir, given, shown) in [
            ("/w", "/w", "a", "gen/x"),
            ("/w/sub", "/w", "sub/a", "../gen/x"),
            ("/w/one", "/w/two", "/w/one/a", "../two/gen/x"),
            ("/v", "/w", "/v/a", "/w/gen/x"),
        ] {
            let roots = Roots { cwd: cwd.into(), template_dir: template_dir.into() };
            assert_eq!(roots.from_template("a"), given, "{roots:?}");
            assert_eq!(roots.shown("gen/x"), shown, "{roots:?}");
        }
    }
}
