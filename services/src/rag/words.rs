//! The words of texts and queries.

use std::collections::HashSet;

/// The words of a query that are searched. A longer query is about its first words.
const MAX_WORDS: usize = 64;

/// Longer words are in no text that people read.
const MAX_WORD: usize = 100;

/// Words that say nothing of what a text is about.
const STOP_WORDS: &str = "a about after all also am an and any are as at be been before being but by \
    can could did do does for from get got had has have he her him his how i if in into is it its \
    may me might must my no not of on or our shall she should so some than that the their them then \
    there these they this those to up us was we were what when where which while who whom whose why \
    will with would you your";

/// Returns the words of a text, in lower case.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Returns the words of a query that say what it is about, each once.
pub(super) fn significant(query: &str) -> Vec<String> {
    let mut known: HashSet<String> = STOP_WORDS.split_whitespace().map(str::to_owned).collect();
    let short = words(query).filter(|word| word.len() <= MAX_WORD);
    short.filter(|word| known.insert(word.clone())).take(MAX_WORDS).collect()
}

/// Returns how well a text matches a query, from 0 to 1: the share of the words that say what the
/// query is about which the text contains.
pub fn word_overlap(query: &str, text: &str) -> f32 {
    let (query, text) = (significant(query), words(text).collect::<HashSet<_>>());
    let found = query.iter().filter(|word| text.contains(*word)).count();
    found as f32 / query.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_about_its_rare_words() {
        let query = "What is the balance of THE account? The balance!";
        assert_eq!(significant(query), ["balance", "account"]);
        assert!(significant("\"' OR * ; --").is_empty());
        let long: String = (0..1000).map(|number| format!("{number} ")).collect();
        assert_eq!(significant(&long).len(), MAX_WORDS);
    }
}
