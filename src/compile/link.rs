//! Resolves every reference of a file to a full name, and derives the kinds of named types and the
//! JSON names.

use rustc_hash::FxHashSet;

use super::problem::Problem;
use super::symbols::{Kind, qualify};
use super::view::{Unresolved, View};
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto,
    MethodDescriptorProto,
};
use crate::schema::tag;

/// Links `file`. `view` has the visible names, `path_of` returns the path of a file.
pub(super) fn link<'p>(
    file: &mut FileDescriptorProto,
    view: &View<'_>,
    path_of: &dyn Fn(u32) -> &'p str,
) -> Vec<Problem> {
    let mut linker = Linker {
        view,
        path_of,
        scopes: Vec::new(),
        hiding: Vec::new(),
        path: Vec::new(),
        problems: Vec::new(),
    };
    for (name, kind) in view.package_conflicts() {
        let message = format!("\"{name}\" is a package and {}", kind.describe());
        linker.problems.push(Problem::at(vec![tag::file::PACKAGE], message));
    }
    linker.file(file);
    linker.problems
}

struct Linker<'a, 'p> {
    view: &'a View<'a>,
    path_of: &'a dyn Fn(u32) -> &'p str,
    /// Full names of the messages around the current element, outermost first.
    scopes: Vec<String>,
    /// For each of the scopes, its members that are no types: they hide types further out from
    /// `extend`. Empty where nothing is extended.
    hiding: Vec<FxHashSet<String>>,
    path: Vec<i32>,
    problems: Vec<Problem>,
}

impl Linker<'_, '_> {
    fn file(&mut self, file: &mut FileDescriptorProto) {
        self.each(tag::file::MESSAGE_TYPE, &mut file.message_type, Self::message);
        self.each(tag::file::EXTENSION, &mut file.extension, Self::field);
        self.each(tag::file::SERVICE, &mut file.service, |linker, service| {
            let methods = (0..).zip(&service.method);
            linker.unique(methods.map(|(i, m)| declared(m.name(), tag::service::METHOD, i)));
            let names: FxHashSet<String> =
                service.method.iter().map(|method| method.name().to_owned()).collect();
            linker.each(tag::service::METHOD, &mut service.method, |linker, method| {
                linker.method(method, &names)
            });
        });
    }

