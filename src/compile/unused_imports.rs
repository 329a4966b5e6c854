//! Finds unused imports.
//!
//! An import is used if it declares an element that the file refers to: a field type, an extended
//! message, a request, a response, a custom option. An element that is declared in a re-exported
//! file counts for the import of that file, if there is one, otherwise for the first import that
//! re-exports it. Public imports exist for importers, so they are never unused. buf does the same.

use rustc_hash::FxHashSet;

use super::view::View;
use crate::schema::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// Returns the unused imports of `file`, by index. `file` is linked; its options use declarations
/// in the files `by_options`.
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

/// Visits the full name of every element that `file` refers to, options excepted.
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
