//! The elements that a finding is about: what changed, in both schemas.

use super::source::{self, Declarations};
use crate::finding::Finding;
use crate::schema::pair::Pair;
use crate::schema::{Enum, Field, File, Method, Schema};

/// The declarations of a type in both versions, by its name.
type NamedTypes = Vec<(String, Pair<Option<Declarations>>)>;

/// What changed.
#[derive(Debug)]
pub(super) enum Changed<'s> {
    /// A field or extension; one side may not have it.
    Field(Pair<Option<Field<'s>>>),
    /// Several fields, and why nothing breaks if they do not.
    Fields(Vec<Pair<Option<Field<'s>>>>, String),
    /// The values of an enum with one number; a side that does not have the number has none.
    EnumNumber(Pair<Enum<'s>>, Pair<Option<i32>>),
    /// An enum that was open or closed.
    Enum(Pair<Enum<'s>>),
    /// A method, which the new side may not have.
    Method(Pair<Option<Method<'s>>>),
    /// The names of types in code, and methods.
    Types(NamedTypes, Vec<Pair<Option<Method<'s>>>>),
    /// Something that neither data nor calls nor code show, and why.
    Nothing(&'static str),
}

/// Returns what the finding of a rule of this module is about.
pub(super) fn of<'s>(schemas: Pair<&'s Schema>, finding: &Finding) -> Changed<'s> {
    let (rule, element) = (finding.rule, &*finding.element);
    let found = match rule {
        "FIELD_SAME_CPP_STRING_TYPE" => {
            Some(Changed::Nothing("the option changes the type of the field in C++ only"))
        }
        "FIELD_SAME_JAVA_UTF8_VALIDATION" => {
            Some(Changed::Nothing("the option changes what the Java runtime checks only"))
        }
        "EXTENSION_MESSAGE_NO_DELETE" => {
            Some(Changed::Nothing("no extension that was declared is gone"))
        }
        "RESERVED_MESSAGE_NO_DELETE" | "RESERVED_ENUM_NO_DELETE" => {
            Some(Changed::Nothing("what is free again is not yet used"))
        }
        "MESSAGE_SAME_JSON_FORMAT" | "ENUM_SAME_JSON_FORMAT" => {
            Some(Changed::Nothing("JSON is written as before, but no longer promised"))
        }
        "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR" => {
            Some(Changed::Nothing("the option changes an accessor of the generated code only"))
        }
        "RPC_SAME_IDEMPOTENCY_LEVEL" => {
            Some(Changed::Nothing("the level is not sent; clients that repeat calls do so or not"))
        }
        "MESSAGE_SAME_REQUIRED_FIELDS" => required_fields(schemas, element),
        "PROOF_ADDITION_UNREAD" => {
            field(schemas, rule, element).or_else(|| enum_number(schemas, rule, element))
        }
        "ENUM_SAME_TYPE" => enums(schemas, element).map(Changed::Enum),
        rule if rule.starts_with("FIELD_") || rule.starts_with("PROOF_FIELD_") => {
            field(schemas, rule, element)
        }
        rule if rule.starts_with("ENUM_VALUE_") || rule.starts_with("PROOF_ENUM_VALUE_") => {
            enum_number(schemas, rule, element)
        }
        rule if rule.starts_with("RPC_") || rule.starts_with("PROOF_RPC_") => {
            method(schemas, element).or_else(|| types_named(schemas, element))
        }
        rule if rule.starts_with("ONEOF_") => oneof(schemas, finding),
        rule if rule.starts_with("FILE_") => file(schemas, rule, element),
        rule if rule.contains("EXTENSION_") => extension(schemas, element),
        "PACKAGE_NO_DELETE" => {
            let files = schemas.old.files().filter(|file| file.package() == element);
            Some(types_of(schemas, files.filter(|file| !file.is_import())))
        }
        _ => types_named(schemas, element),
    };
    found.unwrap_or(Changed::Nothing("no value and no call differs"))
}

/// Returns everything that the old version, or else the new one, calls `element`.
pub(super) fn all_named<'s>(schemas: Pair<&'s Schema>, element: &str) -> Vec<Changed<'s>> {
    let field = || {
        let old = field(schemas, "NO_DELETE", element);
        old.or_else(|| field(schemas, "", element))
    };
    let one = field()
        .or_else(|| enum_number(schemas, "NO_DELETE", element))
        .or_else(|| method(schemas, element));
    let of_enum = enums(schemas, element).map(Changed::Enum);
    [one, of_enum, types_named(schemas, element)].into_iter().flatten().collect()
}

/// Returns the field with the full name `element`: of the old version if the rule is about deleted
/// ones, otherwise of the new one.
fn field<'s>(schemas: Pair<&'s Schema>, rule: &str, element: &str) -> Option<Changed<'s>> {
    let is_deleted = rule.contains("NO_DELETE");
    let Some((owner, name)) = element.rsplit_once('.') else {
        return extension(schemas, element);
    };
    let owners = schemas.map(|schema| schema.message(owner));
    let side = if is_deleted { owners.old } else { owners.new };
    let number = side
        .and_then(|message| message.fields().find(|field| field.name() == name))
        .map(Field::number);
    let Some(number) = number else { return extension(schemas, element) };
    Some(Changed::Field(owners.map(|owner| owner.and_then(|owner| owner.field(number)))))
}

