//! How names are spelled in the style of a language, read as buf reads them.

/// `s` as PascalCase: capitals stay, `_` and the like begin a word, all else becomes small.
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

/// The name in JSON of a field that does not state one: `foo_bar` is `fooBar`.
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

/// What parts words.
pub(crate) fn is_delimiter(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r')
}
