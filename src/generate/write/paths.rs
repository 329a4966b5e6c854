//! Where outputs are: paths that follow links, lead from one place to another, or are blocked.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Obstacle;

/// What lies in the way of a folder at `folder`, with its path from `root`: the folder itself, or
/// what it would lie in, is a file, or a link to nothing.
pub(super) fn file_in_the_way(root: &Path, folder: &Path) -> Option<(String, Obstacle)> {
    let below = folder.ancestors().take_while(|path| *path != root);
    let is_in_the_way = |path: &&Path| {
        fs::symlink_metadata(path).is_ok() && !fs::metadata(path).is_ok_and(|found| found.is_dir())
    };
    // The topmost one: what is below a file is not there.
    let path = below.filter(is_in_the_way).last()?;
    let obstacle = if path.is_symlink() { Obstacle::Link } else { Obstacle::File };
    Some((shown(root, path), obstacle))
}

/// The path as the user sees it.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// `path` with the links followed that are in it, as far as it is there.
pub(super) fn resolved(path: &Path) -> PathBuf {
    // On Windows such paths do not take `/`.
    if cfg!(windows) {
        return path.to_owned();
    }
    let there = path.ancestors().find_map(|at| Some((at, at.canonicalize().ok()?)));
    let Some((at, real)) = there else { return path.to_owned() };
    match path.strip_prefix(at) {
        Ok(rest) if rest.as_os_str().is_empty() => real,
        Ok(rest) => real.join(rest),
        Err(_) => path.to_owned(),
    }
}

/// The path of `to` from the folder `from`, both absolute, with `/`.
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
