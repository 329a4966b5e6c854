//! Configurations: which rules, what is ignored, and how the files lie in modules.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::parity::generator::names::pick;
use crate::parity::generator::print::Sources;
use crate::parity::programs::table::{self, Kind, VERSIONS};
use crate::parity::programs::tools;

/// How a configuration comes to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// All files at the root, the configuration given by `--config`.
    Inline,
    /// All files at the root, beside a `buf.yaml`.
    Root,
    /// The files in the folders `one` and `two`, both modules (roots, in v1beta1).
    Two,
}

/// A configuration by numbers, which mean something for every tree.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    kind: Kind,
    version: u16,
    layout: Layout,
    uses: Vec<u16>,
    except: Vec<u16>,
    ignore: Vec<u16>,
    ignore_only: Vec<(u16, u16)>,
    /// What chooses the options.
    options: u16,
}

/// Any configuration of one kind of rules.
pub(crate) fn setups(kind: Kind) -> impl Strategy<Value = Setup> {
    let some = |n| proptest::collection::vec(any::<u16>(), 0..n);
    let only = proptest::collection::vec((any::<u16>(), any::<u16>()), 0..3);
    let layout = proptest::sample::select(&[Layout::Inline, Layout::Root, Layout::Two][..]);
    let parts = (0..3u16, layout, some(4), some(3), some(2), only, any::<u16>());
    parts.prop_map(move |(version, layout, uses, except, ignore, ignore_only, options)| Setup {
        kind,
        version,
        layout,
        uses,
        except,
        ignore,
        ignore_only,
        options,
    })
}

/// A configuration with every rule of `version`, so that one run answers for all categories.
pub(crate) fn every_rule(kind: Kind, version: &str) -> String {
    with(kind, version, &live_rules(kind, version))
}

/// The rules of `version` that are not deprecated.
pub(crate) fn live_rules(kind: Kind, version: &str) -> Vec<&'static str> {
    let live = table::rules(kind, version).iter().filter(|line| !line.deprecated);
    live.map(|line| line.id.as_str()).collect()
}

/// A configuration with the rules of one category.
pub(crate) fn category(kind: Kind, version: &str, category: &str) -> String {
    with(kind, version, &[category])
}

/// A configuration with `used`, and with comments that silence lint in every version.
fn with(kind: Kind, version: &str, used: &[&str]) -> String {
    let section = match (kind, version) {
        (Kind::Breaking, _) | (Kind::Lint, "v2") => json!({ "use": used }),
        (Kind::Lint, _) => json!({ "use": used, "allow_comment_ignores": true }),
    };
    json!({ "version": version, kind.name(): section }).to_string()
}

