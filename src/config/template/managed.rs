//! `managed`: options that are set on files without a change to their sources, such as those that
//! each language expects. The configuration is decoded here; `generate` applies it.

use std::fmt::{self, Formatter};

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Location;

use super::super::raw::Text;
use super::super::{names, parse, path};
use crate::error::{Error, Result};
use crate::schema::descriptor::{JSType, OptimizeMode};

/// The configuration of managed mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// Whether it is enabled.
    pub enabled: bool,
    /// The options that it does not change. These take precedence over overrides.
    pub disables: Vec<Disable>,
    /// The values that replace its defaults; of two for the same option, the later one applies.
    pub overrides: Vec<Override>,
}

/// Options that managed mode does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disable {
    /// The files.
    pub scope: Scope,
    /// The options.
    pub options: Options,
    /// The field, by its full name; none: every field.
    pub field: Option<String>,
}

/// The options that a [`Disable`] applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Options {
    /// All options of files and of fields.
    All,
    /// One file option.
    File(FileOption),
    /// `jstype` of fields.
    Jstype,
}

/// A value that managed mode sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The files.
    pub scope: Scope,
    /// The option and its value.
    pub setting: Setting,
}

/// The files that a rule applies to: those that match all conditions that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// A file or a folder, by its import path.
    pub path: Option<String>,
    /// A module, by its name.
    pub module: Option<String>,
}

/// An option and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A file option of type string.
    Text(FileOption, String),
    /// A file option of type bool.
    Flag(FileOption, bool),
    /// `optimize_for`.
    OptimizeFor(OptimizeMode),
    /// `jstype` of a field, or of all.
    Jstype {
        /// The field, by its full name; none: every field.
        field: Option<String>,
        /// The new value.
        value: JSType,
    },
}

/// A file option that managed mode can set, or a component of one, such as a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as it is written, see FileOption::name")]
pub enum FileOption {
    JavaPackage,
    JavaPackagePrefix,
    JavaPackageSuffix,
    JavaOuterClassname,
    JavaMultipleFiles,
    JavaStringCheckUtf8,
    OptimizeFor,
    GoPackage,
    GoPackagePrefix,
    CcEnableArenas,
    ObjcClassPrefix,
    CsharpNamespace,
    CsharpNamespacePrefix,
    PhpNamespace,
    PhpMetadataNamespace,
    PhpMetadataNamespaceSuffix,
    RubyPackage,
    RubyPackageSuffix,
    SwiftPrefix,
}

const FILE_OPTIONS: [(&str, FileOption); 19] = [
    ("java_package", FileOption::JavaPackage),
    ("java_package_prefix", FileOption::JavaPackagePrefix),
    ("java_package_suffix", FileOption::JavaPackageSuffix),
    ("java_outer_classname", FileOption::JavaOuterClassname),
    ("java_multiple_files", FileOption::JavaMultipleFiles),
    ("java_string_check_utf8", FileOption::JavaStringCheckUtf8),
    ("optimize_for", FileOption::OptimizeFor),
    ("go_package", FileOption::GoPackage),
    ("go_package_prefix", FileOption::GoPackagePrefix),
    ("cc_enable_arenas", FileOption::CcEnableArenas),
    ("objc_class_prefix", FileOption::ObjcClassPrefix),
    ("csharp_namespace", FileOption::CsharpNamespace),
    ("csharp_namespace_prefix", FileOption::CsharpNamespacePrefix),
    ("php_namespace", FileOption::PhpNamespace),
    ("php_metadata_namespace", FileOption::PhpMetadataNamespace),
    ("php_metadata_namespace_suffix", FileOption::PhpMetadataNamespaceSuffix),
    ("ruby_package", FileOption::RubyPackage),
    ("ruby_package_suffix", FileOption::RubyPackageSuffix),
    ("swift_prefix", FileOption::SwiftPrefix),
];

impl FileOption {
    /// Returns its name in a template.
    pub fn name(self) -> &'static str {
        let found = FILE_OPTIONS.iter().find(|(_, option)| *option == self);
        found.map_or("", |(name, _)| name)
    }

    /// Returns the option called `name`, ignoring case.
    pub(super) fn named(name: &str) -> Option<FileOption> {
        let name = name.to_lowercase();
        Some(FILE_OPTIONS.iter().find(|(known, _)| *known == name)?.1)
    }

    /// Whether its type is bool.
    pub(super) fn is_flag(self) -> bool {
        matches!(
            self,
            FileOption::JavaMultipleFiles
                | FileOption::JavaStringCheckUtf8
                | FileOption::CcEnableArenas
        )
    }
}

