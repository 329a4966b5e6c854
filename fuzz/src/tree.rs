//! Several files in one input. Text stays text, so that a seed can be read and a finding
//! understood:
//!
//! ```text
//! -- a/b.proto --
//! syntax = "proto3";
//! -- buf.yaml --
//! version: v2
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use wireproof::error::Result;
use wireproof::input::Tree;

/// Files by path, in memory.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The files in `bytes`. What stands before the first header is the file called `first`; a
    /// header whose path is in no canonical form is none.
    pub fn of(bytes: &[u8], first: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut name = first.to_owned();
        let mut content = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match header(line) {
                Some(next) => {
                    keep(&mut files, std::mem::replace(&mut name, next), &mut content);
                }
                None => content.extend_from_slice(line),
            }
        }
        keep(&mut files, name, &mut content);
        Files(files)
    }

    /// The files below `folder`, relative to it.
    pub fn below(&self, folder: &str) -> Self {
        let inner = |(path, content): (&String, &Vec<u8>)| {
            let inner = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((inner.to_owned(), content.clone()))
        };
        Files(self.0.iter().filter_map(inner).collect())
    }

    /// Writes all of them below `folder`, as far as their paths can be files.
    pub fn write_to(&self, folder: &Path) {
        for (path, content) in &self.0 {
            let file = folder.join(path);
            let parent = file.parent().expect("it is below the folder");
            let _ = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&file, content));
        }
    }

    /// The content of the file at `path`.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }
}

/// Keeps a file that has content, and empties `content` for the next one.
fn keep(files: &mut BTreeMap<String, Vec<u8>>, name: String, content: &mut Vec<u8>) {
    let content = std::mem::take(content);
    if !content.is_empty() {
        files.insert(name, content);
    }
}

/// The path in a line that begins a file.
fn header(line: &[u8]) -> Option<String> {
    let path =
        std::str::from_utf8(line).ok()?.trim_end().strip_prefix("-- ")?.strip_suffix(" --")?;
    let is_canonical = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    is_canonical.then(|| path.to_owned())
}

impl Tree for Files {
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        _required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let is_below = |path: &str| {
            dir == "."
                || path
                    .strip_prefix(dir)
                    .is_some_and(|rest| matches!(rest.as_bytes(), [] | [b'/', ..]))
        };
        let mut paths: Vec<String> = self
            .0
            .keys()
            .filter(|path| path.ends_with(suffix) && is_below(path))
            .cloned()
            .collect();
        paths.sort_unstable_by(|a, b| a.split('/').cmp(b.split('/')));
        Ok(paths)
    }

    fn read(&self, path: &str, _limit: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }
}
