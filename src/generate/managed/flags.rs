//! The file options that are not strings: their numbers, their defaults, and their values in
//! managed mode.

use super::option_value::Value;
use super::rules::Rules;
use crate::config::managed::{FileOption, Setting};
use crate::schema::descriptor::{Edition, FileDescriptorProto, OptimizeMode};
use crate::schema::tag::file_options;
use crate::schema::wire;

struct Flag {
    option: FileOption,
    number: i32,
    unwritten: u64,
    managed: u64,
    /// The first edition without the option.
    removed: Option<Edition>,
}

const FLAGS: [Flag; 4] = [
    Flag {
        option: FileOption::CcEnableArenas,
        number: file_options::CC_ENABLE_ARENAS,
        unwritten: 1,
        managed: 1,
        removed: Some(Edition::E2026),
    },
    Flag {
        option: FileOption::JavaMultipleFiles,
        number: file_options::JAVA_MULTIPLE_FILES,
        unwritten: 0,
        managed: 1,
        removed: Some(Edition::E2024),
    },
    Flag {
        option: FileOption::JavaStringCheckUtf8,
        number: file_options::JAVA_STRING_CHECK_UTF8,
        unwritten: 0,
        managed: 0,
        removed: None,
    },
    Flag {
        option: FileOption::OptimizeFor,
        number: file_options::OPTIMIZE_FOR,
        unwritten: OptimizeMode::Speed as u64,
        managed: OptimizeMode::Speed as u64,
        removed: None,
    },
];

/// Returns the new values of the options of `file` that change, by their numbers.
pub(super) fn changes(file: &FileDescriptorProto, rules: &Rules<'_>) -> Vec<(i32, Value)> {
    let edition = file.edition.unwrap_or_default();
    let flags = FLAGS.iter().filter(|flag| flag.removed.is_none_or(|gone| edition < gone as i32));
    let changes = flags.filter(|flag| !rules.disable(flag.option)).filter_map(|flag| {
        let present =
            wire::last_varint(file.options.as_deref(), flag.number).unwrap_or(flag.unwritten);
        let wanted = wanted(flag, rules);
        (wanted != present).then_some((flag.number, Value::Number(wanted)))
    });
    changes.collect()
}

fn wanted(flag: &Flag, rules: &Rules<'_>) -> u64 {
    let last = rules.settings.iter().rev().find_map(|setting| match setting {
        Setting::Flag(option, value) if *option == flag.option => Some(u64::from(*value)),
        Setting::OptimizeFor(mode) if flag.option == FileOption::OptimizeFor => Some(*mode as u64),
        _ => None,
    });
    last.unwrap_or(flag.managed)
}
