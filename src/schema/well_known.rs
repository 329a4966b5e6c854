//! The files that come with every protobuf compiler (`google/protobuf/*.proto`), compiled in, so
//! that they can be imported without a copy in the workspace. WELL_KNOWN.md names their origin.

use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use prost::Message;
use std::sync::LazyLock;

static IMAGE: LazyLock<FileDescriptorSet> = LazyLock::new(|| {
    FileDescriptorSet::decode(&include_bytes!("well_known.binpb")[..])
        .expect("a test decodes the embedded image")
});

/// Returns all well-known files, each after its imports, with source info, as buf compiles them.
pub fn well_known() -> &'static FileDescriptorSet {
    &IMAGE
}

/// Returns the well-known file with this path: `google/protobuf/any.proto`.
pub fn file(path: &str) -> Option<&'static FileDescriptorProto> {
    if !path.starts_with("google/protobuf/") {
        return None;
    }
    well_known().file.iter().find(|file| file.name() == path)
}

/// Whether `path` is the path of a well-known file.
pub fn is_path(path: &str) -> bool {
    file(path).is_some() || path == "google/protobuf/compiler/plugin.proto"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_found_by_path() {
        let any = file("google/protobuf/any.proto").unwrap();
        assert_eq!((any.package(), any.message_type.len()), ("google.protobuf", 1));
        assert_eq!(file("google/protobuf/nothing.proto"), None);
        assert_eq!(file("any.proto"), None);
    }

    #[test]
    fn stand_after_their_imports() {
        let mut seen = Vec::new();
        for file in &well_known().file {
            assert!(file.dependency.iter().all(|import| seen.contains(&import)), "{}", file.name());
            seen.push(file.name.as_ref().unwrap());
        }
    }
}
