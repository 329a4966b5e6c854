//! How names are spelled in the style of a language, read as buf reads them.

/// `s` as PascalCase: capitals stay, `_` and the like begin a word, all else becomes small.
pub(crate) fn pascal_case(s: &str) -> String {
    let mut pascal = String::with_capacity(s.len());
    let mut at_start = true;
    for c in s.trim().chars() {
        let is_delimiter = is_delimiter(c);
        if !is_delimiter {
            match at_start || c.is_uppercase() {
                true => pascal.extend(c.to_uppercase()),
                false => pascal.extend(c.to_lowercase()),
            }
        }
        at_start = is_delimiter;
    }
    pascal
}

/// What parts words.
pub(crate) fn is_delimiter(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r')
}
