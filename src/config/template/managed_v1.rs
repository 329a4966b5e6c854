//! `managed` of `version: v1beta1` and `v1`: each option is a key, with modules and files below it.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::parse;
use super::super::raw::{Flag, List, Text};
use super::managed::{
    Disable, FileOption, Managed, Options, Override, Scope, Setting, Written, canonical,
    unknown_option, without_location, wrong_value,
};
use crate::error::{Error, Result};

/// `options` of `version: v1beta1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionsV1Beta1 {
    cc_enable_arenas: Option<Flag>,
    java_multiple_files: Option<Flag>,
    optimize_for: Option<Text>,
}

/// `managed` of `version: v1`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagedV1 {
    enabled: Option<Flag>,
    cc_enable_arenas: Option<Flag>,
    java_multiple_files: Option<Flag>,
    java_string_check_utf8: Option<Flag>,
    java_package_prefix: Option<DefaultOr>,
    csharp_namespace: Option<Modules>,
    optimize_for: Option<DefaultOr>,
    go_package_prefix: Option<ByModule>,
    objc_class_prefix: Option<ByModule>,
    ruby_package: Option<Modules>,
    swift_prefix: Option<ByModule>,
    r#override: Option<BTreeMap<String, Option<Values>>>,
}

/// Values by module or file.
type Values = BTreeMap<String, Option<Text>>;

/// A default value, values of single modules, and the modules to leave unchanged.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByModule {
    default: Option<Text>,
    except: List,
    r#override: Option<Values>,
}

/// [`ByModule`] without a default value.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Modules {
    except: List,
    r#override: Option<Values>,
}

/// [`ByModule`], or only the default value.
#[derive(Debug)]
enum DefaultOr {
    Default(String),
    ByModule(ByModule),
}

