//! Bytes that a command leaves on standard output.

use crate::error::Result;
use crate::files::Sink;

/// Writes what `fill` gives to standard output.
pub(crate) fn print_pieces(fill: impl FnOnce(&mut Sink<'_>) -> Result<()>) -> Result<()> {
    fill(&mut super::print_exactly)
}
