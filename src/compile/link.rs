//! Makes every reference of a file absolute, and fills in what follows from it: the kind of a
//! named type, JSON names.

use rustc_hash::FxHashSet;

use super::problem::Problem;
use super::symbols::{Kind, qualify};
use super::view::{Unresolved, View};
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto,
    MethodDescriptorProto,
};

/// Links `file` as seen through `view`; `path_of` names the files of a compilation.
pub(super) fn link<'p>(
    file: &mut FileDescriptorProto,
    view: &View<'_>,
    path_of: &dyn Fn(u32) -> &'p str,
) -> Vec<Problem> {
    let mut linker =
        Linker { view, path_of, scopes: Vec::new(), path: Vec::new(), problems: Vec::new() };
    for (name, kind) in view.clashes() {
        let message = format!("\"{name}\" is a package and {}", kind.describe());
        linker.problems.push(Problem::at(vec![PACKAGE], message));
    }
    linker.file(file);
    linker.problems
}

struct Linker<'a, 'p> {
    view: &'a View<'a>,
    path_of: &'a dyn Fn(u32) -> &'p str,
    /// Full names of the messages around the current element, outermost first.
    scopes: Vec<String>,
    path: Vec<i32>,
    problems: Vec<Problem>,
}

/// Field numbers of what can be wrong, in the descriptors of a file and a field.
const PACKAGE: i32 = 2;
const EXTENDEE: i32 = 2;
const TYPE_NAME: i32 = 6;

impl Linker<'_, '_> {
    fn file(&mut self, file: &mut FileDescriptorProto) {
        self.each(4, &mut file.message_type, Self::message);
        self.each(7, &mut file.extension, Self::field);
        self.each(6, &mut file.service, |linker, service| {
            linker.unique(
                service.method.iter().enumerate().map(|(i, m)| (m.name(), [2, i, 1, 0, 0], 3)),
            );
            let names: FxHashSet<String> =
                service.method.iter().map(|method| method.name().to_owned()).collect();
            linker.each(2, &mut service.method, |linker, method| linker.method(method, &names));
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
        self.each(2, &mut message.field, Self::field);
        self.each(6, &mut message.extension, Self::field);
        self.each(3, &mut message.nested_type, Self::message);
        self.scopes.pop();
    }

    fn field(&mut self, field: &mut FieldDescriptorProto) {
        if field.json_name.is_none() {
            field.json_name = Some(json_name(field.name()));
        }
        if let Some(extendee) = field.extendee.take() {
            field.extendee = Some(self.message_type(extendee, EXTENDEE));
        }
        let Some(reference) = field.type_name.take() else { return };
        field.type_name = Some(match self.resolve(&reference, TYPE_NAME) {
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

    /// `methods` are the names in the scope of the service: each hides a type of that name.
    fn method(&mut self, method: &mut MethodDescriptorProto, methods: &FxHashSet<String>) {
        const INPUT: i32 = 2;
        const OUTPUT: i32 = 3;
        for (part, slot) in [(INPUT, &mut method.input_type), (OUTPUT, &mut method.output_type)] {
            let reference = slot.take().unwrap_or_default();
            if methods.contains(&reference) {
                self.problem(part, format!("\"{reference}\" means the method of that name here"));
                *slot = Some(reference);
            } else {
                *slot = Some(self.message_type(reference, part));
            }
        }
    }

    /// Resolves a reference that must mean a message.
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
        let message = match unresolved {
            Unresolved::Unknown => format!("\"{reference}\" is not declared"),
            Unresolved::NotImported(file) => {
                let path = (self.path_of)(file);
                help = Some(format!("add `import \"{path}\";`"));
                format!("\"{reference}\" is declared in {path}, which is not imported")
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
        }
        None
    }

    fn problem(&mut self, part: i32, message: String) {
        let at = [self.path.as_slice(), &[part]].concat();
        self.problems.push(Problem::at(at, message).or_at(self.path.clone()));
    }

    /// Finds names that stand twice in one scope: each with the first `len` numbers of its path.
    fn unique<'n>(&mut self, names: impl Iterator<Item = (&'n str, [usize; 5], usize)>) {
        let mut seen = FxHashSet::default();
        for (name, tail, len) in names {
            if !seen.insert(name) {
                let mut at = self.path.clone();
                at.extend(tail[..len].iter().map(|part| *part as i32));
                let message = format!("\"{name}\" is already declared in this scope");
                self.problems.push(Problem::at(at, message).or_at(self.path.clone()));
            }
        }
    }
}

/// The oneof of a proto3 `optional` field is named after it, with as many `X` in front as it
/// takes to be no other name's.
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

/// Everything that has a name in the scope of a message, with its path from the message.
fn members(message: &DescriptorProto) -> impl Iterator<Item = (&str, [usize; 5], usize)> {
    let fields = message.field.iter().enumerate().map(|(i, f)| (f.name(), [2, i, 1, 0, 0], 3));
    let nested = message.nested_type.iter().enumerate();
    let nested = nested.map(|(i, m)| (m.name(), [3, i, 1, 0, 0], 3));
    let extensions = message.extension.iter().enumerate();
    let extensions = extensions.map(|(i, e)| (e.name(), [6, i, 1, 0, 0], 3));
    let oneofs = message.oneof_decl.iter().enumerate();
    let oneofs = oneofs.map(|(i, o)| (o.name(), [8, i, 1, 0, 0], 3));
    let enums = message.enum_type.iter().enumerate().flat_map(|(i, e)| enum_names(i, e));
    fields.chain(oneofs).chain(nested).chain(enums).chain(extensions)
}

/// A nested enum and its values, which stand beside it.
fn enum_names(
    index: usize,
    enumeration: &EnumDescriptorProto,
) -> impl Iterator<Item = (&str, [usize; 5], usize)> {
    let values = enumeration.value.iter().enumerate();
    let values = values.map(move |(j, v)| (v.name(), [4, index, 2, j, 1], 5));
    std::iter::once((enumeration.name(), [4, index, 1, 0, 0], 3)).chain(values)
}

/// The name of a field in JSON, where `json_name` says no other: `foo_bar` is `fooBar`.
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
