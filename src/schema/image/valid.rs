//! Checks that an image is a schema: that names are names, numbers are in their ranges, and types
//! and imports are there. Compilers write no other images; what buf refuses is refused here.

use rustc_hash::FxHashSet;

use crate::error::{Error, Result};
use crate::schema::descriptor::{Edition, FieldType, FileDescriptorProto};
use crate::schema::{Enum, Field, FieldKind, File, Message, Schema, Service};

/// The largest number of a field, and that of an extension of a message set.
const MAX_FIELD: i32 = (1 << 29) - 1;
const MAX_IN_MESSAGE_SET: i32 = i32::MAX - 1;

/// The reason why an image is not valid.
type Reason = String;

/// Checks the paths and the edition of a file.
pub(super) fn check_paths(file: &FileDescriptorProto) -> Result<()> {
    let refuse = |reason: &str| {
        Err(Error::new(format!("the image is no valid schema: file `{}` {reason}", file.name())))
    };
    if !is_inside(file.name()) {
        return refuse("has a name that is no path inside a module, such as `dir/file.proto`");
    }
    if !file.name().ends_with(".proto") {
        return refuse("has a name without `.proto` at its end");
    }
    if let Some(import) = file.dependency.iter().find(|import| !is_inside(import)) {
        return refuse(&format!("imports `{import}`, which is no path inside a module"));
    }
    let known = [Edition::E2023, Edition::E2024, Edition::E2026];
    if file.syntax() == "editions" && !known.contains(&file.edition()) {
        let number = file.edition.unwrap_or_default();
        return refuse(&format!("has the edition number {number}, which is not supported"));
    }
    Ok(())
}

/// Whether `path` is relative, and in the one form in which it can be written.
fn is_inside(path: &str) -> bool {
    !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Checks all files of an image.
pub fn check(schema: &Schema) -> Result<()> {
    check_types(schema)?;
    schema.files().try_for_each(check_one)?;
    check_cycles(schema)
}

/// Checks what concerns several files: no type is declared twice, and no file imports itself.
pub(super) fn check_schema(schema: &Schema) -> Result<()> {
    check_types(schema)?;
    check_cycles(schema)
}

/// Checks one file of an image.
pub(super) fn check_one(file: File<'_>) -> Result<()> {
    check_file(file).map_err(|reason| invalid(file, &reason))
}

fn invalid(file: File<'_>, reason: &str) -> Error {
    Error::new(format!("the image is no valid schema: file `{}`: {reason}", file.path()))
}

/// Checks that no type is declared twice.
fn check_types(schema: &Schema) -> Result<()> {
    if !schema.has_duplicate_symbols() {
        return Ok(());
    }
    let messages = schema.messages().map(|it| (it.full_name(), it.file()));
    let enums = schema.enums().map(|it| (it.full_name(), it.file()));
    let services = schema.services().map(|it| (it.full_name(), it.file()));
    let mut seen = FxHashSet::default();
    let twice = messages.chain(enums).chain(services).find(|(name, _)| !seen.insert(*name));
    twice.map_or(Ok(()), |(name, file)| {
        Err(invalid(file, &format!("`{name}` is declared a second time")))
    })
}

/// Checks that no file imports itself, directly or not.
fn check_cycles(schema: &Schema) -> Result<()> {
    let mut left: Vec<usize> = schema.files().map(|file| file.proto().dependency.len()).collect();
    let mut importers = vec![Vec::new(); left.len()];
    for file in schema.files() {
        for import in file.proto().dependency.iter().filter_map(|path| schema.file(path)) {
            importers[import.index()].push(file.index());
        }
    }
    let mut done: Vec<usize> = (0..left.len()).filter(|file| left[*file] == 0).collect();
    while let Some(file) = done.pop() {
        for importer in &importers[file] {
            left[*importer] -= 1;
            if left[*importer] == 0 {
                done.push(*importer);
            }
        }
    }
    let in_cycle = schema.files().find(|file| left[file.index()] > 0);
    in_cycle.map_or(Ok(()), |file| Err(invalid(file, "its imports form a cycle")))
}

fn check_file(file: File<'_>) -> Result<(), Reason> {
    let proto = file.proto();
    if !matches!(proto.syntax(), "" | "proto2" | "proto3" | "editions") {
        return Err(format!("unknown syntax `{}`", proto.syntax()));
    }
    if !proto.package().is_empty() {
        let bad = proto.package().split('.').find(|part| !is_identifier(part));
        ensure(bad.is_none(), || format!("`{}` is no name of a package", proto.package()))?;
    }
    check_imports(file)?;
    check_scope(file_scope(proto))?;
    file.all_messages().try_for_each(check_message)?;
    file.all_enums().try_for_each(check_enum)?;
    file.services().try_for_each(check_service)?;
    file.all_extensions().try_for_each(check_extension)
}

fn check_imports(file: File<'_>) -> Result<(), Reason> {
    let proto = file.proto();
    let mut seen = FxHashSet::default();
    for import in &proto.dependency {
        ensure(seen.insert(import), || format!("it imports `{import}` twice"))?;
        ensure(file.schema().file(import).is_some(), || {
            format!("its import `{import}` is missing (`protoc --include_imports` adds imports)")
        })?;
    }
    let lists = [&proto.public_dependency[..], &proto.weak_dependency, file.unused_imports()];
    let count = proto.dependency.len();
    let bad = lists.into_iter().flatten().find(|index| !is_index(**index, count));
    bad.map_or(Ok(()), |index| {
        Err(format!("it refers to the import {index}, but has {count} imports, counted from 0"))
    })
}

fn file_scope(proto: &FileDescriptorProto) -> impl Iterator<Item = &str> {
    let messages = proto.message_type.iter().map(|it| it.name());
    let enums = proto.enum_type.iter().map(|it| it.name());
    let values = proto.enum_type.iter().flat_map(|it| &it.value).map(|it| it.name());
    let services = proto.service.iter().map(|it| it.name());
    let extensions = proto.extension.iter().map(|it| it.name());
    messages.chain(enums).chain(values).chain(services).chain(extensions)
}

/// Checks that the names of one scope are identifiers and different.
fn check_scope<'n>(names: impl Iterator<Item = &'n str>) -> Result<(), Reason> {
    let mut seen = FxHashSet::default();
    for name in names {
        ensure(is_identifier(name), || format!("`{name}` is no name of an element"))?;
        ensure(seen.insert(name), || format!("`{name}` is declared a second time"))?;
    }
    Ok(())
}

