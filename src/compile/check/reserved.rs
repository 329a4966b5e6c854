//! Checks reserved names: identifiers, each once, not in use.

use rustc_hash::FxHashSet;

use super::identifiers::is_identifier;
use super::{Problem, problem};
use crate::schema::tag;
use crate::schema::{ElementPath, Enum, Message};

pub(super) fn check_message(message: Message<'_>, problems: &mut Vec<Problem>) {
    let names = &message.proto().reserved_name;
    if names.is_empty() {
        return;
    }
    let list = message.element_path().part(&[tag::message::RESERVED_NAME]);
    let reserved = check_names(names, &list, problems);
    for field in message.fields().filter(|field| reserved.contains(field.name())) {
        problems.push(in_use("field", field.name(), field.element_path()));
    }
}

pub(super) fn check_enum(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    let names = &enumeration.proto().reserved_name;
    if names.is_empty() {
        return;
    }
    let list = enumeration.element_path().part(&[tag::enumeration::RESERVED_NAME]);
    let reserved = check_names(names, &list, problems);
    for value in enumeration.values().filter(|value| reserved.contains(value.name())) {
        problems.push(in_use("enum value", value.name(), value.element_path()));
    }
}

/// Checks the names themselves and returns them.
fn check_names<'n>(
    names: &'n [String],
    list: &ElementPath,
    problems: &mut Vec<Problem>,
) -> FxHashSet<&'n str> {
    let mut seen = FxHashSet::default();
    for (index, name) in (0..).zip(names) {
        let wrong = match (is_identifier(name), seen.insert(name.as_str())) {
            (false, _) => {
                Some(format!("reserved name \"{}\" is no identifier", name.escape_debug()))
            }
            (true, false) => Some(format!("the name `{name}` is reserved twice")),
            (true, true) => None,
        };
        problems.extend(wrong.map(|message| problem(list.clone(), &[index], message)));
    }
    seen
}

fn in_use(kind: &str, name: &str, element: ElementPath) -> Problem {
    problem(element, &[tag::NAME], format!("{kind} `{name}` has a name that is reserved"))
        .help("give it another name, or take the name out of the `reserved` statement")
}
