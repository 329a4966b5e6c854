//! The text of the defaults of floating-point fields, as protoc writes it: with 6 or 15 digits if
//! they are read as the same number again, else with 9 or 17.

use prost_types::field_descriptor_proto::Type;

/// The largest number that protoc rounds to the largest `float`; larger ones are infinite.
const FLOAT_LIMIT: f64 = 3.402_823_567_797_336_6e38;

/// Returns the default `text` of a field of the type `kind` as protoc writes it.
pub(super) fn rewrite(kind: Option<i32>, text: String) -> String {
    let write = match kind.and_then(|kind| Type::try_from(kind).ok()) {
        Some(Type::Double) => double,
        Some(Type::Float) => float,
        _ => return text,
    };
    text.parse().map_or(text, write)
}

fn double(number: f64) -> String {
    let short = general(number, 15);
    if short.parse() == Ok(number) { short } else { general(number, 17) }
}

fn float(number: f64) -> String {
    let narrow = if number.is_finite() && number.abs() <= FLOAT_LIMIT {
        (number as f32).clamp(f32::MIN, f32::MAX)
    } else {
        number as f32
    };
    let short = general(narrow.into(), 6);
    // protoc takes a number below the normal ones, once it is read, for out of range.
    let is_exact = !narrow.is_subnormal() && short.parse() == Ok(narrow);
    if is_exact { short } else { general(narrow.into(), 9) }
}

/// Writes `number` with `digits` significant digits, as `%g` of C.
fn general(number: f64, digits: usize) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().expect("`e` is followed by an integer");
    let decimals = digits as i32 - 1 - exponent;
    if exponent < -4 || decimals < 0 {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
    } else {
        without_zeros(&format!("{number:.*}", decimals as usize)).to_owned()
    }
}

/// Removes the zeros at the end of a decimal fraction.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_written_as_by_protoc() {
        for (text, as_double, as_float) in [
            ("1234560000", "1234560000", "1.23456e+09"),
            ("1e300", "1e+300", "inf"),
            ("0.00001", "1e-05", "1e-05"),
            ("200000000", "200000000", "2e+08"),
            ("-8e-28", "-8e-28", "-8e-28"),
            ("-1e39", "-1e+39", "-inf"),
            ("-0", "-0", "-0"),
            ("0", "0", "0"),
            ("NaN", "nan", "nan"),
            ("-inf", "-inf", "-inf"),
            ("0.1", "0.1", "0.1"),
            ("0.30000000000000004", "0.30000000000000004", "0.3"),
            ("16777217", "16777217", "16777216"),
            ("18446744073709551615", "1.8446744073709552e+19", "1.84467441e+19"),
            ("999999.5", "999999.5", "999999.5"),
            ("1000000", "1000000", "1e+06"),
            ("0.0001", "0.0001", "0.0001"),
            ("1e-45", "1e-45", "1.40129846e-45"),
            ("5e-324", "4.94065645841247e-324", "0"),
            ("3.4028235e38", "3.4028235e+38", "3.40282347e+38"),
            ("3.4028235677973366e38", "3.4028235677973366e+38", "3.40282347e+38"),
            ("3.402823567797337e38", "3.402823567797337e+38", "inf"),
        ] {
            let written = |kind: Type| rewrite(Some(kind as i32), text.to_owned());
            assert_eq!(written(Type::Double), as_double, "{text}");
            assert_eq!(written(Type::Float), as_float, "{text}");
            assert_eq!(written(Type::String), text);
        }
    }
}
