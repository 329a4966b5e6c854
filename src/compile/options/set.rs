//! Sets options: finds the field of a name, and stores the value in the message.

use super::entry_paths::{EntryPath, entry_paths};
use super::fault::Fault;
use super::fields::Fields;
use super::raw::{Part, RawOption, RawValue};
use super::scalar::{Position, enum_number, mismatch, scalar_value};
use super::support;
use super::text::{self, Entry, Literal, Name};
use super::types::{FieldType, MessageType, ValueType};
use super::value::{MessageValue, Value, integer};
use crate::schema::descriptor::FieldType as Type;
use crate::schema::options::Kind;

/// The domains of type URLs; nothing is ever downloaded.
const ANY_DOMAINS: [&str; 2] = ["type.googleapis.com", "type.googleprod.com"];

/// A setter for the options of one element.
pub(super) struct Setter<'p, 'f, 'n> {
    pub(super) fields: Fields<'p, 'f, 'n>,
    /// The extensions of options messages whose entries have locations.
    pub(super) located: &'n [i32],
}

impl<'p> Setter<'p, '_, '_> {
    /// Sets `option` in the options message `options`, extends `path` to that of the field, and
    /// stores the paths of the entries of a message value in `entries` if they have locations.
    pub(super) fn set<'a>(
        &mut self,
        options: &mut MessageValue<'p, 'a>,
        option: RawOption<'a>,
        path: &mut Vec<i32>,
        entries: &mut Option<Vec<EntryPath>>,
    ) -> Result<(), Fault> {
        let element = path.len();
        self.check_first_part(&option)?;
        let depth = option.name.len().saturating_sub(1);
        let value = value(option.value, depth).map_err(Fault::new)?;
        let Some((last, before)) = option.name.split_last() else {
            return Err(Fault::new("the option has no name"));
        };
        let mut message = options;
        for part in before {
            let field = self.fields.part(*part, message.of)?;
            path.push(field.number);
            message = self.enter(message, field)?;
        }
        let field = self.fields.part(*last, message.of)?;
        path.push(field.number);
        if field.is_repeated {
            path.push(message.count(field) as i32);
        } else if path.get(element).is_some_and(|number| self.located.contains(number)) {
            *entries = entry_paths(&mut self.fields, field, &value, path);
        }
        self.assign(message, field, value, Position::Option)
    }

    /// Reports fields of the options message that cannot be set by name.
    fn check_first_part(&self, option: &RawOption<'_>) -> Result<(), Fault> {
        let Some(Part { name, is_extension: false }) = option.name.first() else { return Ok(()) };
        match *name {
            "uninterpreted_option" => {
                Err(Fault::new("`uninterpreted_option` belongs to the compiler and cannot be set"))
            }
            "map_entry" if self.fields.kind == Kind::Message => {
                Err(Fault::new("`map_entry` cannot be set")
                    .help("declare a field of type `map<…, …>` instead"))
            }
            "features" if self.fields.names.file().syntax() != "editions" => {
                Err(Fault::new("features can be set in files of an edition only"))
            }
            "default" | "json_name" if self.fields.kind == Kind::Field => {
                Err(Fault::new(if option.name.len() == 1 {
                    format!("`{name}` is set more than once")
                } else {
                    format!("`{name}` is no message: nothing in it can be set")
                }))
            }
            _ => Ok(()),
        }
    }

    /// Returns the message in `field`, to set a field in it.
    fn enter<'t, 'a>(
        &self,
        message: &'t mut MessageValue<'p, 'a>,
        field: &'p FieldType,
    ) -> Result<&'t mut MessageValue<'p, 'a>, Fault> {
        let ValueType::Message(index) = field.value_type else {
            let name = field.written();
            return Err(Fault::new(format!("`{name}` is no message: nothing in it can be set")));
        };
        if field.is_repeated {
            let fault = Fault::new(format!("`{}` is repeated", field.written()));
            return Err(fault.help("set a whole element at a time, as a message value"));
        }
        check_oneof(message, field)?;
        let of = self.fields.types.message(index);
        message.child(field, of).ok_or_else(|| Fault::new("the option is no message"))
    }

    /// Stores a value, or a list of values, in `field`.
    fn assign<'a>(
        &mut self,
        message: &mut MessageValue<'p, 'a>,
        field: &'p FieldType,
        literal: Literal<'a>,
        position: Position,
    ) -> Result<(), Fault> {
        if let Literal::List(items) = literal {
            if !field.is_repeated || position == Position::Option {
                return Err(Fault::new(format!("`{}` takes no list", field.written())));
            }
            for item in items {
                let value = self.value(field, item, position)?;
                message.push(field, value);
            }
            return Ok(());
        }
        if !field.is_repeated {
            check_oneof(message, field)?;
            // Inside of a message value, two values of a message field are merged.
            let merges =
                position == Position::Text && matches!(field.value_type, ValueType::Message(_));
            if !merges && message.has(field) {
                return Err(Fault::new(format!("`{}` is set more than once", field.written())));
            }
        }
        let value = self.value(field, literal, position)?;
        message.push(field, value);
        Ok(())
    }

    fn value<'a>(
        &mut self,
        field: &'p FieldType,
        literal: Literal<'a>,
        position: Position,
    ) -> Result<Value<'p, 'a>, Fault> {
        match field.value_type {
            ValueType::Scalar(of) => scalar_value(field, of, literal, position),
            ValueType::Enum(index) => {
                let of = self.fields.types.enumeration(index);
                let number = enum_number(of, &literal, &mut self.fields.names.suggestions)?;
                if let Some(value) = of.numbered(number) {
                    support::check(&value.name, &value.support, self.fields.edition)?;
                }
                Ok(integer(Type::Enum, i64::from(number)))
            }
            ValueType::Message(index) => match literal {
                Literal::Message(entries) => {
                    let of = self.fields.types.message(index);
                    self.message_value(of, entries).map(Value::Message)
                }
                other => Err(mismatch("a message value `{ … }`", &other)),
            },
            ValueType::Unknown => {
                Err(Fault::new(format!("the type of `{}` is not known", field.written())))
            }
        }
    }

    fn message_value<'a>(
        &mut self,
        of: &'p MessageType,
        entries: Vec<Entry<'a>>,
    ) -> Result<MessageValue<'p, 'a>, Fault> {
        let mut message = MessageValue::new(of);
        if of.is_any() && entries.iter().any(|entry| matches!(entry.name, Name::Any(..))) {
            self.fill_any(&mut message, entries)?;
            return Ok(message);
        }
        for entry in entries {
            let field = self.fields.entry_field(of, &entry.name)?;
            self.fields.check_use(field)?;
            if !entry.has_colon && !matches!(field.value_type, ValueType::Message(_)) {
                return Err(Fault::new(format!("a `:` is needed after `{}`", entry.name)));
            }
            self.assign(&mut message, field, entry.value, Position::Text)?;
        }
        Ok(message)
    }

    /// Fills an `Any` with the message that `[domain/name] { … }` describes.
    fn fill_any<'a>(
        &mut self,
        any: &mut MessageValue<'p, 'a>,
        entries: Vec<Entry<'a>>,
    ) -> Result<(), Fault> {
        let Ok([Entry { name: Name::Any(domain, name), value, .. }]) = <[_; 1]>::try_from(entries)
        else {
            return Err(Fault::new("beside the name of a type, an `Any` can have nothing else"));
        };
        if !ANY_DOMAINS.contains(&domain.as_str()) {
            let fault = Fault::new(format!("`{domain}` is no domain for the types of an `Any`"));
            return Err(fault.help(format!("write `[{}/{name}]`", ANY_DOMAINS[0])));
        }
        let of = self.fields.names.message(&name)?;
        let Literal::Message(entries) = value else {
            return Err(mismatch("a message value `{ … }`", &value));
        };
        let mut bytes = Vec::new();
        self.message_value(of, entries)?.encode(&mut bytes);
        for (field, bytes) in
            [("type_url", format!("{domain}/{name}").into_bytes()), ("value", bytes)]
        {
            any.push(self.fields.simple(any.of, field)?, Value::Bytes(bytes.into()));
        }
        Ok(())
    }
}

