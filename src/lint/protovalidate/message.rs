//! Checks the rules of a message: CEL, and the `oneof` rules, groups of fields that exclude each
//! other.

use std::collections::BTreeMap;

use super::fields::{self, Fields};
use super::{RULES, cel};
use crate::lint::findings::Findings;
use crate::schema::{Message, tag};

/// The numbers of the field `oneof` of `MessageRules` and of the field `fields` in it.
const ONEOF: u32 = 4;
const FIELDS: u32 = 1;

/// Checks the rules of `message`, if it has any.
pub(super) fn check(message: Message<'_>, findings: &mut Findings<'_>) {
    let Some(rules) = fields::extension(message.proto().options.as_deref(), RULES) else { return };
    check_oneofs(message, &rules, findings);
    cel::check_message(message, &rules, findings);
}

fn check_oneofs(message: Message<'_>, rules: &Fields<'_>, findings: &mut Findings<'_>) {
    let mut groups = BTreeMap::<&str, Vec<usize>>::new();
    for (group, rule) in rules.messages(ONEOF).into_iter().enumerate() {
        let names = rule.texts(FIELDS);
        if names.is_empty() {
            let empty = Group { path: &[ONEOF, group as u32], problem: "no fields", name: "" };
            empty.report(message, "has a `oneof` rule without fields.", findings);
        }
        for (index, name) in names.iter().enumerate() {
            let path = [ONEOF, group as u32, FIELDS, index as u32];
            let is_known = || message.fields().any(|field| field.name() == *name);
            let (problem, predicate) = if names[..index].contains(name) {
                ("twice", format!("has `{name}` twice in one `oneof` rule."))
            } else if !is_known() {
                ("unknown", format!("has no field `{name}`, which a `oneof` rule names."))
            } else {
                groups.entry(name).or_default().push(group);
                continue;
            };
            Group { path: &path, problem, name }.report(message, predicate, findings);
        }
    }
    for (name, groups) in groups.into_iter().filter(|(_, groups)| groups.len() > 1) {
        for group in groups {
            let path = [ONEOF, group as u32];
            let predicate = format!("has `{name}` in several `oneof` rules.");
            Group { path: &path, problem: "in several", name }.report(message, predicate, findings);
        }
    }
}

/// A problem of a group.
struct Group<'a> {
    path: &'a [u32],
    problem: &'a str,
    name: &'a str,
}

impl Group<'_> {
    fn report(
        &self,
        message: Message<'_>,
        predicate: impl std::fmt::Display,
        findings: &mut Findings<'_>,
    ) {
        let Group { path, problem, name } = self;
        let path = path.iter().map(|number| *number as i32);
        let tail: Vec<i32> =
            [tag::message::OPTIONS, RULES as i32].into_iter().chain(path).collect();
        let draft = findings.on(message).option(&tail);
        let draft = draft.distinguished_by(format!("{} oneof {problem} {name}", message.name()));
        let place: Vec<String> = tail[3..].iter().map(i32::to_string).collect();
        draft.report(
            format_args!("oneof {}: {problem} {name}", place.join(".")),
            predicate,
            "name each field of the message in one `oneof` rule at most, and once in it",
        );
    }
}
