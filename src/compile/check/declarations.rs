//! Checks extension ranges: proto3 has none, and if a range declares its extensions, the
//! declarations are complete, inside the range, and match the extensions.

use prost::Message as _;
use rustc_hash::FxHashMap;

use super::identifiers::is_identifier;
use super::ranges::{self, Purpose, Range};
use super::{Problem, problem};
use crate::schema::descriptor::{
    Edition, ExtensionDeclaration, ExtensionRangeOptions, FieldType, VerificationState,
};
use crate::schema::tag;
use crate::schema::{Field, Message};

pub(super) fn check(message: Message<'_>, problems: &mut Vec<Problem>) {
    let ranges = (0..).zip(&message.proto().extension_range);
    for (index, proto) in ranges {
        let (start, end) = (proto.start(), proto.end().saturating_sub(1));
        let range = Range { start, end, purpose: Purpose::Extensions, index };
        let mut refuse = |tail: &[i32], text: String| {
            problems.push(problem(ranges::path_in_message(message, range), tail, text));
        };
        if message.file().edition() == Edition::Proto3 {
            refuse(&[], format!("`{range}`: messages of proto3 files cannot be extended"));
        }
        if let Some(options) = options(proto.options.as_deref()) {
            let text = verification(&options).map(str::to_owned);
            let wrong = options.declaration.iter().filter_map(|one| declaration(one, range));
            for text in text.into_iter().chain(wrong) {
                refuse(&[tag::extension_range::OPTIONS], text);
            }
        }
    }
}

fn options(bytes: Option<&[u8]>) -> Option<ExtensionRangeOptions> {
    ExtensionRangeOptions::decode(bytes?).ok()
}

/// Returns the contradiction between the verification state of a range and its declarations.
fn verification(options: &ExtensionRangeOptions) -> Option<&'static str> {
    let declares = !options.declaration.is_empty();
    match options.verification.map(|_| options.verification()) {
        Some(VerificationState::Declaration) if !declares => {
            Some("the range demands that its extensions are declared and declares none")
        }
        Some(VerificationState::Unverified) if declares => {
            Some("the range is unverified and declares extensions all the same")
        }
        _ => None,
    }
}

/// Returns the problem of one declaration of `range`.
fn declaration(declaration: &ExtensionDeclaration, range: Range) -> Option<String> {
    let Some(number) = declaration.number else {
        return Some("the declaration of an extension needs a `number`".to_owned());
    };
    if !(range.start..=range.end).contains(&number) {
        return Some(format!("an extension with the number {number} is declared in `{range}`"));
    }
    let name = declaration.full_name.as_deref();
    let type_name = declaration.r#type.as_deref();
    if let Some(name) = name.filter(|name| !is_absolute(name)) {
        return Some(format!("`full_name: \"{name}\"` should be like `.package.name`"));
    }
    if let Some(name) = type_name.filter(|name| !is_absolute(name) && !is_predeclared(name)) {
        return Some(format!("`type: \"{name}\"` should be a scalar, or like `.package.Name`"));
    }
    let is_half = if declaration.reserved() {
        name.is_some() != type_name.is_some()
    } else {
        name.is_none() || type_name.is_none()
    };
    is_half.then(|| format!("the declaration of {number} needs a `full_name` and a `type`"))
}

fn is_absolute(name: &str) -> bool {
    name.strip_prefix('.').is_some_and(|rest| rest.split('.').all(is_identifier))
}

/// Whether `name` needs no leading dot: a scalar type, or `max` and the like, which buf accepts.
fn is_predeclared(name: &str) -> bool {
    scalar(name).is_some() || ["max", "inf", "nan", "true", "false", "map"].contains(&name)
}

/// Returns the extension declarations of a message, by number.
pub(super) fn by_number(extendee: Message<'_>) -> FxHashMap<i32, ExtensionDeclaration> {
    let ranges = extendee.proto().extension_range.iter();
    let declared = ranges
        .filter_map(|range| options(range.options.as_deref()))
        .flat_map(|options| options.declaration)
        .filter_map(|declaration| Some((declaration.number?, declaration)));
    let mut by_number = FxHashMap::default();
    declared.for_each(|(number, declaration)| {
        by_number.entry(number).or_insert(declaration);
    });
    by_number
}

/// Reports an extension that differs from its declaration.
pub(super) fn check_extension(
    extension: Field<'_>,
    declared: &ExtensionDeclaration,
    problems: &mut Vec<Problem>,
) {
    let number = extension.number();
    let mut refuse = |tail: i32, text: String| {
        problems.push(
            problem(extension.element_path(), &[tail], text)
                .help(format!("the declaration stands in `{}`", extension.extendee())),
        );
    };
    if declared.reserved() {
        refuse(tag::field::NUMBER, format!("the extension number {number} is reserved"));
    }
    let full_name = extension.full_name();
    if let Some(name) = &declared.full_name
        && name.strip_prefix('.') != Some(&full_name)
    {
        refuse(
            tag::NAME,
            format!("extension {number} is declared as `{name}`, not `.{full_name}`"),
        );
    }
    if let Some(declared_type) = &declared.r#type
        && !(has_type(extension, declared_type) && declared.repeated() == extension.is_repeated())
    {
        let label = if declared.repeated() { "repeated " } else { "" };
        refuse(
            tag::field::TYPE,
            format!("extension {number} is declared as `{label}{declared_type}`"),
        );
    }
}

fn has_type(field: Field<'_>, name: &str) -> bool {
    match name.strip_prefix('.') {
        Some(name) => !field.type_name().is_empty() && field.type_name() == name,
        None => scalar(name) == Some(field.field_type()),
    }
}

fn scalar(name: &str) -> Option<FieldType> {
    Some(match name {
        "double" => FieldType::Double,
        "float" => FieldType::Float,
        "int32" => FieldType::Int32,
        "int64" => FieldType::Int64,
        "uint32" => FieldType::Uint32,
        "uint64" => FieldType::Uint64,
        "sint32" => FieldType::Sint32,
        "sint64" => FieldType::Sint64,
        "fixed32" => FieldType::Fixed32,
        "fixed64" => FieldType::Fixed64,
        "sfixed32" => FieldType::Sfixed32,
        "sfixed64" => FieldType::Sfixed64,
        "bool" => FieldType::Bool,
        "string" => FieldType::String,
        "bytes" => FieldType::Bytes,
        _ => return None,
    })
}
