//! The state of one file during compilation.

use std::sync::Arc;

use super::EntryLocations;
use super::options::Rename;
use super::parse::{self, Parsed};
use super::problem::Problem;
use super::source_info::pending::PendingSourceInfo;
use crate::finding::Finding;
use crate::input::SourceEntry;
use crate::schema::SchemaFile;
use crate::schema::descriptor::{DescriptorProto, FileDescriptorProto};

/// A target file, or an import of one.
pub(super) struct Unit {
    pub(super) path: String,
    pub(super) external: String,
    pub(super) module: usize,
    /// The name of its module in a registry, if it is known.
    pub(super) module_name: Option<Arc<str>>,
    pub(super) is_vendored: bool,
    /// Whether the file is not a target, only an import.
    pub(super) is_import: bool,
    /// Whether the descriptor is linked and interpreted already.
    pub(super) is_built_in: bool,
    pub(super) descriptor: FileDescriptorProto,
    pub(super) source_info: PendingSourceInfo,
    /// Whether the source has a `syntax` statement.
    pub(super) has_syntax: bool,
    /// The syntax errors. If there are any, the descriptor is empty.
    pub(super) broken: Vec<Finding>,
    pub(super) problems: Vec<Problem>,
    /// The source paths of options: as parsed, and interpreted.
    pub(super) renames: Vec<Rename>,
    /// The unused imports, by their index among the imports.
    pub(super) unused_imports: Vec<i32>,
    /// Whether the options need types that the first pool does not have.
    pub(super) needs_more_types: bool,
}

impl Unit {
    /// Parses a source file.
    pub(super) fn parse(file: &SourceEntry, bytes: &[u8], entries: &EntryLocations) -> Self {
        let parsed = parse::parse(&file.path, &file.external, bytes, entries);
        let (Parsed { descriptor, source_info, has_syntax }, broken) = match parsed {
            Ok(parsed) => (parsed, Vec::new()),
            Err(findings) => (Parsed::default(), findings),
        };
        Unit {
            path: file.path.clone(),
            external: file.external.clone(),
            module: file.module.unwrap_or(0),
            module_name: file.module_name.clone(),
            is_vendored: file.module.is_none(),
            is_import: !file.target,
            is_built_in: false,
            descriptor,
            source_info,
            has_syntax,
            broken,
            problems: Vec::new(),
            renames: Vec::new(),
            unused_imports: Vec::new(),
            needs_more_types: false,
        }
    }

    /// Replaces the syntax errors by one that does not quote the file: reports may be public, and
    /// the file is outside of the repository.
    pub(super) fn hide_content(&mut self) {
        self.broken.truncate(1);
        for broken in &mut self.broken {
            let message = "this is not a schema; a symbolic link leads from here out of the \
                repository, so that nothing of it is shown";
            *broken = Finding::compile(broken.place.clone(), message);
        }
    }

    /// Returns the unit of a well-known file that no module has.
    pub(super) fn built_in(descriptor: &FileDescriptorProto) -> Self {
        Unit {
            path: descriptor.name().to_owned(),
            external: descriptor.name().to_owned(),
            module: 0,
            module_name: None,
            is_vendored: false,
            is_import: true,
            is_built_in: true,
            descriptor: descriptor.clone(),
            source_info: PendingSourceInfo::default(),
            has_syntax: true,
            broken: Vec::new(),
            problems: Vec::new(),
            renames: Vec::new(),
            unused_imports: Vec::new(),
            needs_more_types: false,
        }
    }

    /// Whether the file comes from source and has no problem so far.
    pub(super) fn is_clean(&self) -> bool {
        !self.is_built_in && self.broken.is_empty() && self.problems.is_empty()
    }

    /// Whether the file declares an extension, at any depth.
    pub(super) fn declares_extensions(&self) -> bool {
        fn inside(message: &DescriptorProto) -> bool {
            !message.extension.is_empty() || message.nested_type.iter().any(inside)
        }
        let descriptor = &self.descriptor;
        !descriptor.extension.is_empty() || descriptor.message_type.iter().any(inside)
    }

    /// Returns a copy for the pool of option types.
    pub(super) fn pool_file(&self) -> SchemaFile {
        SchemaFile::new(Arc::new(self.descriptor.clone()))
    }

    /// Returns the file as part of a schema.
    pub(super) fn finish(mut self) -> SchemaFile {
        if !self.is_built_in {
            self.descriptor.source_code_info = Some(self.source_info.finish(self.renames));
        }
        SchemaFile {
            is_syntax_unspecified: !self.has_syntax,
            descriptor: Arc::new(self.descriptor),
            external: self.external,
            module: self.module,
            module_name: self.module_name,
            is_vendored: self.is_vendored,
            is_import: self.is_import,
            unused_imports: self.unused_imports,
        }
    }

    /// Returns the problems so far as findings.
    pub(super) fn findings(&self) -> Vec<Finding> {
        if self.problems.is_empty() {
            return self.broken.clone();
        }
        let places = self.source_info.places();
        self.problems.iter().map(|problem| problem.finding(&self.external, &places)).collect()
    }
}
