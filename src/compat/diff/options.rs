//! Changes of options, in words. Options are read by number, custom ones as their extensions declare
//! them.

use super::side::Side;
use crate::schema::options::Kind;
use crate::schema::pair::Pair;
use crate::value::{MessageType, MessageValue};

/// The number of characters after which the value of an option is cut.
const MAX_VALUE: usize = 100;

/// Returns the changes between two encoded options of elements of `kind`.
pub(super) fn changes(
    kind: Kind,
    sides: &Pair<Side<'_>>,
    encoded: Pair<Option<&[u8]>>,
) -> Vec<String> {
    if !encoded.differs() {
        return Vec::new();
    }
    let decode = |side: &Side<'_>, bytes: Option<&[u8]>| {
        let of = side.types().message(kind.options_type())?;
        let value = of.decode(bytes.unwrap_or_default()).ok()?;
        Some(Decoded { of, value })
    };
    let (old, new) = (decode(&sides.old, encoded.old), decode(&sides.new, encoded.new));
    match (old, new) {
        (Some(old), Some(new)) => by_number(&old, &new),
        _ => vec!["options that cannot be read".to_owned()],
    }
}

/// Options and their type.
struct Decoded {
    of: MessageType,
    value: MessageValue,
}

impl Decoded {
    /// Returns the option with this number in the text format.
    fn text(&self, number: u32) -> Option<String> {
        let mut only = MessageValue::new();
        only.set(number, self.value.get(number)?.clone());
        Some(cut(&self.of.to_text(&only)))
    }
}

fn by_number(old: &Decoded, new: &Decoded) -> Vec<String> {
    let numbers = |side: &Decoded| side.value.fields().map(|(number, _)| number).collect();
    let (mut all, other): (Vec<u32>, Vec<u32>) = (numbers(old), numbers(new));
    all.extend(other);
    all.sort_unstable();
    all.dedup();
    all.retain(|number| old.value.get(*number) != new.value.get(*number));
    let mut changes: Vec<String> = all
        .into_iter()
        .map(|number| match (old.text(number), new.text(number)) {
            (Some(old), Some(new)) => format!("option `{old}` → `{new}`"),
            (Some(old), None) => format!("option `{old}` removed"),
            (None, new) => format!("option `{}` added", new.unwrap_or_default()),
        })
        .collect();
    if old.value.unknown() != new.value.unknown() {
        changes.push("options that the schema does not declare".to_owned());
    }
    changes
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