    /// Visits a list: `tag` is its field number in the parent's descriptor.
    fn each<T>(&mut self, tag: i32, items: &mut [T], visit: impl Fn(&mut Self, &mut T)) {
        for (index, item) in (0..).zip(items) {
            self.path.extend([tag, index]);
            visit(self, item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn message(&mut self, message: &mut DescriptorProto) {
        rename_synthetic_oneofs(message);
        self.unique(members(message));
        let scope = self.scopes.last().map_or(self.view.package, String::as_str);
        self.scopes.push(qualify(scope, message.name()));
        self.hiding.push(if extends(message) { values(message) } else { FxHashSet::default() });
        self.each(tag::message::FIELD, &mut message.field, Self::field);
        self.each(tag::message::EXTENSION, &mut message.extension, Self::field);
        self.each(tag::message::NESTED_TYPE, &mut message.nested_type, Self::message);
        self.hiding.pop();
        self.scopes.pop();
    }

    fn field(&mut self, field: &mut FieldDescriptorProto) {
        if field.json_name.is_none() {
            field.json_name = Some(json_name(field.name()));
        }
        if let Some(extendee) = field.extendee.take() {
            field.extendee = Some(self.extendee(extendee));
        }
        let Some(reference) = field.type_name.take() else { return };
        field.type_name = Some(match self.resolve(&reference, tag::field::TYPE_NAME) {
            Some((name, kind)) => {
                let is_group = field.r#type == Some(FieldType::Group as i32);
                if kind == Kind::Enum {
                    field.r#type = Some(FieldType::Enum as i32);
                } else if !is_group {
                    field.r#type = Some(FieldType::Message as i32);
                }
                format!(".{name}")
            }
            None => reference,
        });
    }

    /// Resolves the message that an extension extends. Unlike the type of a field, it is not looked
    /// for further out where the innermost element of that name is no type, as in protoc.
    fn extendee(&mut self, reference: String) -> String {
        let name = self.message_type(reference.clone(), tag::field::EXTENDEE);
        if name == reference {
            return name;
        }
        let scope = name.strip_suffix(&*reference).map_or(0, str::len);
        let hiding = self.scopes.iter().zip(&self.hiding).rev();
        // Of `name` this has a dot on both sides, a scope has none.
        let mut inner = hiding.take_while(|(it, _)| it.len() + 2 > scope);
        if let Some((scope, _)) = inner.find(|(_, members)| members.contains(&reference)) {
            let message =
                format!("\"{reference}\" means \"{scope}.{reference}\" here, not a message");
            self.problem(tag::field::EXTENDEE, message);
            if let Some(problem) = self.problems.last_mut() {
                problem.help = Some(format!("write `{name}`"));
            }
        }
        name
    }

    /// Resolves the types of a method. `methods` are the names in the scope of the service: each
    /// hides a type of that name.
    fn method(&mut self, method: &mut MethodDescriptorProto, methods: &FxHashSet<String>) {
        let input = (tag::method::INPUT_TYPE, &mut method.input_type);
        let output = (tag::method::OUTPUT_TYPE, &mut method.output_type);
        for (part, slot) in [input, output] {
            let reference = slot.take().unwrap_or_default();
            if methods.contains(&reference) {
                self.problem(part, format!("\"{reference}\" means the method of that name here"));
                *slot = Some(reference);
            } else {
                *slot = Some(self.message_type(reference, part));
            }
        }
    }

    /// Resolves a reference to a message.
    fn message_type(&mut self, reference: String, part: i32) -> String {
        match self.resolve(&reference, part) {
            Some((name, Kind::Message)) => format!(".{name}"),
            Some((name, kind)) => {
                let message = format!("\"{name}\" is {}, not a message", kind.describe());
                self.problem(part, message);
                reference
            }
            None => reference,
        }
    }

    fn resolve(&mut self, reference: &str, part: i32) -> Option<(String, Kind)> {
        let unresolved = match self.view.resolve(reference, &self.scopes) {
            Ok(found) => return Some(found),
            Err(unresolved) => unresolved,
        };
        let mut help = None;
        let mut is_undeclared = false;
        let message = match unresolved {
            Unresolved::Unknown => {
                is_undeclared = true;
                format!("\"{reference}\" is not declared")
            }
            Unresolved::NotImported(file) => {
                let path = (self.path_of)(file);
                help = Some(format!("add `import \"{path}\";`"));
                format!("\"{reference}\" is declared in {path}, which is not imported")
            }
            Unresolved::Hidden(name) if name == reference => {
                is_undeclared = true;
                format!("\"{reference}\" is not declared")
            }
            Unresolved::Hidden(name) => {
                help = Some(format!("write `.{reference}` to begin at the outermost scope"));
                format!("\"{reference}\" means \"{name}\" here, which is not declared")
            }
            Unresolved::NotAType(name, kind) => {
                format!("\"{name}\" is {}, not a type", kind.describe())
            }
        };
        self.problem(part, message);
        if let Some(problem) = self.problems.last_mut() {
            problem.help = help;
            let is_field = part == tag::field::TYPE_NAME;
            problem.undeclared = is_undeclared.then(|| (reference.to_owned(), is_field));
        }
        None
    }

    fn problem(&mut self, part: i32, message: String) {
        let at = [self.path.as_slice(), &[part]].concat();
        self.problems.push(Problem::at(at, message).or_at(self.path.clone()));
    }

    /// Reports names that are declared twice in one scope.
    fn unique<'n>(&mut self, names: impl Iterator<Item = Declared<'n>>) {
        let mut seen = FxHashSet::default();
        for (name, tail, len) in names {
            if !seen.insert(name) {
                let mut at = self.path.clone();
                at.extend(&tail[..len]);
                let message = format!("\"{name}\" is already declared in this scope");
                self.problems.push(Problem::at(at, message).or_at(self.path.clone()));
            }
        }
    }
}

/// Renames the synthetic oneofs of proto3 `optional` fields: the name of the field, prefixed with
/// as many `X` as it takes to be unique.
fn rename_synthetic_oneofs(message: &mut DescriptorProto) {
    let synthetic = |field: &&FieldDescriptorProto| field.proto3_optional();
    if !message.field.iter().any(|field| field.proto3_optional()) {
        return;
    }
    let indexes: Vec<usize> = message
        .field
        .iter()
        .filter(synthetic)
        .filter_map(|field| usize::try_from(field.oneof_index?).ok())
        .collect();
    let fields = message.field.iter().map(|field| field.name().to_owned());
    let generated: FxHashSet<usize> = indexes.iter().copied().collect();
    let written = message.oneof_decl.iter().enumerate();
    let written = written.filter(|(index, _)| !generated.contains(index));
    let mut taken: FxHashSet<String> =
        fields.chain(written.map(|(_, oneof)| oneof.name().to_owned())).collect();
    for index in indexes {
        let Some(oneof) = message.oneof_decl.get_mut(index) else { continue };
        let mut name = oneof.name().to_owned();
        while !taken.insert(name.clone()) {
            name.insert(0, 'X');
        }
        oneof.name = Some(name);
    }
}

/// A name that is declared in a scope, with its path relative to the scope: an array, and the
/// length of the path in it.
type Declared<'n> = (&'n str, [i32; 5], usize);

/// Returns the names that are declared in the scope of a message.
fn members(message: &DescriptorProto) -> impl Iterator<Item = Declared<'_>> {
    use tag::message::{EXTENSION, FIELD, NESTED_TYPE, ONEOF_DECL};
    let fields = (0..).zip(&message.field).map(|(i, f)| declared(f.name(), FIELD, i));
    let oneofs = (0..).zip(&message.oneof_decl).map(|(i, o)| declared(o.name(), ONEOF_DECL, i));
    let nested = (0..).zip(&message.nested_type).map(|(i, m)| declared(m.name(), NESTED_TYPE, i));
    let enums = (0..).zip(&message.enum_type).flat_map(|(i, e)| enum_names(i, e));
    let extensions = (0..).zip(&message.extension).map(|(i, e)| declared(e.name(), EXTENSION, i));
    fields.chain(oneofs).chain(nested).chain(enums).chain(extensions)
}

