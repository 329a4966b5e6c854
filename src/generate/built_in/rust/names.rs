//! Names of a schema that cannot be names in Rust: different ones that become the same, and those
//! without letters and digits. For most of them prost-build generates code that does not compile;
//! on the others it panics.

use std::collections::BTreeSet;
use std::fmt;

use heck::ToUpperCamelCase;
use prost_build::Module;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    OneofDescriptorProto, ServiceDescriptorProto,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::options::Options;
use crate::schema::tag;

/// Checks that `files` have no such names. The error says where they are declared. Code is written
/// for the modules in `wanted`.
pub(super) fn check(
    files: &[FileDescriptorProto],
    wanted: &BTreeSet<Module>,
    options: &Options,
) -> Result<(), String> {
    let mut check = Check { options, wanted, modules: FxHashMap::default() };
    files.iter().try_for_each(|file| check.packages(file))?;
    files.iter().try_for_each(|file| check.file(file))
}

/// What has a name in Rust.
#[derive(Clone, Copy)]
enum Kind {
    /// An element, under its own name.
    Own,
    /// The module of a package. `true` if code is written for it.
    Package(bool),
    /// The module of a message with nested types.
    Nested(bool),
    /// The module of the client of a service.
    Client,
    /// The module of the server of a service.
    Server,
}

/// An element, or the package of a file.
#[derive(Clone)]
struct Element<'a> {
    file: &'a FileDescriptorProto,
    path: Vec<i32>,
    name: String,
    kind: Kind,
}

impl<'a> Element<'a> {
    /// The package of a file, or one around it.
    fn package(file: &'a FileDescriptorProto, name: String, is_wanted: bool) -> Self {
        Element { file, path: Vec::new(), name, kind: Kind::Package(is_wanted) }
    }

    /// The element at `index` of the list with the field number `number`.
    fn child(&self, number: i32, index: usize, name: &str) -> Self {
        let index = i32::try_from(index).expect("a list in a message is shorter");
        let path = [&*self.path, &[number, index]].concat();
        Element { file: self.file, path, name: full_name(&self.name, name), kind: Kind::Own }
    }

    fn of_kind(&self, kind: Kind) -> Self {
        Element { kind, ..self.clone() }
    }

    fn place(&self) -> String {
        place(self.file, &self.path)
    }
}

/// Returns the name of `file`, and the line and column of the name of the element at `path`, or of
/// its package if that is empty.
pub(super) fn place(file: &FileDescriptorProto, path: &[i32]) -> String {
    let number = if path.is_empty() { tag::file::PACKAGE } else { tag::NAME };
    let path = [path, &[number]].concat();
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let span = locations.into_iter().find(|it| it.path == path).map(|it| &*it.span);
    match span {
        Some([line, column, ..]) => format!("{}:{}:{}", file.name(), line + 1, column + 1),
        _ => file.name().to_owned(),
    }
}

impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Own => "",
            Kind::Package(_) => "the package ",
            Kind::Nested(_) => "the types in ",
            Kind::Client => "the client of ",
            Kind::Server => "the server of ",
        };
        write!(f, "{kind}`{}` ({})", self.name, self.place())
    }
}

struct Check<'a> {
    options: &'a Options,
    wanted: &'a BTreeSet<Module>,
    /// The types and modules in each module, by its Rust path.
    modules: FxHashMap<String, Names<'a>>,
}

impl<'a> Check<'a> {
    fn has_code(&self, file: &FileDescriptorProto) -> bool {
        let messages = file.message_type.iter().map(|it| it.name());
        let mut types = messages.chain(file.enum_type.iter().map(|it| it.name()));
        let has_services = self.options.client || self.options.server;
        types.any(|name| !self.options.is_extern(&full_name(file.package(), name)))
            || has_services && !file.service.is_empty()
    }

    /// Adds the modules of the package of `file`, if it has code.
    fn packages(&mut self, file: &'a FileDescriptorProto) -> Result<(), String> {
        if !self.has_code(file) {
            return Ok(());
        }
        let is_wanted = self.wanted.contains(&Module::from_protobuf_package_name(file.package()));
        let (mut module, mut package) = (String::new(), String::new());
        for part in file.package().split('.').filter(|part| !part.is_empty()) {
            package = full_name(&package, part);
            let element = Element::package(file, package.clone(), is_wanted);
            let in_rust = snake(part);
            self.names(&module).add(in_rust.clone(), element)?;
            module = path(&module, &in_rust);
        }
        Ok(())
    }

