//! The parts from which managed mode builds the value of a string option.

/// The parts of an option: its value, or the prefix and suffix of a value that is derived from the
/// file. If all are empty, the option does not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) value: String,
    pub(super) prefix: String,
    pub(super) suffix: String,
}
