//! The limit of one input. A few bytes can decode to a large value, so each decoded item counts
//! with what it costs in memory, beside the bytes that it is read from.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::files::SCHEMAS;

/// The size up to which an input is read and unpacked: more than any schema needs, less than
/// what a small hostile file can ask for.
pub const MAX_SIZE: usize = SCHEMAS as usize;

/// Why an input that takes more than [`MAX_SIZE`] is refused.
pub const EXCEEDED: &str = "its decoded content takes more than the limit of 1 GiB";

/// How much memory an input may still take. A clone is for what is free again when it is done.
#[derive(Clone, Debug)]
pub struct Budget {
    left: Cell<usize>,
}

impl Budget {
    /// Returns a budget of `size` bytes.
    pub fn new(size: usize) -> Self {
        Budget { left: Cell::new(size) }
    }

    /// Counts `size` bytes more; an error where they are more than what is left.
    pub fn take(&self, size: usize) -> Result<()> {
        let left = self.left.get().checked_sub(size).ok_or_else(|| Error::new(EXCEEDED))?;
        self.left.set(left);
        Ok(())
    }

    /// Returns how much is left.
    pub fn left(&self) -> usize {
        self.left.get()
    }
}

/// Returns the memory of one `T` in a list: while a list grows, it is held once as it was, and once
/// with twice the capacity.
pub const fn in_list<T>() -> usize {
    3 * size_of::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_used_up() {
        let budget = Budget::new(3);
        assert!(budget.take(3).is_ok());
        let error = budget.take(1).expect_err("nothing is left").to_string();
        assert!(error.contains("more than the limit of 1 GiB"), "{error}");
    }
}
