//! Steps that add or set something.

use crate::parity::generator::action::{
    Action, Op, enumeration, field, home, kind, label, message, nth,
};
use crate::parity::generator::model::{
    BYTES, Enum, Extendee, Extension, Field, File, Home, Id, Kind, MAP_KEYS, Message, Method,
    OPTION_MESSAGES, Reserved, SCALARS, STRING, Service, Setting, Tree, Value,
};
use crate::parity::generator::names::{self, pick, text};

/// Does the step if it is one of these; none if it is not, or has nothing to be done to.
pub(crate) fn apply(action: &Action, tree: &mut Tree) -> Option<()> {
    let &Action { op, at, pick, value } = action;
    match op {
        Op::AddFile => add_file(tree, at, pick, value),
        Op::AddMessage => add_message(tree, at, value),
        Op::AddField => add_field(tree, at, pick, value),
        Op::AddOneofField => add_oneof_field(tree, at, pick, value),
        Op::AddMapField => add_map_field(tree, at, pick, value),
        Op::AddGroup => add_group(tree, at, value),
        Op::AddEnum => add_enum(tree, at, value),
        Op::AddEnumValue => add_enum_value(tree, at, pick, value),
        Op::AddService => add_service(tree, at, value),
        Op::AddMethod => add_method(tree, at, pick, value),
        Op::AddExtension => add_extension(tree, at, pick, value),
        Op::AddOptionExtension => add_option_extension(tree, at, pick, value),
        Op::AddReserved => add_reserved(&mut message(tree, at)?.reserved, pick, value),
        Op::AddEnumReserved => add_reserved(&mut enumeration(tree, at)?.reserved, pick, value),
        Op::AddRange => add_range(tree, at, pick, value),
        Op::AddImport => add_import(tree, at, pick, value),
        Op::SetFileOption => set(&mut nth(&mut tree.files, at)?.options, file_option(pick, value)),
        Op::SetMessageOption => set(&mut message(tree, at)?.options, message_option(pick, value)),
        Op::SetFieldOption => {
            let field = field(tree, at)?;
            set(&mut field.options, field_option(&field.kind, pick, value));
        }
        Op::SetEnumOption => set_enum_option(tree, at, pick, value),
        Op::SetServiceOption => set_service_option(tree, at, pick, value),
        Op::SetDefault => field(tree, at)?.default = Some(value),
        Op::SetJsonName => field(tree, at)?.json = Some(json_name(pick, value)),
        Op::UseCustomOption => use_custom_option(tree, at, pick, value)?,
        _ => return None,
    }
    Some(())
}

fn add_file(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    if tree.files.len() >= 6 {
        return;
    }
    let id = tree.fresh();
    tree.files.push(File {
        id,
        path: names::path(value),
        proto3: at.is_multiple_of(2),
        package: names::package(pick).to_owned(),
        imports: Vec::new(),
        options: Vec::new(),
        customs: Vec::new(),
    });
}

/// The file or message that `at` means; a tree without files gets one.
fn home_or_file(tree: &mut Tree, at: u16) -> Home {
    if tree.files.is_empty() {
        add_file(tree, at, at / 3, at / 5);
    }
    home(tree, at).expect("there is a file")
}

fn add_message(tree: &mut Tree, at: u16, value: u16) {
    let home = home_or_file(tree, at);
    let id = tree.fresh();
    tree.messages.push(new_message(id, home, names::message(value)));
}

fn new_message(id: Id, home: Home, name: String) -> Message {
    Message {
        id,
        home,
        name,
        fields: Vec::new(),
        oneofs: Vec::new(),
        reserved: Reserved::default(),
        ranges: Vec::new(),
        options: Vec::new(),
        customs: Vec::new(),
    }
}

/// A message; a tree without any gets one.
fn message_or_new(tree: &mut Tree, at: u16) -> &mut Message {
    if tree.messages.is_empty() {
        add_message(tree, at, at / 3);
    }
    message(tree, at).expect("there is a message")
}

fn new_field(id: Id, name: String, number: i32, kind: Kind) -> Field {
    let label = label(u16::try_from(id % 1000).expect("below 1000"));
    Field {
        id,
        name,
        number,
        label,
        kind,
        oneof: None,
        default: None,
        json: None,
        options: Vec::new(),
        customs: Vec::new(),
    }
}

/// Small numbers mostly, so that deleted ones come again, and now and then the largest.
pub(crate) fn number(value: u16) -> i32 {
    match value % 40 {
        38 => 536_870_911 - i32::from(value / 40 % 3),
        39 => 18_990 + i32::from(value / 40 % 12),
        small => 1 + i32::from(small),
    }
}

fn add_field(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let kind = kind(tree, pick, value);
    let field = new_field(tree.fresh(), names::field(value), number(pick), kind);
    message_or_new(tree, at).fields.push(field);
}

