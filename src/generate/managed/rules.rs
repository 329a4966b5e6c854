//! The rules that apply to one file.

use crate::config::managed::{Disable, FileOption, Managed, Options, Setting};
use crate::schema::descriptor::JSType;

/// The rules that apply to one file.
pub(super) struct Rules<'a> {
    disables: Vec<&'a Disable>,
    /// The settings, in order.
    pub(super) settings: Vec<&'a Setting>,
}

impl<'a> Rules<'a> {
    /// Returns the rules of `managed` for the file with the import path `path`.
    pub(super) fn of(managed: &'a Managed, path: &str, module: Option<&str>) -> Self {
        let disables = managed.disables.iter().filter(|rule| rule.scope.covers(path, module));
        let overrides = managed.overrides.iter().filter(|rule| rule.scope.covers(path, module));
        Rules {
            disables: disables.collect(),
            settings: overrides.map(|rule| &rule.setting).collect(),
        }
    }

    /// Whether `option` is disabled. As in buf, a rule that names a field and no option counts as
    /// well.
    pub(super) fn disable(&self, option: FileOption) -> bool {
        self.disables.iter().any(|rule| match rule.options {
            Options::All => true,
            Options::File(disabled) => disabled == option,
            Options::Jstype => false,
        })
    }

    /// Whether a field of the file might get another `jstype`.
    pub(super) fn change_fields(&self) -> bool {
        let sets = |setting: &&Setting| matches!(setting, Setting::Jstype { .. });
        self.settings.iter().any(sets) && !self.for_fields().any(|rule| rule.field.is_none())
    }

    /// Returns the new `jstype` of the field with this full name, if it has one.
    pub(super) fn jstype(&self, full_name: &str) -> Option<JSType> {
        if self.for_fields().any(|rule| rule.field.as_deref() == Some(full_name)) {
            return None;
        }
        self.settings.iter().rev().find_map(|setting| match setting {
            Setting::Jstype { field, value } => {
                field.as_ref().is_none_or(|field| field == full_name).then_some(*value)
            }
            _ => None,
        })
    }

    /// Returns the rules that disable `jstype`.
    fn for_fields(&self) -> impl Iterator<Item = &Disable> {
        let speaks = |rule: &&Disable| matches!(rule.options, Options::All | Options::Jstype);
        self.disables.iter().copied().filter(speaks)
    }
}
