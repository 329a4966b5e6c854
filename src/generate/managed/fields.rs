//! `jstype` of fields with 64-bit integers.

use super::location_removal::Paths;
use super::option_value::{self, Value};
use super::rules::Rules;
use crate::schema::descriptor::{
    DescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto,
};
use crate::schema::tag::field_options::JSTYPE;
use crate::schema::{tag, wire};

/// Sets `jstype` according to the rules, and adds the paths of changed options to `gone`.
pub(super) fn set(file: &mut FileDescriptorProto, rules: &Rules<'_>, gone: &mut Paths) {
    let name = file.package().to_owned();
    let mut walk = Walk { rules, gone, path: Vec::new(), name };
    for (index, message) in file.message_type.iter_mut().enumerate() {
        walk.message(tag::file::MESSAGE_TYPE, index, message);
    }
    walk.fields(tag::file::EXTENSION, &mut file.extension);
}

/// A walk through a file: the path and the name of the current element.
struct Walk<'a> {
    rules: &'a Rules<'a>,
    gone: &'a mut Paths,
    path: Vec<i32>,
    name: String,
}

impl Walk<'_> {
    fn message(&mut self, list: i32, index: usize, message: &mut DescriptorProto) {
        let name = self.enter(list, index, message.name());
        self.fields(tag::message::FIELD, &mut message.field);
        self.fields(tag::message::EXTENSION, &mut message.extension);
        for (index, nested) in message.nested_type.iter_mut().enumerate() {
            self.message(tag::message::NESTED_TYPE, index, nested);
        }
        self.leave(name);
    }

    fn fields(&mut self, list: i32, fields: &mut [FieldDescriptorProto]) {
        let fields = fields.iter_mut().enumerate();
        for (index, field) in fields.filter(|(_, field)| has_jstype(field)) {
            let name = self.enter(list, index, field.name());
            self.field(field);
            self.leave(name);
        }
    }

    fn field(&mut self, field: &mut FieldDescriptorProto) {
        let Some(wanted) = self.rules.jstype(&self.name).map(|jstype| jstype as u64) else {
            return;
        };
        if wire::last_varint(field.options.as_deref(), JSTYPE) == Some(wanted) {
            return;
        }
        option_value::set(&mut field.options, JSTYPE, &Value::Number(wanted));
        self.gone.insert([&*self.path, &[tag::field::OPTIONS, JSTYPE]].concat());
    }

    /// Enters an element. Returns the argument for [`Walk::leave`].
    fn enter(&mut self, list: i32, index: usize, name: &str) -> usize {
        let outside = self.name.len();
        self.path.extend([list, index as i32]);
        if outside > 0 {
            self.name.push('.');
        }
        self.name.push_str(name);
        outside
    }

    fn leave(&mut self, outside: usize) {
        self.path.truncate(self.path.len() - 2);
        self.name.truncate(outside);
    }
}

fn has_jstype(field: &FieldDescriptorProto) -> bool {
    matches!(
        field.r#type.and_then(|number| FieldType::try_from(number).ok()),
        Some(
            FieldType::Int64
                | FieldType::Uint64
                | FieldType::Sint64
                | FieldType::Fixed64
                | FieldType::Sfixed64
        )
    )
}
