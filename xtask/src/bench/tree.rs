//! The measured tree of schemas in two versions, and parts of it of any size.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wireproof::error::{Error, Result};

/// Two versions of a tree of schemas. Of the new one, parts are measured, too.
pub(super) struct Tree {
    /// The description of the tree, for the page.
    pub(super) description: String,
    pub(super) old: PathBuf,
    pub(super) new: PathBuf,
}

/// A part of a tree.
pub(super) struct Part {
    pub(super) folder: PathBuf,
    pub(super) files: usize,
    /// The size of the sources in bytes.
    pub(super) size: u64,
}

impl Part {
    /// Returns all schemas in `folder`.
    pub(super) fn whole(folder: &Path) -> Result<Self> {
        let files = schemas(folder)?;
        let mut size = 0;
        for file in &files {
            let path = folder.join(file);
            size += fs::metadata(&path).map_err(|error| Error::io(&path, error))?.len();
        }
        Ok(Part { folder: folder.to_owned(), files: files.len(), size })
    }

    /// Returns the paths of the schemas, relative to the folder and sorted.
    pub(super) fn paths(&self) -> Result<Vec<String>> {
        schemas(&self.folder)
    }

    /// Copies at least `count` files of `tree` to `folder`: the first ones in order of path, each
    /// with its transitive imports.
    pub(super) fn copy(tree: &Path, folder: PathBuf, count: usize) -> Result<Self> {
        let mut chosen = BTreeSet::new();
        for file in schemas(tree)? {
            if chosen.len() >= count {
                break;
            }
            choose(tree, file, &mut chosen)?;
        }
        for file in &chosen {
            write(&folder.join(file), &read(&tree.join(file))?)?;
        }
        write(&folder.join("buf.yaml"), "version: v2\n")?;
        Part::whole(&folder)
    }
}

/// Adds `file` and its transitive imports to `chosen`.
fn choose(tree: &Path, file: String, chosen: &mut BTreeSet<String>) -> Result<()> {
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        let path = tree.join(&file);
        // Imports that are not in the tree are built into both programs.
        if path.is_file() && chosen.insert(file) {
            open.extend(read(&path)?.lines().filter_map(imported).map(str::to_owned));
        }
    }
    Ok(())
}

/// Returns the path in an import line.
fn imported(line: &str) -> Option<&str> {
    line.strip_prefix("import ")?.split('"').nth(1)
}

/// Returns the schemas below `folder`, relative to it and sorted.
fn schemas(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(|error| Error::io(&next, error))? {
            let path = entry.map_err(|error| Error::io(&next, error))?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                let below = path.strip_prefix(folder).expect("it was found below it");
                found.push(below.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Error::io(path, error))
}

/// Writes `text` to `path`, and creates missing folders.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Error::io(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_contains_its_imports() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (tree, part) = (folder.path().join("tree"), folder.path().join("part"));
        write(&tree.join("a.proto"), "import \"x/z.proto\";\nimport \"built/in.proto\";\n")
            .and_then(|()| write(&tree.join("b.proto"), "// nothing\n"))
            .and_then(|()| write(&tree.join("x/z.proto"), "import public \"x/y.proto\";\n"))
            .and_then(|()| write(&tree.join("x/y.proto"), ""))
            .expect("files can be written to it");
        let part = Part::copy(&tree, part, 2).expect("it can be copied");
        assert_eq!(part.files, 3);
        assert_eq!(
            schemas(&part.folder).expect("it is there"),
            ["a.proto", "x/y.proto", "x/z.proto"]
        );
    }
}