/// Whether anything is extended inside `message`.
fn extends(message: &DescriptorProto) -> bool {
    !message.extension.is_empty() || message.nested_type.iter().any(extends)
}

/// Returns the names in the scope of a message that are no types.
fn values(message: &DescriptorProto) -> FxHashSet<String> {
    let is_type = |path: &[i32; 5], len| {
        path[0] == tag::message::NESTED_TYPE || path[0] == tag::message::ENUM_TYPE && len == 3
    };
    let names = members(message).filter(|(_, path, len)| !is_type(path, *len));
    names.map(|(name, ..)| name.to_owned()).collect()
}

/// Returns the declaration of `name` at `index` of the list `list` of its scope.
fn declared(name: &str, list: i32, index: i32) -> Declared<'_> {
    (name, [list, index, tag::NAME, 0, 0], 3)
}

/// Returns the names of a nested enum and of its values, which are in the same scope.
fn enum_names(index: i32, enumeration: &EnumDescriptorProto) -> impl Iterator<Item = Declared<'_>> {
    use tag::message::ENUM_TYPE;
    let path = move |value| [ENUM_TYPE, index, tag::enumeration::VALUE, value, tag::NAME];
    let values = (0..).zip(&enumeration.value);
    let values = values.map(move |(value, v)| (v.name(), path(value), 5));
    std::iter::once(declared(enumeration.name(), ENUM_TYPE, index)).chain(values)
}

/// Returns the default JSON name of a field: `fooBar` for `foo_bar`.
pub(super) fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut capitalize = false;
    for c in name.chars() {
        match c {
            '_' => capitalize = true,
            _ if std::mem::take(&mut capitalize) => json.push(c.to_ascii_uppercase()),
            _ => json.push(c),
        }
    }
    json
}