fn check_message(message: Message<'_>) -> Result<(), Reason> {
    let (proto, name) = (message.proto(), message.full_name());
    let here = |reason| format!("message `{name}`: {reason}");
    check_members(message).and_then(|()| check_ranges(message)).map_err(here)?;
    check_oneofs(message).map_err(here)?;
    let mut numbers = FxHashSet::default();
    for field in message.fields() {
        check_field(field)?;
        let number = field.number();
        ensure(numbers.insert(number), || {
            format!("message `{name}`: two fields have the number {number}")
        })?;
        let index = field.proto().oneof_index;
        ensure(index.is_none_or(|index| is_index(index, proto.oneof_decl.len())), || {
            format!("field `{}` is in a oneof that does not exist", field.full_name())
        })?;
    }
    Ok(())
}

fn check_members(message: Message<'_>) -> Result<(), Reason> {
    let proto = message.proto();
    let fields = proto.field.iter().map(|it| it.name());
    let oneofs = proto.oneof_decl.iter().map(|it| it.name());
    // buf writes the entries of `map<…> _1` as `1Entry`.
    let is_entry = |name: &str| name.ends_with("Entry") && !is_identifier(name);
    let nested = proto.nested_type.iter().map(|it| it.name()).filter(|name| !is_entry(name));
    let enums = proto.enum_type.iter().map(|it| it.name());
    let values = proto.enum_type.iter().flat_map(|it| &it.value).map(|it| it.name());
    let extensions = proto.extension.iter().map(|it| it.name());
    check_scope(fields.chain(oneofs).chain(nested).chain(enums).chain(values).chain(extensions))
}

fn check_oneofs(message: Message<'_>) -> Result<(), Reason> {
    let used: FxHashSet<i32> =
        message.proto().field.iter().filter_map(|field| field.oneof_index).collect();
    let unused = (0..).zip(&message.proto().oneof_decl).find(|(index, _)| !used.contains(index));
    unused.map_or(Ok(()), |(_, oneof)| Err(format!("oneof `{}` has no field", oneof.name())))
}

fn check_ranges(message: Message<'_>) -> Result<(), Reason> {
    let proto = message.proto();
    let extensions = proto.extension_range.iter().map(|range| (range.start(), range.end()));
    let reserved = proto.reserved_range.iter().map(|range| (range.start(), range.end()));
    for (start, end) in extensions.chain(reserved) {
        ensure(start >= 1 && end > start, || {
            format!("{start} to {} is no range of field numbers", i64::from(end) - 1)
        })?;
    }
    Ok(())
}

