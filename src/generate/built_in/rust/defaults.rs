//! Default values of enum fields that are aliases. prost-build has a variant for the first name of
//! a number, and refers to it by the name in the default value.

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use rustc_hash::FxHashMap;

/// The first name of the same number, for each alias of an enum.
type FirstNames = FxHashMap<String, FxHashMap<String, String>>;

/// Replaces the aliases by the first names.
pub(super) fn use_first_names(files: &mut [FileDescriptorProto]) {
    let mut names = FirstNames::default();
    for file in &*files {
        let scope = file.package.as_ref().map_or(String::new(), |package| format!(".{package}"));
        file.enum_type.iter().for_each(|it| enumeration(it, &scope, &mut names));
        file.message_type.iter().for_each(|it| enums(it, &scope, &mut names));
    }
    if !names.is_empty() {
        let messages = files.iter_mut().flat_map(|file| &mut file.message_type);
        messages.for_each(|message| replace(message, &names));
    }
}

fn enums(message: &DescriptorProto, scope: &str, names: &mut FirstNames) {
    let scope = format!("{scope}.{}", message.name());
    message.enum_type.iter().for_each(|it| enumeration(it, &scope, names));
    message.nested_type.iter().for_each(|it| enums(it, &scope, names));
}

fn enumeration(enumeration: &EnumDescriptorProto, scope: &str, names: &mut FirstNames) {
    if !enumeration.options.as_ref().is_some_and(|options| options.allow_alias()) {
        return;
    }
    let (mut first, mut aliases) = (FxHashMap::default(), FxHashMap::default());
    for value in &enumeration.value {
        let name = first.entry(value.number()).or_insert_with(|| value.name().to_owned());
        aliases.insert(value.name().to_owned(), name.clone());
    }
    names.insert(format!("{scope}.{}", enumeration.name()), aliases);
}

fn replace(message: &mut DescriptorProto, names: &FirstNames) {
    for field in &mut message.field {
        let aliases = field.type_name.as_ref().and_then(|name| names.get(name));
        let default = field.default_value.as_ref();
        if let Some(first) = aliases.zip(default).and_then(|(names, name)| names.get(name)) {
            field.default_value = Some(first.clone());
        }
    }
    message.nested_type.iter_mut().for_each(|nested| replace(nested, names));
}
