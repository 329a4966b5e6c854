//! The elements that a finding is about: what changed, in both schemas.

use crate::finding::Finding;
use crate::schema::descriptor::IdempotencyLevel;
use crate::schema::pair::Pair;
use crate::schema::{Enum, Field, File, Message, Method, Schema};

/// What changed.
#[derive(Debug)]
pub(super) enum Changed<'s> {
    /// A field or extension; one side may not have it.
    Field(Pair<Option<Field<'s>>>),
    /// Several fields, and why nothing breaks if they do not.
    Fields(Vec<Pair<Option<Field<'s>>>>, String),
    /// A value of an enum, by its name in the old version if the flag is set, otherwise in the new one.
    EnumValue(Pair<Enum<'s>>, String, bool),
    /// An enum that was open or closed.
    Enum(Pair<Enum<'s>>),
    /// A method, which the new side may not have.
    Method(Pair<Option<Method<'s>>>),
    /// Types and services, and what belongs to them.
    Types {
        /// The old names.
        types: Vec<String>,
        /// Methods that are gone.
        methods: Vec<Pair<Option<Method<'s>>>>,
        /// Extensions.
        extensions: Vec<Pair<Option<Field<'s>>>>,
        /// Messages that have the same name in the new package of their file.
        renamed: Vec<Pair<String>>,
        /// Whether a message is in the new version neither so nor under its old name.
        has_deleted: bool,
    },
    /// An option that only the generator of a language reads: the language, and what is declared
    /// before and after.
    Option(&'static str, Pair<String>),
    /// Something that neither data nor calls nor code show, and why.
    Nothing(&'static str),
    /// Something that only code can show, in a way that is not tried, and why.
    Code(&'static str),
    /// Something that was not tried, and why.
    Unknown(&'static str),
}

/// Returns what the finding of a rule of this module is about.
pub(super) fn of<'s>(schemas: Pair<&'s Schema>, finding: &Finding) -> Changed<'s> {
    let (rule, element) = (finding.rule, &*finding.element);
    let found = match rule {
        "FIELD_SAME_CPP_STRING_TYPE" => {
            Some(Changed::Code("what C++ generates for the option is not modelled"))
        }
        "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR" => {
            Some(Changed::Code("what is generated for the option is not modelled"))
        }
        "EXTENSION_MESSAGE_NO_DELETE" => {
            Some(Changed::Code("other schemas may declare extensions in the range"))
        }
        "FIELD_SAME_JAVA_UTF8_VALIDATION" => {
            Some(Changed::Unknown("what the Java runtime refuses is not modelled"))
        }
        "RESERVED_MESSAGE_NO_DELETE" | "RESERVED_ENUM_NO_DELETE" => {
            Some(Changed::Nothing("what is free again is not yet used"))
        }
        "MESSAGE_SAME_JSON_FORMAT" | "ENUM_SAME_JSON_FORMAT" => {
            Some(Changed::Nothing("JSON is written as before, but no longer promised"))
        }
        "RPC_SAME_IDEMPOTENCY_LEVEL" => idempotency(schemas, element),
        "MESSAGE_SAME_REQUIRED_FIELDS" => {
            required_fields(schemas, element).or_else(|| field(schemas, rule, element))
        }
        "PROOF_ADDITION_UNREAD" => {
            field(schemas, rule, element).or_else(|| enum_value(schemas, rule, element))
        }
        "ENUM_SAME_TYPE" => enums(schemas, element).map(Changed::Enum),
        rule if rule.starts_with("FIELD_") || rule.starts_with("PROOF_FIELD_") => {
            field(schemas, rule, element)
        }
        rule if rule.starts_with("ENUM_VALUE_") || rule.starts_with("PROOF_ENUM_VALUE_") => {
            enum_value(schemas, rule, element)
        }
        rule if rule.starts_with("RPC_") || rule.starts_with("PROOF_RPC_") => {
            method(schemas, element).or_else(|| types_named(schemas, element))
        }
        rule if rule.starts_with("ONEOF_") => oneof(schemas, finding),
        rule if rule.starts_with("FILE_") => file(schemas, finding),
        rule if rule.contains("EXTENSION_") => extension(schemas, element),
        "PACKAGE_NO_DELETE" => {
            let files = schemas.old.files().filter(|file| file.package() == element);
            Some(types_of(schemas, files.filter(|file| !file.is_import())))
        }
        _ => types_named(schemas, element),
    };
    found.unwrap_or(Changed::Unknown("the element was not found in both versions"))
}

/// Returns the change of the idempotency level of a method.
fn idempotency<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let Changed::Method(Pair { old: Some(old), .. }) = method(schemas, element)? else {
        return None;
    };
    Some(match old.options().idempotency_level() {
        IdempotencyLevel::NoSideEffects => Changed::Unknown(
            "a client of the Connect protocol may have used GET, which the server no longer takes",
        ),
        _ => Changed::Nothing("gRPC does not send the level"),
    })
}

/// Returns everything that the old version, or else the new one, calls `element`.
pub(super) fn all_named<'s>(schemas: Pair<&'s Schema>, element: &str) -> Vec<Changed<'s>> {
    let field = || {
        let old = field(schemas, "NO_DELETE", element);
        old.or_else(|| field(schemas, "", element))
    };
    let is_declared = |changed: &Changed<'_>| match changed {
        Changed::EnumValue(pair, name, _) => {
            [pair.old, pair.new].iter().any(|of| of.values().any(|value| value.name() == name))
        }
        _ => true,
    };
    let one = field()
        .or_else(|| enum_value(schemas, "NO_DELETE", element).filter(is_declared))
        .or_else(|| method(schemas, element));
    let of_enum = enums(schemas, element).map(Changed::Enum);
    let named = [one, of_enum, types_named(schemas, element)].into_iter().flatten();
    let options = options_of(schemas, element).into_iter().map(|(_, changed)| changed);
    let is_file = schemas.old.file(element).is_some() && schemas.new.file(element).is_some();
    let same = is_file.then_some(Changed::Nothing("the file has the same options"));
    named.chain(options).chain(same).collect()
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

/// Returns the enum value with the full name `element`: of the old version if the rule is about deleted
/// ones, otherwise of the new one. A name may have another number in each.
fn enum_value<'s>(schemas: Pair<&'s Schema>, rule: &str, element: &str) -> Option<Changed<'s>> {
    let (owner, name) = element.rsplit_once('.')?;
    let pair = enums(schemas, owner)?;
    Some(Changed::EnumValue(pair, name.to_owned(), rule.contains("NO_DELETE")))
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

/// Returns what a rule about a file is about: fields if it is the syntax, an option, or the names of its
/// types and the methods of its services.
fn file<'s>(schemas: Pair<&'s Schema>, finding: &Finding) -> Option<Changed<'s>> {
    let (rule, element) = (finding.rule, &*finding.element);
    let old = schemas.old.file(element)?;
    let option = rule.strip_prefix("FILE_SAME_").map(str::to_lowercase).unwrap_or_default();
    if let Some(changed) =
        options_of(schemas, element).into_iter().find(|(name, _)| *name == option)
    {
        return Some(changed.1);
    }
    if rule != "FILE_SAME_SYNTAX" {
        return Some(types_of(schemas, std::iter::once(old)));
    }
    let messages = old
        .all_messages()
        .filter_map(|old| Some(Pair { old, new: schemas.new.message(old.full_name())? }));
    let fields = messages.flat_map(super::changed_fields).take(super::MAX_PARTS);
    Some(Changed::Fields(fields.collect(), "every field is read as before".to_owned()))
}