fn add_oneof_field(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let kind = kind(tree, pick, value);
    let (id, oneof) = (tree.fresh(), tree.fresh());
    let message = message_or_new(tree, at);
    let known = message.oneofs.len();
    let chosen = if known > 0 && !pick.is_multiple_of(3) {
        message.oneofs[usize::from(pick) % known].0
    } else {
        message.oneofs.push((oneof, names::oneof(value)));
        oneof
    };
    let mut field = new_field(id, names::field(value / 2), number(pick), kind);
    field.oneof = Some(chosen);
    message.fields.push(field);
}

fn add_map_field(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let kind = Kind::Map(usize::from(pick) % MAP_KEYS, Box::new(kind(tree, pick / 12, value)));
    let field = new_field(tree.fresh(), names::field(value), number(value / 3), kind);
    message_or_new(tree, at).fields.push(field);
}

fn add_group(tree: &mut Tree, at: u16, value: u16) {
    let (body, id) = (tree.fresh(), tree.fresh());
    let message = message_or_new(tree, at);
    let name = format!("Group{}", value % 9);
    message.fields.push(new_field(id, name.to_lowercase(), number(value), Kind::Group(body)));
    let home = Home::Message(message.id);
    tree.messages.push(new_message(body, home, name));
}

fn add_enum(tree: &mut Tree, at: u16, value: u16) {
    let home = home_or_file(tree, at);
    let name = names::enumeration(value);
    let zero =
        Value { name: names::value(&name, 0), number: 0, options: Vec::new(), customs: Vec::new() };
    let id = tree.fresh();
    let (reserved, options, customs) = (Reserved::default(), Vec::new(), Vec::new());
    tree.enums.push(Enum { id, home, name, values: vec![zero], reserved, options, customs });
}

fn add_enum_value(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    if tree.enums.is_empty() {
        add_enum(tree, at, value);
    }
    let chosen = enumeration(tree, at).expect("there is an enum");
    let name = names::value(&chosen.name, value);
    let number = enum_number(pick);
    chosen.values.push(Value { name, number, options: Vec::new(), customs: Vec::new() });
}

/// Small, sometimes negative or extreme.
pub(crate) fn enum_number(n: u16) -> i32 {
    match n % 16 {
        13 => -i32::from(n % 7),
        14 => i32::MAX,
        15 => i32::MIN,
        small => i32::from(small),
    }
}

fn add_service(tree: &mut Tree, at: u16, value: u16) {
    let Some(file) = nth(&mut tree.files, at).map(|f| f.id) else { return };
    let (name, options) = (names::service(value), Vec::new());
    tree.services.push(Service { file, name, methods: Vec::new(), options, customs: Vec::new() });
}

fn add_method(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    if tree.services.is_empty() {
        add_service(tree, at, value);
    }
    let ids: Vec<Id> = tree.messages.iter().map(|m| m.id).collect();
    let Some(service) = nth(&mut tree.services, at) else { return };
    if ids.is_empty() {
        return;
    }
    service.methods.push(Method {
        name: names::method(value),
        input: ids[usize::from(pick) % ids.len()],
        output: ids[usize::from(value) % ids.len()],
        client_streams: pick % 4 == 1,
        server_streams: pick % 3 == 1,
        options: Vec::new(),
        customs: Vec::new(),
    });
}

fn add_extension(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let Some(home) = home(tree, at) else { return };
    let kind = kind(tree, value, pick);
    let id = tree.fresh();
    let extended = message_or_new(tree, pick);
    let number = 100 + i32::from(value % 30);
    if !extended.ranges.iter().any(|r| r.0 <= number && number <= r.1) {
        extended.ranges.push((100, 140));
    }
    let of = Extendee::Message(extended.id);
    tree.extensions.push(Extension {
        home,
        of,
        field: new_field(id, names::extension(value), number, kind),
    });
}

fn add_option_extension(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let home = home_or_file(tree, at);
    let kind = kind(tree, value, pick);
    let id = tree.fresh();
    let number = 50_000 + i32::try_from(id).expect("few ids");
    let of = Extendee::Options(usize::from(pick) % OPTION_MESSAGES.len());
    tree.extensions.push(Extension {
        home,
        of,
        field: new_field(id, names::extension(value), number, kind),
    });
}

fn add_reserved(reserved: &mut Reserved, pick: u16, value: u16) {
    match pick % 3 {
        0 => reserved.names.push(names::field(value)),
        1 => reserved.ranges.push((i32::from(value % 60) + 1, i32::from(value % 60) + 1)),
        _ => {
            let start = i32::from(value % 60) + 1;
            let end =
                if value.is_multiple_of(11) { 536_870_911 } else { start + i32::from(pick % 17) };
            reserved.ranges.push((start, end));
        }
    }
}

fn add_range(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let Some(message) = message(tree, at) else { return };
    let start = 100 + i32::from(value % 200);
    let end = if value.is_multiple_of(7) { 536_870_911 } else { start + i32::from(pick % 90) };
    message.ranges.push((start, end));
}

fn add_import(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let ids: Vec<Id> = tree.files.iter().map(|f| f.id).collect();
    let Some(file) = nth(&mut tree.files, at) else { return };
    let modifier = crate::parity::generator::names::pick(&["", "public", "public", "weak"], value);
    file.imports.push((ids[usize::from(pick) % ids.len()], modifier));
}

