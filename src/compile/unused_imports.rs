//! Which imports a file has for nothing.
//!
//! An import is used if it declares something that the file names: the type of a field, what is
//! extended, a request, a response, a custom option. What an import only passes on (by a public
//! import) counts for the file that declares it, if that is imported, too; otherwise for the first
//! import that passes it on. A public import is there for others, so it is never unused. This is
//! what buf does.

use rustc_hash::FxHashSet;

use super::view::View;
use crate::schema::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// Returns the imports of `file` that it does not use, by their index. `file` is linked; its
/// options need what the files `by_options` declare.
pub(super) fn find(
    file: &FileDescriptorProto,
    view: &View<'_>,
    by_options: &FxHashSet<u32>,
) -> Vec<i32> {
    if file.dependency.is_empty() {
        return Vec::new();
    }
    let mut needed = by_options.clone();
    for_each_name(file, &mut |name| {
        needed.extend(view.file_of(name.strip_prefix('.').unwrap_or(name)));
    });
    let used: FxHashSet<usize> = needed
        .into_iter()
        .filter_map(|needed| view.provider(needed))
        .chain(file.public_dependency.iter().filter_map(|index| usize::try_from(*index).ok()))
        .collect();
    let all = 0..file.dependency.len();
    all.filter(|index| !used.contains(index))
        .filter_map(|index| i32::try_from(index).ok())
        .collect()
}

/// Visits the full name of everything that `file` refers to, but for options.
fn for_each_name(file: &FileDescriptorProto, visit: &mut impl FnMut(&str)) {
    fields(&file.extension, visit);
    for message in &file.message_type {
        in_message(message, visit);
    }
    for method in file.service.iter().flat_map(|service| &service.method) {
        visit(method.input_type());
        visit(method.output_type());
    }
}

fn in_message(message: &DescriptorProto, visit: &mut impl FnMut(&str)) {
    fields(&message.field, visit);
    fields(&message.extension, visit);
    for nested in &message.nested_type {
        in_message(nested, visit);
    }
}

fn fields(fields: &[FieldDescriptorProto], visit: &mut impl FnMut(&str)) {
    for name in fields.iter().flat_map(|field| [&field.type_name, &field.extendee]).flatten() {
        visit(name);
    }
}