impl<'de> Deserialize<'de> for DefaultOr {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = DefaultOr;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or a mapping with `default`")
            }

            fn visit_str<E>(self, text: &str) -> Result<DefaultOr, E> {
                Ok(DefaultOr::Default(text.to_owned()))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<DefaultOr, E> {
                Ok(DefaultOr::Default(flag.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<DefaultOr, E> {
                Ok(DefaultOr::Default(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<DefaultOr, E> {
                Ok(DefaultOr::Default(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<DefaultOr, E> {
                Ok(DefaultOr::Default(number.to_string()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DefaultOr, A::Error> {
                ByModule::deserialize(MapAccessDeserializer::new(map)).map(DefaultOr::ByModule)
            }
        }

        from.deserialize_any(Either)
    }
}

/// The meaning of a key with modules below it.
struct Key {
    /// The option that its values set.
    sets: FileOption,
    /// The option that its `except` leaves unchanged.
    excepts: FileOption,
    /// Whether it has no effect without a default value.
    needs_default: bool,
}

const fn key(sets: FileOption, excepts: FileOption, needs_default: bool) -> Key {
    Key { sets, excepts, needs_default }
}

pub(super) fn v1beta1(
    enabled: Option<Flag>,
    raw: Option<OptionsV1Beta1>,
    name: &str,
) -> Result<Managed> {
    let raw = raw.unwrap_or_default();
    let mut rules = Rules::new(name, enabled);
    rules.flag(FileOption::CcEnableArenas, raw.cc_enable_arenas);
    rules.flag(FileOption::JavaMultipleFiles, raw.java_multiple_files);
    if let Some(mode) = raw.optimize_for.filter(|mode| !mode.value.is_empty()) {
        rules.text(Scope::default(), FileOption::OptimizeFor, &mode)?;
    }
    Ok(rules.managed)
}

pub(super) fn v1(raw: ManagedV1, name: &str) -> Result<Managed> {
    use FileOption as F;
    let mut rules = Rules::new(name, raw.enabled);
    rules.flag(F::CcEnableArenas, raw.cc_enable_arenas);
    rules.flag(F::JavaMultipleFiles, raw.java_multiple_files);
    rules.flag(F::JavaStringCheckUtf8, raw.java_string_check_utf8);
    let java = key(F::JavaPackagePrefix, F::JavaPackage, true);
    rules.default_or(&java, raw.java_package_prefix)?;
    rules.modules(&key(F::CsharpNamespace, F::CsharpNamespace, false), raw.csharp_namespace)?;
    rules.default_or(&key(F::OptimizeFor, F::OptimizeFor, true), raw.optimize_for)?;
    rules.by_module(&key(F::GoPackagePrefix, F::GoPackage, true), raw.go_package_prefix)?;
    rules.by_module(&key(F::ObjcClassPrefix, F::ObjcClassPrefix, false), raw.objc_class_prefix)?;
    rules.modules(&key(F::RubyPackage, F::RubyPackage, false), raw.ruby_package)?;
    rules.by_module(&key(F::SwiftPrefix, F::SwiftPrefix, false), raw.swift_prefix)?;
    for (option, values) in raw.r#override.unwrap_or_default() {
        rules.by_file(&option, values.unwrap_or_default())?;
    }
    Ok(rules.managed)
}

/// The rules decoded so far.
struct Rules<'a> {
    name: &'a str,
    managed: Managed,
}

impl<'a> Rules<'a> {
    fn new(name: &'a str, enabled: Option<Flag>) -> Self {
        let enabled = enabled.is_some_and(|flag| flag.0);
        Rules { name, managed: Managed { enabled, ..Managed::default() } }
    }

    fn flag(&mut self, option: FileOption, flag: Option<Flag>) {
        let setting = flag.map(|flag| Setting::Flag(option, flag.0));
        let rule = setting.map(|setting| Override { scope: Scope::default(), setting });
        self.managed.overrides.extend(rule);
    }

    fn text(&mut self, scope: Scope, option: FileOption, written: &Text) -> Result<()> {
        let place = parse::place(self.name, written.referenced);
        self.value(scope, option, &Written::Text(written.value.clone()), place)
    }

    fn value(
        &mut self,
        scope: Scope,
        option: FileOption,
        value: &Written,
        place: String,
    ) -> Result<()> {
        let setting = Setting::new(option, value);
        let setting = setting.map_err(|is| wrong_value(option.name(), is, place))?;
        self.managed.overrides.push(Override { scope, setting });
        Ok(())
    }

    fn modules(&mut self, key: &Key, raw: Option<Modules>) -> Result<()> {
        let Some(Modules { except, r#override }) = raw else { return Ok(()) };
        self.by_module(key, Some(ByModule { default: None, except, r#override }))
    }

    fn default_or(&mut self, key: &Key, raw: Option<DefaultOr>) -> Result<()> {
        match raw {
            Some(DefaultOr::ByModule(raw)) => self.by_module(key, Some(raw)),
            Some(DefaultOr::Default(default)) if !default.is_empty() => {
                let (value, place) = (Written::Text(default), self.name.to_owned());
                self.value(Scope::default(), key.sets, &value, place)
            }
            _ => Ok(()),
        }
    }

    fn by_module(&mut self, key: &Key, raw: Option<ByModule>) -> Result<()> {
        let Some(ByModule { default, except, r#override }) = raw else { return Ok(()) };
        let except = except.unwrap_or_default();
        let values = r#override.unwrap_or_default();
        let default = default.filter(|default| !default.value.is_empty());
        let speaks = !except.is_empty() || !values.is_empty();
        if default.is_none() && speaks && key.needs_default {
            let problem = format!("`{}` has no `default`", key.sets.name());
            return Err(Error::new(problem).at(self.name));
        }
        if let Some(default) = default {
            self.text(Scope::default(), key.sets, &default)?;
        }
        let excepted = self.except(key, except)?;
        for (module, value) in values {
            if excepted.contains(&module) {
                let problem = format!("{module:?} is in both `except` and `override`");
                return Err(Error::new(problem).at(self.name));
            }
            let scope = self.module(&module)?;
            self.text(scope, key.sets, &value.unwrap_or_else(empty))?;
        }
        Ok(())
    }

    /// Disables the key for the modules, and returns their names.
    fn except(&mut self, key: &Key, modules: Vec<Option<Text>>) -> Result<Vec<String>> {
        let mut seen = Vec::new();
        for module in modules.into_iter().flatten().map(|module| module.value) {
            let scope = self.module(&module)?;
            if seen.contains(&module) {
                return Err(Error::new(format!("duplicate {module:?} in `except`")).at(self.name));
            }
            seen.push(module);
            let options = Options::File(key.excepts);
            self.managed.disables.push(Disable { scope, options, field: None });
        }
        Ok(seen)
    }

    /// Returns the scope of a module; an error if the name is empty.
    fn module(&self, module: &str) -> Result<Scope> {
        let scope = Scope::new(None, Some(without_location(module)), self.name)?;
        match scope.module {
            Some(_) => Ok(scope),
            None => Err(Error::new("empty module name").at(self.name)),
        }
    }

    fn by_file(&mut self, written: &str, values: Values) -> Result<()> {
        let option = FileOption::named(written);
        let option = option.ok_or_else(|| unknown_option(written, self.name.to_owned()))?;
        for (path, value) in values {
            let path = Some(canonical(without_location(&path), self.name)?);
            let scope = Scope { path, module: None };
            let value = value.unwrap_or_else(empty);
            let place = parse::place(self.name, value.referenced);
            let value = if option.is_flag() {
                parse_bool(&value.value).map_or(Written::Other, Written::Flag)
            } else {
                Written::Text(value.value)
            };
            self.value(scope, option, &value, place)?;
        }
        Ok(())
    }
}

/// Returns the value that a null stands for.
fn empty() -> Text {
    without_location("")
}

/// Parses a boolean in a string.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}
