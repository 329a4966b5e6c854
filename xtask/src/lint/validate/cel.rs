//! The expressions of rules: their ids, and whether they are written in CEL.

mod syntax;

use std::collections::BTreeMap;

use super::judge::{Judge, Wrong};
use super::kind::{CEL, CEL_EXPRESSION, FieldRules};
use super::wire::Fields;
use super::{FIELD_OPTIONS, MESSAGE_OPTIONS, PREDEFINED, RULES};
use crate::lint::findings::Findings;
use crate::schema::{Field, Message, Subject};

/// The fields of `Rule`.
const ID: u32 = 1;
const EXPRESSION: u32 = 3;

/// The fields of `MessageRules` that hold expressions, and that of `PredefinedRules`.
const MESSAGE_CEL: u32 = 3;
const MESSAGE_CEL_EXPRESSION: u32 = 5;
const PREDEFINED_CEL: u32 = 1;

/// One rule in CEL.
struct Rule<'a> {
    /// Empty if it has none.
    id: &'a str,
    expression: &'a str,
}

/// Checks the expressions of a field, or of its items, keys or values.
pub(super) fn check_field(judge: &mut Judge<'_, '_>, rules: &FieldRules<'_>) {
    check(&named(&rules.0, CEL), &mut |index, wrong| judge.tell(&[CEL, index], wrong));
    check(&bare(&rules.0, CEL_EXPRESSION), &mut |index, wrong| {
        judge.tell(&[CEL_EXPRESSION, index], wrong);
    });
}

/// Whether every expression of a field can be read.
pub(super) fn are_sound(rules: &FieldRules<'_>) -> bool {
    let rules = named(&rules.0, CEL).into_iter().chain(bare(&rules.0, CEL_EXPRESSION));
    rules.into_iter().all(|rule| syntax::errors(rule.expression).is_empty())
}

/// Checks the expressions of a message.
pub(super) fn check_message(message: Message<'_>, rules: &Fields<'_>, findings: &mut Findings<'_>) {
    let options = [MESSAGE_OPTIONS, RULES as i32];
    let mut list = |rules: Vec<Rule<'_>>, number: u32, name| {
        check(&rules, &mut |index, wrong| {
            report(message, &options, (number, index, name), wrong, findings);
        });
    };
    list(named(rules, MESSAGE_CEL), MESSAGE_CEL, "cel");
    list(bare(rules, MESSAGE_CEL_EXPRESSION), MESSAGE_CEL_EXPRESSION, "cel_expression");
}

/// Checks the expressions that say what an extension of rules means.
pub(super) fn check_predefined(
    extension: Field<'_>,
    rules: &Fields<'_>,
    findings: &mut Findings<'_>,
) {
    let options = [FIELD_OPTIONS, PREDEFINED as i32];
    check(&named(rules, PREDEFINED_CEL), &mut |index, wrong| {
        let at = (PREDEFINED_CEL, index, "predefined.cel");
        report(extension, &options, at, wrong, findings);
    });
}

fn report(
    subject: impl Subject,
    options: &[i32; 2],
    (number, index, name): (u32, u32, &str),
    wrong: Wrong,
    findings: &mut Findings<'_>,
) {
    let tail = [options[0], options[1], number as i32, index as i32];
    let draft = findings.on(subject).option(&tail);
    let draft = draft.saying(format!("{} {name} {}", subject.label(), wrong.apart));
    draft.report(format_args!("{name}: {}", wrong.wrong), wrong.says, wrong.help);
}

fn named<'a>(fields: &Fields<'a>, number: u32) -> Vec<Rule<'a>> {
    let rules = fields.messages(number).into_iter();
    let text = |rule: &Fields<'a>, number| rule.text(number).unwrap_or_default();
    rules.map(|rule| Rule { id: text(&rule, ID), expression: text(&rule, EXPRESSION) }).collect()
}

fn bare<'a>(fields: &Fields<'a>, number: u32) -> Vec<Rule<'a>> {
    fields.texts(number).into_iter().map(|expression| Rule { id: "", expression }).collect()
}

/// Checks a list of rules, and says what is wrong with the one at an index.
fn check(rules: &[Rule<'_>], add: &mut dyn FnMut(u32, Wrong)) {
    let mut ids = BTreeMap::<&str, Vec<usize>>::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut add = |wrong: &str, apart: &str, says: String, help: &str| {
            let wrong = format!("{index} {wrong}");
            add(
                index as u32,
                Wrong { wrong, apart: apart.to_owned(), says, help: help.to_owned() },
            );
        };
        if !rule.id.is_empty() {
            ids.entry(rule.id).or_default().push(index);
        }
        if !rule.id.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            let says = format!("has a rule whose id `{}` has characters that no id has.", rule.id);
            let help = "write letters, digits, `.`, `_` and `-`";
            add("id", "id", says, help);
        }
        if rule.expression.trim().is_empty() {
            let says = "has a rule in CEL without an expression.".to_owned();
            add("empty", "empty", says, "write one, or remove the rule");
            continue;
        }
        for (number, error) in syntax::errors(rule.expression).into_iter().enumerate() {
            let says = format!("has a rule that is not CEL: {error}.");
            let help = "write an expression that is true, or an empty string, for what is right";
            add(&format!("syntax {number}"), &error, says, help);
        }
    }
    for (id, indexes) in ids.into_iter().filter(|(_, indexes)| indexes.len() > 1) {
        for index in indexes {
            let says = format!("has several rules with the id `{id}`.");
            let help = "give each rule an id of its own".to_owned();
            let wrong = format!("{index} several {id}");
            add(index as u32, Wrong { wrong, apart: format!("several {id}"), says, help });
        }
    }
}
