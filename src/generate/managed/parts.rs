//! The parts that managed mode puts the text of an option together from.

/// What an option is made of: the value itself, or what stands around one that is made of the
/// file. All empty: the option is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) value: String,
    pub(super) prefix: String,
    pub(super) suffix: String,
}
