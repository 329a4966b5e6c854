//! Source info as buf writes it: comments and their text, display columns, and the locations of
//! options, which are known only once options are interpreted.

pub(super) mod adjust;
pub(super) mod code;
pub(super) mod columns;
mod comment_text;
mod comments;
mod option_entries;
pub(super) mod pending;
pub(super) mod width;
