//! The memory limit of one input. A few bytes can decode to a large value, so each decoded item
//! counts with its size in memory, in addition to the bytes it is read from.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::files::SCHEMAS;

/// The size up to which an input is read and unpacked: more than any schema needs, less than a
/// small hostile file can unpack to.
pub const MAX_SIZE: usize = SCHEMAS as usize;

/// The message for an input that exceeds [`MAX_SIZE`].
pub const EXCEEDED: &str = "its decoded content takes more than the limit of 1 GiB";

/// The memory that an input may still use. A clone counts memory that is temporary: its use does
/// not reduce the original.
#[derive(Clone, Debug)]
pub struct Budget {
    left: Cell<usize>,
}

impl Budget {
    /// Returns a budget of `size` bytes.
    pub fn new(size: usize) -> Self {
        Budget { left: Cell::new(size) }
    }

    /// Takes `size` bytes; an error if fewer are left.
    pub fn take(&self, size: usize) -> Result<()> {
        let left = self.left.get().checked_sub(size).ok_or_else(|| Error::new(EXCEEDED))?;
        self.left.set(left);
        Ok(())
    }

    /// Returns the number of bytes left.
    pub fn left(&self) -> usize {
        self.left.get()
    }
}

/// Returns the memory of one `T` in a growing list: while the list is reallocated, its old buffer
/// exists beside one of twice the capacity.
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