    fn names(&mut self, module: &str) -> &mut Names<'a> {
        if !self.modules.contains_key(module) {
            self.modules.insert(module.to_owned(), Names::default());
        }
        self.modules.get_mut(module).expect("it is there now")
    }

    fn file(&mut self, file: &'a FileDescriptorProto) -> Result<(), String> {
        let module = Module::from_protobuf_package_name(file.package());
        let is_wanted = self.wanted.contains(&module);
        let package = Element::package(file, file.package().to_owned(), is_wanted);
        let module = module.to_string();
        for (index, it) in file.enum_type.iter().enumerate() {
            let element = package.child(tag::file::ENUM_TYPE, index, it.name());
            self.enumeration(it, element, &module)?;
        }
        for (index, it) in file.message_type.iter().enumerate() {
            let element = package.child(tag::file::MESSAGE_TYPE, index, it.name());
            self.message(it, element, &module, is_wanted)?;
        }
        for (index, it) in file.service.iter().enumerate() {
            let element = package.child(tag::file::SERVICE, index, it.name());
            self.service(it, &element, &module)?;
        }
        Ok(())
    }

    fn message(
        &mut self,
        message: &'a DescriptorProto,
        element: Element<'a>,
        module: &str,
        is_wanted: bool,
    ) -> Result<(), String> {
        if self.options.is_extern(&element.name) || is_map_entry(message) {
            return Ok(());
        }
        self.names(module).add(camel(message.name()), element.clone())?;
        let inside = path(module, &snake(message.name()));
        let oneofs = oneofs(message);
        let mut nested = message.nested_type.iter().filter(|it| !is_map_entry(it));
        if !message.enum_type.is_empty() || nested.next().is_some() || !oneofs.is_empty() {
            let module_of_it = element.of_kind(Kind::Nested(is_wanted));
            self.names(module).add(snake(message.name()), module_of_it)?;
        }
        for (index, it) in message.enum_type.iter().enumerate() {
            let element = element.child(tag::message::ENUM_TYPE, index, it.name());
            self.enumeration(it, element, &inside)?;
        }
        for (index, it) in message.nested_type.iter().enumerate() {
            let element = element.child(tag::message::NESTED_TYPE, index, it.name());
            self.message(it, element, &inside, is_wanted)?;
        }
        for (index, oneof) in &oneofs {
            let it = element.child(tag::message::ONEOF_DECL, *index, oneof.name());
            let types = message.nested_type.iter().map(|it| it.name());
            let mut types = types.chain(message.enum_type.iter().map(|it| it.name()));
            let mut in_rust = camel(oneof.name());
            // If a type has the name of the oneof, prost-build appends a word.
            if types.any(|name| camel(name) == in_rust) {
                in_rust.push_str("OneOf");
            }
            self.names(&inside).add(in_rust, it)?;
        }
        members(message, &element, &oneofs)?;
        methods(message, &element)
    }

    fn enumeration(
        &mut self,
        enumeration: &'a EnumDescriptorProto,
        element: Element<'a>,
        module: &str,
    ) -> Result<(), String> {
        if self.options.is_extern(&element.name) {
            return Ok(());
        }
        let prefix = camel(enumeration.name());
        self.names(module).add(prefix.clone(), element.clone())?;
        let mut variants = Names::default();
        let mut numbers = FxHashSet::default();
        for (index, value) in enumeration.value.iter().enumerate() {
            // Of several names of a number, the first one becomes a variant.
            if numbers.insert(value.number()) {
                let whole = camel(value.name());
                let short = whole.strip_prefix(&prefix);
                let short = short.filter(|it| it.starts_with(char::is_uppercase));
                let value = element.child(tag::enumeration::VALUE, index, value.name());
                variants.add(short.unwrap_or(&whole).to_owned(), value)?;
            }
        }
        Ok(())
    }

    fn service(
        &mut self,
        service: &'a ServiceDescriptorProto,
        element: &Element<'a>,
        module: &str,
    ) -> Result<(), String> {
        let options = self.options;
        for (is_built, kind, ending) in
            [(options.client, Kind::Client, "client"), (options.server, Kind::Server, "server")]
        {
            if is_built {
                let name = camel(service.name());
                let in_rust = if name.is_empty() { name } else { service_module(&name, ending) };
                self.names(module).add(in_rust, element.of_kind(kind))?;
            }
        }
        let mut methods = Names::default();
        for (index, method) in service.method.iter().enumerate() {
            let method_element = element.child(tag::service::METHOD, index, method.name());
            methods.add(snake(method.name()), method_element)?;
        }
        Ok(())
    }
}

