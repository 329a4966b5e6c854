//! What old code names: the declarations that the official generators emit for an element, one for
//! each language. Code breaks where the declaration is gone or another one.

use crate::schema::descriptor::{FieldType, JSType};
use crate::schema::{Container, Enum, Field, FieldKind, File, Message, Method, Service};

/// A language that generators emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Cpp,
    Go,
    Java,
    Python,
    Rust,
    TypeScript,
}

impl Language {
    pub(super) const ALL: [Language; 6] = [
        Language::Cpp,
        Language::Go,
        Language::Java,
        Language::Python,
        Language::Rust,
        Language::TypeScript,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Language::Cpp => "C++",
            Language::Go => "Go",
            Language::Java => "Java",
            Language::Python => "Python",
            Language::Rust => "Rust",
            Language::TypeScript => "TypeScript",
        }
    }
}

/// The declarations of an element, in the order of [`Language::ALL`].
pub(super) type Declarations = [String; 6];

fn each(declare: impl Fn(Language) -> String) -> Declarations {
    Language::ALL.map(declare)
}

/// Returns the declarations of a message.
pub(super) fn message(message: Message<'_>) -> Declarations {
    each(|language| imported(language, message.file(), message.nested_name()))
}

/// Returns the declarations of an enum.
pub(super) fn enumeration(of: Enum<'_>) -> Declarations {
    each(|language| imported(language, of.file(), of.nested_name()))
}

/// Returns the declarations of a service.
pub(super) fn service(service: Service<'_>) -> Declarations {
    each(|language| imported(language, service.file(), service.name()))
}

/// Returns the name of a type, with the header that declares it.
fn imported(language: Language, file: File<'_>, nested: &str) -> String {
    let name = type_name(language, file, nested);
    match language {
        Language::Cpp => format!("{name} in {}.pb.h", stem(file)),
        _ => name,
    }
}

/// Returns the path of a file without its extension.
fn stem(file: File<'_>) -> &str {
    file.path().strip_suffix(".proto").unwrap_or(file.path())
}

/// Returns the declarations of a method.
pub(super) fn method(method: Method<'_>) -> Declarations {
    let stream = |is_stream: bool| if is_stream { "stream " } else { "" };
    each(|language| {
        let name = match language {
            Language::Rust => snake_case(method.name()),
            Language::TypeScript | Language::Java => lower_first(method.name()),
            _ => method.name().to_owned(),
        };
        format!(
            "{}.{name}({}{}): {}{}",
            method.service().name(),
            stream(method.proto().client_streaming()),
            method.request_type().trim_start_matches('.'),
            stream(method.proto().server_streaming()),
            method.response_type().trim_start_matches('.'),
        )
    })
}

/// Returns the declarations of an enum value.
pub(super) fn enum_value(of: Enum<'_>, name: &str) -> Declarations {
    let scope = of.name();
    each(|language| match language {
        // Values are declared beside the enum.
        Language::Cpp | Language::Go => format!("{scope}_{name}"),
        Language::Rust => format!("{scope}::{}", pascal_case(without_prefix(scope, name))),
        Language::TypeScript => format!("{scope}.{}", without_prefix(scope, name)),
        Language::Java | Language::Python => format!("{scope}.{name}"),
    })
}

/// Returns the declarations of a field or extension.
pub(super) fn field(field: Field<'_>) -> Declarations {
    let scope = match field.container() {
        Container::Message(message) if !field.is_extension() => message.name(),
        _ => "extension",
    };
    each(|language| {
        let name = match language {
            Language::Go => pascal_case(field.name()),
            Language::Java | Language::TypeScript => camel_case(field.name()),
            _ => field.name().to_owned(),
        };
        let declared = type_of(language, field);
        match (language, field.oneof()) {
            (Language::Rust | Language::TypeScript | Language::Go, Some(oneof)) => {
                format!("{scope}.{}: {name}({declared})", oneof.name())
            }
            (Language::Java, _) => format!("{scope}.get{}(): {declared}", upper_first(&name)),
            (Language::Cpp, _) => format!("{scope}::{name}(): {declared}"),
            _ => format!("{scope}.{name}: {declared}"),
        }
    })
}

/// Returns the type of a field, with what says whether it is set.
fn type_of(language: Language, field: Field<'_>) -> String {
    if let (true, FieldKind::Message(entry)) = (field.is_map(), field.kind()) {
        let part =
            |number| entry.field(number).map_or_else(String::new, |part| single(language, part));
        return format!("map<{}, {}>", part(1), part(2));
    }
    let single = single(language, field);
    if field.is_repeated() {
        return format!("list of {single}");
    }
    let is_message = matches!(field.kind(), FieldKind::Message(_));
    let is_optional = field.has_presence() && !is_message && field.oneof().is_none();
    match language {
        // prost has no option around a required field.
        Language::Rust if field.is_required() => single,
        _ if is_optional => format!("{single}, which may be unset"),
        _ => single,
    }
}

