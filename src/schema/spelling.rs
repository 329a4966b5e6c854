//! Conversions of names to the style of a language, with the same results as in buf.

/// Returns `s` as PascalCase: capitals are kept, a delimiter such as `_` begins a word, all other
/// letters become lowercase.
pub(crate) fn pascal_case(s: &str) -> String {
    let mut pascal = String::with_capacity(s.len());
    let mut at_start = true;
    for c in s.trim().chars() {
        let is_delimiter = is_delimiter(c);
        if !is_delimiter {
            if at_start || c.is_uppercase() {
                pascal.extend(c.to_uppercase())
            } else {
                pascal.extend(c.to_lowercase())
            }
        }
        at_start = is_delimiter;
    }
    pascal
}

/// Returns the default JSON name of a field: `foo_bar` becomes `fooBar`.
pub(crate) fn json_name(name: &str) -> String {
    let mut json_name = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                json_name.push(character.to_ascii_uppercase());
                upper = false;
            }
            _ => json_name.push(character),
        }
    }
    json_name
}

/// Whether `c` separates words.
pub(crate) fn is_delimiter(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r')
}
