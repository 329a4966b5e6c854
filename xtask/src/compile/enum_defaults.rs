//! The default of an enum's field may be written as a number. In a descriptor it is the name of
//! the first value with that number, where there is one.

use rustc_hash::FxHashMap;

use super::unit::Unit;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

/// Names of values by the full name of their enum and their number.
type Names = FxHashMap<String, FxHashMap<i32, String>>;

/// Puts names in the place of numbers. Few schemas have any, and only for those is more looked at
/// than the fields.
pub(super) fn name(units: &mut [Unit]) {
    let mut names = Names::default();
    for unit in units.iter_mut() {
        each_field(&mut unit.descriptor, &mut |field| {
            if number(field).is_some() {
                names.entry(field.type_name().to_owned()).or_default();
            }
        });
    }
    if names.is_empty() {
        return;
    }
    units.iter().for_each(|unit| collect(&unit.descriptor, &mut names));
    for unit in units {
        each_field(&mut unit.descriptor, &mut |field| {
            let name = number(field).and_then(|number| names[field.type_name()].get(&number));
            if let Some(name) = name {
                field.default_value = Some(name.clone());
            }
        });
    }
}

/// The number that the default of a field with a named type is. No value's name is one.
fn number(field: &FieldDescriptorProto) -> Option<i32> {
    field.type_name.as_ref()?;
    field.default_value.as_deref()?.parse().ok()
}

fn each_field(file: &mut FileDescriptorProto, visit: &mut impl FnMut(&mut FieldDescriptorProto)) {
    fn inside(message: &mut DescriptorProto, visit: &mut impl FnMut(&mut FieldDescriptorProto)) {
        message.field.iter_mut().chain(&mut message.extension).for_each(&mut *visit);
        message.nested_type.iter_mut().for_each(|nested| inside(nested, visit));
    }
    file.extension.iter_mut().for_each(&mut *visit);
    file.message_type.iter_mut().for_each(|message| inside(message, visit));
}

/// Fills in the values of the enums that `names` asks for.
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
            names.entry(value.number()).or_insert_with(|| value.name().to_owned());
        }
    }
}
