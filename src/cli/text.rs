//! Helpers for the text that commands print.

/// Returns `number` with `noun`, in the plural unless it is one: `1 file`, `2 files`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!(
            [0, 1, 2].map(|number| counted(number, "file")),
            ["0 files", "1 file", "2 files"]
        );
    }
}