/// Parses the value of an option whose name leads `depth` levels into a message: these levels count
/// like nested braces.
fn value(value: RawValue<'_>, depth: usize) -> Result<Literal<'_>, String> {
    match value {
        RawValue::Message(text) => Ok(Literal::Message(text::parse(text, depth)?)),
        RawValue::Scalar(literal) => text::check_depth(depth).map(|()| literal),
    }
}

fn check_oneof(message: &MessageValue<'_, '_>, field: &FieldType) -> Result<(), Fault> {
    match (message.oneof_conflict(field), &field.oneof) {
        (Some(oneof_conflict), Some((_, oneof))) => Err(Fault::new(format!(
            "of oneof `{oneof}`, `{}` is set already: `{}` cannot be set, too",
            oneof_conflict.name, field.name
        ))),
        _ => Ok(()),
    }
}

/// Returns a required field that is not set in `message` or inside it.
pub(super) fn missing_required<'p>(
    message: &MessageValue<'p, '_>,
) -> Option<(&'p MessageType, &'p FieldType)> {
    if let Some(field) = message.of.required().find(|field| !message.has(field)) {
        return Some((message.of, field));
    }
    message.fields().iter().find_map(|(_, value)| match value {
        Value::Message(child) => missing_required(child),
        _ => None,
    })
}
