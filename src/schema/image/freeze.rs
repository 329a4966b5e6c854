//! The form of a release image: everything that a comparison needs, and nothing that depends on the
//! layout of the sources.

use crate::error::{Error, Result};
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet, Location, SourceCodeInfo};
use prost::Message;
use rustc_hash::{FxHashMap, FxHashSet};

/// Returns `set` in the form of a release image. Of the source info only locations with comments
/// are kept, since a change of comments is a patch release. They are ordered by path, each with the
/// span `[0, 0, 0]`, because buf rejects empty spans. The files are sorted by name, each after its
/// imports.
pub fn freeze(set: &FileDescriptorSet) -> Result<FileDescriptorSet> {
    let file = in_import_order(&set.file).into_iter().map(freeze_file).collect::<Result<_>>()?;
    Ok(FileDescriptorSet { file })
}

fn freeze_file(file: &FileDescriptorProto) -> Result<FileDescriptorProto> {
    let mut file = file.clone();
    if let Some(bytes) = file.source_code_info.take() {
        let info = SourceCodeInfo::decode(bytes.as_slice()).map_err(|error| {
            Error::new(format!("cannot decode the source info: {error}")).at(file.name())
        })?;
        let info = only_comments(info);
        file.source_code_info = (!info.location.is_empty()).then(|| info.encode_to_vec());
    }
    Ok(file)
}

fn only_comments(mut info: SourceCodeInfo) -> SourceCodeInfo {
    info.location.retain(has_comment);
    info.location.sort_by(|one, other| one.path.cmp(&other.path));
    for location in &mut info.location {
        location.span = vec![0, 0, 0];
    }
    info
}

fn has_comment(location: &Location) -> bool {
    location.leading_comments.is_some()
        || location.trailing_comments.is_some()
        || !location.leading_detached_comments.is_empty()
}

/// Returns the files by name, each after its imports, so that a reader can resolve them in order.
fn in_import_order(files: &[FileDescriptorProto]) -> Vec<&FileDescriptorProto> {
    let by_name: FxHashMap<&str, &FileDescriptorProto> =
        files.iter().map(|file| (file.name(), file)).collect();
    let mut names: Vec<&str> = by_name.keys().copied().collect();
    names.sort_unstable();

    let mut ordered = Vec::with_capacity(files.len());
    let mut seen = FxHashSet::default();
    for name in names {
        visit(name, &by_name, &mut seen, &mut ordered);
    }
    ordered
}

/// Visits `root` and its imports depth first, with an explicit stack: a chain of imports can be as
/// long as the set.
fn visit<'a>(
    root: &'a str,
    by_name: &FxHashMap<&'a str, &'a FileDescriptorProto>,
    seen: &mut FxHashSet<&'a str>,
    ordered: &mut Vec<&'a FileDescriptorProto>,
) {
    let mut stack = vec![(root, false)];
    while let Some((name, imports_done)) = stack.pop() {
        let Some(&file) = by_name.get(name) else { continue };
        if imports_done {
            ordered.push(file);
        } else if seen.insert(name) {
            // Visited again after its imports, to be added.
            stack.push((name, true));
            let imports = file.dependency.iter().chain(&file.option_dependency);
            stack.extend(imports.rev().map(|import| (import.as_str(), false)));
        }
    }
}
