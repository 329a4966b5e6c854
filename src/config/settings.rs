//! `wireproof.toml`: settings in addition to `buf.yaml`. Every key has a default.

use std::fmt;

use semver::{Version, VersionReq};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};

use super::common::{read_first, self_and_parents};
use super::path::{contains, normalize, resolve};
use super::{BUF_YAML, ReadFile, names, parse};
use crate::error::{Error, Result};
use crate::finding::{Level, Surface};
use crate::rule::{PROOF, PROOF_RULES};

/// The name of the file.
const FILE: &str = "wireproof.toml";

/// All tables, each with its keys, and the keys that are in no table.
const KEYS: [(&str, &[&str]); 6] = [
    ("accepted", &[]),
    ("contract", &["probe", "provider", "states"]),
    ("deps", &["vendor"]),
    ("history", &["releases", "supported"]),
    ("lint", &["baseline"]),
    ("proof", &["fail-on", "judge", "rules", "surfaces"]),
];

/// Who decides which findings of check-compat fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judge {
    /// The rules: every finding of a rule in use fails.
    #[default]
    Rules,
    /// The proof: a finding fails if its effect has at least the level of `fail-on`.
    Proof,
}

impl Judge {
    /// The judges by their names in the file.
    pub const NAMES: [(&'static str, Judge); 2] =
        [("rules", Judge::Rules), ("proof", Judge::Proof)];
}

/// The settings of proofs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofSettings {
    /// The rules of the category PROOF in use, sorted.
    pub rules: Vec<&'static str>,
    /// Who decides which findings fail.
    pub judge: Judge,
    /// The lowest level that fails.
    pub fail_on: Level,
    /// The surfaces on which a difference between versions fails; none if the file names none.
    pub surfaces: Option<Vec<Surface>>,
}

impl Default for ProofSettings {
    fn default() -> Self {
        let (rules, judge) = (Vec::new(), Judge::default());
        ProofSettings { rules, judge, fail_on: Level::Lossy, surfaces: None }
    }
}

/// The settings of one repository. Folders are relative to the root of the tree that they were
/// read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the file; without one, that of the nearest `buf.yaml`; without that, the
    /// folder passed to [`Settings::load`].
    pub root: String,
    /// The folder that contains all folders in the settings.
    pub top: String,
    /// The file, as shown to the user; none if there is none.
    pub file: Option<String>,
    /// The folder of approvals.
    pub accepted: String,
    /// The folder of release images.
    pub releases: String,
    /// The releases that changes are checked against.
    pub supported: VersionReq,
    /// The folders with the files of remote dependencies, for imports that no module contains.
    pub vendor: Vec<VendorFolder>,
    /// The file of known lint findings.
    pub baseline: Option<String>,
    /// What is proved, and what of it fails.
    pub proof: ProofSettings,
    /// The command that starts the provider of contract tests, and its arguments.
    pub provider: Vec<String>,
    /// The full names of methods that generated requests may call.
    pub probe: Vec<String>,
    /// The hook that sets up provider states: a URL or a command.
    pub states: Option<String>,
}

