//! Messages and enums as JSON Schema 2020-12, the dialect of OpenAPI 3.1. Referenced types are
//! recorded, so that the document contains exactly the schemas that it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::annotation::behavior;
use super::comments::Comments;
use super::json::Object;
use super::well_known::{self, list, scalar, typed};
use crate::schema::descriptor::FieldType;
use crate::schema::spelling;
use crate::schema::{Enum, Field, FieldKind, Message, Oneof, Schema};

/// The schemas of a document.
#[derive(Debug)]
pub(super) struct Types<'s> {
    schema: &'s Schema,
    pub(super) comments: Comments<'s>,
    wanted: BTreeSet<String>,
    open: Vec<String>,
}

impl<'s> Types<'s> {
    pub(super) fn of(schema: &'s Schema) -> Self {
        let comments = Comments::of(schema);
        Types { schema, comments, wanted: BTreeSet::new(), open: Vec::new() }
    }

    /// Returns a reference to the type called `name`.
    pub(super) fn reference(&mut self, name: &str) -> Object {
        if self.wanted.insert(name.to_owned()) {
            self.open.push(name.to_owned());
        }
        Object::new().with("$ref", format!("#/components/schemas/{name}"))
    }

    /// Returns the schemas of all referenced types, by name.
    pub(super) fn components(mut self) -> Object {
        let mut schemas = BTreeMap::new();
        while let Some(name) = self.open.pop() {
            let schema = self.component(&name);
            schemas.insert(name, schema);
        }
        schemas.into_iter().collect()
    }

    fn component(&mut self, name: &str) -> Object {
        if let Some(schema) = well_known::schema(name) {
            return schema;
        }
        if let Some(message) = self.schema.message(name) {
            return self.message(message, &[]);
        }
        if let Some(enumeration) = self.schema.enumeration(name) {
            return self.enumeration(enumeration);
        }
        let schema = well_known::fallback(name).unwrap_or_default();
        if !schema.is_empty() {
            self.reference(well_known::FALLBACK_NEEDS);
        }
        schema
    }

