//! How candidates are ranked: the relevance of each for the query.

use std::collections::HashSet;

use agent_contract::agent::v2::Passage;

use super::store::Candidate;
use super::words::{significant, words};

/// Ranks the candidates of a search.
pub trait Reranker: Send + Sync {
    /// Returns the passages with their relevance, from 0 to 1, best first. Those with equal
    /// relevance are ordered by id. A passage that repeats a better one is left out.
    fn rerank(&self, query: &str, candidates: Vec<Candidate>) -> Vec<Passage>;
}

/// Adds the BM25 score, or the share of the query's words, to the similarity, for the passages that have a word of the query. The others
/// are not ranked by BM25: a place at its end would say something about them that nobody knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fusion;

/// The similarity that is worth nothing. Unrelated texts are seldom above 0.4.
const NOTHING: f32 = 0.1;

/// How much faster than the similarity the relevance rises at first: a question and its answer in
/// other words are seldom more similar than 0.6.
const RISE: f32 = 1.7;

/// The share of the rest up to 1 that the best BM25 score adds.
const WORDS: f32 = 0.5;

/// The best BM25 score for each word of the query. It counts by its square: one word of several is
/// often in a passage about something else, all of them are not.
const BEST: f32 = 4.0;

/// The share of common words that makes two passages near-duplicates.
const SAME: f32 = 0.9;

impl Fusion {
    /// Returns the relevance of a candidate for a query of these words.
    fn relevance(candidate: &Candidate, query: &[String]) -> f32 {
        let similarity = ((candidate.similarity - NOTHING) / (1.0 - NOTHING)).clamp(0.0, 1.0);
        let meaning = 1.0 - (1.0 - similarity).powf(RISE);
        let Some(bm25) = candidate.bm25 else { return meaning };
        let bm25 = (bm25 / query.len().max(1) as f32 / BEST).clamp(0.0, 1.0);
        meaning + (1.0 - meaning) * WORDS * bm25.max(coverage(query, &candidate.passage)).powi(2)
    }
}

/// Returns the share of the words of a query, and of its pairs of neighbours, that a passage has. In
/// a collection of few passages BM25 knows no rare words.
fn coverage(query: &[String], passage: &Passage) -> f32 {
    let text: Vec<String> = words(&passage.title).chain(words(&passage.text)).collect();
    let single = query.iter().filter(|word| text.contains(word)).count();
    let pairs = query.windows(2).filter(|pair| text.windows(2).any(|it| it == *pair)).count();
    (single + pairs) as f32 / (2 * query.len()).saturating_sub(1).max(1) as f32
}

impl Reranker for Fusion {
    fn rerank(&self, query: &str, candidates: Vec<Candidate>) -> Vec<Passage> {
        let query = significant(query);
        let relevance =
            |it: Candidate| Passage { relevance: Fusion::relevance(&it, &query), ..it.passage };
        let mut passages: Vec<Passage> = candidates.into_iter().map(relevance).collect();
        let id = |passage: &Passage| passage.id.clone().unwrap_or_default().value;
        passages
            .sort_by(|a, b| b.relevance.total_cmp(&a.relevance).then_with(|| id(a).cmp(&id(b))));
        let mut kept: Vec<HashSet<String>> = Vec::new();
        passages.retain(|passage| {
            let words: HashSet<String> = words(&passage.text).collect();
            let is_new = kept.iter().all(|other| !is_near_duplicate(&words, other));
            if is_new {
                kept.push(words);
            }
            is_new
        });
        passages
    }
}

/// Returns whether two passages with these words say the same. Texts that differ in a number do not.
fn is_near_duplicate(a: &HashSet<String>, b: &HashSet<String>) -> bool {
    let is_number = |word: &&String| word.contains(|c: char| c.is_ascii_digit());
    let common = a.intersection(b).count();
    let all = a.len() + b.len() - common;
    common as f32 >= SAME * all as f32 && !a.symmetric_difference(b).any(|word| is_number(&word))
}

#[cfg(test)]
mod tests {
    use agent_contract::agent::v2::PassageId;

    use super::*;

    fn candidate(id: &str, text: &str, similarity: f32, bm25: Option<f32>) -> Candidate {
        let id = Some(PassageId { value: id.to_owned() });
        let passage = Passage { id, text: text.to_owned(), ..Passage::default() };
        Candidate { passage, similarity, bm25 }
    }

    fn ids(candidates: Vec<Candidate>) -> Vec<String> {
        let passages = Fusion.rerank("", candidates);
        assert!(passages.iter().all(|passage| (0.0..=1.0).contains(&passage.relevance)));
        passages.into_iter().map(|passage| passage.id.unwrap_or_default().value).collect()
    }

    #[test]
    fn words_add_to_similarity() {
        let candidates = vec![
            candidate("c", "three", 0.3, None),
            candidate("b", "two", 0.3, None),
            candidate("a", "one", -0.3, None),
            candidate("d", "four", 0.3, Some(4.0)),
            candidate("e", "five", 2.0, Some(1e9)),
            candidate("f", "six", 0.4, None),
        ];
        assert_eq!(ids(candidates), ["e", "d", "f", "b", "c", "a"]);
    }

    #[test]
    fn near_duplicates_are_left_out() {
        let candidates = vec![
            candidate("a", "Employees have 30 vacation days a year.", 0.5, None),
            candidate("b", "employees have 30 vacation days a year", 0.6, None),
            candidate("c", "Employees have 25 vacation days a year.", 0.4, None),
            candidate("d", "Employees have vacation.", 0.3, None),
        ];
        assert_eq!(ids(candidates), ["b", "c", "d"]);
    }
}
