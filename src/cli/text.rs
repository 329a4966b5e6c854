//! Helpers for the text that commands print.

/// Returns `number` with `noun`, in the plural unless it is one: `1 file`, `2 files`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns `word` as a shell reads it: in quotes if it has characters that a shell takes for
/// something else.
pub(super) fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+#".contains(c);
    if !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_or_expand_them() {
        let words = ["a.proto", ".git#branch=main", "a b", "it's", "{\"a\":1}", "$HOME", ""];
        let expected =
            ["a.proto", ".git#branch=main", "'a b'", "'it'\\''s'", "'{\"a\":1}'", "'$HOME'", "''"];
        assert_eq!(words.map(shell), expected);
    }

    #[test]
    fn only_one_is_singular() {
        assert_eq!(
            [0, 1, 2].map(|number| counted(number, "file")),
            ["0 files", "1 file", "2 files"]
        );
    }
}