/// Returns the extension with the full name `element`, with the one that has its number.
fn extension<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let named = |schema: &'s Schema| schema.extensions().find(|it| it.full_name() == element);
    let known = named(schemas.old).or_else(|| named(schemas.new))?;
    let same = |schema: &'s Schema| {
        let key = |field: Field<'_>| (field.extendee().to_owned(), field.number());
        schema.extensions().find(|it| key(*it) == key(known))
    };
    Some(Changed::Field(schemas.map(same)))
}

/// Returns the fields that only one version requires.
fn required_fields<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let (old, new) = (schemas.old.message(element)?, schemas.new.message(element)?);
    let numbers = old.fields().chain(new.fields()).filter(|field| field.is_required());
    let mut numbers: Vec<i32> = numbers.map(Field::number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let pairs =
        numbers.into_iter().map(|number| Pair { old: old.field(number), new: new.field(number) });
    let is_required = |field: Option<Field<'_>>| field.is_some_and(Field::is_required);
    let pairs = pairs.filter(|pair| pair.map(is_required).differs());
    Some(Changed::Fields(pairs.collect(), "both versions require the same fields".to_owned()))
}

fn enums<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Pair<Enum<'s>>> {
    Some(Pair { old: schemas.old.enumeration(element)?, new: schemas.new.enumeration(element)? })
}

/// Returns the number of the enum value with the full name `element`: of the old version if the rule is
/// about deleted ones, otherwise of the new one. A name may have another number in each.
fn enum_number<'s>(schemas: Pair<&'s Schema>, rule: &str, element: &str) -> Option<Changed<'s>> {
    let (owner, name) = element.rsplit_once('.')?;
    let pair = enums(schemas, owner)?;
    let named = |of: Enum<'_>| of.values().find(|value| value.name() == name).map(|it| it.number());
    let numbers = pair.map(named);
    let number = if rule.contains("NO_DELETE") {
        numbers.old.or(numbers.new)
    } else {
        numbers.new.or(numbers.old)
    }?;
    let has = |of: Enum<'_>| of.values().any(|value| value.number() == number);
    Some(Changed::EnumNumber(pair, pair.map(|of| has(of).then_some(number))))
}

fn method<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let (service, name) = element.rsplit_once('.')?;
    let method = |schema: &'s Schema| {
        schema.service(service)?.methods().find(|method| method.name() == name)
    };
    let pair = schemas.map(method);
    pair.old.is_some().then_some(Changed::Method(pair))
}

/// Returns the fields of the oneof that `finding`, about its message, names.
fn oneof<'s>(schemas: Pair<&'s Schema>, finding: &Finding) -> Option<Changed<'s>> {
    let (old, new) =
        (schemas.old.message(&finding.element)?, schemas.new.message(&finding.element)?);
    let is_named = |name: &str| finding.message.contains(&format!("`{name}`"));
    let oneof = old.oneofs().find(|oneof| is_named(oneof.name()))?;
    let pairs =
        oneof.fields().map(|field| Pair { old: Some(field), new: new.field(field.number()) });
    Some(Changed::Fields(pairs.collect(), "its fields are read as before".to_owned()))
}

/// Returns what a rule about a file is about: fields if it is the syntax, otherwise the names of its
/// types and the methods of its services.
fn file<'s>(schemas: Pair<&'s Schema>, rule: &str, element: &str) -> Option<Changed<'s>> {
    let old = schemas.old.file(element)?;
    if rule != "FILE_SAME_SYNTAX" {
        return Some(types_of(schemas, std::iter::once(old)));
    }
    let messages = old
        .all_messages()
        .filter_map(|old| Some(Pair { old, new: schemas.new.message(old.full_name())? }));
    let fields = messages.flat_map(super::changed_fields).take(super::MAX_PARTS);
    Some(Changed::Fields(fields.collect(), "every field is read as before".to_owned()))
}

/// Returns the names of the types of `files` in code, and their methods.
fn types_of<'s>(schemas: Pair<&'s Schema>, files: impl Iterator<Item = File<'s>>) -> Changed<'s> {
    let (mut types, mut methods) = (Vec::new(), Vec::new());
    for file in files {
        let messages = file.all_messages().filter(|message| !message.is_map_entry());
        for message in messages.take(super::MAX_PARTS) {
            types.extend(named(schemas, message.full_name()));
        }
        for of in file.all_enums().take(super::MAX_PARTS) {
            types.extend(named(schemas, of.full_name()));
        }
        for service in file.services() {
            types.extend(named(schemas, service.full_name()));
            let new = schemas.new.service(service.full_name());
            for old in service.methods() {
                let same = |new: crate::schema::Service<'s>| {
                    new.methods().find(|method| method.name() == old.name())
                };
                let new = new.and_then(same);
                if new.is_none() {
                    methods.push(Pair { old: Some(old), new });
                }
            }
        }
    }
    Changed::Types(types, methods)
}

/// Returns the type or service with the full name `element`, with its methods.
fn types_named<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let types = named(schemas, element)?;
    let service = schemas.old.service(element).filter(|_| schemas.new.service(element).is_none());
    let methods = service.into_iter().flat_map(|service| service.methods());
    let methods = methods.map(|old| Pair { old: Some(old), new: None });
    Some(Changed::Types(vec![types], methods.collect()))
}

/// Returns the declarations of a message, enum or service in both versions.
fn named(schemas: Pair<&Schema>, name: &str) -> Option<(String, Pair<Option<Declarations>>)> {
    let declared = schemas.map(|schema| {
        let message = schema.message(name).map(source::message);
        message
            .or_else(|| schema.enumeration(name).map(source::enumeration))
            .or_else(|| schema.service(name).map(source::service))
    });
    declared.old.is_some().then(|| (name.to_owned(), declared))
}
