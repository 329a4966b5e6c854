//! A tree with some files replaced in memory, to check changes before they are written.

use super::{Source, Tree};
use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

struct Overlay {
    below: Arc<dyn Tree>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Tree for Overlay {
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        self.below.list(dir, suffix, required)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.files.get(path) {
            Some(content) => Ok(Some(content.clone())),
            None => self.below.read(path, limit),
        }
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.below.exists(path)
    }

    fn has_folder(&self, path: &str) -> bool {
        self.below.has_folder(path)
    }

    fn top_of_repository(&self, dir: &str) -> Option<String> {
        self.below.top_of_repository(dir)
    }

    fn leads_out(&self, root: &str, path: &str) -> bool {
        self.below.leads_out(root, path)
    }
}

impl Source {
    /// Returns the input with `files`, by their path in the tree, replaced in memory.
    #[must_use]
    pub fn with_files(&self, files: BTreeMap<String, Vec<u8>>) -> Self {
        Source { tree: Arc::new(Overlay { below: self.tree.clone(), files }), ..self.clone() }
    }
}
