//! `managed` of `version: v2`: lists of rules, each with the files and options that it applies to.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::super::parse;
use super::super::raw::{Flag, Text};
use super::managed::{
    Disable, FileOption, Managed, Options, Override, Scope, Setting, Written, unknown_option,
    wrong_value,
};
use crate::error::{Error, Result};
use crate::schema::descriptor::JSType;

const TYPES: [(&str, JSType); 3] = [
    ("JS_NORMAL", JSType::JsNormal),
    ("JS_STRING", JSType::JsString),
    ("JS_NUMBER", JSType::JsNumber),
];

/// A list of rules, each with its location; nulls are ignored.
type Rules<T> = Option<Vec<Option<Spanned<T>>>>;

/// `managed` of `version: v2`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagedV2 {
    enabled: Option<Flag>,
    disable: Rules<RuleV2>,
    r#override: Rules<OverrideV2>,
}

/// An entry of `disable`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleV2 {
    file_option: Option<Text>,
    field_option: Option<Text>,
    module: Option<Text>,
    path: Option<Text>,
    field: Option<String>,
}

/// An entry of `override`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideV2 {
    file_option: Option<Text>,
    field_option: Option<Text>,
    module: Option<Text>,
    path: Option<Text>,
    field: Option<String>,
    value: Option<Written>,
}

pub(super) fn v2(raw: ManagedV2, name: &str) -> Result<Managed> {
    let disables = placed(raw.disable, name).map(|(place, raw)| disable(raw, &place, name));
    let overrides = placed(raw.r#override, name).map(|(place, raw)| set(raw, &place, name));
    Ok(Managed {
        enabled: raw.enabled.is_some_and(|flag| flag.0),
        disables: disables.collect::<Result<_>>()?,
        overrides: overrides.collect::<Result<_>>()?,
    })
}

/// Returns the rules of a list with their locations.
fn placed<T>(list: Rules<T>, name: &str) -> impl Iterator<Item = (String, T)> {
    let rules = list.unwrap_or_default().into_iter().flatten();
    rules.map(move |rule| (parse::place(name, rule.referenced), rule.value))
}

fn disable(raw: RuleV2, place: &str, name: &str) -> Result<Disable> {
    let field = raw.field.filter(|field| !field.is_empty());
    let options = match (option(raw.file_option, name)?, jstype(raw.field_option, name)?) {
        (Some(_), true) => {
            return Err(Error::new(
                "a `disable` rule cannot have both `file_option` and `field_option`",
            )
            .at(place)
            .help("split it into two rules"));
        }
        (Some(_), false) if field.is_some() => {
            return Err(Error::new("a `disable` rule cannot have both `field` and `file_option`")
                .at(place)
                .help("use `field` with `field_option: jstype`"));
        }
        (Some(option), false) => Options::File(option),
        (None, true) => Options::Jstype,
        (None, false) => Options::All,
    };
    let scope = Scope::new(raw.path, raw.module, name)?;
    if scope == Scope::default() && options == Options::All && field.is_none() {
        let problem = "a `disable` rule is empty";
        let help = "set `file_option`, `field_option`, `field`, `path` or `module`";
        return Err(Error::new(problem).at(place).help(help));
    }
    Ok(Disable { scope, options, field })
}

fn set(raw: OverrideV2, place: &str, name: &str) -> Result<Override> {
    let field = raw.field.filter(|field| !field.is_empty());
    let option = match (option(raw.file_option, name)?, jstype(raw.field_option, name)?) {
        (None, true) => None,
        (Some(_), false) if field.is_some() => {
            return Err(Error::new(
                "an `override` rule cannot have both `field` and `file_option`",
            )
            .at(place)
            .help("use `field` with `field_option: jstype`"));
        }
        (Some(option), false) => Some(option),
        _ => {
            let problem = "an `override` rule needs either `file_option` or `field_option`";
            return Err(Error::new(problem).at(place).help("set one of the two"));
        }
    };
    let Some(value) = raw.value else {
        return Err(Error::new("an `override` rule has no `value`").at(place));
    };
    let wrong = |option, expected| wrong_value(option, expected, place.to_owned());
    let setting = match option {
        Some(option) => Setting::new(option, &value).map_err(|is| wrong(option.name(), is))?,
        None => {
            let value = value.named(&TYPES);
            let value =
                value.ok_or_else(|| wrong("jstype", "JS_NORMAL, JS_STRING or JS_NUMBER"))?;
            Setting::Jstype { field, value }
        }
    };
    Ok(Override { scope: Scope::new(raw.path, raw.module, name)?, setting })
}

/// Returns the file option, if one is set.
fn option(written: Option<Text>, name: &str) -> Result<Option<FileOption>> {
    let Some(written) = written.filter(|written| !written.value.is_empty()) else {
        return Ok(None);
    };
    match FileOption::named(written.value.trim()) {
        Some(option) => Ok(Some(option)),
        None => Err(unknown_option(&written.value, parse::place(name, written.referenced))),
    }
}

/// Whether `field_option` is set; its only value is `jstype`.
fn jstype(written: Option<Text>, name: &str) -> Result<bool> {
    let Some(written) = written.filter(|written| !written.value.is_empty()) else {
        return Ok(false);
    };
    if written.value.trim().eq_ignore_ascii_case("jstype") {
        Ok(true)
    } else {
        Err(Error::new(format!("managed mode has no field option {:?}", written.value))
            .at(parse::place(name, written.referenced))
            .help("the only field option is `jstype`"))
    }
}
