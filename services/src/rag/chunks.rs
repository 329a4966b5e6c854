//! How a text is taken apart into passages.

/// The longest passage, in bytes. A sentence that is longer is split between words.
const MAX_PASSAGE: usize = 1200;

/// Returns the passages of a text: its paragraphs. A long paragraph is split after sentences.
pub(super) fn passages(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    paragraphs.flat_map(split).map(str::to_owned).collect()
}

/// Splits a paragraph into parts of at most [`MAX_PASSAGE`] bytes.
fn split(paragraph: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = paragraph;
    while rest.len() > MAX_PASSAGE {
        let boundary = (0..=MAX_PASSAGE).rev().find(|at| rest.is_char_boundary(*at));
        let window = &rest[..boundary.unwrap_or(0)];
        let end = last_sentence(window)
            .or_else(|| window.rfind(char::is_whitespace))
            .filter(|end| *end > 0)
            .unwrap_or(window.len());
        parts.push(rest[..end].trim_end());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// Returns the end of the last sentence of a text that something follows.
fn last_sentence(text: &str) -> Option<usize> {
    text.char_indices().rev().zip(text.char_indices().rev().skip(1)).find_map(
        |((at, after), (_, mark))| (after.is_whitespace() && ".!?".contains(mark)).then_some(at),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_passages() {
        assert_eq!(
            passages("One.\n\n\n Two.\nLines. \r\n\r\nThree."),
            ["One.", "Two.\nLines.", "Three."]
        );
        assert!(passages(" \n\n ").is_empty());
    }

    #[test]
    fn long_paragraphs_are_split_after_sentences() {
        let sentence = "Costs 3.5 euros, on Mondays too. ";
        let parts = passages(&sentence.repeat(100));
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|part| part.len() <= MAX_PASSAGE && part.ends_with("too.")));
        assert_eq!(parts.join(" ") + " ", sentence.repeat(100));
    }

    #[test]
    fn a_text_without_sentences_is_split_anywhere() {
        let parts = passages(&"é".repeat(5000));
        assert!(parts.iter().all(|part| part.len() <= MAX_PASSAGE));
        assert_eq!(parts.concat(), "é".repeat(5000));
        let words = passages(&"word ".repeat(1000));
        assert!(words.iter().all(|part| part.ends_with("word")));
    }
}