fn check_field(field: Field<'_>) -> Result<(), Reason> {
    let (number, max) = (field.number(), max_number(field));
    let of = |reason: String| format!("field `{}` {reason}", field.full_name());
    ensure((1..=max).contains(&number), || {
        of(format!("has the number {number}, which is not between 1 and {max}"))
    })?;
    let kind = field.proto().r#type.and_then(|kind| FieldType::try_from(kind).ok());
    ensure(kind.is_some(), || of("has no type".to_owned()))?;
    ensure(!matches!(field.kind(), FieldKind::Missing), || {
        of(format!("has the type `{}`, which is not in the image", field.type_name()))
    })
}

fn max_number(field: Field<'_>) -> i32 {
    let is_set = |message: Message<'_>| message.options().message_set_wire_format();
    let extended = || field.file().schema().message(field.extendee());
    let is_in_set = field.is_extension() && extended().is_some_and(is_set);
    if is_in_set { MAX_IN_MESSAGE_SET } else { MAX_FIELD }
}

fn check_extension(field: Field<'_>) -> Result<(), Reason> {
    check_field(field)?;
    let (number, name) = (field.number(), field.full_name());
    let extended = field.file().schema().message(field.extendee()).ok_or_else(|| {
        format!("extension `{name}` extends `{}`, which is not in the image", field.extendee())
    })?;
    let mut ranges = extended.proto().extension_range.iter();
    ensure(ranges.any(|range| (range.start()..range.end()).contains(&number)), || {
        let extended = extended.full_name();
        format!("extension `{name}` has the number {number}, which `{extended}` does not reserve")
    })
}

fn check_enum(enumeration: Enum<'_>) -> Result<(), Reason> {
    let name = enumeration.full_name();
    let mut values = enumeration.values();
    let first = values.next().ok_or_else(|| format!("enum `{name}` has no value"))?;
    ensure(first.number() == 0 || enumeration.is_closed(), || {
        format!("enum `{name}` begins with the number {}, not with 0", first.number())
    })?;
    let mut seen = FxHashSet::from_iter([first.number()]);
    let twice = values.find(|value| !seen.insert(value.number()));
    let twice = twice.filter(|_| !enumeration.options().allow_alias());
    twice.map_or(Ok(()), |value| {
        Err(format!("enum `{name}`: two values have the number {}", value.number()))
    })
}

fn check_service(service: Service<'_>) -> Result<(), Reason> {
    check_scope(service.proto().method.iter().map(|method| method.name()))?;
    for method in &service.proto().method {
        for kind in [method.input_type(), method.output_type()] {
            ensure(service.file().schema().message(kind).is_some(), || {
                let (service, method) = (service.full_name(), method.name());
                format!(
                    "method `{service}.{method}` has the type `{kind}`, which is no message of the image"
                )
            })?;
        }
    }
    Ok(())
}

fn ensure(holds: bool, reason: impl FnOnce() -> Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(reason()) }
}

