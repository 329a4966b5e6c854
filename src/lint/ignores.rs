//! Comments that suppress a rule: `// buf:lint:ignore RULE_ID` of buf, and our own
//! `// wireproof:ignore RULE_ID reason`.
//!
//! As in buf, a comment applies to the element after it and to everything inside that element; it
//! may be a line or a block comment and contain other lines. The form of buf matches the id as a
//! prefix, so that `FIELD_LOWER_SNAKE_CASEs` suppresses FIELD_LOWER_SNAKE_CASE; our own form
//! matches whole words.

use crate::schema::{ElementPath, tag};

/// The suppression of a rule by a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suppression {
    /// The rule is suppressed.
    Fully,
    /// The comment has no effect, because our own form requires a reason.
    WithoutReason,
}

/// The prefixes of suppression lines, which do not count as documentation.
pub(super) const PREFIXES: [&str; 2] = ["buf:lint:ignore", "wireproof:ignore"];

/// Returns the suppression of the rule `id` by `comment`; none if it does not name the rule.
pub(super) fn suppression_of(comment: &str, id: &str) -> Option<Suppression> {
    let suppressions: Vec<Suppression> =
        comment.lines().filter_map(|line| suppression_in_line(line.trim(), id)).collect();
    suppressions
        .iter()
        .copied()
        .find(|suppression| *suppression == Suppression::Fully)
        .or(suppressions.first().copied())
}

fn suppression_in_line(line: &str, id: &str) -> Option<Suppression> {
    let [buf, ours] = PREFIXES;
    let is_for = |rest: &str| rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(id));
    if line.strip_prefix(buf).is_some_and(is_for) {
        return Some(Suppression::Fully);
    }
    let mut words = line.strip_prefix(ours)?.split_whitespace();
    if words.next() != Some(id) {
        return None;
    }
    Some(if words.next().is_some() { Suppression::Fully } else { Suppression::WithoutReason })
}

/// Returns `element` and the declarations that contain it, `extend` blocks among them. The path of
/// a block is that of the list of extensions, so the comment of the first block applies to all
/// blocks of the list, as in buf.
pub(super) fn declarations(element: &ElementPath) -> impl Iterator<Item = ElementPath> {
    let path = element.path();
    let depth = depth(path);
    let is_extensions = |length: usize| match path[length - 1] {
        tag::file::EXTENSION => length == 1,
        tag::message::EXTENSION => length > 1,
        _ => false,
    };
    let ends = (1..=depth).map(|depth| depth * 2);
    let lists = ends.clone().map(|end| end - 1).filter(|length| is_extensions(*length));
    let outer: Vec<ElementPath> = ends
        .chain(lists)
        .filter(|length| *length < path.len())
        .map(|length| element.up_to(length))
        .collect();
    std::iter::once(element.clone()).chain(outer)
}

/// Returns the number of declarations on a path, each of them a list and an index in it.
fn depth(path: &[i32]) -> usize {
    use tag::{enumeration, file, message, service};
    enum Within {
        File,
        Message,
        Enum,
        Service,
        /// A declaration that contains options, but no other declarations.
        Leaf,
    }
    let mut within = Within::File;
    let steps = path.chunks_exact(2).take_while(|step| {
        within = match (&within, step[0]) {
            (Within::File, file::MESSAGE_TYPE) | (Within::Message, message::NESTED_TYPE) => {
                Within::Message
            }
            (Within::File, file::ENUM_TYPE) | (Within::Message, message::ENUM_TYPE) => Within::Enum,
            (Within::File, file::SERVICE) => Within::Service,
            (Within::File, file::EXTENSION)
            | (Within::Message, message::FIELD | message::EXTENSION | message::ONEOF_DECL)
            | (Within::Enum, enumeration::VALUE)
            | (Within::Service, service::METHOD) => Within::Leaf,
            _ => return false,
        };
        true
    });
    steps.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_suppresses_the_rule_that_it_names() {
        const ID: &str = "FIELD_LOWER_SNAKE_CASE";
        let suppressing = [
            " buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n",
            " about it\n   buf:lint:ignore FIELD_LOWER_SNAKE_CASE because\n more",
            "buf:lint:ignore FIELD_LOWER_SNAKE_CASEx",
            "wireproof:ignore FIELD_LOWER_SNAKE_CASE it was so in 2019",
        ];
        for comment in suppressing {
            assert_eq!(suppression_of(comment, ID), Some(Suppression::Fully), "{comment:?}");
        }
        let without_effect = [
            "see buf:lint:ignore FIELD_LOWER_SNAKE_CASE",
            "buf:lint:ignore FIELD_LOWER",
            "buf:lint:ignoreFIELD_LOWER_SNAKE_CASE",
            "wireproof:ignore FIELD_LOWER_SNAKE_CASEx reason",
        ];
        for comment in without_effect {
            assert_eq!(suppression_of(comment, ID), None, "{comment:?}");
        }
        let bare = "wireproof:ignore FIELD_LOWER_SNAKE_CASE";
        assert_eq!(suppression_of(bare, ID), Some(Suppression::WithoutReason));
    }
}
