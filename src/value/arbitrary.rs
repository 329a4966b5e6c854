//! The proptest strategy for messages of any type: half of the scalars are edge values, recursion
//! is bounded, well-known types have valid contents, protovalidate rules are respected, and a
//! failing message shrinks by leaving out and halving.

mod generate;
mod rules;
mod shrink;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{TestRng, TestRunner};

use super::data::MessageValue;
use super::types::MessageType;

/// Returns a strategy for messages of the type `of`.
///
/// Generated messages satisfy the type's required fields and its protovalidate rules, as far as
/// those are `required`, constants, ranges, lengths, patterns, formats, counts and required oneofs;
/// a field without presence is set where its rules do not allow its default. They have no unknown
/// fields; [`Arbitrary::with_unknown_fields`] adds some.
///
/// ```
/// use proptest::prelude::*;
/// use wireproof::value::Types;
/// use wireproof::workspace::{Load, Options, load};
///
/// # let folder = tempfile::tempdir()?;
/// # let schema = "syntax = \"proto3\";\nmessage Order {\n  string id = 1;\n  int32 items = 2;\n}\n";
/// # std::fs::write(folder.path().join("order.proto"), schema)?;
/// let Load::Ready(loaded) = load(".", &Options::new(folder.path()))? else {
///     panic!("the schema does not compile");
/// };
/// let order = Types::new(&loaded.schema).message("Order").expect("it is declared");
/// proptest!(|(message in wireproof::roundtrip::arbitrary(&order))| {
///     // `Order::decode(&*bytes)` reads it with a type that prost generated.
///     let bytes = order.encode(&message);
///     prop_assert_eq!(order.decode(&bytes), Ok(message));
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn arbitrary(of: &MessageType) -> Arbitrary {
    Arbitrary { of: of.clone(), with_unknown: false }
}

/// A strategy for messages of one type, made by [`arbitrary`].
#[derive(Clone, Debug)]
pub struct Arbitrary {
    of: MessageType,
    with_unknown: bool,
}

impl Arbitrary {
    /// Returns a tree that shrinks `message`, which is of the type `of`.
    pub fn tree_of(of: &MessageType, message: MessageValue) -> MessageTree {
        MessageTree { of: of.clone(), current: message, before: None, at: 0, made_progress: false }
    }

    /// Returns for every field messages in which it alone is set, to each of its edge values, as far
    /// as the rules allow; what is required is set, too. The fields of messages inside are among
    /// them, `depth` messages deep, up to `limit` messages, but at least one for each field.
    ///
    /// These find what random messages of many fields find late: a default with presence, a number
    /// that needs more bits, a text that is no text. `rng` chooses what is required.
    pub fn edges(&self, rng: &mut TestRng, depth: usize, limit: usize) -> Vec<MessageTree> {
        let messages = generate::edge_messages(self.of.types(), self.of.id(), rng, (depth, limit));
        messages.into_iter().map(|message| Arbitrary::tree_of(&self.of, message)).collect()
    }

    /// Adds fields that the type does not have to some of the messages.
    #[must_use]
    pub fn with_unknown_fields(self) -> Self {
        Arbitrary { with_unknown: true, ..self }
    }
}

impl Strategy for Arbitrary {
    type Tree = MessageTree;
    type Value = MessageValue;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let current =
            generate::message(self.of.types(), self.of.id(), runner.rng(), self.with_unknown);
        Ok(Arbitrary::tree_of(&self.of, current))
    }
}

/// A generated message, and the way in which it shrinks.
#[derive(Clone, Debug)]
pub struct MessageTree {
    of: MessageType,
    current: MessageValue,
    /// The message before the last simplification.
    before: Option<MessageValue>,
    /// The number of the next simplification to try.
    at: usize,
    /// Whether a simplification of this round was kept.
    made_progress: bool,
}

/// The most simplifications that are tried for one failure.
const MAX_STEPS: usize = 5_000;

impl MessageTree {
    /// Shrinks the message as long as `fails` returns something for it: what is wrong with it,
    /// given what was wrong with the one before. Returns the smallest message, and that.
    pub fn smallest<T>(
        mut self,
        found: T,
        fails: impl Fn(&MessageValue, &T) -> Option<T>,
    ) -> (MessageValue, T) {
        let mut smallest = (self.current(), found);
        let mut has_more = self.simplify();
        for _ in 0..MAX_STEPS {
            if !has_more {
                break;
            }
            let message = self.current();
            has_more = match fails(&message, &smallest.1) {
                Some(found) => {
                    smallest = (message, found);
                    self.simplify()
                }
                None => self.complicate(),
            };
        }
        smallest
    }

    /// Applies the next simplification. After the last one, it starts again if one of this round was
    /// kept: a simplification that failed before may work now. Returns false if there is none.
    fn try_next(&mut self) -> bool {
        loop {
            match shrink::simplified(self.of.types(), self.of.id(), &self.current, self.at) {
                Some(simpler) => {
                    self.before = Some(std::mem::replace(&mut self.current, simpler));
                    return true;
                }
                None if self.made_progress => (self.at, self.made_progress) = (0, false),
                None => return false,
            }
        }
    }
}

impl ValueTree for MessageTree {
    type Value = MessageValue;

    fn current(&self) -> MessageValue {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        // The last simplification was kept: those that follow have moved to its number.
        self.made_progress |= self.before.take().is_some();
        self.try_next()
    }

    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else { return false };
        self.current = before;
        self.at += 1;
        self.try_next()
    }
}
