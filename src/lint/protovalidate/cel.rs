//! Checks of CEL rules: their ids and their expressions.

#[cfg(feature = "protovalidate")]
mod checker;
#[cfg(feature = "protovalidate")]
mod eval;
#[cfg(feature = "protovalidate")]
mod operators;
#[cfg(feature = "protovalidate")]
mod syntax;
mod types;

use std::collections::BTreeMap;

use super::fields::{self, Fields};
use super::kind::{CEL, CEL_EXPRESSION, FieldRules};
use super::reporter::{Reporter, Violation};
use super::{PREDEFINED, RULES};
use crate::lint::findings::Findings;
use crate::schema::{Field, Message, Schema, Subject, tag};

#[cfg(feature = "protovalidate")]
use self::syntax::analyze;
pub(super) use self::types::{Scope, Type};

/// Passes every expression: a build without the feature `protovalidate` has no parser for CEL.
/// [`check`] reports that.
#[cfg(not(feature = "protovalidate"))]
fn analyze<'s>(_expression: &str, _scope: &Scope<'s>) -> (Vec<String>, Type<'s>) {
    (Vec::new(), Type::Unknown)
}

/// The field numbers of `Rule`.
const ID: u32 = 1;
const MESSAGE: u32 = 2;
const EXPRESSION: u32 = 3;

/// The field numbers of expressions in `MessageRules` and in `PredefinedRules`.
const MESSAGE_CEL: u32 = 3;
const MESSAGE_CEL_EXPRESSION: u32 = 5;
const PREDEFINED_CEL: u32 = 1;

/// A CEL rule.
struct Rule<'a> {
    /// The id; empty if there is none.
    id: &'a str,
    message: &'a str,
    expression: &'a str,
}

/// A value that expressions are evaluated with.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "protovalidate"), allow(dead_code, reason = "nothing is evaluated"))]
pub(super) enum Constant<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A rule in CEL that values can be held against.
#[cfg_attr(not(feature = "protovalidate"), allow(dead_code, reason = "nothing is evaluated"))]
pub(super) struct Judge {
    /// Its id, or its expression.
    pub(super) name: String,
    #[cfg(feature = "protovalidate")]
    evaluator: eval::Evaluator,
}

impl Judge {
    #[cfg(feature = "protovalidate")]
    fn new(rule: &Rule<'_>, value: Option<Constant<'_>>) -> Option<Self> {
        let name = if rule.id.is_empty() { rule.expression } else { rule.id };
        let evaluator = eval::Evaluator::new(rule.expression, value)?;
        Some(Judge { name: name.to_owned(), evaluator })
    }

    #[cfg(not(feature = "protovalidate"))]
    fn new(_rule: &Rule<'_>, _value: Option<Constant<'_>>) -> Option<Self> {
        None
    }

    /// Whether the rule certainly refuses `this`.
    #[cfg(feature = "protovalidate")]
    pub(super) fn refuses(&self, this: Constant<'_>) -> bool {
        self.evaluator.refuses(this)
    }

    #[cfg(not(feature = "protovalidate"))]
    pub(super) fn refuses(&self, _this: Constant<'_>) -> bool {
        false
    }
}

/// Returns the rules in CEL of a field, or of its items, keys or values, that can be evaluated.
pub(super) fn judges(rules: &FieldRules<'_>) -> Vec<Judge> {
    let rules = named(&rules.0, CEL).into_iter().chain(bare(&rules.0, CEL_EXPRESSION));
    rules.filter_map(|rule| Judge::new(&rule, None)).collect()
}

/// Returns the rules in CEL that define the predefined rule `extension`, which is set to `value`.
pub(super) fn predefined_judges(extension: Field<'_>, value: Constant<'_>) -> Vec<Judge> {
    let options = extension.proto().options.as_deref();
    let rules = fields::extension(options, PREDEFINED);
    let rules = rules.map_or_else(Vec::new, |rules| named(&rules, PREDEFINED_CEL));
    rules.iter().filter_map(|rule| Judge::new(rule, Some(value))).collect()
}