impl Managed {
    /// Returns the names of the modules that rules are limited to.
    pub fn module_names(&self) -> impl Iterator<Item = &str> {
        let disables = self.disables.iter().map(|rule| &rule.scope);
        let scopes = disables.chain(self.overrides.iter().map(|rule| &rule.scope));
        scopes.filter_map(|scope| scope.module.as_deref())
    }

    /// Returns a warning if the configuration has no effect.
    pub(super) fn warning(&self, name: &str) -> Option<String> {
        let speaks = !self.disables.is_empty() || !self.overrides.is_empty();
        (speaks && !self.enabled).then(|| {
            format!("{name}: managed mode is configured but not enabled, so it has no effect")
        })
    }
}

impl Scope {
    /// Whether it covers the file with the import path `path` in `module`, if that has a name.
    pub fn covers(&self, path: &str, module: Option<&str>) -> bool {
        self.path.as_ref().is_none_or(|within| path::contains(within, path))
            && self.module.as_deref().is_none_or(|name| module == Some(name))
    }

    pub(super) fn new(path: Option<Text>, module: Option<Text>, name: &str) -> Result<Scope> {
        let path = path.filter(|path| !path.value.is_empty());
        Ok(Scope {
            path: path.map(|path| canonical(path, name)).transpose()?,
            module: names::module_name(module, name)?,
        })
    }
}

/// Returns the path; an error if it is not in canonical form.
pub(super) fn canonical(written: Text, name: &str) -> Result<String> {
    match path::normalize(&written.value) {
        Ok(normal) if normal == written.value => Ok(written.value),
        _ => Err(Error::new(format!("{:?} is not a canonical import path", written.value))
            .at(parse::place(name, written.referenced))
            .help("write it relative to its module, with `/` as separator, without `.` and `..`")),
    }
}

/// A value as written.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Text(String),
    Flag(bool),
    Other,
}

impl Setting {
    /// Returns `option` with the value `written`; the error describes the values that are allowed.
    pub(super) fn new(option: FileOption, written: &Written) -> Result<Setting, &'static str> {
        match (option, written) {
            (FileOption::OptimizeFor, written) => {
                let mode = written.named(&MODES).map(Setting::OptimizeFor);
                mode.ok_or("SPEED, CODE_SIZE or LITE_RUNTIME")
            }
            (option, Written::Flag(flag)) if option.is_flag() => Ok(Setting::Flag(option, *flag)),
            (option, Written::Text(text)) if !option.is_flag() => {
                Ok(Setting::Text(option, text.clone()))
            }
            (option, _) if option.is_flag() => Err("`true` or `false`, without quotes"),
            _ => Err("a string (numbers and booleans in quotes)"),
        }
    }
}

const MODES: [(&str, OptimizeMode); 3] = [
    ("SPEED", OptimizeMode::Speed),
    ("CODE_SIZE", OptimizeMode::CodeSize),
    ("LITE_RUNTIME", OptimizeMode::LiteRuntime),
];

impl Written {
    /// Returns the one of `values` with this name.
    pub(super) fn named<T: Copy>(&self, values: &[(&str, T)]) -> Option<T> {
        let Written::Text(text) = self else { return None };
        Some(values.iter().find(|(name, _)| name == text)?.1)
    }
}

/// Returns the error for a value that `option` cannot have.
pub(super) fn wrong_value(option: &str, expected: &str, place: String) -> Error {
    Error::new(format!("invalid value for `{option}`")).at(place).help(format!("write {expected}"))
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Written;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Written, E> {
                Ok(Written::Text(text.to_owned()))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Written, E> {
                Ok(Written::Flag(flag))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Written, E> {
                Ok(Written::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Written, E> {
                Ok(Written::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
                Ok(Written::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Written, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Written::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Written::Other)
            }
        }

        from.deserialize_any(Any)
    }
}

/// Returns the error for an unknown file option, with the most similar known option.
pub(super) fn unknown_option(written: &str, place: String) -> Error {
    let known = FILE_OPTIONS.iter().map(|(name, _)| *name);
    let error = Error::new(format!("managed mode has no file option {written:?}")).at(place);
    match parse::nearest(written, known.clone()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known file options: {}", known.collect::<Vec<_>>().join(", "))),
    }
}

/// Returns `value` without a location.
pub(super) fn without_location(value: &str) -> Text {
    Text::new(value.to_owned(), Location::UNKNOWN, Location::UNKNOWN)
}
