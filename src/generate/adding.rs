//! The parts of one plugin's answers are put to the files that are there already: new files, files
//! of its own once more, and insertions. All that it adds counts against the limit of an answer.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::insertion::Insertions;
use super::response::{Files, GeneratedFile, broken};
use crate::config::Plugin;
use crate::error::{Error, Result};
use crate::printable;
use crate::schema::image::{Budget, MAX_SIZE};

/// One answer of a plugin, taken apart.
pub(super) struct Part {
    pub(super) path: String,
    pub(super) insertion_point: Option<String>,
    pub(super) content: String,
}

/// What the answers of one plugin are added with.
pub(super) struct Adding<'a> {
    files: &'a mut Files,
    index: usize,
    plugins: &'a [Plugin],
    out: &'a str,
    /// The files that the plugin itself has made.
    own: FxHashSet<String>,
    /// The files that it inserts into, which are taken apart for so long.
    open: BTreeMap<String, Insertions>,
    budget: Budget,
    warnings: Vec<String>,
}

impl<'a> Adding<'a> {
    /// Begins to add to `files`, those in the output `out`, what `plugins[index]` makes.
    pub(super) fn new(
        files: &'a mut Files,
        index: usize,
        plugins: &'a [Plugin],
        out: &'a str,
    ) -> Self {
        let (own, open) = (FxHashSet::default(), BTreeMap::new());
        let budget = Budget::new(MAX_SIZE);
        Adding { files, index, plugins, out, own, open, budget, warnings: Vec::new() }
    }

    /// Adds one part.
    pub(super) fn add(&mut self, part: Part) -> Result<()> {
        if let Some(point) = &part.insertion_point {
            return self.insert(&part, point);
        }
        if self.own.contains(&part.path) {
            return self.again(&part);
        }
        self.clash(&part.path)?;
        self.count(|budget| budget.take(part.path.len() + part.content.len()))?;
        self.own.insert(part.path.clone());
        let file = GeneratedFile { plugin: self.index, content: part.content };
        self.files.insert(part.path, file);
        Ok(())
    }

    /// Puts the files together that were taken apart; returns the warnings.
    pub(super) fn finish(self) -> Vec<String> {
        for (path, insertions) in self.open {
            let file = self.files.get_mut(&path).expect("it is not taken out while it is open");
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

    /// Compares a file with the one that the plugin has made already: the answers to several
    /// requests may each have what is common to them.
    fn again(&mut self, part: &Part) -> Result<()> {
        let is_same = match self.open.get(&part.path) {
            Some(insertions) => insertions.is(&part.content),
            None => self.files[&part.path].content == part.content,
        };
        if is_same {
            return Ok(());
        }
        let problem = format!("it makes {}/{} twice, and not the same", self.out, part.path);
        if self.plugin().program.built_in().is_some() {
            return Err(broken(self.plugin(), &problem)
                .help("with `strategy: all` it is asked once, about all files"));
        }
        // buf takes the first without a warning.
        let name = &self.plugin().name;
        let odd = format!("the plugin {name:?}: {problem}: the first counts");
        self.warnings.push(printable::line(&odd).into_owned());
        Ok(())
    }

    /// Fails where another file is at `path`, or above it, or below.
    fn clash(&self, path: &str) -> Result<()> {
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
            "the plugin {other:?} makes {out}/{at}, and the plugin {plugin:?} {out}/{path}: a file \
             cannot be a folder, too"
        )))
    }

    /// Puts `part` before each line of its file that has the insertion point `point`.
    fn insert(&mut self, part: &Part, point: &str) -> Result<()> {
        let mut insertions = match self.open.remove(&part.path) {
            Some(insertions) => insertions,
            None => {
                let file =
                    self.files.get_mut(&part.path).map(|file| std::mem::take(&mut file.content));
                let missing = || self.missing("no plugin has made the file", part, point);
                let content = file.ok_or_else(missing)?;
                self.count(|budget| Insertions::new(&content, budget))?
            }
        };
        let is_there = self.count(|budget| insertions.insert(point, &part.content, budget))?;
        self.open.insert(part.path.clone(), insertions);
        if is_there {
            return Ok(());
        }
        Err(self.missing("there is no such point in the file", part, point))
    }

    fn missing(&self, what: &str, part: &Part, point: &str) -> Error {
        let path = &part.path;
        let problem = format!("{what}, into which it inserts at {point:?}: {path:?}");
        broken(self.plugin(), &problem).help(
            "the plugin that makes the file stands before it in the template, with the same `out`",
        )
    }
}

/// Returns the file of `files` that would lie in a file at `path`, or that one in it.
fn in_or_above<'f>(files: &'f Files, path: &str) -> Option<(&'f String, &'f GeneratedFile)> {
    let above = path.match_indices('/').find_map(|(end, _)| files.get_key_value(&path[..end]));
    let inside = format!("{path}/");
    let next = || files.range(inside.clone()..).next();
    above.or_else(|| next().filter(|(path, _)| path.starts_with(&inside)))
}