fn is_index(index: i32, count: usize) -> bool {
    usize::try_from(index).is_ok_and(|index| index < count)
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::descriptor::{
        DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, ExtensionRange,
        FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto, OneofDescriptorProto,
        ServiceDescriptorProto,
    };
    use crate::schema::image::{Format, decode, encode, schema};

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn field(name: &str, number: i32) -> FieldDescriptorProto {
        let kind = Some(FieldType::Int32 as i32);
        FieldDescriptorProto {
            name: text(name),
            number: Some(number),
            r#type: kind,
            ..FieldDescriptorProto::default()
        }
    }

    fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
        let number = Some(number);
        EnumValueDescriptorProto { name: text(name), number, ..EnumValueDescriptorProto::default() }
    }

    /// Returns a valid file with an element of each kind.
    fn file() -> FileDescriptorProto {
        let message = DescriptorProto {
            name: text("M"),
            field: vec![field("a", 1), field("b", 2)],
            extension_range: vec![ExtensionRange { start: Some(5), end: Some(9), options: None }],
            ..DescriptorProto::default()
        };
        let method = MethodDescriptorProto {
            name: text("R"),
            input_type: text(".p.M"),
            output_type: text(".p.M"),
            ..MethodDescriptorProto::default()
        };
        FileDescriptorProto {
            name: text("a.proto"),
            package: text("p"),
            message_type: vec![message],
            enum_type: vec![EnumDescriptorProto {
                name: text("E"),
                value: vec![value("V", 0)],
                ..EnumDescriptorProto::default()
            }],
            service: vec![ServiceDescriptorProto {
                name: text("S"),
                method: vec![method],
                ..ServiceDescriptorProto::default()
            }],
            extension: vec![FieldDescriptorProto { extendee: text(".p.M"), ..field("x", 5) }],
            ..FileDescriptorProto::default()
        }
    }

    fn checked(files: Vec<FileDescriptorProto>) -> Result<()> {
        let bytes = encode(&FileDescriptorSet { file: files }, Format::Binary)?;
        check(&schema(decode(&bytes, Format::Binary)?))
    }

    #[test]
    fn what_buf_refuses_is_refused() {
        type Change = fn(&mut FileDescriptorProto);
        let cases: &[(Change, &str)] = &[
            (|f| f.name = text("../a.proto"), "`../a.proto` has a name that is no path inside"),
            (|f| f.name = text("/a.proto"), "no path inside"),
            (|f| f.name = text("x//a.proto"), "no path inside"),
            (|f| f.name = text("./a.proto"), "no path inside"),
            (|f| f.name = text("a.txt"), "without `.proto`"),
            (|f| f.dependency = vec!["../b.proto".to_owned()], "imports `../b.proto`"),
            (|f| f.syntax = text("editions"), "the edition number 0"),
            (|f| f.syntax = text("proto4"), "file `a.proto`: unknown syntax `proto4`"),
            (|f| f.package = text("p..q"), "`p..q` is no name"),
            (|f| f.dependency = vec!["b.proto".to_owned()], "its import `b.proto` is missing"),
            (|f| f.dependency = vec!["a.proto".to_owned()], "its imports form a cycle"),
            (|f| f.public_dependency = vec![-1], "the import -1, but has 0"),
            (|f| f.weak_dependency = vec![1], "the import 1, but has 0"),
            (|f| f.message_type[0].name = text("1M"), "`1M` is no name"),
            (|f| f.service[0].name = None, "`` is no name"),
            (|f| f.enum_type[0].name = text("M"), "`p.M` is declared a second time"),
            (|f| f.enum_type[0].value[0].name = text("x"), "`x` is declared a second time"),
            (
                |f| f.message_type[0].field[0].number = Some(-1),
                "field `p.M.a` has the number -1, which is not between 1 and 536870911",
            ),
            (|f| f.message_type[0].field[0].number = Some(1 << 29), "not between"),
            (|f| f.message_type[0].field[0].number = None, "the number 0"),
            (
                |f| f.message_type[0].field[0].number = Some(2),
                "`p.M`: two fields have the number 2",
            ),
            (|f| f.message_type[0].field[0].name = text("b"), "`b` is declared a second time"),
            (|f| f.message_type[0].field[0].name = text("a b"), "`a b` is no name"),
            (|f| f.message_type[0].field[0].r#type = None, "`p.M.a` has no type"),
            (|f| f.message_type[0].field[0].r#type = Some(14), "the type ``, which is not in"),
            (|f| f.message_type[0].field[0].oneof_index = Some(-1), "a oneof that does not exist"),
            (
                |f| {
                    let oneof = OneofDescriptorProto { name: text("o"), options: None };
                    f.message_type[0].oneof_decl = vec![oneof];
                },
                "oneof `o` has no field",
            ),
            (|f| f.message_type[0].extension_range[0].end = Some(3), "5 to 2 is no range"),
            (|f| f.message_type[0].extension_range[0].start = Some(-5), "-5 to 8 is no range"),
            (|f| f.extension[0].number = Some(9), "which `p.M` does not reserve"),
            (|f| f.extension[0].extendee = text(".p.N"), "extends `p.N`, which is not in"),
            (|f| f.enum_type[0].value.clear(), "enum `p.E` has no value"),
            (|f| f.enum_type[0].value.push(value("W", 0)), "two values have the number 0"),
            (
                |f| {
                    f.syntax = text("proto3");
                    f.enum_type[0].value[0].number = Some(3);
                },
                "`p.E` begins with the number 3",
            ),
            (|f| f.service[0].method[0].input_type = text(".p.E"), "`.p.E`, which is no message"),
            (|f| f.service[0].method[0].output_type = None, "``, which is no message"),
        ];
        assert!(checked(vec![file()]).is_ok());
        for (change, reason) in cases {
            let mut changed = file();
            change(&mut changed);
            let error = checked(vec![changed]).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn files_of_an_image_share_their_names() {
        let mut other = FileDescriptorProto { name: text("b.proto"), ..file() };
        let error = checked(vec![file(), other.clone()]).expect_err("two are equal").to_string();
        assert!(error.contains("file `b.proto`: `p.M` is declared a second time"), "{error}");
        other.package = text("q");
        other.extension.clear();
        other.service.clear();
        other.dependency = vec!["a.proto".to_owned()];
        assert!(checked(vec![other.clone(), file()]).is_ok(), "the order does not matter");
        let back = FileDescriptorProto { dependency: vec!["b.proto".to_owned()], ..file() };
        let error = checked(vec![other, back]).expect_err("they form a cycle").to_string();
        assert!(error.contains("cycle"), "{error}");
    }
}