/// Returns the type of one value.
fn single(language: Language, field: Field<'_>) -> String {
    match field.kind() {
        FieldKind::Message(of) => type_name(language, of.file(), of.nested_name()),
        // prost and Python have the number.
        FieldKind::Enum(_) if language == Language::Rust => "i32".to_owned(),
        FieldKind::Enum(of) => type_name(language, of.file(), of.nested_name()),
        FieldKind::Scalar(scalar) => scalar_name(language, scalar, field).to_owned(),
        FieldKind::Missing => field.type_name().to_owned(),
    }
}

fn scalar_name(language: Language, scalar: FieldType, field: Field<'_>) -> &'static str {
    use FieldType as T;
    let [cpp, go, java, python, rust, typescript] = match scalar {
        T::Double => ["double", "float64", "double", "float", "f64", "number"],
        T::Float => ["float", "float32", "float", "float", "f32", "number"],
        T::Int32 | T::Sint32 | T::Sfixed32 => ["int32", "int32", "int", "int", "i32", "number"],
        T::Uint32 | T::Fixed32 => ["uint32", "uint32", "int", "int", "u32", "number"],
        T::Int64 | T::Sint64 | T::Sfixed64 => ["int64", "int64", "long", "int", "i64", "bigint"],
        T::Uint64 | T::Fixed64 => ["uint64", "uint64", "long", "int", "u64", "bigint"],
        T::Bool => ["bool", "bool", "boolean", "bool", "bool", "boolean"],
        T::Bytes => ["bytes", "[]byte", "ByteString", "bytes", "Vec<u8>", "Uint8Array"],
        _ => ["string", "string", "String", "str", "String", "string"],
    };
    match language {
        Language::Cpp => cpp,
        Language::Go => go,
        Language::Java => java,
        Language::Python => python,
        Language::Rust => rust,
        Language::TypeScript if typescript == "bigint" => match field.options().jstype() {
            JSType::JsString => "string",
            _ => "bigint",
        },
        Language::TypeScript => typescript,
    }
}

/// Returns the name by which code refers to a message, enum or service of `file`.
fn type_name(language: Language, file: File<'_>, nested: &str) -> String {
    let (options, stem) = (file.options(), stem(file));
    let (folder, name) = stem.rsplit_once('/').unwrap_or((".", stem));
    let package = file.package();
    let parts: Vec<&str> = package.split('.').filter(|part| !part.is_empty()).collect();
    match language {
        Language::Cpp => {
            let namespace: String = parts.iter().map(|part| format!("{part}::")).collect();
            format!("{namespace}{}", nested.replace('.', "_"))
        }
        Language::Go => {
            let import = options.go_package.as_deref().unwrap_or(folder);
            format!("\"{import}\" {}", nested.replace('.', "_"))
        }
        Language::Java => {
            let package = options.java_package.as_deref().unwrap_or(package);
            let outer = match options.java_outer_classname.as_deref() {
                _ if options.java_multiple_files() => String::new(),
                Some(name) => name.to_owned(),
                // protoc keeps the outer class apart from a type of its name.
                None => {
                    let outer = pascal_case(name);
                    let is_taken = file.all_messages().any(|it| it.name() == outer)
                        || file.all_enums().any(|it| it.name() == outer)
                        || file.services().any(|it| it.name() == outer);
                    if is_taken { format!("{outer}OuterClass") } else { outer }
                }
            };
            let parts = [package, &*outer, nested].into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(".")
        }
        Language::Python => format!("{}_pb2.{nested}", stem.replace('/', ".").replace('-', "_")),
        Language::Rust => {
            let mut path = parts.join("::");
            let mut names = nested.split('.').peekable();
            while let Some(name) = names.next() {
                if !path.is_empty() {
                    path.push_str("::");
                }
                // Nested types are in a module of the name of the message around them.
                path.push_str(&if names.peek().is_some() {
                    snake_case(name)
                } else {
                    name.to_owned()
                });
            }
            path
        }
        Language::TypeScript => format!("{stem}_pb.{}", nested.replace('.', "_")),
    }
}

/// Returns the name of an enum value without the name of its enum, as prost and protobuf-es do.
fn without_prefix<'n>(of: &str, name: &'n str) -> &'n str {
    let prefix = format!("{}_", snake_case(of).to_uppercase());
    name.strip_prefix(&prefix).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn camel_case(name: &str) -> String {
    crate::value::lower_camel_case(name)
}

fn pascal_case(name: &str) -> String {
    let camel = camel_case(&name.replace('-', "_"));
    upper_first(&if name.contains(|c: char| c.is_ascii_lowercase()) {
        camel
    } else {
        camel_case(&name.to_lowercase())
    })
}

fn upper_first(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + chars.as_str())
}
