//! Checks whether the values in `example` pass the other rules of the field.

mod formats;
mod numbers;
mod strings;

use super::cel::{Constant, Judge};
use super::field_part::{FieldPart, Part};
use super::fields::{self, Fields};
use super::kind::{self, CEL, FieldRules, MAP, REPEATED, Rules};
use super::number::{self, Number, NumberType};
use super::reporter::Reporter;
use super::{RULES, cel, pattern};
use crate::schema::descriptor::FieldType;
use crate::schema::wire::Value;
use crate::schema::{Container, Field, FieldKind, Schema};

/// An example value.
enum Example<'a> {
    Number(Number),
    Bool(bool),
    Enum(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// The number of evaluations of rules in CEL for one field.
const MAX_EVALUATIONS: usize = 100;

impl<'a> Example<'a> {
    /// Returns the value for an expression, if expressions about it can be evaluated.
    fn constant(&self) -> Option<Constant<'a>> {
        Some(match *self {
            Example::Number(Number::Signed(number)) | Example::Enum(number) => {
                Constant::Int(number)
            }
            Example::Number(Number::Unsigned(number)) => Constant::Uint(number),
            Example::Number(Number::Float(number)) => Constant::Double(number),
            Example::Number(Number::Time(_)) => return None,
            Example::Bool(value) => Constant::Bool(value),
            Example::Text(text) => Constant::Text(text),
            Example::Bytes(bytes) => Constant::Bytes(bytes),
        })
    }
}

/// Checks the examples of a field, of its items, keys and values.
pub(super) fn check(reporter: &mut Reporter<'_, '_>, field: Field<'_>, rules: &FieldRules<'_>) {
    let Some(of_type) = rules.rules().filter(|_| !rules.is_ignored()) else { return };
    let part_of = |of, part| FieldPart { of, part };
    let whole = part_of(field, Part::Whole);
    // If one rule is invalid, no rule of the field is validated.
    match (of_type.kind.number, field.kind()) {
        (REPEATED, _) if field.is_repeated() && !field.is_map() => {
            let Some(items) = FieldRules::inside(&of_type, kind::ITEMS) else { return };
            let checked = part_of(field, Part::Items);
            if are_valid(reporter, whole, rules) && is_valid(reporter, checked, &items) {
                check_part(&mut reporter.inside([REPEATED, kind::ITEMS]), checked, &items);
            }
        }
        (MAP, FieldKind::Message(entry)) if field.is_map() => {
            let parts = [(kind::KEYS, Part::Keys), (kind::VALUES, Part::Values)];
            let parts = parts.map(|(number, part)| {
                // `keys` and `values` are the fields 4 and 5 of `MapRules`, key and value 1 and 2.
                let of = entry.fields().find(|field| field.number() == number as i32 - 3)?;
                Some((number, part_of(of, part), FieldRules::inside(&of_type, number)?))
            });
            let mut all = parts.iter().flatten();
            if are_valid(reporter, whole, rules)
                && all.all(|(_, checked, rules)| is_valid(reporter, *checked, rules))
            {
                for (number, checked, rules) in parts.iter().flatten() {
                    check_part(&mut reporter.inside([MAP, *number]), *checked, rules);
                }
            }
        }
        _ => {
            if is_valid(reporter, whole, rules) {
                check_part(reporter, whole, rules);
            }
        }
    }
}

/// Whether a validator can compile the rules. It does not compile ignored ones.
fn is_valid(reporter: &Reporter<'_, '_>, checked: FieldPart<'_>, rules: &FieldRules<'_>) -> bool {
    let is_valid = |rules: Rules<'_>| {
        checked.fits(&rules)
            && are_predefined_valid(reporter, &rules)
            && rules.text("pattern").is_none_or(|(_, text)| pattern::check(text).is_ok())
    };
    rules.is_ignored()
        || (are_valid(reporter, checked, rules) && rules.rules().is_none_or(is_valid))
}

/// Whether the predefined rules among `rules` are valid.
fn are_predefined_valid(reporter: &Reporter<'_, '_>, rules: &Rules<'_>) -> bool {
    let schema = reporter.schema();
    predefined(schema, rules).into_iter().all(|rule| cel::is_predefined_valid(rule, schema))
}

/// Returns the predefined rules among `rules`: extensions of their message.
fn predefined<'s>(schema: &'s Schema, rules: &Rules<'_>) -> Vec<Field<'s>> {
    const FIRST: u32 = 1000;
    let numbers: Vec<u32> = rules.fields.numbers().filter(|number| *number >= FIRST).collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    let extends = |field: &Field<'_>| {
        numbers.contains(&(field.number() as u32))
            && rules.kind.is_of(field.extendee().trim_start_matches("buf.validate."))
    };
    schema.extensions().filter(extends).collect()
}

/// Returns the rules in CEL that values of the field are held against.
fn judges(schema: &Schema, rules: &FieldRules<'_>, of_type: &Rules<'_>) -> Vec<Judge> {
    let mut judges = cel::judges(rules);
    for rule in predefined(schema, of_type).into_iter().filter(|rule| !rule.is_repeated()) {
        let set = of_type.fields.last(rule.number() as u32);
        if let Some(value) = set.and_then(|set| constant(rule.field_type(), set)) {
            judges.extend(cel::predefined_judges(rule, value));
        }
    }
    judges
}

