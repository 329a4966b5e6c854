//! Pairs of old and new elements: files are paired by path, types by full name, fields and enum
//! values by number, methods by name, extensions by extendee and number.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Enum, EnumValue, Field, File, Message, Method, Schema, Service};

/// The same element in two schemas.
#[derive(Clone, Copy, Debug)]
pub struct Pair<T> {
    /// The old element.
    pub old: T,
    /// The new element.
    pub new: T,
}

impl<T> Pair<T> {
    /// Applies `ask` to both sides.
    pub fn map<U>(self, ask: impl Fn(T) -> U) -> Pair<U> {
        Pair { old: ask(self.old), new: ask(self.new) }
    }
}

impl<T: PartialEq> Pair<T> {
    /// Whether the two sides differ.
    pub fn differs(&self) -> bool {
        self.old != self.new
    }
}

impl<'s> Pair<&'s Schema> {
    /// Returns the files that both schemas have.
    pub fn files(self) -> impl Iterator<Item = Pair<File<'s>>> {
        self.old
            .files()
            .filter_map(move |old| self.new.file(old.path()).map(|new| Pair { old, new }))
    }

    /// Returns the messages that both schemas have, map entries included.
    pub fn messages(self) -> impl Iterator<Item = Pair<Message<'s>>> {
        self.old
            .messages()
            .filter_map(move |old| self.new.message(old.full_name()).map(|new| Pair { old, new }))
    }

    /// Returns the enums that both schemas have.
    pub fn enums(self) -> impl Iterator<Item = Pair<Enum<'s>>> {
        self.old.enums().filter_map(move |old| {
            self.new.enumeration(old.full_name()).map(|new| Pair { old, new })
        })
    }

    /// Returns the services that both schemas have.
    pub fn services(self) -> impl Iterator<Item = Pair<Service<'s>>> {
        self.old
            .services()
            .filter_map(move |old| self.new.service(old.full_name()).map(|new| Pair { old, new }))
    }

    /// Returns the extensions that both schemas declare for the same message and number.
    pub fn extensions(self) -> impl Iterator<Item = Pair<Field<'s>>> {
        let key = |field: Field<'s>| (field.extendee(), field.number());
        let new: FxHashMap<_, _> = self.new.extensions().map(|field| (key(field), field)).collect();
        self.old
            .extensions()
            .filter_map(move |old| new.get(&key(old)).map(|new| Pair { old, new: *new }))
    }
}

impl<'s> Pair<Message<'s>> {
    /// Returns the fields that both messages have under the same number.
    pub fn fields(self) -> impl Iterator<Item = Pair<Field<'s>>> {
        self.fields_by_number().filter_map(|(old, new)| Some(Pair { old, new: new? }))
    }

    /// Returns the old fields, each with the new field of the same number, if any.
    pub fn fields_by_number(self) -> impl Iterator<Item = (Field<'s>, Option<Field<'s>>)> {
        let by_number = Numbers::of(self.new);
        self.old.fields().map(move |old| (old, by_number.get(self.new, old)))
    }
}

/// A look-up of the fields of a message by number: by search where that is cheap, through a table
/// if the message is large.
struct Numbers<'s>(Option<FxHashMap<i32, Field<'s>>>);

impl<'s> Numbers<'s> {
    fn of(message: Message<'s>) -> Self {
        const LARGE: usize = 16;
        let table = (message.fields().len() > LARGE)
            .then(|| message.fields().map(|field| (field.number(), field)).collect());
        Numbers(table)
    }

    fn get(&self, message: Message<'s>, field: Field<'s>) -> Option<Field<'s>> {
        match &self.0 {
            Some(table) => table.get(&field.number()).copied(),
            None => message.field(field.number()),
        }
    }
}

impl<'s> Pair<Enum<'s>> {
    /// Returns the numbers of the old enum in ascending order, each with all its values on both
    /// sides. The new side is empty if the number was deleted.
    pub fn numbers(self) -> Vec<(i32, Pair<Vec<EnumValue<'s>>>)> {
        let by_number = |side: Enum<'s>| {
            let mut numbers = BTreeMap::<i32, Vec<EnumValue<'s>>>::new();
            for value in side.values() {
                numbers.entry(value.number()).or_default().push(value);
            }
            numbers
        };
        let mut new = by_number(self.new);
        let old = by_number(self.old).into_iter();
        old.map(|(number, old)| {
            (number, Pair { old, new: new.remove(&number).unwrap_or_default() })
        })
        .collect()
    }
}

impl<'s> Pair<Service<'s>> {
    /// Returns the methods that both services have.
    pub fn methods(self) -> impl Iterator<Item = Pair<Method<'s>>> {
        let new: FxHashMap<&str, Method<'s>> =
            self.new.methods().map(|method| (method.name(), method)).collect();
        let pair = move |old: Method<'s>| Some(Pair { old, new: *new.get(old.name())? });
        self.old.methods().filter_map(pair)
    }
}
