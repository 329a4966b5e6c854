//! Checks the rules of a field, and of its items, keys and values: whether they are for its type,
//! and whether they have an effect.

use super::kind::{self, FieldRules, IGNORE, MAP, REPEATED, REQUIRED, Rules};
use super::target::{Part, Target};
use super::{Judge, cel, example, numeric, text, time};
use crate::schema::descriptor::FieldType;
use crate::schema::{Field, FieldKind};

/// Wrapper messages. `unique` compares them like the scalars that they contain.
const WRAPPERS: [&str; 9] = [
    "google.protobuf.FloatValue",
    "google.protobuf.DoubleValue",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.UInt32Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.BoolValue",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
];

/// Checks the rules of `field`.
pub(super) fn check(mut judge: Judge<'_, '_>, field: Field<'_>, rules: &FieldRules<'_>) {
    let target = Target { of: field, part: Part::Whole };
    example::check(&mut judge, field, rules);
    check_target(&mut judge, target, rules);
}

fn check_target(judge: &mut Judge<'_, '_>, target: Target<'_>, rules: &FieldRules<'_>) {
    check_flags(judge, target, rules);
    cel::check_field(judge, rules, &target.scope(judge.schema()));
    let Some(of_type) = rules.rules() else { return };
    match of_type.kind.number {
        REPEATED => check_repeated(judge, target, &of_type),
        MAP => check_map(judge, target, &of_type),
        _ if target.fits(&of_type) => check_rules(judge, &of_type),
        number => {
            let what = if target.is_list() {
                "a list, whose items may have"
            } else {
                "of another type than"
            };
            judge.add(
                &[number],
                "rules of another type",
                format_args!("is {what} `{}` rules.", judge_name(&of_type)),
                expected(target),
            );
        }
    }
}

fn judge_name(rules: &Rules<'_>) -> &'static str {
    rules.kind.name
}

/// Returns the help for rules of another type.
fn expected(target: Target<'_>) -> String {
    if target.is_list() {
        return if target.of.is_map() {
            "put them under `map.keys` or `map.values`".to_owned()
        } else {
            "put them under `repeated.items`".to_owned()
        };
    }
    let mut kinds = kind::KINDS.iter();
    let fitting = kinds.find(|kind| target.is_of(kind));
    fitting.map_or("there are no rules for this type: remove them".to_owned(), |kind| {
        format!("use the `{}` rules", kind.name)
    })
}

/// Checks `required` and `ignore`.
fn check_flags(judge: &mut Judge<'_, '_>, target: Target<'_>, rules: &FieldRules<'_>) {
    let of = target.of;
    if of.is_extension() {
        check_extension(judge, rules);
    }
    if rules.is_required() && of.oneof().is_some() {
        let help = "require the oneof: `option (buf.validate.oneof).required = true;`";
        judge.add(&[REQUIRED], "of a oneof", "is required, but one of a oneof.", help);
    }
    if rules.is_ignored() && rules.count() > 1 {
        let says = "is always ignored by its rules, so that the others of them do nothing.";
        judge.add(&[IGNORE], "other rules do nothing", says, "remove the other rules, or `ignore`");
    }
    if !rules.ignores_zero() {
        return;
    }
    if rules.is_required() {
        let says = "is required, and ignored when it is not set.";
        let help = "remove one of `required` and `ignore`";
        judge.add_both([&[REQUIRED], &[IGNORE]], "both required and ignored", says, help);
    }
    if of.has_presence() && !of.is_extension() {
        let says = "is ignored when it is not set anyway: it tracks presence.";
        judge.add(&[IGNORE], "as without", says, "remove `ignore`");
    }
}

fn check_extension(judge: &mut Judge<'_, '_>, rules: &FieldRules<'_>) {
    let help = "remove it: whether an extension is set is not validated";
    if rules.is_required() {
        judge.add(&[REQUIRED], "of an extension", "cannot be required.", help);
    }
    if rules.ignores_zero() {
        judge.add(&[IGNORE], "of an extension", "cannot be ignored when it is not set.", help);
    }
}

fn check_repeated(judge: &mut Judge<'_, '_>, target: Target<'_>, rules: &Rules<'_>) {
    if !target.of.is_repeated() || target.of.is_map() {
        let says = "has `repeated` rules, but is no list.";
        return judge.add(&[REPEATED], "no list", says, expected(target));
    }
    let unique = rules.number("unique").unwrap_or(0);
    if rules.fields.is_true(unique)
        && matches!(target.of.field_type(), FieldType::Message | FieldType::Group)
        && !WRAPPERS.contains(&target.of.type_name())
    {
        let says = "has to be unique, which only lists of scalars and of their wrappers can be.";
        judge.add(&[REPEATED, unique], "messages", says, "remove `unique`");
    }
    numeric::check_limits(judge, rules, ["min_items", "max_items"]);
    if let Some(items) = FieldRules::inside(rules, kind::ITEMS) {
        let target = Target { part: Part::Items, ..target };
        check_inside(judge, [REPEATED, kind::ITEMS], target, &items);
    }
}

fn check_map(judge: &mut Judge<'_, '_>, target: Target<'_>, rules: &Rules<'_>) {
    let entry = match target.of.kind() {
        FieldKind::Message(entry) if target.of.is_map() => entry,
        _ => {
            let says = "has `map` rules, but is no map.";
            return judge.add(&[MAP], "no map", says, expected(target));
        }
    };
    numeric::check_limits(judge, rules, ["min_pairs", "max_pairs"]);
    for (number, part) in [(kind::KEYS, Part::Keys), (kind::VALUES, Part::Values)] {
        // `keys` and `values` are the fields 4 and 5 of `MapRules`, key and value 1 and 2 of an
        // entry.
        let of = entry.fields().find(|field| field.number() == number as i32 - 3);
        if let (Some(inside), Some(of)) = (FieldRules::inside(rules, number), of) {
            check_inside(judge, [MAP, number], Target { of, part }, &inside);
        }
    }
}

fn check_inside(
    judge: &mut Judge<'_, '_>,
    base: [u32; 2],
    target: Target<'_>,
    rules: &FieldRules<'_>,
) {
    let mut judge = judge.inside(base);
    if rules.is_required() {
        let says = "requires of what is in it to be set, which it always is.";
        judge.add(&[REQUIRED], "inside", says, "remove `required`");
    }
    check_target(&mut judge, target, rules);
}

/// Checks rules that are for the type of the field.
fn check_rules(judge: &mut Judge<'_, '_>, rules: &Rules<'_>) {
    if let Some(holds) = rules.kind.numbers() {
        numeric::check(judge, rules, holds);
    }
    match rules.kind.name {
        "string" => text::check_string(judge, rules),
        "bytes" => text::check_bytes(judge, rules),
        "enum" => numeric::check_const(judge, rules),
        "timestamp" => time::check(judge, rules),
        "field_mask" => {
            numeric::check_const(judge, rules);
            check_mask(judge, rules);
        }
        _ => {}
    }
}

fn check_mask(judge: &mut Judge<'_, '_>, rules: &Rules<'_>) {
    let texts =
        |name: &str| rules.number(name).map_or_else(Vec::new, |number| rules.fields.texts(number));
    let (allowed, forbidden) = (texts("in"), texts("not_in"));
    for path in allowed.iter().filter(|path| forbidden.contains(path)) {
        let number = rules.number("in").unwrap_or(0);
        judge.add(
            &[rules.kind.number, number],
            format_args!("both allowed and forbidden: {path}"),
            format_args!("has `{path}` both in `in` and in `not_in`."),
            "remove it from one of them",
        );
    }
}
