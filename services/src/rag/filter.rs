//! Filters of passages by the metadata of their documents.

use agent_contract::agent::v2::comparison::Operator;
use agent_contract::agent::v2::{Comparison, Document, Filter};
use prost_types::Struct;
use prost_types::value::Kind;
use tonic::Status;

use crate::checks::invalid;

/// Checks a filter.
pub(super) fn check_filter(filter: &Filter) -> Result<(), Status> {
    if !(1..=100).contains(&filter.comparisons.len()) {
        return Err(invalid("filter.comparisons", "has to have 1 to 100 items"));
    }
    let is_set = |it: &Comparison| {
        let kind = it.value.as_ref().and_then(|value| value.kind.as_ref());
        it.operator() != Operator::Unspecified && kind.is_some()
    };
    if filter.comparisons.iter().all(is_set) {
        return Ok(());
    }
    Err(invalid("filter.comparisons", "has one without an operator or a value"))
}

/// Returns whether a document fulfils all comparisons of a filter.
pub(super) fn passes(filter: &Filter, document: &Document) -> bool {
    let empty = Struct::default();
    let metadata = document.metadata.as_ref().unwrap_or(&empty);
    filter.comparisons.iter().all(|comparison| {
        let mut keys = comparison.key.split('.');
        let first = keys.next().and_then(|key| metadata.fields.get(key));
        let found = keys.fold(first, |value, key| match value?.kind.as_ref()? {
            Kind::StructValue(inner) => inner.fields.get(key),
            _ => None,
        });
        let (Some(found), Some(wanted)) = (found, &comparison.value) else { return false };
        let order = match (&found.kind, &wanted.kind) {
            (Some(Kind::NumberValue(a)), Some(Kind::NumberValue(b))) => a.partial_cmp(b),
            (Some(Kind::StringValue(a)), Some(Kind::StringValue(b))) => Some(a.cmp(b)),
            _ => None,
        };
        match comparison.operator() {
            Operator::Unspecified => false,
            Operator::Equal => found == wanted,
            Operator::Less => order.is_some_and(|order| order.is_lt()),
            Operator::LessOrEqual => order.is_some_and(|order| order.is_le()),
            Operator::Greater => order.is_some_and(|order| order.is_gt()),
            Operator::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
            Operator::In => match &wanted.kind {
                Some(Kind::ListValue(list)) => list.values.contains(found),
                _ => false,
            },
        }
    })
}