/// Returns the name that a message of a file has in the file's new package, if it is there.
fn renamed(schemas: Pair<&Schema>, file: File<'_>, name: &str) -> Option<String> {
    let package = schemas.new.file(file.path())?.package();
    let rest = name.strip_prefix(file.package())?.trim_start_matches('.');
    let moved = if package.is_empty() { rest.to_owned() } else { format!("{package}.{rest}") };
    schemas.new.message(&moved).is_some().then_some(moved)
}

/// Returns the options of a file that differ and that only the generator of a language reads, by name:
/// those that the names of types do not show.
fn options_of<'s>(schemas: Pair<&Schema>, path: &str) -> Vec<(&'static str, Changed<'s>)> {
    let values = schemas.map(|schema| {
        let options = schema.file(path).map(|file| file.options())?;
        let text = |value: &Option<String>| format!("{:?}", value.as_deref().unwrap_or_default());
        let flag = |value: Option<bool>| value.unwrap_or_default().to_string();
        Some([
            ("cc_enable_arenas", "C++", options.cc_enable_arenas.unwrap_or(true).to_string()),
            ("cc_generic_services", "C++", flag(options.cc_generic_services)),
            ("csharp_namespace", "C#", text(&options.csharp_namespace)),
            ("java_generic_services", "Java", flag(options.java_generic_services)),
            ("objc_class_prefix", "Objective-C", text(&options.objc_class_prefix)),
            ("optimize_for", "C++, Java", format!("{:?}", options.optimize_for())),
            ("php_class_prefix", "PHP", text(&options.php_class_prefix)),
            ("php_metadata_namespace", "PHP", text(&options.php_metadata_namespace)),
            ("php_namespace", "PHP", text(&options.php_namespace)),
            ("py_generic_services", "Python", flag(options.py_generic_services)),
            ("ruby_package", "Ruby", text(&options.ruby_package)),
            ("swift_prefix", "Swift", text(&options.swift_prefix)),
        ])
    });
    let Pair { old: Some(old), new: Some(new) } = values else { return Vec::new() };
    let pairs = old.into_iter().zip(new).filter(|((.., old), (.., new))| old != new);
    let changed = pairs.map(|((name, language, old), (.., new))| {
        let declared = |value: String| format!("option {name} = {value}");
        (name, Changed::Option(language, Pair { old: declared(old), new: declared(new) }))
    });
    changed.collect()
}

