//! Values of options that are derived from a file: from its package and path, with a prefix or
//! suffix.

use super::parts::Parts;
use super::php;
use crate::config::{is_stable_package, is_unstable_package};
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::spelling::pascal_case;

/// Returns the package between a prefix and a suffix; an empty string without a package.
pub(super) fn java_package(file: &FileDescriptorProto, parts: &Parts) -> String {
    if file.package().is_empty() {
        return String::new();
    }
    let parts = [&*parts.prefix, file.package(), &*parts.suffix];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(".")
}

/// Returns the name of the file in PascalCase, its extension included.
pub(super) fn java_outer_classname(file: &FileDescriptorProto) -> String {
    pascal_case(file.name().rsplit('/').next().unwrap_or_default())
}

/// Returns the folder below the prefix. If the package ends with a version, a name follows: `bv1`
/// for `a.b.v1`, since `v1` alone is not descriptive.
pub(super) fn go_package(file: &FileDescriptorProto, parts: &Parts) -> String {
    if parts.prefix.is_empty() {
        return String::new();
    }
    let folder = file.name().rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = clean(&format!("{}/{folder}", parts.prefix));
    match name_and_version(file.package()) {
        Some((name, version)) => format!("{path};{name}{version}"),
        None => path,
    }
}

/// Returns the last two parts of a package that ends with a version.
fn name_and_version(package: &str) -> Option<(&str, &str)> {
    let (above, version) = package.rsplit_once('.').filter(|_| is_versioned(package))?;
    Some((above.rsplit('.').next().unwrap_or(above), version))
}

fn is_versioned(package: &str) -> bool {
    is_stable_package(package) || is_unstable_package(package)
}

/// Returns a path without `.`, doubled slashes and folders that `..` cancels.
fn clean(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", _) if !root.is_empty() => {}
            _ => parts.push(part),
        }
    }
    match format!("{root}{}", parts.join("/")) {
        path if path.is_empty() => ".".to_owned(),
        path => path,
    }
}

/// Returns the first letters of the parts of the package, without its version, padded to three.
pub(super) fn objc_class_prefix(file: &FileDescriptorProto) -> String {
    let package = file.package();
    if package.is_empty() {
        return String::new();
    }
    let named = match package.rsplit_once('.') {
        Some((above, _)) if is_versioned(package) => above,
        _ => package,
    };
    let letters = named.split('.').filter_map(|part| part.chars().next());
    let letters: String = letters.map(upper).collect();
    match format!("{letters:X<3}") {
        // Reserved for Google.
        prefix if prefix == "GPB" => "GPX".to_owned(),
        prefix => prefix,
    }
}

/// Returns the capital of `letter`, if there is one.
fn upper(letter: char) -> char {
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => capital,
        _ => letter,
    }
}

/// Returns the package in the style of C#, after a prefix.
pub(super) fn csharp_namespace(file: &FileDescriptorProto, parts: &Parts) -> String {
    let namespace = pascal_parts(file, ".");
    if namespace.is_empty() || parts.prefix.is_empty() {
        namespace
    } else {
        format!("{}.{namespace}", parts.prefix)
    }
}

/// Returns the package in the style of Ruby, before a suffix.
pub(super) fn ruby_package(file: &FileDescriptorProto, parts: &Parts) -> String {
    below(pascal_parts(file, "::"), "::", &parts.suffix)
}

/// Returns the package in the style of PHP.
pub(super) fn php_namespace(file: &FileDescriptorProto) -> String {
    if file.package().is_empty() {
        return String::new();
    }
    let part = |part: &str| {
        if php::is_reserved(part) { pascal_case(part) + "_" } else { pascal_case(part) }
    };
    file.package().split('.').map(part).collect::<Vec<_>>().join("\\")
}

/// Returns the default namespace of PHP for metadata.
pub(super) fn default_php_metadata(file: &FileDescriptorProto) -> String {
    below(php_namespace(file), "\\", "GPBMetadata")
}

/// Returns the package in the style of PHP, before a suffix.
pub(super) fn php_metadata_namespace(file: &FileDescriptorProto, parts: &Parts) -> String {
    below(php_namespace(file), "\\", &parts.suffix)
}

/// Appends `last` to `namespace`, if neither is empty.
fn below(namespace: String, separator: &str, last: &str) -> String {
    if namespace.is_empty() || last.is_empty() {
        namespace
    } else {
        format!("{namespace}{separator}{last}")
    }
}

fn pascal_parts(file: &FileDescriptorProto, separator: &str) -> String {
    file.package().split('.').map(pascal_case).collect::<Vec<_>>().join(separator)
}
