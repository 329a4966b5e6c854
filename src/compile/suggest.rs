//! What a misspelled type or import may have been meant to be.

use strsim::damerau_levenshtein;

use super::view::View;
use crate::schema::well_known;

/// The names of the scalar types.
const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// The most suggestions of a run for types, and as many for imports: each compares with all names.
pub(super) const MAX: usize = 10;

/// Returns the edits up to which a name of `length` bytes is taken for another one.
fn limit(length: usize) -> usize {
    match length {
        0..3 => 0,
        3..5 => 1,
        5..9 => 2,
        _ => 3,
    }
}

/// Returns the help for a reference to a type that no scope has: the type with the most similar
/// name, also of google/protobuf. Scalars are among them if the reference `is_field`. `path_of`
/// returns the path of a file.
pub(super) fn of_type<'p>(
    reference: &str,
    is_field: bool,
    view: &View<'_>,
    path_of: &dyn Fn(u32) -> &'p str,
) -> Option<String> {
    if !is_field && SCALARS.contains(&reference) {
        return Some("the type has to be a message".to_owned());
    }
    let wanted = last(reference);
    let limit = limit(wanted.len());
    let edits = |name: &str| within(&wanted, &last(name), limit);
    let of_schema = view
        .symbols
        .types()
        .filter_map(|(name, file)| Some((edits(name)?, !view.sees(file), name, path_of(file))));
    let (mut near, mut import) = (None, None);
    if let Some((edits, is_hidden, name, path)) = of_schema.min() {
        near = Some((edits, name.to_owned()));
        import = is_hidden.then_some(path);
    }
    if near.as_ref().is_none_or(|(edits, _)| *edits > 0)
        && let Some((edits, name, path)) =
            well_known_types().filter_map(|(name, path)| Some((edits(&name)?, name, path))).min()
        && near.as_ref().is_none_or(|(known, _)| edits < *known)
    {
        (near, import) = (Some((edits, name)), Some(path));
    }
    // `int` and `boolean` are those of other languages.
    let of_scalar = |scalar: &str| {
        let is_longer = scalar.starts_with(&*wanted) || wanted.starts_with(scalar);
        if wanted.len() > 2 && is_longer { Some(1) } else { edits(scalar) }
    };
    let scalars = SCALARS.iter().filter(|_| is_field && !reference.contains('.'));
    let scalar = scalars.filter_map(|scalar| Some((of_scalar(scalar)?, *scalar))).min();
    if let Some((edits, scalar)) = scalar
        && near.as_ref().is_none_or(|(known, _)| edits <= *known)
    {
        return Some(format!("did you mean `{scalar}`?"));
    }
    let (_, name) = near?;
    let import = import.map(|path| format!("`import \"{path}\";`"));
    Some(match import {
        Some(import) if reference.trim_start_matches('.') == name => format!("add {import}"),
        Some(import) => format!("did you mean `{name}`? It needs {import}"),
        None => format!("did you mean `{name}`?"),
    })
}

/// Returns the last part of a name, in lower case.
fn last(name: &str) -> String {
    name.rsplit('.').next().unwrap_or_default().to_lowercase()
}

/// Returns the messages of google/protobuf that schemas use, each with its file.
fn well_known_types() -> impl Iterator<Item = (String, &'static str)> {
    let files = well_known::well_known().file.iter();
    let files = files.filter(|file| !file.name().ends_with("descriptor.proto"));
    files.flat_map(|file| {
        let messages = file.message_type.iter();
        messages.map(|message| (format!("google.protobuf.{}", message.name()), file.name()))
    })
}

/// Returns the help for an import that is not found, of the import paths `known`: the same file from
/// another root, or the same path but for a few letters of its last part or of the folders.
pub(super) fn of_import<'k>(path: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let is_inside = |inner: &str, outer: &str| {
        outer.strip_suffix(inner).is_some_and(|folder| folder.ends_with('/'))
    };
    let (folder, file) = split(path);
    let rated = known.filter_map(|other| {
        let is_same_file = is_inside(path, other) || is_inside(other, path);
        let edits = match split(other) {
            _ if is_same_file => 0,
            (other_folder, other_file) if other_folder == folder => {
                within(file, other_file, limit(file.len()))?
            }
            (other_folder, other_file) if other_file == file => {
                within(folder, other_folder, limit(folder.len()))?
            }
            _ => return None,
        };
        Some((edits, other, is_same_file))
    });
    let (_, near, is_same_file) = rated.min()?;
    let root = if is_same_file { " Import paths begin at the root of a module." } else { "" };
    Some(format!("did you mean `import \"{near}\";`?{root}"))
}

/// Returns the folder of a path, and the name of the file without its extension.
fn split(path: &str) -> (&str, &str) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    (folder, file.strip_suffix(".proto").unwrap_or(file))
}

/// Returns the number of edits between two texts, if it is at most `limit`.
fn within(one: &str, other: &str, limit: usize) -> Option<usize> {
    let may_be = one.len().abs_diff(other.len()) <= limit;
    may_be.then(|| damerau_levenshtein(one, other)).filter(|edits| *edits <= limit)
}