/// A folder with files of remote dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorFolder {
    /// The folder.
    pub folder: String,
    /// The name of the module that its files belong to; none if the folder may have the files of
    /// several modules.
    pub module: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    accepted: Option<String>,
    history: RawHistory,
    deps: RawDeps,
    lint: RawLint,
    proof: RawProof,
    contract: RawContract,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawContract {
    probe: Vec<String>,
    provider: Vec<String>,
    states: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawProof {
    rules: Vec<toml::Spanned<String>>,
    judge: Option<toml::Spanned<String>>,
    #[serde(rename = "fail-on")]
    fail_on: Option<toml::Spanned<String>>,
    surfaces: Option<Vec<toml::Spanned<String>>>,
}

impl RawProof {
    /// Returns the settings. `at` is the place of a span in the file.
    fn read(&self, at: &dyn Fn(&toml::Spanned<String>) -> String) -> Result<ProofSettings> {
        fn chosen<T: Copy>(
            written: &toml::Spanned<String>,
            (what, names): (&str, &[(&str, T)]),
            at: &dyn Fn(&toml::Spanned<String>) -> String,
        ) -> Result<T> {
            let known = names.iter().find(|(name, _)| name == written.get_ref());
            known.map(|(_, value)| *value).ok_or_else(|| {
                let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                Error::new(format!("unknown {what} {:?}", written.get_ref()))
                    .at(at(written))
                    .help(format!("{what}s are {}", names.join(", ")))
            })
        }
        let defaults = ProofSettings::default();
        let mut rules = Vec::new();
        for written in &self.rules {
            if written.get_ref() == PROOF {
                rules.extend(PROOF_RULES);
            } else {
                let known = PROOF_RULES.map(|id| (id, id));
                rules.push(chosen(written, ("rule", &known), at)?);
            }
        }
        rules.sort_unstable();
        rules.dedup();
        let judge = self.judge.as_ref().map(|it| chosen(it, ("judge", &Judge::NAMES), at));
        let levels = Level::FAILING.map(|level| (level.name(), level));
        let fail_on = self.fail_on.as_ref().map(|it| chosen(it, ("level", &levels), at));
        let surfaces = Surface::ALL.map(|surface| (surface.name(), surface));
        let surfaces = self.surfaces.as_ref().map(|written| {
            written.iter().map(|it| chosen(it, ("surface", &surfaces), at)).collect()
        });
        Ok(ProofSettings {
            rules,
            judge: judge.transpose()?.unwrap_or(defaults.judge),
            fail_on: fail_on.transpose()?.unwrap_or(defaults.fail_on),
            surfaces: surfaces.transpose()?,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawHistory {
    releases: Option<String>,
    supported: Option<toml::Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawDeps {
    #[serde(deserialize_with = "vendor")]
    vendor: RawVendor,
}

/// `deps.vendor`: folders, each with the name of its module if it has one.
type RawVendor = Vec<(Option<String>, String)>;

/// Reads `deps.vendor`: a folder, or a table from the names of modules to folders.
fn vendor<'de, D: Deserializer<'de>>(value: D) -> std::result::Result<RawVendor, D::Error> {
    struct Vendor;
    impl<'de> Visitor<'de> for Vendor {
        type Value = RawVendor;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a folder, or a table from the names of modules to folders")
        }

        fn visit_str<E>(self, folder: &str) -> std::result::Result<RawVendor, E> {
            Ok(vec![(None, folder.to_owned())])
        }

        fn visit_map<A: MapAccess<'de>>(
            self,
            mut table: A,
        ) -> std::result::Result<RawVendor, A::Error> {
            let mut folders = RawVendor::new();
            while let Some((module, folder)) = table.next_entry::<String, String>()? {
                if !names::is_full_name(&module) {
                    let message = format!("module name {module:?} is not `registry/owner/name`");
                    return Err(A::Error::custom(message));
                }
                folders.push((Some(module), folder));
            }
            Ok(folders)
        }
    }
    value.deserialize_any(Vendor)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawLint {
    baseline: Option<String>,
}

impl Settings {
    /// Loads the settings for `dir`: those of the nearest `wireproof.toml` at or above it.
    pub fn load(files: &dyn ReadFile, dir: &str) -> Result<Self> {
        let dir = normalize(dir)?;
        for root in self_and_parents(&dir) {
            if let Some((name, content)) = read_first(files, root, &[FILE])? {
                return Settings::read(&content, &Bounds::new(files, root), name);
            }
        }
        for root in self_and_parents(&dir) {
            if read_first(files, root, &BUF_YAML)?.is_some() {
                return Settings::resolve(Raw::default(), &Bounds::new(files, root));
            }
        }
        Settings::resolve(Raw::default(), &Bounds::new(files, &dir))
    }

    /// Whether changes are checked against the release `version`. Without a requirement, or with
    /// `*`, pre-releases are included; otherwise the requirement decides.
    pub fn supports(&self, version: &Version) -> bool {
        self.supported.comparators.is_empty() || self.supported.matches(version)
    }

    fn read(content: &[u8], bounds: &Bounds, name: String) -> Result<Self> {
        let text = std::str::from_utf8(content)
            .map_err(|problem| Error::new(format!("not UTF-8: {problem}")).at(&*name))?;
        let raw: Raw = parse_toml(text, &name)?;
        let supported = match &raw.history.supported {
            Some(written) => VersionReq::parse(written.get_ref()).map_err(|problem| {
                Error::new(format!("{:?}: {problem}", written.get_ref()))
                    .at(place(text, &name, written.span().start))
                    .help("write a requirement like `>=1.2` or `>=1.2, <3`")
            })?,
            None => VersionReq::default(),
        };
        let at = |written: &toml::Spanned<String>| place(text, &name, written.span().start);
        let proof = raw.proof.read(&at)?;
        let settings = Settings::resolve(raw, bounds).map_err(|problem| problem.at(&*name))?;
        Ok(Settings { file: Some(name), supported, proof, ..settings })
    }

    fn resolve(raw: Raw, bounds: &Bounds) -> Result<Self> {
        let folder = |path: &str| bounds.folder(path);
        Ok(Settings {
            root: bounds.root.clone(),
            top: bounds.top.clone(),
            file: None,
            accepted: folder(raw.accepted.as_deref().unwrap_or("contracts/accepted"))?,
            releases: folder(raw.history.releases.as_deref().unwrap_or("contracts/releases"))?,
            supported: VersionReq::default(),
            vendor: vendor_folders(raw.deps.vendor, bounds)?,
            baseline: raw.lint.baseline.as_deref().map(folder).transpose()?,
            proof: ProofSettings::default(),
            provider: raw.contract.provider,
            probe: raw.contract.probe,
            states: raw.contract.states,
        })
    }
}

/// Returns the vendor folders. Two modules cannot share one: whose file it is could not be told.
fn vendor_folders(raw: RawVendor, bounds: &Bounds) -> Result<Vec<VendorFolder>> {
    let mut folders: Vec<VendorFolder> = Vec::new();
    for (module, written) in raw {
        let folder = bounds.folder(&written)?;
        let around = |other: &&VendorFolder| {
            contains(&other.folder, &folder) || contains(&folder, &other.folder)
        };
        if let Some(other) = folders.iter().find(around) {
            let names = [&other.module, &module].map(|name| name.as_deref().unwrap_or_default());
            let message =
                format!("{} and {} have the same folder, or one in the other", names[0], names[1]);
            return Err(Error::new(message).help("give each module a folder of its own"));
        }
        folders.push(VendorFolder { folder, module });
    }
    Ok(folders)
}

/// The bounds of folders in settings: a pull request can change the settings, and must not make
/// wireproof read or write elsewhere.
struct Bounds {
    /// The folder that the folders are relative to.
    root: String,
    /// The folder that must contain them.
    top: String,
}

impl Bounds {
    /// Returns bounds with the root of the repository as the top; `root`, if there is none or
    /// `root` is outside of it.
    fn new(files: &dyn ReadFile, root: &str) -> Self {
        let top = files.top();
        let top = if contains(&top, root) { top } else { root.to_owned() };
        Bounds { root: root.to_owned(), top }
    }

    fn folder(&self, written: &str) -> Result<String> {
        let folder = resolve(&self.root, written)?;
        if !contains(&self.top, &folder) {
            return Err(Error::new(format!("{written:?} is outside of the repository"))
                .help("use a folder inside the repository"));
        }
        if folder.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return Err(Error::new(format!("{written:?} is inside `.git`")));
        }
        Ok(folder)
    }
}

fn parse_toml(text: &str, name: &str) -> Result<Raw> {
    let at = |error: &toml::de::Error| {
        let place =
            error.span().map_or_else(|| name.to_owned(), |span| place(text, name, span.start));
        Error::new(error.message()).at(place)
    };
    let table = DeTable::parse(text).map_err(|error| at(&error))?;
    unknown_keys(table.get_ref(), text, name)?;
    toml::from_str(text).map_err(|error| at(&error))
}

/// Reports unknown keys. serde would report them, too, but without a location and a suggestion.
fn unknown_keys(table: &DeTable<'_>, text: &str, name: &str) -> Result<()> {
    for (key, value) in table {
        let Some((_, known)) = KEYS.iter().find(|(table, _)| table == key.get_ref()) else {
            let tables: Vec<_> = KEYS.iter().map(|(table, _)| *table).collect();
            let error = parse::unknown_key(key.get_ref(), &tables);
            return Err(error.at(place(text, name, key.span().start)));
        };
        let DeValue::Table(inner) = value.get_ref() else { continue };
        if let Some((key, _)) =
            inner.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref()))
        {
            let error = parse::unknown_key(key.get_ref(), known);
            return Err(error.at(place(text, name, key.span().start)));
        }
    }
    Ok(())
}

/// Returns `name:line:column` of a byte of `text`.
fn place(text: &str, name: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{name}:{line}:{column}")
}
