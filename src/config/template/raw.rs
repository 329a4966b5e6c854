//! `buf.gen.yaml` as written. Unknown keys are errors. Every key is optional and may be null.

use std::fmt::{self, Formatter};

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::raw::Flag;
pub(super) use super::super::raw::Text;
use super::managed_v1::{ManagedV1, OptionsV1Beta1};
use super::managed_v2::ManagedV2;

/// One string, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Strings;

        impl<'de> Visitor<'de> for Strings {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings (in quotes, `true` and `1` are strings)")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(Word(text)) = list.next_element()? {
                    all.push(text);
                }
                Ok(OneOrMany(all))
            }
        }

        from.deserialize_any(Strings)
    }
}

/// A string; a number is an error.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Plain;

        impl Visitor<'_> for Plain {
            type Value = Word;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string (in quotes, `true` and `1` are strings)")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }
        }

        from.deserialize_any(Plain)
    }
}

/// `version: v1beta1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V1Beta1 {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) plugins: Option<Vec<PluginV1Beta1>>,
    pub(super) managed: Option<Flag>,
    pub(super) options: Option<OptionsV1Beta1>,
}

/// A plugin of `version: v1beta1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginV1Beta1 {
    pub(super) name: Option<Text>,
    pub(super) out: Option<String>,
    pub(super) opt: Option<OneOrMany>,
    pub(super) path: Option<String>,
    pub(super) strategy: Option<Text>,
}

/// `version: v1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V1 {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) plugins: Option<Vec<PluginV1>>,
    pub(super) managed: Option<ManagedV1>,
    pub(super) types: Option<TypesV1>,
}

/// `types` of `version: v1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypesV1 {
    pub(super) include: Option<Vec<String>>,
}

/// A plugin of `version: v1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginV1 {
    pub(super) plugin: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) out: Option<String>,
    pub(super) opt: Option<OneOrMany>,
    pub(super) path: Option<OneOrMany>,
    pub(super) protoc_path: Option<OneOrMany>,
    pub(super) strategy: Option<Text>,
    pub(super) revision: Option<u32>,
}

/// `version: v2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V2 {
    #[serde(rename = "version")]
    _version: Option<String>,
    pub(super) clean: Option<Flag>,
    pub(super) managed: Option<ManagedV2>,
    pub(super) plugins: Option<Vec<PluginV2>>,
    pub(super) inputs: Option<Vec<InputV2>>,
}

/// A plugin of `version: v2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginV2 {
    pub(super) remote: Option<Text>,
    pub(super) local: Option<OneOrMany>,
    pub(super) protoc_builtin: Option<Text>,
    pub(super) protoc_path: Option<OneOrMany>,
    pub(super) out: Option<String>,
    pub(super) opt: Option<OneOrMany>,
    pub(super) strategy: Option<Text>,
    pub(super) revision: Option<u32>,
    pub(super) include_imports: Option<Flag>,
    pub(super) include_wkt: Option<Flag>,
    pub(super) types: Option<Vec<String>>,
    pub(super) exclude_types: Option<Vec<String>>,
}

/// An entry of `inputs`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputV2 {
    pub(super) directory: Option<String>,
    pub(super) module: Option<String>,
    pub(super) proto_file: Option<String>,
    pub(super) git_repo: Option<String>,
    pub(super) tarball: Option<String>,
    pub(super) zip_archive: Option<String>,
    pub(super) binary_image: Option<String>,
    pub(super) json_image: Option<String>,
    pub(super) text_image: Option<String>,
    pub(super) yaml_image: Option<String>,
    pub(super) types: Option<Vec<String>>,
    pub(super) exclude_types: Option<Vec<String>>,
    pub(super) paths: Option<Vec<String>>,
    pub(super) exclude_paths: Option<Vec<String>>,
    pub(super) compression: Option<String>,
    pub(super) strip_components: Option<u32>,
    pub(super) subdir: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) r#ref: Option<String>,
    pub(super) depth: Option<u32>,
    pub(super) recurse_submodules: Option<Flag>,
    pub(super) include_package_files: Option<Flag>,
}
