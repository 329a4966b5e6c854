//! Values of options and defaults, in all the ways they can be written.

use crate::parity::generator::model::{BOOL, BYTES, Field, Kind, Label, SCALARS, STRING, Tree};
use crate::parity::generator::names::{pick, text};

/// A value of that type, written out; none where no value of it can be.
pub(crate) fn value(tree: &Tree, kind: &Kind, seed: u16) -> Option<String> {
    match kind {
        Kind::Scalar(scalar) => Some(self::scalar(*scalar, seed)),
        Kind::Enum(id) => {
            let of = tree.enumeration(*id)?;
            Some(of.values[usize::from(seed) % of.values.len()].name.clone())
        }
        Kind::Message(id) => message(tree, *id, seed),
        Kind::Group(_) | Kind::Map(..) => None,
    }
}

fn scalar(of: usize, seed: u16) -> String {
    match of {
        STRING => string(seed),
        BYTES => {
            pick(&["\"\"", "\"\\001\\xfe\"", "'a\"b'", "\"\\0\"", "\"文\"", "\"\\?\\a\""], seed)
                .to_owned()
        }
        BOOL => seed.is_multiple_of(2).to_string(),
        _ if SCALARS[of] == "float" || SCALARS[of] == "double" => float(seed).to_owned(),
        _ => integer(SCALARS[of], seed),
    }
}

fn string(seed: u16) -> String {
    let said = text(seed / 3);
    match seed % 3 {
        0 => format!("\"{said}\""),
        1 => format!("'{said}' \"\\n\\t\\\\\""),
        _ => pick(
            &["\"\"", "\"a\"", "'a'", "\"\\x61\"", "\"\\141\"", "\"\\u00e9\"", "\"a\" 'b'"],
            seed / 3,
        )
        .to_owned(),
    }
}

fn float(seed: u16) -> &'static str {
    pick(
        &[
            "0",
            "1",
            "1.0",
            "1e0",
            "-1.5",
            "0.1",
            "inf",
            "-inf",
            "nan",
            "1e10",
            "1.5e-5",
            ".5",
            "5.",
            "123456789",
            "-0",
            "-0.0",
            "1e300",
        ],
        seed,
    )
}

fn integer(of: &str, seed: u16) -> String {
    let unsigned = of.starts_with('u') || of.starts_with('f');
    let small = seed % 30;
    let largest: u64 = match (unsigned, is_wide(of)) {
        (true, true) => u64::MAX,
        (true, false) => u64::from(u32::MAX),
        (false, true) => i64::MAX.unsigned_abs(),
        (false, false) => u64::from(i32::MAX.unsigned_abs()),
    };
    match seed % 6 {
        0 => small.to_string(),
        1 => format!("{small:#x}"),
        2 => format!("0{small:o}"),
        3 => largest.to_string(),
        4 if !unsigned => format!("-{}", largest + 1),
        5 if !unsigned => format!("-{}", small + 1),
        _ => "1".to_owned(),
    }
}

fn is_wide(of: &str) -> bool {
    of.ends_with("64")
}

/// A message in braces with some of its fields; none of a message that has required ones.
fn message(tree: &Tree, id: u32, seed: u16) -> Option<String> {
    let message = tree.message(id)?;
    if message.fields.iter().any(|f| f.label == Label::Required) {
        return None;
    }
    let mut parts = Vec::new();
    let mut oneofs = Vec::new();
    for field in message.fields.iter().filter(|f| matches!(f.kind, Kind::Scalar(_) | Kind::Enum(_)))
    {
        if parts.len() < 3 && field.oneof.is_none_or(|oneof| !oneofs.contains(&oneof)) {
            oneofs.extend(field.oneof);
            parts.push(entry(tree, field, seed)?);
        }
    }
    let separator = pick(&[" ", ", ", "; ", "\n\t"], seed);
    Some(format!("{{ {} }}", parts.join(separator)))
}

fn entry(tree: &Tree, field: &Field, seed: u16) -> Option<String> {
    let first = value(tree, &field.kind, seed)?;
    if field.label == Label::Repeated && field.oneof.is_none() && seed.is_multiple_of(2) {
        let second = value(tree, &field.kind, seed / 2)?;
        return Some(format!("{}: [{first}, {second}]", field.name));
    }
    Some(format!("{}: {first}", field.name))
}
