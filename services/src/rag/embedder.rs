//! Vectors of texts: the meaning of a text as a point, near to those of similar texts.

use std::collections::HashMap;
use std::sync::LazyLock;

use tonic::Status;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::blocking;

/// Embeds texts.
#[tonic::async_trait]
pub trait Embedder: Send + Sync {
    /// Returns its name. Vectors of embedders with different names cannot be compared.
    fn name(&self) -> &str;

    /// Returns the vector of each text, of length 1. It is all zeros if nothing is known of a text.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE: another server makes the vectors, and fails.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Status>;
}

/// Returns a vector of length 1 with the direction of `vector`.
pub(super) fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
    vector
}

/// The tokens of a text that count. A passage has fewer; a longer query means no more.
const MAX_TOKENS: usize = 512;

/// Longer words are unknown, as in BERT.
const MAX_WORD: usize = 100;

/// The model that `services/model/distill.py` writes.
static MODEL: LazyLock<StaticEmbedder> = LazyLock::new(|| {
    let bytes = include_bytes!("../../model/minilm-256-int8.bin");
    StaticEmbedder::parse(bytes).expect("the model in the program is complete")
});

/// Static embeddings: each token has one vector, and a text has the mean of them. The weights of the
/// tokens are part of the vectors.
pub struct StaticEmbedder {
    tokens: HashMap<&'static str, usize>,
    dimensions: usize,
    scales: Vec<f32>,
    values: &'static [u8],
}

impl StaticEmbedder {
    /// The name of the model that comes with the program.
    pub const NAME: &str = "minilm-256-int8";

    /// Returns the model that comes with the program.
    pub fn built_in() -> &'static Self {
        &MODEL
    }

    /// Returns the vector of a text.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimensions];
        for token in self.tokens(text) {
            let values = &self.values[token * self.dimensions..][..self.dimensions];
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += f32::from(value.cast_signed()) * self.scales[token];
            }
        }
        normalized(sum)
    }

    /// Reads a model. `distill.py` describes the format.
    fn parse(bytes: &'static [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"WPEMBED1")?;
        let (numbers, rest) = bytes.split_at_checked(12)?;
        let number = |at: usize| -> Option<usize> {
            let bytes = numbers.get(at..at + 4)?.try_into().ok()?;
            usize::try_from(u32::from_le_bytes(bytes)).ok()
        };
        let (count, dimensions) = (number(0)?, number(4)?);
        let (vocabulary, rest) = rest.split_at_checked(number(8)?)?;
        let (scales, values) = rest.split_at_checked(count.checked_mul(4)?)?;
        let vocabulary = std::str::from_utf8(vocabulary).ok()?;
        let tokens: HashMap<_, _> = vocabulary.lines().zip(0..).collect();
        let scales: Vec<f32> =
            scales.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let is_complete = tokens.len() == count && values.len() == count.checked_mul(dimensions)?;
        is_complete.then_some(StaticEmbedder { tokens, dimensions, scales, values })
    }

    /// Appends the tokens of a word, or nothing if it cannot be split: the longest token that begins
    /// it, then the longest continuation (`##…`), and so on.
    fn split(&self, word: &str, found: &mut Vec<usize>) {
        let before = found.len();
        let mut start = 0;
        let mut piece = String::new();
        while start < word.len() {
            let mut ends =
                word[start..].char_indices().rev().map(|(at, c)| start + at + c.len_utf8());
            let longest = ends.find_map(|end| {
                piece.clear();
                piece.push_str(if start > 0 { "##" } else { "" });
                piece.push_str(&word[start..end]);
                Some((*self.tokens.get(&*piece)?, end))
            });
            let Some((token, end)) = longest else { return found.truncate(before) };
            found.push(token);
            start = end;
        }
    }

    /// Returns the first tokens of a text: lower case, without accents, punctuation by itself.
    fn tokens(&self, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut word = String::new();
        let mut length = 0;
        let plain = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
        for c in plain.chain([' ']) {
            if c.is_alphanumeric() {
                length += 1;
                if length <= MAX_WORD {
                    word.push(c);
                }
                continue;
            }
            if length <= MAX_WORD {
                self.split(&word, &mut found);
            }
            word.clear();
            length = 0;
            if !c.is_whitespace() {
                self.split(c.encode_utf8(&mut [0; 4]), &mut found);
            }
            if found.len() >= MAX_TOKENS {
                break;
            }
        }
        found.truncate(MAX_TOKENS);
        found
    }
}

#[tonic::async_trait]
impl Embedder for &'static StaticEmbedder {
    fn name(&self) -> &str {
        StaticEmbedder::NAME
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Status> {
        let model = *self;
        blocking(move || Ok(texts.iter().map(|text| model.vector(text)).collect())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&'static str> {
        let model = StaticEmbedder::built_in();
        let names: HashMap<usize, &str> =
            model.tokens.iter().map(|(name, token)| (*token, *name)).collect();
        model.tokens(text).iter().map(|token| names[token]).collect()
    }

    #[test]
    fn words_are_split_as_bert_splits_them() {
        assert_eq!(
            tokens("Crème brûlée, CAFÉ!"),
            ["cr", "##eme", "br", "##ule", "##e", ",", "cafe", "!"]
        );
        assert_eq!(tokens("e-mail 2025"), ["e", "-", "mail", "202", "##5"]);
        assert_eq!(tokens("unaffable"), ["una", "##ffa", "##ble"]);
        assert_eq!(tokens(" \n\t"), [""; 0]);
        // Other scripts have no token, and neither has a word that is too long.
        assert_eq!(tokens("休暇 days"), ["days"]);
        assert_eq!(tokens(&format!("{} days", "a".repeat(1 << 20))), ["days"]);
        assert_eq!(tokens(&"a ".repeat(1 << 19)).len(), MAX_TOKENS);
    }

    #[test]
    fn similar_texts_are_near() {
        let model = StaticEmbedder::built_in();
        let near = |a: &str, b: &str| -> f32 {
            model.vector(a).iter().zip(model.vector(b)).map(|(a, b)| a * b).sum()
        };
        assert!((near("vacation", "vacation") - 1.0).abs() < 1e-4);
        assert!(near("a holiday at the sea", "vacation") > 0.3);
        assert!(near("a holiday at the sea", "database") < 0.2);
        assert_eq!(near("", "vacation"), 0.0);
    }

    #[test]
    fn an_incomplete_model_is_refused() {
        assert!(StaticEmbedder::parse(b"").is_none());
        assert!(StaticEmbedder::parse(b"WPEMBED1\x01\0\0\0\x01\0\0\0\x02\0\0\0a\n\0\0").is_none());
        let huge = b"WPEMBED1\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0";
        assert!(StaticEmbedder::parse(huge).is_none());
        assert!(
            StaticEmbedder::parse(b"WPEMBED1\x01\0\0\0\x01\0\0\0\x02\0\0\0a\n\0\0\0\0\x7f")
                .is_some()
        );
    }
}
