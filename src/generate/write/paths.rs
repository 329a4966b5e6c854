//! Paths of outputs: resolved, relative to a folder, or blocked by a file.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Obstacle;

/// Returns the file, or the dangling link, at `folder` or above it and below `root`, which is in the
/// way of a folder at `folder`.
pub(super) fn file_in_the_way(root: &Path, folder: &Path) -> Option<(String, Obstacle)> {
    let below = folder.ancestors().take_while(|path| *path != root);
    let is_in_the_way = |path: &&Path| {
        fs::symlink_metadata(path).is_ok() && !fs::metadata(path).is_ok_and(|found| found.is_dir())
    };
    // The topmost one, since nothing is below a file.
    let path = below.filter(is_in_the_way).last()?;
    let obstacle = if path.is_symlink() { Obstacle::Link } else { Obstacle::File };
    Some((shown(root, path), obstacle))
}

/// Returns `path` relative to `root`, for display.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Returns `path` with its links resolved, as far as it exists.
pub(super) fn resolved(path: &Path) -> PathBuf {
    // On Windows such paths do not allow `/`.
    if cfg!(windows) {
        return path.to_owned();
    }
    let existing = path.ancestors().find_map(|at| Some((at, at.canonicalize().ok()?)));
    let Some((at, real)) = existing else { return path.to_owned() };
    match path.strip_prefix(at) {
        Ok(rest) if rest.as_os_str().is_empty() => real,
        Ok(rest) => real.join(rest),
        Err(_) => path.to_owned(),
    }
}

/// Returns the path from the folder `from` to `to`, both absolute, with `/`.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let name = |part: Component<'_>| part.as_os_str().to_string_lossy().into_owned();
    let parts = |path: &Path| path.components().map(name).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    let down = to[common..].iter().map(String::as_str);
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_folder_to_file() {
        for (from, to, path) in [
            ("/a/gen", "/a/buf.gen.yaml", "../buf.gen.yaml"),
            ("/a", "/a/b/x.yaml", "b/x.yaml"),
            ("/a/b/c", "/a/d/x.yaml", "../../d/x.yaml"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), path);
        }
    }
}
