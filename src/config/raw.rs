//! The files as written: one structure for each shape. Unknown keys are errors.
//!
//! As in buf, every key is optional and may be null.

use std::collections::HashMap;
use std::fmt::{self, Formatter};

use serde::de::{Error, IgnoredAny, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// A string and its location, for messages.
pub(super) type Text = Spanned<String>;

/// A list that may be absent or null; nulls in it are ignored.
pub(super) type List = Option<Vec<Option<Text>>>;

/// Lists of paths, by rule or category.
pub(super) type PathsById = Option<HashMap<Text, List>>;

/// A boolean. As in buf, it can be one of YAML 1.1, also in quotes, but not `true` in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Plain;

        impl Visitor<'_> for Plain {
            type Value = Flag;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or `false`, without quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Flag, E> {
                match text {
                    "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Ok(Flag(true)),
                    "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Ok(Flag(false)),
                    _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
                }
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }
        }

        from.deserialize_any(Plain)
    }
}

/// The name of a plugin: one string, or a program and its arguments. Its value is not used.
#[derive(Debug)]
pub(super) struct PluginName;

impl<'de> Deserialize<'de> for PluginName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;

        impl<'de> Visitor<'de> for Name {
            type Value = PluginName;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, _: &str) -> Result<PluginName, E> {
                Ok(PluginName)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PluginName, A::Error> {
                while list.next_element::<String>()?.is_some() {}
                Ok(PluginName)
            }
        }

        from.deserialize_any(Name)
    }
}

/// The version, which determines the structure of the file.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Versioned {
    pub(super) version: Option<Text>,
}

/// `buf.yaml`, `version: v1beta1` or `v1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BufYamlV1 {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) name: Option<Text>,
    pub(super) deps: List,
    pub(super) build: Option<Build>,
    pub(super) lint: Option<Lint>,
    pub(super) breaking: Option<Breaking>,
}

/// `build` of v1beta1 and v1.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Build {
    /// Allowed in v1beta1 only.
    pub(super) roots: List,
    pub(super) excludes: List,
}

/// `buf.yaml`, `version: v2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BufYamlV2 {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) name: Option<Text>,
    pub(super) modules: Option<Vec<Option<ModuleV2>>>,
    pub(super) deps: List,
    pub(super) lint: Option<Lint>,
    pub(super) breaking: Option<Breaking>,
    pub(super) plugins: Option<Vec<Option<Plugin>>>,
    pub(super) policies: Option<Vec<Option<Policy>>>,
}

/// An entry of `modules`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModuleV2 {
    pub(super) path: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) includes: List,
    pub(super) excludes: List,
    pub(super) lint: Option<Lint>,
    pub(super) breaking: Option<Breaking>,
}

/// An entry of `plugins`: parsed to report errors, never run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plugin {
    pub(super) plugin: Option<PluginName>,
    #[serde(rename = "options")]
    _options: Option<IgnoredAny>,
}

/// An entry of `policies`: the file, and the paths that it ignores.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) policy: Option<Text>,
    pub(super) ignore: List,
    pub(super) ignore_only: PathsById,
}

/// The file of a policy, which is `version: v2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    #[serde(rename = "version")]
    _version: Option<String>,
    #[serde(rename = "name")]
    _name: Option<String>,
    pub(super) lint: Option<PolicyLint>,
    pub(super) breaking: Option<PolicyBreaking>,
    pub(super) plugins: Option<Vec<Option<Plugin>>>,
}

/// `lint` of a policy. Ignored paths are listed where the policy is named.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyLint {
    pub(super) r#use: List,
    pub(super) except: List,
    pub(super) enum_zero_value_suffix: Option<String>,
    pub(super) rpc_allow_same_request_response: Option<Flag>,
    pub(super) rpc_allow_google_protobuf_empty_requests: Option<Flag>,
    pub(super) rpc_allow_google_protobuf_empty_responses: Option<Flag>,
    pub(super) service_suffix: Option<String>,
    pub(super) disable_builtin: Option<Flag>,
}

/// `breaking` of a policy.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyBreaking {
    pub(super) r#use: List,
    pub(super) except: List,
    pub(super) ignore_unstable_packages: Option<Flag>,
    pub(super) disable_builtin: Option<Flag>,
}

/// The part of a `buf.lock` that is used: the registry policies that it pins.
#[derive(Debug, Default, Deserialize)]
pub(super) struct BufLock {
    pub(super) policies: Option<Vec<Option<Pinned>>>,
}

/// An item that a `buf.lock` pins.
#[derive(Debug, Deserialize)]
pub(super) struct Pinned {
    pub(super) name: Option<String>,
}

/// `lint` of every version.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lint {
    pub(super) r#use: List,
    pub(super) except: List,
    pub(super) ignore: List,
    pub(super) ignore_only: PathsById,
    pub(super) enum_zero_value_suffix: Option<String>,
    pub(super) rpc_allow_same_request_response: Option<Flag>,
    pub(super) rpc_allow_google_protobuf_empty_requests: Option<Flag>,
    pub(super) rpc_allow_google_protobuf_empty_responses: Option<Flag>,
    pub(super) service_suffix: Option<String>,
    /// Only in v1beta1 and v1.
    pub(super) allow_comment_ignores: Option<Spanned<Flag>>,
    /// Only in v2.
    pub(super) disallow_comment_ignores: Option<Spanned<Flag>>,
    pub(super) disable_builtin: Option<Flag>,
}

/// `breaking` of every version.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Breaking {
    pub(super) r#use: List,
    pub(super) except: List,
    pub(super) ignore: List,
    pub(super) ignore_only: PathsById,
    pub(super) ignore_unstable_packages: Option<Flag>,
    pub(super) disable_builtin: Option<Flag>,
}

/// `buf.work.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BufWorkYaml {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) directories: List,
}
