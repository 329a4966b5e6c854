//! A deserializer that counts the memory of the decoded values and rejects those that exceed the
//! budget. It wraps parsers that limit only the depth.

use std::fmt;

use prost_reflect::Value;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::budget::{Budget, in_list};

/// The memory of a value: an item of a list.
pub(super) const VALUE: usize = in_list::<Value>();

/// The additional memory of a message: a node of a tree with its fields.
pub(super) const MESSAGE: usize = 1 << 10;

/// A serde deserializer, seed or visitor, with the budget that its values count in.
pub(super) struct Counted<'b, T> {
    pub(super) inner: T,
    pub(super) budget: &'b Budget,
}

impl<'b, T> Counted<'b, T> {
    /// Returns `other` with the same budget.
    fn with<U>(&self, other: U) -> Counted<'b, U> {
        Counted { inner: other, budget: self.budget }
    }

    fn count<E: Error>(&self, size: usize) -> Result<(), E> {
        self.budget.take(size).map_err(E::custom)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Counted<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.count(VALUE)?;
        let deserializer = self.with(deserializer);
        self.inner.deserialize(deserializer)
    }
}

/// Declares methods of a deserializer that pass on a counting visitor.
macro_rules! deserialize {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            let visitor = self.with(visitor);
            self.inner.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Counted<'_, D> {
    type Error = D::Error;

    deserialize! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16()
        deserialize_i32() deserialize_i64() deserialize_i128() deserialize_u8()
        deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Declares methods of a visitor whose value counts with `size` bytes.
macro_rules! visit {
    ($($method:ident($value:ident: $type:ty) $size:expr;)*) => {
        $(fn $method<E: Error>(self, $value: $type) -> Result<V::Value, E> {
            self.count($size)?;
            self.inner.$method($value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Counted<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    // A string is held twice: as a value and as bytes.
    visit! {
        visit_bool(value: bool) 0;
        visit_i8(value: i8) 0;
        visit_i16(value: i16) 0;
        visit_i32(value: i32) 0;
        visit_i64(value: i64) 0;
        visit_i128(value: i128) 0;
        visit_u8(value: u8) 0;
        visit_u16(value: u16) 0;
        visit_u32(value: u32) 0;
        visit_u64(value: u64) 0;
        visit_u128(value: u128) 0;
        visit_f32(value: f32) 0;
        visit_f64(value: f64) 0;
        visit_char(value: char) 0;
        visit_str(value: &str) 2 * value.len();
        visit_borrowed_str(value: &'de str) 2 * value.len();
        visit_string(value: String) 2 * value.len();
        visit_bytes(value: &[u8]) 2 * value.len();
        visit_borrowed_bytes(value: &'de [u8]) 2 * value.len();
        visit_byte_buf(value: Vec<u8>) 2 * value.len();
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.visit_some(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let deserializer = self.with(deserializer);
        self.inner.visit_newtype_struct(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        let list = self.with(list);
        self.inner.visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.count(MESSAGE)?;
        let map = self.with(map);
        self.inner.visit_map(map)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(variant)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let seed = self.with(seed);
        self.inner.next_element_seed(seed)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.with(seed);
        self.inner.next_value_seed(seed)
    }
}