/// Sets an option, in place of the same one.
fn set(options: &mut Vec<Setting>, setting: Setting) {
    options.retain(|(name, _)| *name != setting.0);
    options.push(setting);
}

fn boolean(value: u16) -> String {
    (!value.is_multiple_of(3)).to_string()
}

fn file_option(which: u16, value: u16) -> Setting {
    const TEXTS: [&str; 11] = [
        "java_package",
        "java_outer_classname",
        "go_package",
        "objc_class_prefix",
        "csharp_namespace",
        "swift_prefix",
        "php_class_prefix",
        "php_namespace",
        "php_metadata_namespace",
        "ruby_package",
        "java_package",
    ];
    const SWITCHES: [&str; 7] = [
        "java_multiple_files",
        "java_string_check_utf8",
        "cc_generic_services",
        "java_generic_services",
        "py_generic_services",
        "cc_enable_arenas",
        "deprecated",
    ];
    match which % 5 {
        0 | 1 => (pick(&TEXTS, which / 5), format!("\"{}{}\"", text(value), value % 3)),
        2 => ("optimize_for", pick(&["SPEED", "CODE_SIZE"], value).to_owned()),
        _ => (pick(&SWITCHES, which / 5), boolean(value)),
    }
}

fn message_option(which: u16, value: u16) -> Setting {
    (pick(&["deprecated", "no_standard_descriptor_accessor"], which), boolean(value))
}

/// An option of a field, as often as not one that only such a field may have.
fn field_option(kind: &Kind, which: u16, value: u16) -> Setting {
    match which % 7 {
        0 | 2 | 4 if matches!(kind, Kind::Scalar(STRING | BYTES)) => {
            ("ctype", pick(&["STRING", "CORD", "STRING_PIECE"], value).to_owned())
        }
        0 => ("jstype", pick(&["JS_NORMAL", "JS_STRING", "JS_NUMBER"], value).to_owned()),
        1 => ("ctype", pick(&["STRING", "CORD", "STRING_PIECE"], value).to_owned()),
        2 => ("packed", value.is_multiple_of(2).to_string()),
        3 => ("lazy", boolean(value)),
        4 => ("debug_redact", boolean(value)),
        5 => ("unverified_lazy", boolean(value)),
        _ => ("deprecated", boolean(value)),
    }
}

fn set_enum_option(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let Some(chosen) = enumeration(tree, at) else { return };
    if value.is_multiple_of(2) {
        set(&mut chosen.options, ("deprecated", boolean(value)));
    } else if let Some(value_of) = nth(&mut chosen.values, pick) {
        set(
            &mut value_of.options,
            (
                crate::parity::generator::names::pick(&["deprecated", "debug_redact"], pick),
                boolean(value),
            ),
        );
    }
}

fn set_service_option(tree: &mut Tree, at: u16, pick: u16, value: u16) {
    let Some(service) = nth(&mut tree.services, at) else { return };
    match nth(&mut service.methods, pick) {
        Some(method) if !value.is_multiple_of(4) => {
            let levels = ["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"];
            set(
                &mut method.options,
                (
                    "idempotency_level",
                    crate::parity::generator::names::pick(&levels, value).to_owned(),
                ),
            );
        }
        Some(method) if value.is_multiple_of(8) => {
            set(&mut method.options, ("deprecated", boolean(value)))
        }
        _ => set(&mut service.options, ("deprecated", boolean(value))),
    }
}

fn json_name(which: u16, value: u16) -> String {
    if which.is_multiple_of(2) {
        format!("json{}", value % 9)
    } else {
        format!("{}{}", text(value), value % 9)
    }
}

/// Puts a use of some custom option on something it may stand on.
fn use_custom_option(tree: &mut Tree, at: u16, pick: u16, value: u16) -> Option<()> {
    let options = |e: &Extension| match e.of {
        Extendee::Options(of) => Some((e.field.id, of)),
        Extendee::Message(_) => None,
    };
    let all: Vec<_> = tree.extensions.iter().filter_map(options).collect();
    let (id, of) = *all.get(usize::from(pick) % all.len().max(1))?;
    let customs = match OPTION_MESSAGES[of] {
        "FileOptions" => &mut nth(&mut tree.files, at)?.customs,
        "MessageOptions" => &mut message(tree, at)?.customs,
        "FieldOptions" => &mut field(tree, at)?.customs,
        "EnumOptions" => &mut enumeration(tree, at)?.customs,
        "EnumValueOptions" => &mut nth(&mut enumeration(tree, at)?.values, value)?.customs,
        "ServiceOptions" => &mut nth(&mut tree.services, at)?.customs,
        "MethodOptions" => &mut nth(&mut nth(&mut tree.services, at)?.methods, value)?.customs,
        _ => return None,
    };
    customs.push((id, value));
    Some(())
}

/// Whether a scalar holds 64 bits of an integer: what `jstype` may stand on.
pub(crate) fn is_long(scalar: usize) -> bool {
    SCALARS[scalar].ends_with("64")
}
