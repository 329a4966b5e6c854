//! The `lint` and `breaking` sections: paths are relative to their module, defaults are filled in.
//! Rule ids are still as written.

use super::lists::{disjoint, paths};
use super::parse;
use super::path::relative;
use super::raw::{self, Flag, List, Text};
use super::rule_set::LintOptions;
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// A `lint` section: its rules and their options.
#[derive(Clone, Debug)]
pub(super) struct Lint {
    pub(super) section: Section,
    pub(super) options: LintOptions,
}

/// A `lint` or `breaking` section: the selected rules and the ignored paths.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// `lint` or `breaking`.
    pub(super) kind: &'static str,
    pub(super) version: ConfigVersion,
    /// Whether it is switched off, by `disable_builtin` or by ignoring the whole module.
    pub(super) disabled: bool,
    pub(super) r#use: Vec<Text>,
    pub(super) except: Vec<Text>,
    pub(super) ignore: Vec<String>,
    pub(super) ignore_only: Vec<(Text, Vec<String>)>,
    pub(super) ignore_unstable_packages: bool,
}

/// The treatment of an ignored path outside the module.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Outside {
    /// An error, because the section belongs to the module.
    Refused,
    /// Dropped, because modules share the section and the path belongs to another one.
    Dropped,
}

/// The file of a section and the module that it is decoded for.
pub(super) struct Scope<'a> {
    /// The name of the file, as shown to the user.
    pub(super) name: &'a str,
    pub(super) version: ConfigVersion,
    /// The folder of the module, as its paths are written.
    pub(super) dir: &'a str,
    pub(super) outside: Outside,
}

impl Scope<'_> {
    pub(super) fn lint(&self, raw: raw::Lint) -> Result<Lint> {
        let options = LintOptions {
            enum_zero_value_suffix: or_default(&raw.enum_zero_value_suffix, "_UNSPECIFIED"),
            rpc_allow_same_request_response: is_on(raw.rpc_allow_same_request_response),
            rpc_allow_google_protobuf_empty_requests: is_on(
                raw.rpc_allow_google_protobuf_empty_requests,
            ),
            rpc_allow_google_protobuf_empty_responses: is_on(
                raw.rpc_allow_google_protobuf_empty_responses,
            ),
            service_suffix: or_default(&raw.service_suffix, "Service"),
            comment_ignores: self.comment_ignores(&raw)?,
        };
        let section = Section {
            r#use: ids(raw.r#use),
            except: ids(raw.except),
            disabled: is_on(raw.disable_builtin),
            ..Section::new("lint", self.version)
        };
        Ok(Lint { section: self.ignoring(section, raw.ignore, raw.ignore_only)?, options })
    }

    pub(super) fn breaking(&self, raw: raw::Breaking) -> Result<Section> {
        let section = Section {
            r#use: ids(raw.r#use),
            except: ids(raw.except),
            disabled: is_on(raw.disable_builtin),
            ignore_unstable_packages: is_on(raw.ignore_unstable_packages),
            ..Section::new("breaking", self.version)
        };
        self.ignoring(section, raw.ignore, raw.ignore_only)
    }

    /// Whether comments suppress findings: v1 has an option to allow it, v2 one to disallow it.
    fn comment_ignores(&self, raw: &raw::Lint) -> Result<bool> {
        const ALLOW: &str = "allow_comment_ignores";
        const DISALLOW: &str = "disallow_comment_ignores";
        let version = self.version;
        let (own, other) =
            ((ALLOW, &raw.allow_comment_ignores), (DISALLOW, &raw.disallow_comment_ignores));
        let (own, other) = if version == ConfigVersion::V2 { (other, own) } else { (own, other) };
        if let Some(written) = other.1 {
            return Err(Error::new(format!("unknown key `{}` in `version: {version}`", other.0))
                .at(parse::place(self.name, written.referenced))
                .help(format!("`version: {version}` has `{}`", own.0)));
        }
        let is_set = own.1.as_ref().is_some_and(|flag| flag.value.0);
        Ok(is_set != (version == ConfigVersion::V2))
    }

    fn ignoring(
        &self,
        mut section: Section,
        ignore: List,
        only: raw::PathsById,
    ) -> Result<Section> {
        let key = format!("{}.ignore", section.kind);
        let ignore = paths(ignore, &key, self.name)?;
        if ignore.iter().any(|path| path == self.dir) {
            section.disabled = true;
            return Ok(section);
        }
        section.ignore = self.relative(ignore, &key)?;
        let key = format!("{}.ignore_only", section.kind);
        for (id, list) in only.unwrap_or_default() {
            let list = self.relative(paths(list, &key, self.name)?, &key)?;
            if !list.is_empty() && !id.value.is_empty() {
                section.ignore_only.push((id, list));
            }
        }
        section.ignore_only.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
        Ok(section)
    }

    /// Returns the paths relative to the module, sorted; an error if one is inside another.
    fn relative(&self, paths: Vec<String>, key: &str) -> Result<Vec<String>> {
        let mut inside = Vec::new();
        for path in paths {
            match relative(self.dir, &path) {
                Some(path) => inside.push(path),
                None if self.outside == Outside::Dropped => {}
                None => {
                    let dir = self.dir;
                    let message = format!("`{key}`: {path:?} is not within the module {dir:?}");
                    return Err(Error::new(message).at(self.name));
                }
            }
        }
        inside.sort();
        inside.dedup();
        disjoint(&inside, &format!("`{key}`"), self.name)?;
        Ok(inside)
    }
}

impl Section {
    /// Returns an empty section.
    pub(super) fn new(kind: &'static str, version: ConfigVersion) -> Self {
        Section {
            kind,
            version,
            disabled: false,
            r#use: Vec::new(),
            except: Vec::new(),
            ignore: Vec::new(),
            ignore_only: Vec::new(),
            ignore_unstable_packages: false,
        }
    }
}

impl raw::Lint {
    /// Whether it is empty: then the section of the file applies.
    pub(super) fn is_empty(&self) -> bool {
        let unset = |text: &Option<String>| text.as_deref().unwrap_or("").is_empty();
        is_empty(&self.r#use)
            && is_empty(&self.except)
            && is_empty(&self.ignore)
            && self.ignore_only.as_ref().is_none_or(|only| only.is_empty())
            && unset(&self.enum_zero_value_suffix)
            && !is_on(self.rpc_allow_same_request_response)
            && !is_on(self.rpc_allow_google_protobuf_empty_requests)
            && !is_on(self.rpc_allow_google_protobuf_empty_responses)
            && unset(&self.service_suffix)
            && self.disallow_comment_ignores.as_ref().is_none_or(|flag| !flag.value.0)
            && self.allow_comment_ignores.is_none()
            && !is_on(self.disable_builtin)
    }
}

impl raw::Breaking {
    /// Whether it is empty: then the section of the file applies.
    pub(super) fn is_empty(&self) -> bool {
        is_empty(&self.r#use)
            && is_empty(&self.except)
            && is_empty(&self.ignore)
            && self.ignore_only.as_ref().is_none_or(|only| only.is_empty())
            && !is_on(self.ignore_unstable_packages)
            && !is_on(self.disable_builtin)
    }
}

fn is_on(flag: Option<Flag>) -> bool {
    flag.is_some_and(|flag| flag.0)
}

fn is_empty(list: &List) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

fn or_default(text: &Option<String>, default: &str) -> String {
    text.as_deref().filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
}

/// Returns the non-empty ids of a list.
fn ids(list: List) -> Vec<Text> {
    list.into_iter().flatten().flatten().filter(|id| !id.value.is_empty()).collect()
}
