//! The cardinality of fields, including presence.

use std::fmt;

use super::Findings;
use crate::schema::Field;
use crate::schema::pair::Pair;

/// The cardinality of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cardinality {
    /// Singular with presence.
    Explicit,
    /// Singular without presence.
    Implicit,
    /// Required.
    Required,
    /// Repeated, but not a map.
    Repeated,
    /// A map.
    Map,
}

impl Cardinality {
    fn of(field: Field<'_>) -> Self {
        if field.is_map() {
            Cardinality::Map
        } else if field.is_repeated() {
            Cardinality::Repeated
        } else if field.is_required() {
            Cardinality::Required
        } else if field.has_presence() {
            Cardinality::Explicit
        } else {
            Cardinality::Implicit
        }
    }
}

/// Reports a pair whose cardinalities are in different groups, except for the synthetic fields of
/// map entries.
pub(super) fn compare(
    pair: Pair<Field<'_>>,
    findings: &mut Findings<'_>,
    group: impl Fn(Cardinality) -> u8,
) {
    let cardinality = pair.map(Cardinality::of);
    if !cardinality.map(group).differs() || is_in_map_entry(pair) {
        return;
    }
    let Pair { old, new } = cardinality;
    findings.on(pair).report(
        format_args!("{old} to {new}"),
        format_args!("was {old} and is now {new}."),
        format!("keep it {old}; add a new field with a new number"),
    );
}

impl fmt::Display for Cardinality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cardinality::Explicit => "singular with presence",
            Cardinality::Implicit => "singular without presence",
            Cardinality::Required => "required",
            Cardinality::Repeated => "repeated",
            Cardinality::Map => "a map",
        })
    }
}

/// Whether both fields are keys or values of maps.
pub(super) fn is_in_map_entry(pair: Pair<Field<'_>>) -> bool {
    let Pair { old, new } = pair.map(Field::is_in_map_entry);
    old && new
}