/// Returns the types of `files`, and the methods that are gone.
fn types_of<'s>(schemas: Pair<&'s Schema>, files: impl Iterator<Item = File<'s>>) -> Changed<'s> {
    let (mut types, mut methods, mut extensions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut moved, mut has_deleted) = (Vec::new(), false);
    for file in files {
        let of_both = |old: Field<'s>| match extension(schemas, &old.full_name()) {
            Some(Changed::Field(pair)) => pair,
            _ => Pair { old: Some(old), new: None },
        };
        extensions.extend(file.all_extensions().take(super::MAX_PARTS).map(of_both));
        let messages = || file.all_messages().filter(|message| !message.is_map_entry());
        for old in messages().map(Message::full_name) {
            if schemas.new.message(old).is_none() {
                match renamed(schemas, file, old) {
                    Some(new) => moved.push(Pair { old: old.to_owned(), new }),
                    None => has_deleted = true,
                }
            }
        }
        types.extend(messages().take(super::MAX_PARTS).map(|it| it.full_name().to_owned()));
        types.extend(file.all_enums().take(super::MAX_PARTS).map(|it| it.full_name().to_owned()));
        for service in file.services() {
            types.push(service.full_name().to_owned());
            let new = schemas.new.service(service.full_name());
            for old in service.methods() {
                let is_kept =
                    new.is_some_and(|new| new.methods().any(|it| it.name() == old.name()));
                if !is_kept {
                    methods.push(Pair { old: Some(old), new: None });
                }
            }
        }
    }
    Changed::Types { types, methods, extensions, renamed: moved, has_deleted }
}

/// Returns the type or service with the full name `element`, with its methods.
fn types_named<'s>(schemas: Pair<&'s Schema>, element: &str) -> Option<Changed<'s>> {
    let old = schemas.old;
    let service = old.service(element);
    let is_type = old.message(element).is_some() || old.enumeration(element).is_some();
    if service.is_none() && !is_type {
        return None;
    }
    let gone = service.filter(|_| schemas.new.service(element).is_none());
    let methods = gone.into_iter().flat_map(|service| service.methods());
    let methods = methods.map(|old| Pair { old: Some(old), new: None });
    Some(Changed::Types {
        types: vec![element.to_owned()],
        methods: methods.collect(),
        extensions: Vec::new(),
        renamed: Vec::new(),
        has_deleted: old.message(element).is_some() && schemas.new.message(element).is_none(),
    })
}
