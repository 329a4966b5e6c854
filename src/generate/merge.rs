//! Merges the responses of one plugin into the files of its output: new files, repeated files, and
//! insertions. All that a plugin adds counts against the size limit of a response.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::insertion::Insertions;
use super::response::{Files, GeneratedFile, broken};
use crate::config::Plugin;
use crate::error::{Error, Result};
use crate::printable;
use crate::schema::image::{Budget, MAX_SIZE};

/// A file of a response, or an insertion into one.
pub(super) struct Part {
    pub(super) path: String,
    pub(super) insertion_point: Option<String>,
    pub(super) content: String,
}

/// A merge of the responses of one plugin.
pub(super) struct Merge<'a> {
    files: &'a mut Files,
    index: usize,
    plugins: &'a [Plugin],
    out: &'a str,
    /// The files of the plugin itself.
    own: FxHashSet<String>,
    /// The files that it inserts into, split at their insertion points.
    open: BTreeMap<String, Insertions>,
    budget: Budget,
    warnings: Vec<String>,
}

impl<'a> Merge<'a> {
    /// Starts a merge of the responses of `plugins[index]` into `files`, those of the output `out`.
    pub(super) fn new(
        files: &'a mut Files,
        index: usize,
        plugins: &'a [Plugin],
        out: &'a str,
    ) -> Self {
        let (own, open) = (FxHashSet::default(), BTreeMap::new());
        let budget = Budget::new(MAX_SIZE);
        Merge { files, index, plugins, out, own, open, budget, warnings: Vec::new() }
    }

    /// Merges one part.
    pub(super) fn add(&mut self, part: Part) -> Result<()> {
        if let Some(point) = &part.insertion_point {
            return self.insert(&part, point);
        }
        if self.own.contains(&part.path) {
            return self.compare_repeated(&part);
        }
        self.refuse_conflicts(&part.path)?;
        self.count(|budget| budget.take(part.path.len() + part.content.len()))?;
        self.own.insert(part.path.clone());
        let file = GeneratedFile { plugin: self.index, content: part.content };
        self.files.insert(part.path, file);
        Ok(())
    }

    /// Joins the split files, and returns the warnings.
    pub(super) fn finish(self) -> Vec<String> {
        for (path, insertions) in self.open {
            let file = self.files.get_mut(&path).expect("it is not removed while it is open");
            file.content = insertions.text();
        }
        self.warnings
    }

    fn plugin(&self) -> &'a Plugin {
        &self.plugins[self.index]
    }

    fn count<T>(&self, count: impl FnOnce(&Budget) -> Result<T>) -> Result<T> {
        let exceeded = |error: Error| broken(self.plugin(), &error.to_string());
        count(&self.budget).map_err(exceeded)
    }

    /// Compares a file with the earlier one of the same plugin. The responses to several requests may
    /// each have a common file.
    fn compare_repeated(&mut self, part: &Part) -> Result<()> {
        let is_same = match self.open.get(&part.path) {
            Some(insertions) => insertions.is(&part.content),
            None => self.files[&part.path].content == part.content,
        };
        if is_same {
            return Ok(());
        }
        let problem = format!("it makes {}/{} twice, with different contents", self.out, part.path);
        if self.plugin().program.built_in().is_some() {
            return Err(broken(self.plugin(), &problem)
                .help("with `strategy: all` it gets one request, for all files"));
        }
        // buf takes the first without a warning.
        let name = &self.plugin().name;
        let warning = format!("the plugin {name:?}: {problem}: the first is kept");
        self.warnings.push(printable::line(&warning).into_owned());
        Ok(())
    }

    /// Fails if the output has a file at `path`, above it or below it.
    fn refuse_conflicts(&self, path: &str) -> Result<()> {
        let (out, plugin) = (self.out, &self.plugin().name);
        let maker = |file: &GeneratedFile| &self.plugins[file.plugin].name;
        if let Some(other) = self.files.get(path) {
            let other = maker(other);
            let message = format!("the plugins {other:?} and {plugin:?} both make {out}/{path}");
            return Err(Error::new(message));
        }
        let Some((at, other)) = in_or_above(self.files, path) else { return Ok(()) };
        let other = maker(other);
        Err(Error::new(format!(
            "the plugin {other:?} makes {out}/{at}, and the plugin {plugin:?} {out}/{path}: a path \
             cannot be both a file and a folder"
        )))
    }

    /// Puts `part` before each line of its file that has the insertion point `point`.
    fn insert(&mut self, part: &Part, point: &str) -> Result<()> {
        let mut insertions = match self.open.remove(&part.path) {
            Some(insertions) => insertions,
            None => {
                let file =
                    self.files.get_mut(&part.path).map(|file| std::mem::take(&mut file.content));
                let missing = || self.missing("no plugin before it makes this file", part, point);
                let content = file.ok_or_else(missing)?;
                self.count(|budget| Insertions::new(&content, budget))?
            }
        };
        let is_there = self.count(|budget| insertions.insert(point, &part.content, budget))?;
        self.open.insert(part.path.clone(), insertions);
        if is_there {
            return Ok(());
        }
        Err(self.missing("the file has no such point", part, point))
    }

    fn missing(&self, why: &str, part: &Part, point: &str) -> Error {
        let path = &part.path;
        broken(self.plugin(), &format!("it inserts into {path:?} at {point:?}, but {why}")).help(
            "the plugin that makes the file comes before it in the template, with the same `out`",
        )
    }
}

/// Returns the file of `files` that has `path` as a folder, or that is above `path`.
fn in_or_above<'f>(files: &'f Files, path: &str) -> Option<(&'f String, &'f GeneratedFile)> {
    let above = path.match_indices('/').find_map(|(end, _)| files.get_key_value(&path[..end]));
    let inside = format!("{path}/");
    let next = || files.range(inside.clone()..).next();
    above.or_else(|| next().filter(|(path, _)| path.starts_with(&inside)))
}
