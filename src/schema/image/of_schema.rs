//! A schema as an image, and an image as a schema.

use std::sync::Arc;

use super::BufFile;
use crate::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use crate::schema::{Schema, SchemaFile};

/// The schema in `set`. Its files belong to one module, and their paths are the import paths.
pub fn schema(set: FileDescriptorSet) -> Schema {
    Schema::new(set.file.into_iter().map(file).collect())
}

fn file(descriptor: FileDescriptorProto) -> SchemaFile {
    // An image by protoc has no records, and a record that does not decode says nothing.
    let record = BufFile::of(&descriptor).ok().flatten().unwrap_or_default();
    SchemaFile {
        external: descriptor.name().to_owned(),
        module: 0,
        is_import: record.is_import(),
        is_syntax_unspecified: record.is_syntax_unspecified(),
        unused_imports: record.unused_dependency,
        descriptor: Arc::new(descriptor),
    }
}

/// All files of `schema` as an image, imports first, each with buf's record. The schema is used
/// up, since nobody wants to hold a large one twice.
pub fn of_schema(schema: Schema) -> FileDescriptorSet {
    let files = schema.files.into_iter().map(|file| {
        let mut descriptor = Arc::unwrap_or_clone(file.descriptor);
        if descriptor.buf_image_file.is_none() {
            BufFile::new(file.is_import, file.is_syntax_unspecified, file.unused_imports)
                .write(&mut descriptor);
        }
        descriptor
    });
    FileDescriptorSet { file: files.collect() }
}