/// Checks the expressions of a field, or of its items, keys or values.
pub(super) fn check_field(
    reporter: &mut Reporter<'_, '_>,
    rules: &FieldRules<'_>,
    scope: &Scope<'_>,
) {
    check(&named(&rules.0, CEL), scope, &mut |index, violation| {
        reporter.report(&[CEL, index], violation)
    });
    check(&bare(&rules.0, CEL_EXPRESSION), scope, &mut |index, violation| {
        reporter.report(&[CEL_EXPRESSION, index], violation);
    });
}

/// Returns the variables of expressions about a value of type `this`.
pub(super) fn scope<'s>(this: Type<'s>, schema: &'s Schema) -> Scope<'s> {
    let names = [("this", this), ("now", Type::Timestamp)];
    Scope { schema, names: names.map(|(name, of)| (name.to_owned(), of)).to_vec() }
}

/// Whether all expressions of a field are valid.
pub(super) fn are_valid(rules: &FieldRules<'_>, scope: &Scope<'_>) -> bool {
    let rules = named(&rules.0, CEL).into_iter().chain(bare(&rules.0, CEL_EXPRESSION));
    rules.into_iter().all(|rule| analyze(rule.expression, scope).0.is_empty())
}

/// Checks the expressions of a message.
pub(super) fn check_message(message: Message<'_>, rules: &Fields<'_>, findings: &mut Findings<'_>) {
    let options = [tag::message::OPTIONS, RULES as i32];
    let schema = findings.schema();
    let scope =
        scope(schema.message(message.full_name()).map_or(Type::Unknown, Type::Message), schema);
    let mut list = |rules: Vec<Rule<'_>>, number: u32, name| {
        check(&rules, &scope, &mut |index, violation| {
            report(message, &options, (number, index, name), violation, findings);
        });
    };
    list(named(rules, MESSAGE_CEL), MESSAGE_CEL, "cel");
    list(bare(rules, MESSAGE_CEL_EXPRESSION), MESSAGE_CEL_EXPRESSION, "cel_expression");
}

/// Checks the expressions that define a predefined rule, an extension of a rules message.
pub(super) fn check_predefined(
    extension: Field<'_>,
    rules: &Fields<'_>,
    findings: &mut Findings<'_>,
) {
    let options = [tag::field::OPTIONS, PREDEFINED as i32];
    let scope = predefined_scope(extension, findings.schema());
    check(&named(rules, PREDEFINED_CEL), &scope, &mut |index, violation| {
        let at = (PREDEFINED_CEL, index, "predefined.cel");
        report(extension, &options, at, violation, findings);
    });
}

/// Whether all expressions of a predefined rule are valid.
pub(super) fn is_predefined_valid(extension: Field<'_>, schema: &Schema) -> bool {
    let options = extension.proto().options.as_deref();
    let Some(rules) = fields::extension(options, PREDEFINED) else { return true };
    let scope = predefined_scope(extension, schema);
    let rules = named(&rules, PREDEFINED_CEL);
    rules.iter().all(|rule| analyze(rule.expression, &scope).0.is_empty())
}

/// Returns the variables of the expressions of a predefined rule.
fn predefined_scope<'s>(extension: Field<'_>, schema: &'s Schema) -> Scope<'s> {
    let this = match extension.extendee().trim_start_matches("buf.validate.") {
        "BoolRules" => Type::Bool,
        "BytesRules" => Type::Bytes,
        "StringRules" => Type::Text,
        "FloatRules" | "DoubleRules" => Type::Double,
        "UInt32Rules" | "UInt64Rules" | "Fixed32Rules" | "Fixed64Rules" => Type::Uint,
        "Int32Rules" | "Int64Rules" | "SInt32Rules" | "SInt64Rules" | "SFixed32Rules"
        | "SFixed64Rules" | "EnumRules" => Type::Int,
        "MapRules" => Type::Map(None),
        "RepeatedRules" => Type::List(None),
        "DurationRules" => Type::Duration,
        "TimestampRules" => Type::Timestamp,
        _ => Type::Unknown,
    };
    let mut scope = scope(this, schema);
    let rule = Type::of_field(extension, schema);
    scope.names.extend([("rule".to_owned(), rule), ("rules".to_owned(), Type::Unknown)]);
    scope
}