/// Checks the fields of a message, and the variants of its oneofs.
fn members(
    message: &DescriptorProto,
    element: &Element<'_>,
    oneofs: &[(usize, &OneofDescriptorProto)],
) -> Result<(), String> {
    let mut fields = Names::default();
    let mut variants = FxHashMap::<i32, Names<'_>>::default();
    for (index, field) in message.field.iter().enumerate() {
        let it = element.child(tag::message::FIELD, index, field.name());
        match oneof_of(field) {
            Some(oneof) => variants.entry(oneof).or_default().add(camel(field.name()), it)?,
            None => fields.add(snake(field.name()), it)?,
        }
    }
    for (index, oneof) in oneofs {
        let it = element.child(tag::message::ONEOF_DECL, *index, oneof.name());
        fields.add(snake(oneof.name()), it)?;
    }
    Ok(())
}

/// Checks the methods that prost derives for the fields of a message.
fn methods(message: &DescriptorProto, element: &Element<'_>) -> Result<(), String> {
    let is_proto2 = element.file.syntax() != "proto3";
    let mut methods = Names::default();
    for (index, field) in message.field.iter().enumerate() {
        let it = || element.child(tag::message::FIELD, index, field.name());
        if oneof_of(field).is_some() {
            continue;
        }
        let name = snake(field.name());
        let plain = name.trim_start_matches("r#");
        let is_repeated = field.label() == Label::Repeated;
        let is_optional = field.proto3_optional() || is_proto2 && field.label() == Label::Optional;
        match field.r#type() {
            Type::Enum => {
                let verb = if is_repeated { "push" } else { "set" };
                methods.add(name.clone(), it())?;
                methods.add(format!("{verb}_{plain}"), it())?;
            }
            Type::Message if is_map_of_enums(message, field) && name != plain => {
                return Err(format!(
                    "{} is a map of enums with the name of a Rust keyword, for which prost has no \
                     code: rename it",
                    it()
                ));
            }
            Type::Message if is_map_of_enums(message, field) => {
                methods.add(format!("get_{name}"), it())?;
                methods.add(format!("insert_{name}"), it())?;
            }
            Type::Message | Type::Group => {}
            _ if is_optional => methods.add(name, it())?,
            _ => {}
        }
    }
    Ok(())
}

