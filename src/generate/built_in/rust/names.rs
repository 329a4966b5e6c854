//! Different names in a schema that prost-build converts to the same name in Rust. For most of them
//! it generates code that does not compile; on the others it panics.

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Checks that `files` have no such names. The error names both elements.
pub(super) fn check(files: &[FileDescriptorProto]) -> Result<(), String> {
    // A package is one module, even if it has several files.
    let mut packages = FxHashMap::<&str, Names<'_>>::default();
    for file in files {
        let scope = file.package();
        let top = packages.entry(scope).or_insert_with(|| Names::new(scope));
        types(top, &file.message_type, &file.enum_type)?;
        for service in &file.service {
            top.add(service.name(), format!("{} (service)", service.name().to_upper_camel_case()))?;
            let service_name = full_name(scope, service.name());
            let mut methods = Names::new(&service_name);
            let names = service.method.iter().map(|method| method.name());
            names.into_iter().try_for_each(|name| methods.add(name, name.to_snake_case()))?;
        }
    }
    Ok(())
}

/// Adds the types of one scope, and checks the names inside them.
fn types<'a>(
    names: &mut Names<'a>,
    messages: &'a [DescriptorProto],
    enums: &'a [EnumDescriptorProto],
) -> Result<(), String> {
    for it in enums {
        names.add(it.name(), it.name().to_upper_camel_case())?;
        values(it, &full_name(names.scope, it.name()))?;
    }
    for it in messages.iter().filter(|it| !is_map_entry(it)) {
        names.add(it.name(), it.name().to_upper_camel_case())?;
        message(it, &full_name(names.scope, it.name()))?;
    }
    Ok(())
}

fn message(message: &DescriptorProto, name: &str) -> Result<(), String> {
    let mut inside = Names::new(name);
    types(&mut inside, &message.nested_type, &message.enum_type)?;
    let mut fields = Names::new(name);
    for field in message.field.iter().filter(|field| oneof_of(field).is_none()) {
        fields.add(field.name(), field.name().to_snake_case())?;
    }
    for (index, oneof) in (0..).zip(&message.oneof_decl) {
        let own: Vec<_> = message.field.iter().filter(|it| oneof_of(it) == Some(index)).collect();
        if own.is_empty() {
            continue;
        }
        fields.add(oneof.name(), oneof.name().to_snake_case())?;
        // If a type has the name of the oneof, prost-build appends a word.
        let mut r#type = oneof.name().to_upper_camel_case();
        if inside.has(&r#type) {
            r#type.push_str("OneOf");
        }
        inside.add(oneof.name(), r#type)?;
        let mut variants = Names::new(name);
        own.iter().try_for_each(|it| variants.add(it.name(), it.name().to_upper_camel_case()))?;
    }
    Ok(())
}

/// Returns the oneof of a field, unless it is synthetic.
fn oneof_of(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

fn values(enumeration: &EnumDescriptorProto, name: &str) -> Result<(), String> {
    let prefix = enumeration.name().to_upper_camel_case();
    let mut variants = Names::new(name);
    let mut numbers = FxHashSet::default();
    // Of several names of a number, the first one becomes a variant.
    for value in enumeration.value.iter().filter(|value| numbers.insert(value.number())) {
        let whole = value.name().to_upper_camel_case();
        let short = whole.strip_prefix(&prefix).filter(|it| it.starts_with(char::is_uppercase));
        variants.add(value.name(), short.unwrap_or(&whole).to_owned())?;
    }
    Ok(())
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// The names in one scope, by their Rust names.
struct Names<'a> {
    scope: &'a str,
    taken: FxHashMap<String, &'a str>,
}

impl<'a> Names<'a> {
    fn new(scope: &'a str) -> Self {
        Names { scope, taken: FxHashMap::default() }
    }

    fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }

    /// Records that `name` becomes `in_rust`; an error if another name does, too.
    fn add<'b: 'a>(&mut self, name: &'b str, in_rust: String) -> Result<(), String> {
        let Some(other) = self.taken.get(&in_rust) else {
            self.taken.insert(in_rust, name);
            return Ok(());
        };
        let (one, two) = (full_name(self.scope, other), full_name(self.scope, name));
        Err(format!("`{one}` and `{two}` are both `{in_rust}` in Rust: rename one of them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::{EnumValueDescriptorProto, OneofDescriptorProto};

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
        let package = Some("p".to_owned());
        FileDescriptorProto { package, message_type, enum_type: vec![kind], ..Default::default() }
    }

    #[test]
    fn names_that_are_one_in_rust_are_errors_with_both() {
        let fields = |names: &[&str], oneof| {
            let fields = names.iter().map(|name| field(name, oneof)).collect();
            file(vec![message("M", fields)], &[])
        };
        for (file, error) in [
            (fields(&["a_b", "aB"], None), "`p.M.a_b` and `p.M.aB` are both `a_b`"),
            (fields(&["a_1", "a1"], Some(0)), "`p.M.a_1` and `p.M.a1` are both `A1`"),
            (file(vec![message("Ab", vec![]), message("AB", vec![])], &[]), "are both `Ab`"),
            (file(vec![message("KIND", vec![])], &[]), "`p.Kind` and `p.KIND`"),
            (file(vec![], &["KIND_A", "A"]), "`p.Kind.KIND_A` and `p.Kind.A` are both `A`"),
        ] {
            let found = check(&[file]).expect_err(error);
            assert!(found.contains(error), "{found}");
        }
        let good = file(
            vec![message("M", vec![field("a1", None), field("a_1", None)])],
            &["KIND_A", "KINDA"],
        );
        assert_eq!(check(&[good]), Ok(()));
        let twice = [file(vec![message("M", vec![])], &[]), file(vec![message("m", vec![])], &[])];
        assert!(check(&twice).is_err_and(|error| error.contains("p.Kind")), "one package");
    }
}
