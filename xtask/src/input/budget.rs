//! How much may be read in all: what one command is handed can be many files and many images.

use crate::error::{Error, Result};
use crate::files::SCHEMAS;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes of schemas and images that may still be read. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<AtomicU64>);

impl Default for Budget {
    fn default() -> Self {
        Budget(Arc::new(AtomicU64::new(SCHEMAS)))
    }
}

impl Budget {
    /// Takes `bytes` from it; it is an error that there are not as many left.
    pub(crate) fn charge(&self, bytes: usize) -> Result<()> {
        let take = |left: u64| left.checked_sub(bytes as u64);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::new(format!(
                "the schemas and images of this run have more than {} MiB in all",
                SCHEMAS >> 20
            ))
            .help("narrow the input, or the releases with `history.supported`")),
        }
    }
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
    }
}