fn is_map_of_enums(message: &DescriptorProto, field: &FieldDescriptorProto) -> bool {
    let name = field.type_name().rsplit('.').next().unwrap_or_default();
    let mut entries = message.nested_type.iter().filter(|it| is_map_entry(it));
    let entry = entries.find(|it| it.name() == name);
    entry.is_some_and(|it| it.field.get(1).is_some_and(|value| value.r#type() == Type::Enum))
}

/// Returns the oneofs that have fields, with their indexes.
fn oneofs(message: &DescriptorProto) -> Vec<(usize, &OneofDescriptorProto)> {
    let used: FxHashSet<i32> = message.field.iter().filter_map(oneof_of).collect();
    let oneofs = message.oneof_decl.iter().enumerate();
    oneofs.filter(|(index, _)| used.iter().any(|it| usize::try_from(*it) == Ok(*index))).collect()
}

/// Returns the oneof of a field, unless it is synthetic.
fn oneof_of(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

pub(super) fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// Returns the path of the module `name` in `module`.
fn path(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// Returns the name of a module, field or function, as prost-build does.
fn snake(name: &str) -> String {
    Module::from_protobuf_package_name(name).to_string()
}

/// Returns the name of a type or variant, as prost-build does.
fn camel(name: &str) -> String {
    let name = name.to_upper_camel_case();
    match name.chars().next() {
        Some(first) if first.is_numeric() => format!("_{name}"),
        _ if name == "Self" => "Self_".to_owned(),
        _ => name,
    }
}

/// Returns the name of the module for a client or server, as tonic does.
fn service_module(service: &str, ending: &str) -> String {
    let mut name = String::new();
    for (index, letter) in service.char_indices() {
        if index > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    format!("{name}_{ending}")
}

/// The names in one scope, by their Rust names.
#[derive(Default)]
struct Names<'a>(FxHashMap<String, Element<'a>>);

impl<'a> Names<'a> {
    /// Records that `element` becomes `in_rust`; an error if another one does, too, or if that is
    /// no name.
    fn add(&mut self, in_rust: String, element: Element<'a>) -> Result<(), String> {
        if in_rust.is_empty() {
            return Err(format!(
                "{element} has no letter and no digit, so it has no name in Rust: rename it"
            ));
        }
        let Some(other) = self.0.get_mut(&in_rust) else {
            self.0.insert(in_rust, element);
            return Ok(());
        };
        match (&mut other.kind, element.kind) {
            (Kind::Package(is_wanted), Kind::Package(also)) => *is_wanted |= also,
            // The nested types move to the file of the package.
            (Kind::Package(is_wanted), Kind::Nested(also)) if *is_wanted == also => {}
            (Kind::Package(_), Kind::Nested(_)) => {
                return Err(format!(
                    "{element} and {other} are both in the module `{in_rust}` in Rust: generate \
                     them together, with `strategy: all` and `include_imports: true`"
                ));
            }
            _ => return Err(clash(other, &element, &in_rust)),
        }
        Ok(())
    }
}

fn clash(one: &Element<'_>, two: &Element<'_>, in_rust: &str) -> String {
    let kinds = [one.kind, two.kind];
    let way_out = if kinds.iter().any(|kind| matches!(kind, Kind::Client)) {
        ", or set `client=false` in `opt`"
    } else if kinds.iter().any(|kind| matches!(kind, Kind::Server)) {
        ", or set `server=false` in `opt`"
    } else {
        ""
    };
    format!("{one} and {two} are both `{in_rust}` in Rust: rename one of them{way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::{EnumValueDescriptorProto, MethodDescriptorProto};

    fn field(name: &str, oneof: Option<i32>) -> FieldDescriptorProto {
        FieldDescriptorProto {
            name: Some(name.to_owned()),
            oneof_index: oneof,
            ..Default::default()
        }
    }

    fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
        let name = Some(name.to_owned());
        let choice = OneofDescriptorProto { name: Some("choice".to_owned()), options: None };
        DescriptorProto { name, field, oneof_decl: vec![choice], ..Default::default() }
    }

    /// A message with a nested one.
    fn outer(name: &str) -> DescriptorProto {
        DescriptorProto { nested_type: vec![message("Inside", vec![])], ..message(name, vec![]) }
    }

    fn file(message_type: Vec<DescriptorProto>, values: &[&str]) -> FileDescriptorProto {
        let value = |(number, name): (i32, &&str)| EnumValueDescriptorProto {
            name: Some((*name).to_owned()),
            number: Some(number),
            options: None,
        };
        let kind = EnumDescriptorProto {
            name: Some("Kind".to_owned()),
            value: (0..).zip(values).map(value).collect(),
            ..Default::default()
        };
        let (name, package) = (Some("f.proto".to_owned()), Some("p".to_owned()));
        let enum_type = vec![kind];
        FileDescriptorProto { name, package, message_type, enum_type, ..Default::default() }
    }

    fn service(name: &str, methods: &[&str]) -> ServiceDescriptorProto {
        let method = |name: &&str| MethodDescriptorProto {
            name: Some((*name).to_owned()),
            ..Default::default()
        };
        ServiceDescriptorProto {
            name: Some(name.to_owned()),
            method: methods.iter().map(method).collect(),
            options: None,
        }
    }

    fn checked(files: &[FileDescriptorProto], wanted: &[&str], parameter: &str) -> String {
        let wanted = wanted.iter().map(|name| Module::from_protobuf_package_name(name)).collect();
        let options = Options::parse(Some(parameter)).expect("they are options");
        check(files, &wanted, &options).err().unwrap_or_default()
    }

    #[test]
    fn names_that_are_one_in_rust_are_errors_with_both() {
        let fields = |names: &[&str], oneof| {
            let fields = names.iter().map(|name| field(name, oneof)).collect();
            file(vec![message("M", fields)], &[])
        };
        let of_type = |name: &str, r#type: Type| FieldDescriptorProto {
            r#type: Some(r#type as i32),
            label: Some(Label::Optional as i32),
            ..field(name, None)
        };
        let enums = vec![of_type("a", Type::Enum), of_type("set_a", Type::Int32)];
        let services = |services| FileDescriptorProto {
            service: services,
            ..file(vec![outer("NodeServer")], &[])
        };
        for (file, error) in [
            (fields(&["a_b", "aB"], None), "`p.M.a_b` (f.proto) and `p.M.aB` (f.proto) are both"),
            (fields(&["a_1", "a1"], Some(0)), "are both `A1`"),
            (fields(&["_"], None), "`p.M._` (f.proto) has no letter"),
            (fields(&["__"], Some(0)), "`p.M.__` (f.proto) has no letter"),
            (file(vec![message("Ab", vec![]), message("AB", vec![])], &[]), "are both `Ab`"),
            (file(vec![message("KIND", vec![])], &[]), "`p.Kind` (f.proto) and `p.KIND`"),
            (file(vec![outer("_1")], &[]), "are both `_1`"),
            (file(vec![], &["KIND_A", "A"]), "and `p.Kind.A` (f.proto) are both `A`"),
            (file(vec![message("M", enums)], &[]), "are both `set_a`"),
            (services(vec![service("S", &["Ab", "ab"])]), "are both `ab`"),
            (services(vec![service("A_B", &[]), service("aB", &[])]), "both `a_b_client`"),
            (services(vec![service("_", &[])]), "the client of `p._` (f.proto) has no letter"),
            (
                services(vec![service("Node", &[])]),
                "the types in `p.NodeServer` (f.proto) and the server of `p.Node` (f.proto) are \
                 both `node_server` in Rust: rename one of them, or set `server=false` in `opt`",
            ),
        ] {
            let found = checked(&[file], &["p"], "");
            assert!(found.contains(error), "{found}");
        }
        let good = file(
            vec![message("M", vec![field("a1", None), field("a_1", None)])],
            &["KIND_A", "KINDA"],
        );
        assert_eq!(checked(&[good], &["p"], ""), "");
        assert_eq!(checked(&[services(vec![service("Node", &[])])], &["p"], "server=false"), "");
        let twice = [file(vec![message("M", vec![])], &[]), file(vec![message("m", vec![])], &[])];
        assert!(checked(&twice, &["p"], "").contains("p.Kind"), "one package");
        assert_eq!(checked(&twice, &["p"], "extern_path=.p=::x"), "");
    }

    #[test]
    fn a_module_of_nested_types_can_be_that_of_a_package_in_the_same_run() {
        let parent = file(vec![outer("Child")], &[]);
        let in_package = |package: &str, name: &str| FileDescriptorProto {
            package: Some(package.to_owned()),
            enum_type: Vec::new(),
            ..file(vec![message(name, vec![])], &[])
        };
        let below = [parent.clone(), in_package("p.child.v1", "M")];
        assert_eq!(checked(&below, &["p", "p.child.v1"], ""), "");
        let found = checked(&below, &["p"], "");
        assert!(
            found.contains("the package `p.child` (f.proto) are both in the module"),
            "{found}"
        );
        assert_eq!(checked(&below, &["p"], "extern_path=.p.child=::x"), "");
        let twin = [parent, in_package("p.child", "INSIDE")];
        let found = checked(&twin, &["p", "p.child"], "");
        assert!(found.contains("`p.Child.Inside` (f.proto) and `p.child.INSIDE`"), "{found}");
        let cases = [in_package("q", "M"), in_package("Q", "N")];
        assert_eq!(checked(&cases, &["q"], ""), "");
        let cases = [in_package("q", "M"), in_package("Q", "M")];
        assert!(checked(&cases, &["q"], "").contains("`q.M` (f.proto) and `Q.M` (f.proto)"));
    }
}