/// Returns the value of a field of the type `of`, if expressions about it can be evaluated.
fn constant(of: FieldType, set: Value<'_>) -> Option<Constant<'_>> {
    match of {
        FieldType::String => std::str::from_utf8(set.bytes()?).ok().map(Constant::Text),
        FieldType::Bytes => set.bytes().map(Constant::Bytes),
        _ => {
            let number = Number::read(set, NumberType::Scalar(of)).ok()?;
            let example = match of {
                FieldType::Bool => Example::Bool(!number.is_zero()),
                _ => Example::Number(number),
            };
            example.constant()
        }
    }
}

fn are_valid(reporter: &Reporter<'_, '_>, checked: FieldPart<'_>, rules: &FieldRules<'_>) -> bool {
    cel::are_valid(rules, &checked.scope(reporter.schema()))
}

fn check_part(reporter: &mut Reporter<'_, '_>, checked: FieldPart<'_>, rules: &FieldRules<'_>) {
    let Some(of_type) = rules.rules().filter(|_| !rules.is_ignored()) else { return };
    let Some(number) = of_type.number("example") else { return };
    let is_rule = |set: u32| set != number;
    let has_rules = rules.0.last(CEL).is_some() || of_type.fields.numbers().any(is_rule);
    if !has_rules || unsupported_by_buf(checked) {
        return;
    }
    let examples = examples(&of_type, number);
    let mut judges = judges(reporter.schema(), rules, &of_type);
    judges.truncate(MAX_EVALUATIONS / examples.len().max(1));
    for (index, example) in examples.iter().enumerate() {
        for rule in violated(checked, rules, &of_type, &judges, example) {
            reporter.add(
                &[of_type.kind.number, number, index as u32],
                format_args!("{index} against {rule}"),
                format_args!("has an example that its rule `{rule}` refuses."),
                "write a value that passes",
            );
        }
    }
}

/// Whether buf fails on examples of this part: for wrappers and enums in lists and maps it sets a
/// value of the wrong type, and it sets an extension as if it were a field.
fn unsupported_by_buf(checked: FieldPart<'_>) -> bool {
    let of = checked.of.field_type();
    let is_wrapper = of == FieldType::Message && checked.of.type_name().ends_with("Value");
    let is_inside = checked.part != Part::Whole;
    checked.of.is_extension() || (is_inside && (is_wrapper || of == FieldType::Enum))
}

/// Returns the examples in rules. If one of them is not a value of its type, returns none, because
/// the indices of the others would be wrong.
fn examples<'a>(rules: &Rules<'a>, number: u32) -> Vec<Example<'a>> {
    let fields: &Fields<'a> = &rules.fields;
    let numbers = |of| number::all(fields, number, NumberType::Scalar(of));
    match (rules.kind.name, rules.kind.numbers()) {
        ("string", _) => fields.texts(number).into_iter().map(Example::Text).collect(),
        ("bytes", _) => {
            fields.all(number).filter_map(|raw| raw.bytes().map(Example::Bytes)).collect()
        }
        ("bool", _) => {
            let values = numbers(FieldType::Bool).into_iter();
            values.map(|value| Example::Bool(!value.is_zero())).collect()
        }
        ("enum", _) => {
            let values = numbers(FieldType::Enum).into_iter();
            values.filter_map(|value| value.signed().map(Example::Enum)).collect()
        }
        (_, Some(NumberType::Scalar(of))) => numbers(of).into_iter().map(Example::Number).collect(),
        (_, Some(times)) => {
            let messages = fields.messages(number).into_iter();
            let values: Result<Vec<_>, _> =
                messages.map(|message| Number::of_time(&message, times)).collect();
            values.unwrap_or_default().into_iter().map(Example::Number).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the rules that an example breaks.
fn violated(
    checked: FieldPart<'_>,
    rules: &FieldRules<'_>,
    of_type: &Rules<'_>,
    judges: &[Judge],
    example: &Example<'_>,
) -> Vec<String> {
    let is_zero = match example {
        Example::Number(number) => number.is_zero(),
        Example::Bool(value) => !value,
        Example::Enum(number) => *number == 0,
        Example::Text(text) => text.is_empty(),
        Example::Bytes(bytes) => bytes.is_empty(),
    };
    let equals_zero = match example {
        Example::Number(number) => number.equals_zero(),
        _ => is_zero,
    };
    if equals_zero && checked.part != Part::Whole && rules.ignores_zero() {
        return Vec::new();
    }
    if is_zero && checked.part == Part::Whole && !checked.of.has_presence() {
        if rules.is_required() {
            return vec!["required".to_owned()];
        }
        if rules.ignores_zero() || (rules.ignore().is_none() && is_in_oneof_rule(checked.of)) {
            return Vec::new();
        }
    }
    let by_type = match example {
        Example::Number(number) => numbers::violated(of_type, *number, checked.part == Part::Items),
        Example::Bool(value) => match of_type.uint("const") {
            Some((_, expected)) if (expected != 0) != *value => vec!["const"],
            _ => Vec::new(),
        },
        Example::Enum(number) => numbers::violated_by_enum(of_type, *number, checked.of),
        Example::Text(text) => strings::violated(of_type, text),
        Example::Bytes(bytes) => strings::violated_by_bytes(of_type, bytes),
    };
    let this = example.constant();
    let refuses = |judge: &&Judge| this.is_some_and(|this| judge.refuses(this));
    let by_cel = judges.iter().filter(refuses).map(|judge| judge.name.clone());
    by_type.into_iter().map(str::to_owned).chain(by_cel).collect()
}

/// Whether a `oneof` rule of its message lists the field. Then it is ignored if unset.
fn is_in_oneof_rule(field: Field<'_>) -> bool {
    const ONEOF: u32 = 4;
    let Container::Message(message) = field.container() else { return false };
    let rules = fields::extension(message.proto().options.as_deref(), RULES);
    let groups = rules.map_or_else(Vec::new, |rules| rules.messages(ONEOF));
    groups.iter().any(|group| group.texts(1).contains(&field.name()))
}
