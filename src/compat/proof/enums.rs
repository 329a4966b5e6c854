//! What a change of an enum does: to the fields that have it, and to code that names its values.

use super::code::in_source;
use super::found::Found;
use super::{Prover, data_of, passage, source};
use crate::finding::{Direction, Extent, Surface};
use crate::schema::Enum;
use crate::schema::pair::Pair;
use crate::value::MessageType;

impl Prover<'_> {
    /// Returns what the change of the values of an enum with one number does to data.
    pub(super) fn enum_number(
        &self,
        pair: Pair<Enum<'_>>,
        numbers: Pair<Option<i32>>,
        surfaces: &[Surface],
    ) -> Found {
        let mut found = Found::default();
        let holders = self.holders(pair);
        if holders.is_empty() && data_of(surfaces).next().is_some() {
            let name = pair.new.full_name();
            found.unproved = Some(format!("no field of both versions has the type `{name}`"));
        }
        for (messages, field) in &holders {
            let messages = Pair { old: &messages.old, new: &messages.new };
            for surface in data_of(surfaces) {
                for direction in Direction::ALL {
                    let number = match direction {
                        Direction::OldToNew => numbers.old,
                        Direction::NewToOld => numbers.new,
                    };
                    let Some(number) = number else { continue };
                    let passage = passage(messages, surface, direction);
                    let shown = passage.enum_value(*field, number);
                    found.merge(self.data(&passage, direction, shown));
                }
            }
        }
        found
    }

    /// Returns what happens to code that has the old name `name` of an enum value.
    pub(super) fn enum_name(
        &self,
        pair: Pair<Enum<'_>>,
        name: &str,
        surfaces: &[Surface],
    ) -> Found {
        let is_kept = self.types().new.enum_number(pair.new.full_name(), name).is_some();
        let old = Some(source::enum_value(pair.old, name));
        let new = is_kept.then(|| source::enum_value(pair.new, name));
        in_source(&format!("{}.{name}", pair.old.full_name()), &Pair { old, new }, surfaces)
    }

    /// Returns what the change of an enum, open or closed, does.
    pub(super) fn enumeration(&self, pair: Pair<Enum<'_>>, surfaces: &[Surface]) -> Found {
        let known = |number: &i32| {
            [pair.old, pair.new].iter().all(|of| of.values().all(|it| it.number() != *number))
        };
        let unnamed = (1000..).find(known);
        let numbers = Pair {
            old: unnamed.filter(|_| !pair.old.is_closed()),
            new: unnamed.filter(|_| !pair.new.is_closed()),
        };
        let mut found = self.enum_number(pair, numbers, surfaces);
        found.witnesses.iter_mut().for_each(|witness| witness.extent = Extent::Some);
        found
    }

    /// Returns fields that have the enum in both versions, and their messages.
    fn holders(&self, pair: Pair<Enum<'_>>) -> Vec<(Pair<MessageType>, u32)> {
        let types = self.types();
        let holders = self.holders.get_or_init(|| {
            let owned = |(message, number): (&str, u32)| (message.to_owned(), number);
            let fields = types.old.enum_fields().into_iter();
            fields
                .map(|(of, fields)| (of.to_owned(), fields.into_iter().map(owned).collect()))
                .collect()
        });
        let of_both = |(message, number): &(String, u32)| {
            let pair = Pair { old: types.old.message(message)?, new: types.new.message(message)? };
            Some((pair, *number))
        };
        let named = holders.get(pair.old.full_name()).into_iter().flatten().filter_map(of_both);
        named
            .filter(|(messages, number)| messages.new.has_enum(*number, pair.new.full_name()))
            .collect()
    }
}
