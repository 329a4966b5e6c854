//! Defaults of enum fields. A default may be written as a number, or as any of several names of one
//! number; in a descriptor it is the first name of the number, as in buf.

use rustc_hash::FxHashMap;

use super::problem::Problem;
use super::unit::Unit;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

/// The limit on the bytes of all defaults of one file: a number of one digit can become a name of
/// any length.
const MAX_LENGTH: usize = 64 << 20;

/// The first name of each number, by the full name of the enum and the name or number of a value.
type Names = FxHashMap<String, FxHashMap<String, String>>;

/// Replaces numbers and other names by first names. Enums that are not the type of a field with a
/// default are skipped.
pub(super) fn canonicalize(units: &mut [Unit]) {
    let mut names = Names::default();
    for unit in units.iter_mut().filter(|unit| !unit.is_built_in) {
        each_default(&mut unit.descriptor, &mut |of, _| {
            names.entry(of.to_owned()).or_default();
        });
    }
    if names.is_empty() {
        return;
    }
    units.iter().for_each(|unit| collect(&unit.descriptor, &mut names));
    for unit in units.iter_mut().filter(|unit| !unit.is_built_in) {
        let mut left = MAX_LENGTH;
        each_default(&mut unit.descriptor, &mut |of, value| {
            let Some(name) = names[of].get(value.as_str()) else { return };
            left = left.saturating_sub(name.len());
            if left > 0 {
                value.clone_from(name);
            }
        });
        if left == 0 {
            let message = format!("the defaults in the file have more than {MAX_LENGTH} bytes");
            unit.problems.push(Problem::at(Vec::new(), message));
        }
    }
}

/// Visits the defaults of all fields with a named type: the name of the type, and the default.
fn each_default(file: &mut FileDescriptorProto, visit: &mut impl FnMut(&str, &mut String)) {
    each_field(file, &mut |field| {
        if let (Some(of), Some(value)) = (&field.type_name, &mut field.default_value) {
            visit(of, value);
        }
    });
}

fn each_field(file: &mut FileDescriptorProto, visit: &mut impl FnMut(&mut FieldDescriptorProto)) {
    fn inside(message: &mut DescriptorProto, visit: &mut impl FnMut(&mut FieldDescriptorProto)) {
        message.field.iter_mut().chain(&mut message.extension).for_each(&mut *visit);
        message.nested_type.iter_mut().for_each(|nested| inside(nested, visit));
    }
    file.extension.iter_mut().for_each(&mut *visit);
    file.message_type.iter_mut().for_each(|message| inside(message, visit));
}

/// Adds the values of the enums that are keys of `names`.
fn collect(file: &FileDescriptorProto, names: &mut Names) {
    let package = match file.package() {
        "" => String::new(),
        package => format!(".{package}"),
    };
    file.enum_type.iter().for_each(|enumeration| collect_enum(&package, enumeration, names));
    file.message_type.iter().for_each(|message| collect_nested(&package, message, names));
}

fn collect_nested(scope: &str, message: &DescriptorProto, names: &mut Names) {
    let scope = format!("{scope}.{}", message.name());
    message.enum_type.iter().for_each(|enumeration| collect_enum(&scope, enumeration, names));
    message.nested_type.iter().for_each(|nested| collect_nested(&scope, nested, names));
}

fn collect_enum(scope: &str, enumeration: &EnumDescriptorProto, names: &mut Names) {
    if let Some(names) = names.get_mut(&format!("{scope}.{}", enumeration.name())) {
        for value in &enumeration.value {
            let number = value.number().to_string();
            let first = names.entry(number).or_insert_with(|| value.name().to_owned()).clone();
            names.insert(value.name().to_owned(), first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::descriptor::EnumValueDescriptorProto;

    #[test]
    fn a_default_is_the_first_name_of_its_number() {
        let value = |name: &str, number| EnumValueDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            ..Default::default()
        };
        let enumeration = EnumDescriptorProto {
            name: Some("E".to_owned()),
            value: vec![value("Z", 0), value("FIRST", -1), value("SECOND", -1)],
            ..Default::default()
        };
        let mut names = Names::from_iter([(".a.E".to_owned(), FxHashMap::default())]);
        collect_enum(".a", &enumeration, &mut names);
        for (written, first) in
            [("SECOND", "FIRST"), ("FIRST", "FIRST"), ("-1", "FIRST"), ("0", "Z")]
        {
            assert_eq!(names[".a.E"][written], first, "{written}");
        }
    }
}
