//! Patterns that say no more than another one.

use super::{Matcher, Pattern};

impl Pattern {
    /// Whether it is plain that every message that matches `other` matches this pattern: `other`
    /// has each of its matchers. Without `other`, every message counts.
    pub fn is_implied_by(&self, other: Option<&Pattern>) -> bool {
        self.fields.iter().all(|(number, matcher)| {
            let mut known = other.map_or(&[][..], |other| &other.fields).iter();
            known.any(|(other, known)| number == other && matcher.is_implied_by(known))
        })
    }
}

impl Matcher {
    /// Whether everything that matches `other` matches this.
    fn is_implied_by(&self, other: &Matcher) -> bool {
        let each = |all: &[Matcher], others: &[Matcher]| {
            all.len() == others.len() && all.iter().zip(others).all(|(a, b)| a.is_implied_by(b))
        };
        match (self, other) {
            (Matcher::Equal(a), Matcher::Equal(b)) => a == b,
            (Matcher::Message(a), Matcher::Message(b)) => a.is_implied_by(Some(b)),
            (Matcher::Items(a), Matcher::Items(b)) => each(a, b),
            (Matcher::Regex(a, _), Matcher::Regex(b, _)) => a == b,
            (Matcher::Range(min, max), Matcher::Range(other_min, other_max)) => {
                (min, max) == (other_min, other_max)
            }
            (Matcher::Position(a), Matcher::Position(b)) => a == b,
            (Matcher::IsSet, Matcher::IsSet) | (Matcher::Absent, Matcher::Absent) => true,
            _ => false,
        }
    }
}
