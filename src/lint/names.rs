//! Conversions of names to a case style. Ambiguous names are split into words as buf does it.

use crate::schema::spelling::is_delimiter;
pub(super) use crate::schema::spelling::pascal_case;

/// Converts `s` to lower_snake_case.
pub(super) fn lower_snake_case(s: &str) -> String {
    snake_case(s).to_lowercase()
}

/// Converts `s` to UPPER_SNAKE_CASE.
pub(super) fn upper_snake_case(s: &str) -> String {
    snake_case(s).to_uppercase()
}

/// Joins the words of `s` with `_` and keeps the case of letters. A capital begins a word if it
/// follows a lower-case letter, or if the next character is neither a capital nor a digit:
/// `HTTPServer` is two words, `V1` is one.
fn snake_case(s: &str) -> String {
    // Most names have words already.
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    if s.bytes().all(is_plain) && !s.starts_with('_') && !s.ends_with('_') && !s.contains("__") {
        return s.to_owned();
    }
    let s = s.trim_matches(is_delimiter);
    let bytes = s.as_bytes();
    let byte = |index: usize| bytes.get(index).map(|byte| char::from(*byte));
    let mut snake = String::with_capacity(s.len() + 4);
    for (at, c) in s.char_indices() {
        let c = if is_delimiter(c) { '_' } else { c };
        let after_delimiter = snake.ends_with('_');
        let starts_word = byte(at + 1)
            .is_some_and(|next| !next.is_uppercase() && !is_digit(next) && !is_delimiter(next));
        let ends_word = at > 0 && byte(at - 1).is_some_and(char::is_lowercase);
        if at > 0 && c.is_uppercase() && !after_delimiter && (starts_word || ends_word) {
            snake.push('_');
        }
        if at == 0 || c != '_' || !after_delimiter {
            snake.push(c);
        }
    }
    snake
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_buf_spells_them() {
        for (name, snake, pascal) in [
            ("fooBar", "foo_bar", "FooBar"),
            ("FooBar", "foo_bar", "FooBar"),
            ("HTTPServer", "http_server", "HTTPServer"),
            ("foo_bar", "foo_bar", "FooBar"),
            ("_foo__Bar_", "foo_bar", "FooBar"),
            ("FOO_BAR", "foo_bar", "FOOBAR"),
            ("foo1Bar", "foo1_bar", "Foo1Bar"),
            ("fooV1", "foo_v1", "FooV1"),
            ("V1", "v1", "V1"),
            ("aB", "a_b", "AB"),
            ("ABc", "a_bc", "ABc"),
            ("", "", ""),
        ] {
            assert_eq!(lower_snake_case(name), snake, "{name}");
            assert_eq!(pascal_case(name), pascal, "{name}");
        }
    }
}
