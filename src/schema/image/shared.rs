//! Images that have files in common, such as the releases of a schema: each file is decoded and
//! checked once, and the schemas share it.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::budget::{Budget, MAX_SIZE};
use super::{binary, check_files, of_schema, valid};
use crate::error::Result;
use crate::schema::descriptor::FileDescriptorSet;
use crate::schema::{Schema, SchemaFile};

/// Files with the same hash, each with its bytes.
type Candidates = Vec<(Box<[u8]>, SchemaFile)>;

/// The files of the images so far.
#[derive(Debug, Default)]
pub struct SharedImages {
    /// The files by the hash of their bytes.
    files: FxHashMap<u64, Candidates>,
    /// The identities of the files that were checked.
    checked: FxHashSet<u64>,
}

impl SharedImages {
    /// Reads the image `bytes`, of the binary format, and checks that it is a schema.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](super::decode) and [`check`](super::check).
    pub fn read(&mut self, bytes: &[u8]) -> Result<Schema> {
        let budget = Budget::new(MAX_SIZE);
        budget.take(bytes.len())?;
        let mut files = Vec::new();
        let mut of_file = |bytes: &[u8], number, offset| {
            let known = self.files.entry(hash(bytes)).or_default();
            if let Some((_, file)) = known.iter().find(|(other, _)| **other == *bytes) {
                files.push(file.clone());
                return Ok(());
            }
            let file = binary::decode_one(bytes, number, offset, &budget)?;
            let set = FileDescriptorSet { file: vec![file] };
            check_files(&set)?;
            for file in of_schema::files(set) {
                known.push((bytes.into(), file.clone()));
                files.push(file);
            }
            Ok(())
        };
        binary::each_file(bytes, &mut of_file)?;
        super::check_names(files.iter().map(|file| file.descriptor.name()))?;
        let schema = Schema::new(files);
        valid::check_schema(&schema)?;
        let ids = schema.file_identities();
        for (file, id) in schema.files().zip(&ids) {
            if self.checked.insert(*id) {
                valid::check_one(file)?;
            }
        }
        Ok(schema)
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    bytes.hash(&mut hasher);
    hasher.finish()
}
