//! A schema as an image, and an image as a schema.

use std::sync::Arc;

use super::{BufFile, is_import};
use crate::schema::descriptor::FileDescriptorSet;
use crate::schema::{Schema, SchemaFile};

/// The schema in `set`. Its files belong to one module, and their paths are the import paths.
pub fn schema(set: FileDescriptorSet) -> Schema {
    let files = set.file.into_iter().map(|descriptor| SchemaFile {
        external: descriptor.name().to_owned(),
        module: 0,
        is_import: is_import(&descriptor),
        descriptor: Arc::new(descriptor),
    });
    Schema::new(files.collect())
}

/// All files of `schema` as an image, imports first, each with buf's record.
pub fn of_schema(schema: &Schema) -> FileDescriptorSet {
    let files = schema.files().map(|file| {
        let mut descriptor = file.proto().clone();
        if descriptor.buf_image_file.is_none() {
            let unspecified = descriptor.syntax.is_none();
            BufFile::new(file.is_import(), unspecified, Vec::new()).write(&mut descriptor);
        }
        descriptor
    });
    FileDescriptorSet { file: files.collect() }
}