impl Setup {
    /// The configuration version.
    pub(crate) fn version(&self) -> &'static str {
        pick(&VERSIONS, self.version)
    }

    /// What `--config` takes, if the configuration comes that way.
    pub(crate) fn inline(&self) -> Option<String> {
        let config = self.root();
        (self.layout == Layout::Inline).then(|| config.to_string())
    }

    /// Writes the files and what configures them below `folder`.
    pub(crate) fn write(&self, folder: &Path, sources: &Sources) {
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
        // What is given with `--config` is asked in the folder, all else in the one above.
        self.write_policy(folder);
        self.write_policy(folder.parent().expect("the files are in a folder"));
    }

    /// Writes what `policies` name into `folder`, where the programs will be started.
    pub(crate) fn write_policy(&self, folder: &Path) {
        let mut section = self.options();
        let section = section.as_object_mut().expect("options are an object");
        section.remove("disallow_comment_ignores");
        if !self.except.is_empty() {
            section.insert("use".to_owned(), json!(self.names(&self.except)));
        }
        let policy = json!({ "version": "v2", self.kind.name(): section });
        tools::write(folder, &Sources::from([(POLICY.to_owned(), policy.to_string())]));
    }

    /// The policies that the configuration names: one, or in every other one none. What it ignores
    /// is named as it is imported.
    fn policies(&self) -> Value {
        if self.version() != "v2" || self.options >> 6 & 1 == 0 {
            return json!([]);
        }
        let rules = self.rules(&self.names(&self.except));
        let ignore: Vec<_> = self.ignore.iter().map(|&n| self.path("", n / 2)).collect();
        let only = self.ignore_only.iter().map(|&(rule, path)| {
            (self.ignored(&rules, rule / 2).to_owned(), json!([self.path("", path / 2)]))
        });
        let only: serde_json::Map<_, _> = only.collect();
        json!([{ "policy": POLICY, "ignore": ignore, "ignore_only": only }])
    }

    /// `config` with the policies, where there are any.
    fn with_policies(&self, mut config: Value) -> Value {
        let policies = self.policies();
        if policies.as_array().is_some_and(|list| !list.is_empty()) {
            config["policies"] = policies;
        }
        config
    }

    fn root(&self) -> Value {
        let section = self.section("");
        self.with_policies(json!({ "version": self.version(), self.kind.name(): section }))
    }

    /// The configuration files of two modules.
    fn two(&self) -> Vec<(&'static str, Value)> {
        let (version, kind) = (self.version(), self.kind.name());
        match version {
            "v1beta1" => {
                let roots = json!({ "roots": ["one", "two"] });
                let config = json!({ "version": version, "build": roots, kind: self.section("") });
                vec![("buf.yaml", config)]
            }
            "v1" => vec![
                ("buf.work.yaml", json!({ "version": "v1", "directories": ["one", "two"] })),
                ("one/buf.yaml", json!({ "version": "v1", kind: self.section("") })),
                ("two/buf.yaml", json!({ "version": "v1" })),
            ],
            _ => {
                let modules =
                    json!([{ "path": "one", kind: self.section("one/") }, { "path": "two" }]);
                let other = Setup {
                    uses: self.except.clone(),
                    except: Vec::new(),
                    ignore: Vec::new(),
                    ignore_only: Vec::new(),
                    ..self.clone()
                };
                let other = other.section("");
                let config = json!({ "version": "v2", "modules": modules, kind: other });
                vec![("buf.yaml", self.with_policies(config))]
            }
        }
    }

    /// The section of the rules; paths begin with `prefix`.
    fn section(&self, prefix: &str) -> Value {
        let uses = self.names(&self.uses);
        let rules = self.rules(&uses);
        // buf stops when nothing is left, so one rule is always left.
        let except: Vec<_> = self.except.iter().map(|&n| pick(&rules, n)).collect();
        let except: Vec<_> = except.into_iter().filter(|id| *id != rules[0]).collect();
        let only = self.ignore_only.iter().map(|&(rule, path)| {
            (self.ignored(&rules, rule).to_owned(), json!([self.path(prefix, path)]))
        });
        let only: serde_json::Map<_, _> = only.collect();
        let mut section = self.options();
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

    /// The options of the section.
    fn options(&self) -> Value {
        let bit = |n: u16| self.options >> n & 1 == 1;
        let mut options = serde_json::Map::new();
        let mut set = |name: &str, value: Value| drop(options.insert(name.to_owned(), value));
        if self.kind == Kind::Breaking {
            set("ignore_unstable_packages", json!(bit(0)));
            return Value::Object(options);
        }
        let listens = ["disallow_comment_ignores", "allow_comment_ignores"];
        set(listens[usize::from(self.version() != "v2")], json!(bit(0)));
        set("rpc_allow_same_request_response", json!(bit(1)));
        set("rpc_allow_google_protobuf_empty_requests", json!(bit(2)));
        set("rpc_allow_google_protobuf_empty_responses", json!(bit(3)));
        if bit(4) {
            set(
                "enum_zero_value_suffix",
                json!(pick(&["_NONE", "UNSPECIFIED", "D"], self.options)),
            );
        }
        if bit(5) {
            set("service_suffix", json!(pick(&["API", "s", "_S"], self.options)));
        }
        Value::Object(options)
    }

    /// What `ignore_only` names: a rule in use or a category.
    fn ignored(&self, rules: &[&'static str], n: u16) -> &'static str {
        if n.is_multiple_of(3) {
            pick(&table::categories(self.kind, self.version()), n / 3)
        } else {
            pick(rules, n)
        }
    }

    /// Rules and categories by their numbers.
    fn names(&self, numbers: &[u16]) -> Vec<&'static str> {
        let mut all = live_rules(self.kind, self.version());
        for _ in 0..4 {
            all.extend(table::categories(self.kind, self.version()));
        }
        let mut names: Vec<_> = numbers.iter().map(|&n| pick(&all, n)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The rules that are in use under `uses`.
    fn rules(&self, uses: &[&str]) -> Vec<&'static str> {
        let lines = table::rules(self.kind, self.version()).iter().filter(|line| !line.deprecated);
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
                    "acme/v1",
                    "a",
                    "a/v1",
                    "b",
                    "acme/v1/a.proto"
                ],
                n
            )
        )
    }
}

/// The file of the policy.
const POLICY: &str = "policy.json";

/// Keeps a module from being empty, which buf does not take.
const KEEP: &str = "syntax = \"proto3\";\n";
