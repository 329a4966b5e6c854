//! The limit on all content that a command reads, which can be many files and images.

use crate::error::{Error, Result};
use crate::files::SCHEMAS;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum number of declarations and values in all sources of a run. Each takes some hundred
/// bytes of memory, however short it is. Two versions of Google's APIs have 1.1 million.
const MAX_ITEMS: u64 = 10_000_000;

/// The bytes of schemas and images, and the number of declarations in them, that may still be read.
/// Clones share one budget.
#[derive(Clone, Debug)]
pub struct Budget {
    bytes: Arc<AtomicU64>,
    items: Arc<AtomicU64>,
}

impl Default for Budget {
    fn default() -> Self {
        let counter = |most| Arc::new(AtomicU64::new(most));
        Budget { bytes: counter(SCHEMAS), items: counter(MAX_ITEMS) }
    }
}

impl Budget {
    /// Takes `bytes` from the budget; an error if fewer are left.
    pub(crate) fn charge(&self, bytes: usize) -> Result<()> {
        match take(&self.bytes, bytes) {
            Some(_) => Ok(()),
            None => Err(exceeded(&format!("more than {} MiB", SCHEMAS >> 20))),
        }
    }

    /// Takes the declarations and values of `source` from the budget; an error if fewer are left.
    pub(crate) fn charge_items(&self, source: &[u8]) -> Result<()> {
        match take(&self.items, max_items(source)) {
            Some(_) => Ok(()),
            None => Err(exceeded(&format!("more than {MAX_ITEMS} declarations and values"))),
        }
    }
}

/// Returns an upper bound of the number of declarations and values in `source`: the number of
/// characters that begin or end them, including those in comments and strings.
pub(crate) fn max_items(source: &[u8]) -> usize {
    memchr::memchr3_iter(b';', b'{', b':', source).count()
        + memchr::memchr_iter(b',', source).count()
}

/// Takes `count` from `left`; none if fewer are left.
fn take(left: &AtomicU64, count: usize) -> Option<u64> {
    let take = |left: u64| left.checked_sub(count as u64);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()
}

fn exceeded(limit: &str) -> Error {
    Error::new(format!("the schemas and images of this run have {limit} in total"))
        .help("narrow the input, or limit the releases with `history.supported`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_what_is_left() {
        let budget = Budget::default();
        let half = usize::try_from(SCHEMAS / 2).expect("it fits");
        budget.clone().charge(half).expect("there is enough");
        budget.charge(half).expect("there is just enough");
        assert!(budget.charge(1).is_err());
        budget.charge(0).expect("nothing can always be read");
        let most = usize::try_from(MAX_ITEMS).expect("it fits");
        budget.charge_items(&b";".repeat(most)).expect("they are just enough");
        budget.charge_items(b"no item").expect("nothing can always be read");
        assert!(budget.charge_items(b",").is_err());
    }
}
