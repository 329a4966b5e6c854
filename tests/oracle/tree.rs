//! Trees of sources, and what wireproof makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wireproof::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use wireproof::schema::image;
use wireproof::workspace::Load;

use crate::fixture;

/// The files of a descriptor set by their paths.
pub(crate) type Files = BTreeMap<String, FileDescriptorProto>;

/// A folder of schemas that is one module.
pub(crate) struct Tree {
    /// What a failing test calls it.
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    /// Its files, as they import each other.
    pub(crate) paths: Vec<String>,
    /// Whether comments stand in it where nobody would put them: between any two tokens.
    pub(super) has_comments_anywhere: bool,
    /// Deletes the folder in the end, if it was made for the test.
    _folder: Option<tempfile::TempDir>,
}

impl Tree {
    /// The tree below `root`.
    pub(crate) fn of(name: &str, root: &Path) -> Tree {
        let mut paths = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = path.read_dir().expect("it can be listed");
                open.extend(entries.map(|entry| entry.expect("it can be read").path()));
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                let below = path.strip_prefix(root).expect("it is below");
                paths.push(below.to_str().expect("names are text").replace('\\', "/"));
            }
        }
        paths.sort();
        Tree {
            name: name.to_owned(),
            root: root.to_owned(),
            paths,
            has_comments_anywhere: false,
            _folder: None,
        }
    }

    /// A tree in a folder that is made for it and gone with it.
    pub(crate) fn within(name: &str, folder: tempfile::TempDir) -> Tree {
        let root = folder.path().to_owned();
        Tree { _folder: Some(folder), ..Tree::of(name, &root) }
    }

    /// The contract of this repository, with what it imports.
    pub(crate) fn contract() -> Tree {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for module in ["proto", "third_party"] {
            let module = Path::new(env!("CARGO_MANIFEST_DIR")).join(module);
            for path in Tree::of("module", &module).paths {
                let to = folder.path().join(&path);
                std::fs::create_dir_all(to.parent().expect("it is in a folder"))
                    .expect("it can be made");
                std::fs::copy(module.join(&path), to).expect("it can be copied");
            }
        }
        Tree::within("contract", folder)
    }

    /// A tree of one file.
    pub(crate) fn of_file(name: &str, file: &Path) -> Tree {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::copy(file, folder.path().join("case.proto")).expect("it can be copied");
        Tree::within(name, folder)
    }

    /// The files that `wanted` chooses, as a tree of their own.
    pub(crate) fn part(&self, wanted: impl Fn(&str) -> bool) -> Tree {
        let paths = self.paths.iter().filter(|path| wanted(path)).cloned().collect();
        let (name, root) = (self.name.clone(), self.root.clone());
        Tree { name, root, paths, _folder: None, ..*self }
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.root.join(path)).expect("it can be read")
    }

    /// The tree, with whether comments stand anywhere in it.
    pub(crate) fn with_comments_anywhere(self, has_comments_anywhere: bool) -> Tree {
        Tree { has_comments_anywhere, ..self }
    }

    /// What wireproof compiles it to, its imports included; none if it does not compile.
    pub(crate) fn compiled(&self) -> Option<FileDescriptorSet> {
        match fixture::try_read(&self.root, "version: v2") {
            Load::Ready(loaded) => Some(image::of_schema(loaded.schema)),
            Load::CompileErrors(..) => None,
        }
    }
}

/// The files of `set` by their paths.
pub(crate) fn by_path(set: FileDescriptorSet) -> Files {
    set.file.into_iter().map(|file| (file.name().to_owned(), file)).collect()
}
