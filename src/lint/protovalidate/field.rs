//! Checks the rules of a field, and of its items, keys and values: whether they are for its type,
//! and whether they have an effect.

use super::field_part::{FieldPart, Part};
use super::kind::{self, FieldRules, IGNORE, MAP, REPEATED, REQUIRED, Rules};
use super::{Reporter, cel, example, numeric, text, time};
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
pub(super) fn check(mut reporter: Reporter<'_, '_>, field: Field<'_>, rules: &FieldRules<'_>) {
    let checked = FieldPart { of: field, part: Part::Whole };
    example::check(&mut reporter, field, rules);
    check_part(&mut reporter, checked, rules);
}

fn check_part(reporter: &mut Reporter<'_, '_>, checked: FieldPart<'_>, rules: &FieldRules<'_>) {
    check_flags(reporter, checked, rules);
    cel::check_field(reporter, rules, &checked.scope(reporter.schema()));
    let Some(of_type) = rules.rules() else { return };
    match of_type.kind.number {
        REPEATED => check_repeated(reporter, checked, &of_type),
        MAP => check_map(reporter, checked, &of_type),
        _ if checked.fits(&of_type) => check_rules(reporter, &of_type),
        number => {
            let what = if checked.is_list() {
                "a list, whose items may have"
            } else {
                "of another type than"
            };
            reporter.add(
                &[number],
                "rules of another type",
                format_args!("is {what} `{}` rules.", judge_name(&of_type)),
                expected(checked),
            );
        }
    }
}

fn judge_name(rules: &Rules<'_>) -> &'static str {
    rules.kind.name
}

/// Returns the help for rules of another type.
fn expected(checked: FieldPart<'_>) -> String {
    if checked.is_list() {
        return if checked.of.is_map() {
            "put them under `map.keys` or `map.values`".to_owned()
        } else {
            "put them under `repeated.items`".to_owned()
        };
    }
    let mut kinds = kind::KINDS.iter();
    let fitting = kinds.find(|kind| checked.is_of(kind));
    fitting.map_or("there are no rules for this type: remove them".to_owned(), |kind| {
        format!("use the `{}` rules", kind.name)
    })
}

/// Checks `required` and `ignore`.
fn check_flags(reporter: &mut Reporter<'_, '_>, checked: FieldPart<'_>, rules: &FieldRules<'_>) {
    let of = checked.of;
    if of.is_extension() {
        check_extension(reporter, rules);
    }
    if rules.is_required() && of.oneof().is_some() {
        let help = "require the oneof: `option (buf.validate.oneof).required = true;`";
        reporter.add(&[REQUIRED], "of a oneof", "is required, but one of a oneof.", help);
    }
    if rules.is_ignored() && rules.count() > 1 {
        let predicate = "is always ignored by its rules, so that the others of them do nothing.";
        reporter.add(
            &[IGNORE],
            "other rules do nothing",
            predicate,
            "remove the other rules, or `ignore`",
        );
    }
    if !rules.ignores_zero() {
        return;
    }
    if rules.is_required() {
        let predicate = "is required, and ignored when it is not set.";
        let help = "remove one of `required` and `ignore`";
        reporter.add_both([&[REQUIRED], &[IGNORE]], "both required and ignored", predicate, help);
    }
    if of.has_presence() && !of.is_extension() {
        let predicate = "is ignored when it is not set anyway: it tracks presence.";
        reporter.add(&[IGNORE], "as without", predicate, "remove `ignore`");
    }
}

fn check_extension(reporter: &mut Reporter<'_, '_>, rules: &FieldRules<'_>) {
    let help = "remove it: whether an extension is set is not validated";
    if rules.is_required() {
        reporter.add(&[REQUIRED], "of an extension", "cannot be required.", help);
    }
    if rules.ignores_zero() {
        reporter.add(&[IGNORE], "of an extension", "cannot be ignored when it is not set.", help);
    }
}

fn check_repeated(reporter: &mut Reporter<'_, '_>, checked: FieldPart<'_>, rules: &Rules<'_>) {
    if !checked.of.is_repeated() || checked.of.is_map() {
        let predicate = "has `repeated` rules, but is no list.";
        return reporter.add(&[REPEATED], "no list", predicate, expected(checked));
    }
    let unique = rules.number("unique").unwrap_or(0);
    if rules.fields.is_true(unique)
        && matches!(checked.of.field_type(), FieldType::Message | FieldType::Group)
        && !WRAPPERS.contains(&checked.of.type_name())
    {
        let predicate =
            "has to be unique, which only lists of scalars and of their wrappers can be.";
        reporter.add(&[REPEATED, unique], "messages", predicate, "remove `unique`");
    }
    numeric::check_limits(reporter, rules, ["min_items", "max_items"]);
    if let Some(items) = FieldRules::inside(rules, kind::ITEMS) {
        let checked = FieldPart { part: Part::Items, ..checked };
        check_inside(reporter, [REPEATED, kind::ITEMS], checked, &items);
    }
}

fn check_map(reporter: &mut Reporter<'_, '_>, checked: FieldPart<'_>, rules: &Rules<'_>) {
    let entry = match checked.of.kind() {
        FieldKind::Message(entry) if checked.of.is_map() => entry,
        _ => {
            let predicate = "has `map` rules, but is no map.";
            return reporter.add(&[MAP], "no map", predicate, expected(checked));
        }
    };
    numeric::check_limits(reporter, rules, ["min_pairs", "max_pairs"]);
    for (number, part) in [(kind::KEYS, Part::Keys), (kind::VALUES, Part::Values)] {
        // `keys` and `values` are the fields 4 and 5 of `MapRules`, key and value 1 and 2 of an
        // entry.
        let of = entry.fields().find(|field| field.number() == number as i32 - 3);
        if let (Some(inside), Some(of)) = (FieldRules::inside(rules, number), of) {
            check_inside(reporter, [MAP, number], FieldPart { of, part }, &inside);
        }
    }
}

fn check_inside(
    reporter: &mut Reporter<'_, '_>,
    base: [u32; 2],
    checked: FieldPart<'_>,
    rules: &FieldRules<'_>,
) {
    let mut reporter = reporter.inside(base);
    if rules.is_required() {
        let predicate = "requires of what is in it to be set, which it always is.";
        reporter.add(&[REQUIRED], "inside", predicate, "remove `required`");
    }
    check_part(&mut reporter, checked, rules);
}

/// Checks rules that are for the type of the field.
fn check_rules(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    if let Some(number_type) = rules.kind.numbers() {
        numeric::check(reporter, rules, number_type);
    }
    match rules.kind.name {
        "string" => text::check_string(reporter, rules),
        "bytes" => text::check_bytes(reporter, rules),
        "enum" => numeric::check_const(reporter, rules),
        "timestamp" => time::check(reporter, rules),
        "field_mask" => {
            numeric::check_const(reporter, rules);
            check_mask(reporter, rules);
        }
        _ => {}
    }
}

fn check_mask(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    let texts =
        |name: &str| rules.number(name).map_or_else(Vec::new, |number| rules.fields.texts(number));
    let (allowed, forbidden) = (texts("in"), texts("not_in"));
    for path in allowed.iter().filter(|path| forbidden.contains(path)) {
        let number = rules.number("in").unwrap_or(0);
        reporter.add(
            &[rules.kind.number, number],
            format_args!("both allowed and forbidden: {path}"),
            format_args!("has `{path}` both in `in` and in `not_in`."),
            "remove it from one of them",
        );
    }
}
