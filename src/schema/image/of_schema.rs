//! Conversions between schemas and images.

use std::sync::Arc;

use super::BufFile;
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use crate::schema::{Schema, SchemaFile};

/// Returns the schema of `set`. Its files belong to one module, and their external paths are the
/// import paths.
pub fn schema(set: FileDescriptorSet) -> Schema {
    Schema::new(files(set).collect())
}

/// Returns the files of `set`.
pub(super) fn files(set: FileDescriptorSet) -> impl Iterator<Item = SchemaFile> {
    set.file.into_iter().map(file)
}

fn file(descriptor: FileDescriptorProto) -> SchemaFile {
    // An image that protoc wrote has no records, and a record that does not decode counts as none.
    let record = BufFile::of(&descriptor).ok().flatten().unwrap_or_default();
    SchemaFile {
        external: descriptor.name().to_owned(),
        module: 0,
        module_name: record.module_name().map(Into::into),
        is_vendored: false,
        is_import: record.is_import(),
        is_syntax_unspecified: record.is_syntax_unspecified(),
        unused_imports: record.unused_dependency,
        descriptor: Arc::new(descriptor),
    }
}

/// Returns all files of `schema` as an image, imports first, each with buf's record. Consumes the
/// schema, so that a large one is not held twice.
pub fn of_schema(schema: Schema) -> FileDescriptorSet {
    let files = schema.files.into_iter().map(|file| {
        let mut descriptor = Arc::unwrap_or_clone(file.descriptor);
        if descriptor.buf_image_file.is_none() {
            BufFile::new(file.is_import, file.is_syntax_unspecified, file.unused_imports)
                .of_module(file.module_name.as_deref())
                .write(&mut descriptor);
        }
        descriptor
    });
    FileDescriptorSet { file: files.collect() }
}
