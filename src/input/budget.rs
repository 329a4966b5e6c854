//! How much may be read in all: what one command is handed can be many files and many images.

use crate::error::{Error, Result};
use crate::files::SCHEMAS;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many declarations and values all sources of a run may have: each costs some hundred bytes
/// of memory, however short it is. Two versions of Google's APIs have 1.1 million.
const MOST_ITEMS: u64 = 10_000_000;

/// The bytes of schemas and images, and the declarations in them, that may still be read. Clones
/// share it.
#[derive(Clone, Debug)]
pub struct Budget {
    bytes: Arc<AtomicU64>,
    items: Arc<AtomicU64>,
}

impl Default for Budget {
    fn default() -> Self {
        let counter = |most| Arc::new(AtomicU64::new(most));
        Budget { bytes: counter(SCHEMAS), items: counter(MOST_ITEMS) }
    }
}

impl Budget {
    /// Takes `bytes` from it; it is an error that there are not as many left.
    pub(crate) fn charge(&self, bytes: usize) -> Result<()> {
        match take(&self.bytes, bytes) {
            Some(_) => Ok(()),
            None => Err(exceeded(&format!("more than {} MiB", SCHEMAS >> 20))),
        }
    }

    /// Takes the declarations and values of `source` from it; it is an error that there are not as
    /// many left.
    pub(crate) fn charge_items(&self, source: &[u8]) -> Result<()> {
        match take(&self.items, most_items(source)) {
            Some(_) => Ok(()),
            None => Err(exceeded(&format!("more than {MOST_ITEMS} declarations and values"))),
        }
    }
}

/// Returns how many declarations and values `source` has at most, by the characters that end or
/// begin them; those in comments and strings count as well.
pub(crate) fn most_items(source: &[u8]) -> usize {
    memchr::memchr3_iter(b';', b'{', b':', source).count()
        + memchr::memchr_iter(b',', source).count()
}

/// Takes `count` from `left`; none if there are not as many.
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
        let most = usize::try_from(MOST_ITEMS).expect("it fits");
        budget.charge_items(&b";".repeat(most)).expect("they are just enough");
        budget.charge_items(b"no item").expect("nothing can always be read");
        assert!(budget.charge_items(b",").is_err());
    }
}