fn report(
    subject: impl Subject,
    options: &[i32; 2],
    (number, index, name): (u32, u32, &str),
    violation: Violation,
    findings: &mut Findings<'_>,
) {
    let tail = [options[0], options[1], number as i32, index as i32];
    let draft = findings.on(subject).option(&tail);
    let draft = draft.distinguished_by(format!("{} {name} {}", subject.label(), violation.key));
    draft.report(
        format_args!("{name}: {}", violation.problem),
        violation.predicate,
        violation.help,
    );
}

fn named<'a>(fields: &Fields<'a>, number: u32) -> Vec<Rule<'a>> {
    let rules = fields.messages(number).into_iter();
    let text = |rule: &Fields<'a>, number| rule.text(number).unwrap_or_default();
    let rule = |rule: Fields<'a>| Rule {
        id: text(&rule, ID),
        message: text(&rule, MESSAGE),
        expression: text(&rule, EXPRESSION),
    };
    rules.map(rule).collect()
}

fn bare<'a>(fields: &Fields<'a>, number: u32) -> Vec<Rule<'a>> {
    fields
        .texts(number)
        .into_iter()
        .map(|expression| Rule { id: "", message: "", expression })
        .collect()
}

/// Checks a list of rules, and calls `add` with the index of a rule and its problem.
fn check(rules: &[Rule<'_>], scope: &Scope<'_>, add: &mut dyn FnMut(u32, Violation)) {
    let mut ids = BTreeMap::<&str, Vec<usize>>::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut add = |problem: &str, key: &str, predicate: String, help: &str| {
            let problem = format!("{index} {problem}");
            add(
                index as u32,
                Violation { problem, key: key.to_owned(), predicate, help: help.to_owned() },
            );
        };
        if !rule.id.is_empty() {
            ids.entry(rule.id).or_default().push(index);
        }
        if !rule.id.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            let predicate =
                format!("has a rule whose id `{}` has characters that no id has.", rule.id);
            let help = "write letters, digits, `.`, `_` and `-`";
            add("id", "id", predicate, help);
        }
        if rule.expression.trim().is_empty() {
            let predicate = "has a rule in CEL without an expression.".to_owned();
            add("empty", "empty", predicate, "write one, or remove the rule");
            continue;
        }
        if cfg!(not(feature = "protovalidate")) {
            let predicate = "has a rule in CEL that was not checked: this wireproof is built without \
                        the feature `protovalidate`.";
            let help = "install wireproof with the feature, or put PROTOVALIDATE under `except`";
            add("unchecked", "unchecked", predicate.to_owned(), help);
            continue;
        }
        let (errors, result) = analyze(rule.expression, scope);
        let help = "write an expression that is true, or an empty string, for what is right";
        for (number, error) in errors.iter().enumerate() {
            let predicate = format!("has a rule in CEL that does not compile: {error}.");
            add(&format!("syntax {number}"), error, predicate, help);
        }
        if !errors.is_empty() {
            continue;
        }
        match result {
            Type::Unknown | Type::Bool => {}
            Type::Text if rule.message.is_empty() => {}
            Type::Text => {
                let predicate =
                    "has a rule in CEL whose message nobody sees: it evaluates to a string.";
                add("message", "message", predicate.to_owned(), "remove the message");
            }
            other => {
                let predicate = format!("has a rule in CEL that evaluates to a {}.", other.name());
                add("result", "result", predicate, help);
            }
        }
    }
    for (id, indexes) in ids.into_iter().filter(|(_, indexes)| indexes.len() > 1) {
        for index in indexes {
            let predicate = format!("has several rules with the id `{id}`.");
            let help = "give each rule an id of its own".to_owned();
            let problem = format!("{index} several {id}");
            add(index as u32, Violation { problem, key: format!("several {id}"), predicate, help });
        }
    }
}
