//! Configurations: which rules, what is ignored, and how the files lie in modules.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::names::pick;
use super::print::Sources;
use super::table::{self, VERSIONS};
use super::tools;

/// How a configuration comes to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// All files at the root, the configuration given by `--config`.
    Inline,
    /// All files at the root, beside a `buf.yaml`.
    Root,
    /// The files in the folders `one` and `two`, both modules (roots, in v1beta1).
    Two,
}

/// A configuration by numbers, which mean something for every tree.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    version: u16,
    layout: Layout,
    uses: Vec<u16>,
    except: Vec<u16>,
    ignore: Vec<u16>,
    ignore_only: Vec<(u16, u16)>,
    unstable: bool,
}

/// Any configuration.
pub(super) fn setups() -> impl Strategy<Value = Setup> {
    let some = |n| proptest::collection::vec(any::<u16>(), 0..n);
    let only = proptest::collection::vec((any::<u16>(), any::<u16>()), 0..3);
    let layout = proptest::sample::select(&[Layout::Inline, Layout::Root, Layout::Two][..]);
    let parts = (0..3u16, layout, some(4), some(3), some(2), only, any::<bool>());
    parts.prop_map(|(version, layout, uses, except, ignore, ignore_only, unstable)| Setup {
        version,
        layout,
        uses,
        except,
        ignore,
        ignore_only,
        unstable,
    })
}

/// A configuration with every rule of `version`, so that one run answers for all categories.
pub(crate) fn every_rule(version: &str) -> String {
    json!({ "version": version, "breaking": { "use": live_rules(version) } }).to_string()
}

/// The rules of `version` that are not deprecated.
pub(super) fn live_rules(version: &str) -> Vec<&'static str> {
    let live = table::breaking(version).iter().filter(|line| !line.deprecated);
    live.map(|line| line.id.as_str()).collect()
}

/// A configuration with the rules of one category.
pub(crate) fn category(version: &str, category: &str) -> String {
    json!({ "version": version, "breaking": { "use": [category] } }).to_string()
}

impl Setup {
    /// The configuration version.
    pub(super) fn version(&self) -> &'static str {
        pick(&VERSIONS, self.version)
    }

    /// What `--config` takes, if the configuration comes that way.
    pub(super) fn inline(&self) -> Option<String> {
        let config = json!({ "version": self.version(), "breaking": self.breaking("") });
        (self.layout == Layout::Inline).then(|| config.to_string())
    }

    /// Writes the files and what configures them below `folder`.
    pub(super) fn write(&self, folder: &Path, sources: &Sources) {
        if self.layout != Layout::Two {
            tools::write(folder, sources);
        } else {
            // By name, so that a file stays in its module from one version to the next.
            let module = |path: &str| if path.len().is_multiple_of(2) { "one" } else { "two" };
            let moved = sources
                .iter()
                .map(|(path, text)| (format!("{}/{path}", module(path)), text.clone()));
            tools::write(folder, &moved.collect());
            tools::write(
                folder,
                &Sources::from([
                    ("one/keep_1.proto".into(), KEEP.into()),
                    ("two/keep_22.proto".into(), KEEP.into()),
                ]),
            );
        }
        let files = match self.layout {
            Layout::Inline => Vec::new(),
            Layout::Root => vec![("buf.yaml", self.root())],
            Layout::Two => self.two(),
        };
        let files = files.into_iter().map(|(path, json)| (path.to_owned(), json.to_string()));
        tools::write(folder, &files.collect());
    }

    fn root(&self) -> Value {
        json!({ "version": self.version(), "breaking": self.breaking("") })
    }

    /// The configuration files of two modules.
    fn two(&self) -> Vec<(&'static str, Value)> {
        let version = self.version();
        match version {
            "v1beta1" => {
                let breaking = self.breaking("");
                vec![(
                    "buf.yaml",
                    json!({ "version": version, "build": { "roots": ["one", "two"] }, "breaking": breaking }),
                )]
            }
            "v1" => vec![
                ("buf.work.yaml", json!({ "version": "v1", "directories": ["one", "two"] })),
                ("one/buf.yaml", json!({ "version": "v1", "breaking": self.breaking("") })),
                ("two/buf.yaml", json!({ "version": "v1" })),
            ],
            _ => {
                let modules = json!([{ "path": "one", "breaking": self.breaking("one/") }, { "path": "two" }]);
                let other = Setup {
                    uses: self.except.clone(),
                    except: Vec::new(),
                    ignore: Vec::new(),
                    ignore_only: Vec::new(),
                    ..self.clone()
                };
                vec![(
                    "buf.yaml",
                    json!({ "version": "v2", "modules": modules, "breaking": other.breaking("") }),
                )]
            }
        }
    }

    /// The section `breaking`; paths begin with `prefix`.
    fn breaking(&self, prefix: &str) -> Value {
        let uses = self.names(&self.uses);
        let rules = self.rules(&uses);
        // buf stops when nothing is left, so one rule is always left.
        let except: Vec<_> = self.except.iter().map(|&n| pick(&rules, n)).collect();
        let except: Vec<_> = except.into_iter().filter(|id| *id != rules[0]).collect();
        let only = self
            .ignore_only
            .iter()
            .map(|&(rule, path)| (pick(&rules, rule).to_owned(), json!([self.path(prefix, path)])));
        let only: serde_json::Map<_, _> = only.collect();
        let mut section = json!({ "ignore_unstable_packages": self.unstable });
        if !uses.is_empty() {
            section["use"] = json!(uses);
        }
        if !except.is_empty() {
            section["except"] = json!(except);
        }
        if !self.ignore.is_empty() {
            let mut paths: Vec<_> = self.ignore.iter().map(|&n| self.path(prefix, n)).collect();
            paths.dedup();
            section["ignore"] = json!(paths);
        }
        if !only.is_empty() {
            section["ignore_only"] = Value::Object(only);
        }
        section
    }

    /// Rules and categories by their numbers.
    fn names(&self, numbers: &[u16]) -> Vec<&'static str> {
        let mut all = live_rules(self.version());
        for _ in 0..4 {
            all.extend(table::categories(self.version()));
        }
        let mut names: Vec<_> = numbers.iter().map(|&n| pick(&all, n)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The rules that are in use under `uses`.
    fn rules(&self, uses: &[&str]) -> Vec<&'static str> {
        let lines = table::breaking(self.version()).iter().filter(|line| !line.deprecated);
        let used = |line: &&table::Line| match uses {
            [] => line.default,
            _ => uses
                .iter()
                .any(|name| line.id == *name || line.categories.iter().any(|c| c == name)),
        };
        lines.filter(used).map(|line| line.id.as_str()).collect()
    }

    fn path(&self, prefix: &str, n: u16) -> String {
        format!(
            "{prefix}{}",
            pick(
                &[
                    "acme",
                    "geo",
                    "a/b",
                    "a.proto",
                    "acme/v1/types.proto",
                    "with space",
                    "geo/b.proto",
                    "acme/v1"
                ],
                n
            )
        )
    }
}

/// Keeps a module from being empty, which buf does not take.
const KEEP: &str = "syntax = \"proto3\";\n";
