//! The query parameters of a URL: every field of a request that is neither in the path nor in the
//! body, down to single values.

use super::binding::{Binding, Body, name_of};
use super::types::inside;
use super::well_known::{Form, form};
use crate::schema::{Field, FieldKind, Message};

/// The fields of a request that are query parameters.
#[derive(Debug, Default)]
pub(super) struct Query<'s> {
    /// The fields, each as the path from the request.
    pub(super) fields: Vec<Vec<Field<'s>>>,
    /// The names of the fields that cannot be query parameters: maps, lists of messages, arbitrary
    /// JSON, and messages nested in themselves.
    pub(super) omitted: Vec<String>,
}

impl<'s> Query<'s> {
    pub(super) fn of(binding: &Binding<'s>) -> Self {
        let mut query = Query::default();
        let mut without: Vec<&[Field<'s>]> = binding.variables.iter().map(Vec::as_slice).collect();
        match &binding.body {
            Body::Rest => return query,
            Body::Field(field) => without.push(std::slice::from_ref(field)),
            Body::None => {}
        }
        query.add(binding.request, &without, &mut Vec::new());
        query
    }

    /// Adds the fields of `message`, which is at `path`, except those at the paths `without`.
    fn add(
        &mut self,
        message: Message<'s>,
        without: &[&[Field<'s>]],
        path: &mut Vec<(Field<'s>, &'s str)>,
    ) {
        for field in message.fields() {
            let Some(inside) = inside(without, field) else { continue };
            path.push((field, message.full_name()));
            match field.kind() {
                FieldKind::Message(inner) => match form(inner.full_name()) {
                    Some(Form::Value) => self.fields.push(fields(path)),
                    None if !field.is_repeated() && !is_around(inner, path) => {
                        self.add(inner, &inside, path);
                    }
                    Some(Form::Tree) | None => self.omitted.push(name_of(&fields(path))),
                },
                FieldKind::Scalar(_) | FieldKind::Enum(_) => self.fields.push(fields(path)),
                FieldKind::Missing => self.omitted.push(name_of(&fields(path))),
            }
            path.pop();
        }
    }
}

fn fields<'s>(path: &[(Field<'s>, &str)]) -> Vec<Field<'s>> {
    path.iter().map(|(field, _)| *field).collect()
}

/// Whether `message` is one of the messages on `path`.
fn is_around(message: Message<'_>, path: &[(Field<'_>, &str)]) -> bool {
    path.iter().any(|(_, around)| *around == message.full_name())
}
