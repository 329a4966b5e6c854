//! `wireproof.toml`: what wireproof adds to `buf.yaml`. Every key has a default.

use semver::{Version, VersionReq};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::discover::{read_first, self_and_parents};
use super::path::{contains, normalize, resolve};
use super::{BUF_YAML, ReadFile, parse};
use crate::error::{Error, Result};

/// The name of the file.
const FILE: &str = "wireproof.toml";

/// Every key: the tables and, in them, what they hold.
const KEYS: [(&str, &[&str]); 5] = [
    ("history", &["releases", "supported"]),
    ("proof", &["rules", "judge", "fail-on", "surfaces"]),
    ("deps", &["vendor"]),
    ("contract", &["provider"]),
    ("accepted", &[]),
];

/// What `proof.rules` may name: the category of all rules that prove what a change does.
const PROOF: [&str; 1] = ["PROOF"];

/// The settings of one repository. Folders are relative to the root of the tree that they were
/// read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder that the file stands in; without one, that of the nearest `buf.yaml`; without
    /// that, the folder asked about.
    pub root: String,
    /// The folder that no folder named here lies outside of.
    pub top: String,
    /// The file, as the user sees it; none if there is none.
    pub file: Option<String>,
    /// The folder of release images.
    pub releases: String,
    /// The releases that changes are checked against.
    pub supported: VersionReq,
    /// The rules of the PROOF category in use, by id or category.
    pub proof_rules: Vec<String>,
    /// Who decides what fails.
    pub judge: Judge,
    /// The least that fails, where the proof decides.
    pub fail_on: FailOn,
    /// The surfaces that are proved; none: those that the categories in use protect.
    pub surfaces: Option<Vec<Surface>>,
    /// The folder in which imports of remote dependencies are found.
    pub vendor: Option<String>,
    /// The folder of approvals.
    pub accepted: String,
    /// The command that starts the provider and prints its address.
    pub provider: Option<String>,
}

/// Who decides whether a change fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The rules, as in buf.
    #[default]
    Rules,
    /// What the change does to data.
    Proof,
}

/// From which level on a proof fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Anything found.
    Note,
    /// Some values are misread, or some are lost.
    Lossy,
    /// Values are rejected, or every one is misread.
    #[default]
    Breaks,
}

/// Where an old and a new version meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The binary encoding.
    Binary,
    /// The JSON mapping.
    Json,
    /// Calls.
    Rpc,
    /// Code written against the stubs.
    Source,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    history: RawHistory,
    proof: RawProof,
    deps: RawDeps,
    contract: RawContract,
    accepted: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawHistory {
    releases: Option<String>,
    supported: Option<toml::Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RawProof {
    rules: Vec<toml::Spanned<String>>,
    judge: Judge,
    fail_on: FailOn,
    surfaces: Option<Vec<Surface>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawDeps {
    vendor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawContract {
    provider: Option<String>,
}

impl Settings {
    /// The settings that hold for `dir`: those of the nearest `wireproof.toml` at or above it.
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

    /// Whether changes are checked against the release `version`: pre-releases, too, if nothing
    /// was said or `*`; otherwise those that the requirement names.
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
        if let Some(unknown) = raw.proof.rules.iter().find(|id| !PROOF.contains(&&**id.get_ref())) {
            let error = unknown_proof(unknown.get_ref());
            return Err(error.at(place(text, &name, unknown.span().start)));
        }
        let settings = Settings::resolve(raw, bounds).map_err(|problem| problem.at(&*name))?;
        Ok(Settings { file: Some(name), supported, ..settings })
    }

    fn resolve(raw: Raw, bounds: &Bounds) -> Result<Self> {
        let folder = |path: &str| bounds.folder(path);
        Ok(Settings {
            root: bounds.root.clone(),
            top: bounds.top.clone(),
            file: None,
            releases: folder(raw.history.releases.as_deref().unwrap_or("contracts/releases"))?,
            supported: VersionReq::default(),
            proof_rules: raw.proof.rules.into_iter().map(toml::Spanned::into_inner).collect(),
            judge: raw.proof.judge,
            fail_on: raw.proof.fail_on,
            surfaces: raw.proof.surfaces,
            vendor: raw.deps.vendor.as_deref().map(folder).transpose()?,
            accepted: folder(raw.accepted.as_deref().unwrap_or("contracts/accepted"))?,
            provider: raw.contract.provider,
        })
    }
}

/// Where folders that settings name may lie: a pull request can change the settings, and must not
/// have us read or write elsewhere.
struct Bounds {
    /// The folder that they are relative to.
    root: String,
    /// The folder that they have to be below.
    top: String,
}

impl Bounds {
    /// The top is that of the repository, or `root` where that has none or lies above it.
    fn new(files: &dyn ReadFile, root: &str) -> Self {
        let top = files.top();
        let top = if contains(&top, root) { top } else { root.to_owned() };
        Bounds { root: root.to_owned(), top }
    }

    fn folder(&self, written: &str) -> Result<String> {
        let folder = resolve(&self.root, written)?;
        if !contains(&self.top, &folder) {
            return Err(Error::new(format!("{written:?} leads out of the repository"))
                .help("name a folder inside of it"));
        }
        if folder.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return Err(Error::new(format!("{written:?} is in the folder of git")));
        }
        Ok(folder)
    }
}

fn unknown_proof(id: &str) -> Error {
    let error = Error::new(format!("`proof.rules`: there is no rule or category {id:?}"));
    match parse::nearest(id, PROOF.into_iter()) {
        Some(near) => error.help(format!("did you mean {near}?")),
        None => error.help(format!("what it may name: {}", PROOF.join(", "))),
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

/// serde would find them as well, but knows neither the place nor the nearest key.
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

/// `name:line:column` of a byte of `text`.
fn place(text: &str, name: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{name}:{line}:{column}")
}