    /// Returns the schema of `message` without the fields at the paths `without`. A nested message
    /// that would have no fields left is left out.
    pub(super) fn message(&mut self, message: Message<'s>, without: &[&[Field<'s>]]) -> Object {
        let (mut properties, mut required) = (Object::new(), Vec::new());
        for field in message.fields() {
            let inside = inside(without, field);
            let Some(inside) = inside.filter(|inside| !is_emptied(field, inside)) else { continue };
            let schema = match (field.kind(), &*inside) {
                (FieldKind::Message(inner), [_, ..]) => {
                    let schema = self.message(inner, &inside);
                    self.with_words(schema, field)
                }
                _ => self.field(field),
            };
            properties.set(&json_name(field), schema);
            if inside.is_empty() && (field.is_required() || behavior(field).is_required) {
                required.push(json_name(field));
            }
        }
        let kept = |field: &Field<'s>| inside(without, *field).is_some();
        let choices = message.oneofs().filter(|oneof| !oneof.is_synthetic());
        let choices = choices.filter_map(|oneof| self.choice(oneof, kept)).collect::<Vec<_>>();
        typed("object")
            .maybe("description", self.comments.at(&message.element_path()))
            .filled("properties", properties)
            .filled("required", required)
            .filled("allOf", choices)
            .filled("deprecated", message.options().deprecated.unwrap_or_default())
    }

    /// Returns a schema that allows at most one of the fields of `oneof`; none if fewer than two
    /// are left.
    fn choice(&self, oneof: Oneof<'s>, kept: impl Fn(&Field<'s>) -> bool) -> Option<Object> {
        let names: Vec<String> = oneof.fields().filter(kept).map(json_name).collect();
        if names.len() < 2 {
            return None;
        }
        let needs = |name: &String| Object::new().with("required", [name.as_str()]);
        let mut cases: Vec<Object> = names.iter().map(needs).collect();
        let any: Vec<Object> = cases.clone();
        cases.push(Object::new().with("not", Object::new().with("anyOf", any)));
        let comment = self.comments.at(&oneof.element_path());
        Some(Object::new().maybe("description", comment).with("oneOf", cases))
    }

    /// Returns the schema of `field`, with its comment and annotations.
    pub(super) fn field(&mut self, field: Field<'s>) -> Object {
        let schema = self.content(field);
        self.with_words(schema, field)
    }

    fn with_words(&self, schema: Object, field: Field<'s>) -> Object {
        let behavior = behavior(field);
        schema
            .maybe("description", self.comments.at(&field.element_path()))
            .filled("readOnly", behavior.is_output_only)
            .filled("writeOnly", behavior.is_input_only)
            .filled("deprecated", field.options().deprecated.unwrap_or_default())
    }

    /// Returns the schema of the value of `field`, without its comment and annotations.
    pub(super) fn content(&mut self, field: Field<'s>) -> Object {
        if let Some((key, value)) = entry(field) {
            let value = self.element(value);
            return typed("object")
                .maybe("propertyNames", well_known::key(key.field_type()))
                .with("additionalProperties", value);
        }
        let element = self.element(field);
        if field.is_repeated() {
            return list(element);
        }
        if field.has_presence() {
            return element;
        }
        match field.kind() {
            FieldKind::Scalar(kind) => element.with("default", well_known::default(kind)),
            FieldKind::Enum(enumeration) if enumeration.full_name() != NULL => {
                element.maybe("default", enumeration.values().next().map(|first| first.name()))
            }
            _ => element,
        }
    }

    /// Returns the schema of a single value of `field`.
    pub(super) fn element(&mut self, field: Field<'s>) -> Object {
        match field.kind() {
            FieldKind::Scalar(kind) => scalar(kind),
            FieldKind::Message(message) => self.reference(message.full_name()),
            FieldKind::Enum(enumeration) => self.reference(enumeration.full_name()),
            FieldKind::Missing => Object::new(),
        }
    }

    /// Returns the schema of an enum: its names and, if it is open, any number.
    fn enumeration(&self, enumeration: Enum<'s>) -> Object {
        let names: Vec<&str> = enumeration.values().map(|value| value.name()).collect();
        let named = typed("string").with("enum", names);
        let schema = if enumeration.is_closed() {
            named
        } else {
            Object::new().with("anyOf", [named, scalar(FieldType::Int32)])
        };
        let comment = self.comments.at(&enumeration.element_path());
        let values = enumeration.values().filter_map(|value| {
            let comment = self.comments.at(&value.element_path())?;
            let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(format!("- `{}`: {comment}", value.name()))
        });
        let values = values.collect::<Vec<_>>().join("\n");
        let values = (!values.is_empty()).then_some(values);
        let description = comment.into_iter().chain(values).collect::<Vec<_>>().join("\n\n");
        schema
            .filled("description", description)
            .filled("deprecated", enumeration.options().deprecated.unwrap_or_default())
    }
}

const NULL: &str = "google.protobuf.NullValue";

/// Returns the JSON name of `field`.
pub(super) fn json_name(field: Field<'_>) -> String {
    let stated = field.proto().json_name.clone();
    stated.unwrap_or_else(|| spelling::json_name(field.name()))
}

/// Returns the key and the value of a map.
pub(super) fn entry(field: Field<'_>) -> Option<(Field<'_>, Field<'_>)> {
    match field.kind() {
        FieldKind::Message(entry) if field.is_map() => Some((entry.field(1)?, entry.field(2)?)),
        _ => None,
    }
}

/// Returns the paths `without` relative to `field`. None if `field` itself is left out, because one
/// of the paths is `field` or leads to another field of its oneof.
pub(super) fn inside<'p, 's>(
    without: &[&'p [Field<'s>]],
    field: Field<'s>,
) -> Option<Vec<&'p [Field<'s>]>> {
    let mut left = Vec::new();
    for path in without {
        match path {
            [first, rest @ ..] if first.number() == field.number() => left.push(rest),
            [first, ..] if excludes(*first, field) => return None,
            _ => {}
        }
    }
    (!left.iter().any(|path| path.is_empty())).then_some(left)
}

/// Whether `one` and `other` are in the same oneof.
fn excludes(one: Field<'_>, other: Field<'_>) -> bool {
    let index = |field: Field<'_>| field.oneof().and(field.proto().oneof_index);
    index(one).is_some() && index(one) == index(other)
}

/// Whether the message in `field` has no fields left without the paths `without`.
fn is_emptied<'s>(field: Field<'s>, without: &[&[Field<'s>]]) -> bool {
    match field.kind() {
        FieldKind::Message(message) if !without.is_empty() => {
            message.fields().all(|field| match inside(without, field) {
                None => true,
                Some(rest) => is_emptied(field, &rest),
            })
        }
        _ => false,
    }
}
