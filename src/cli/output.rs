//! Writes binary output to standard output.

use crate::error::Result;
use crate::files::Sink;

/// Writes the pieces that `fill` produces to standard output.
pub(crate) fn print_pieces(fill: impl FnOnce(&mut Sink<'_>) -> Result<()>) -> Result<()> {
    fill(&mut super::print_exactly)
}
