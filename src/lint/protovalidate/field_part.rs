//! The part of a field that rules apply to: all of it, or its items, keys or values.

use super::cel::{self, Type};
use super::kind::{Kind, Rules};
use crate::schema::descriptor::FieldType;
use crate::schema::{Field, Schema};

/// A field and the part of it that rules apply to.
#[derive(Clone, Copy)]
pub(super) struct FieldPart<'a> {
    /// The field, or the field of the entries of a map.
    pub(super) of: Field<'a>,
    /// The part of the field.
    pub(super) part: Part,
}

/// The part of a field that rules apply to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Items,
    Keys,
    Values,
}

impl FieldPart<'_> {
    /// Whether it is a list or a map as a whole.
    pub(super) fn is_list(self) -> bool {
        self.part == Part::Whole && self.of.is_repeated()
    }

    /// Whether rules of `kind` apply to a single value of its type.
    pub(super) fn is_of(self, kind: &Kind) -> bool {
        match self.of.field_type() {
            FieldType::Message | FieldType::Group => self.of.type_name() == kind.message,
            scalar => kind.scalar == Some(scalar),
        }
    }

    /// Whether `rules` apply to its type.
    pub(super) fn fits(self, rules: &Rules<'_>) -> bool {
        !self.is_list() && self.is_of(rules.kind)
    }
}

impl<'s> FieldPart<'s> {
    /// Returns the variables of expressions about it.
    pub(super) fn scope(self, schema: &'s Schema) -> cel::Scope<'s> {
        let this = match self.part {
            Part::Whole => Type::of_field(self.of, schema),
            _ => Type::of_item(self.of, schema),
        };
        cel::scope(this, schema)
    }
}
