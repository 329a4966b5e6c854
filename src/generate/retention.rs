//! Options of source retention (`retention = RETENTION_SOURCE`): plugins get them in
//! `source_file_descriptors`, and not in `proto_file`, where their locations are removed, too. As
//! in buf, this applies to whole options, not to fields inside the value of an option.

use std::sync::LazyLock;

use prost::Message as _;
use rustc_hash::FxHashSet;

use crate::schema::descriptor::{
    FieldDescriptorProto, FieldOptions, FileDescriptorProto, OptionRetention, SourceCodeInfo,
};
use crate::schema::options::each_options;
use crate::schema::wire::{self, Record};
use crate::schema::{Schema, well_known};

/// An options message and the number of a field in it.
type Field = (String, u32);

/// The fields of options messages with source retention.
#[derive(Debug)]
pub(super) struct Retention {
    extensions: FxHashSet<Field>,
}

/// The fields with source retention in descriptor.proto itself.
static BUILT_IN: LazyLock<FxHashSet<Field>> = LazyLock::new(|| {
    let file = well_known::file("google/protobuf/descriptor.proto");
    let messages = file.into_iter().flat_map(|file| &file.message_type);
    let fields = messages.flat_map(|message| {
        let name = format!("google.protobuf.{}", message.name());
        let fields = message.field.iter().filter(|field| is_for_sources(field));
        fields.map(move |field| (name.clone(), field.number().unsigned_abs()))
    });
    fields.collect()
});

impl Retention {
    /// Returns the retention of the custom options in `schema`.
    pub(super) fn of(schema: &Schema) -> Self {
        let extensions = schema.extensions().map(|extension| extension.proto());
        let extensions = extensions.filter(|extension| is_for_sources(extension));
        let field = |extension: &FieldDescriptorProto| {
            let extendee = extension.extendee().trim_start_matches('.');
            (extendee.to_owned(), extension.number().unsigned_abs())
        };
        Retention { extensions: extensions.map(field).collect() }
    }

    fn drops(&self, options: &str, number: u32) -> bool {
        let field = (options.to_owned(), number);
        self.extensions.contains(&field) || BUILT_IN.contains(&field)
    }

    /// Returns `file` without its options of source retention; none if it has none.
    pub(super) fn stripped(&self, file: &FileDescriptorProto) -> Option<FileDescriptorProto> {
        let mut stripped = file.clone();
        let mut gone: Vec<Vec<i32>> = Vec::new();
        let mut empty: Vec<Vec<i32>> = Vec::new();
        each_options(&mut stripped, &mut |kind, path, options| {
            let Some((kept, numbers)) = self.strip(kind.options_type(), options) else {
                return true;
            };
            *options = kept;
            let place = |number: &i32| path.iter().chain([number]).copied().collect();
            gone.extend(numbers.iter().map(place));
            if options.is_empty() {
                empty.push(path.to_vec());
            }
            !options.is_empty()
        });
        if gone.is_empty() {
            return None;
        }
        if let Some(info) = &mut stripped.source_code_info {
            *info = without_places(info, &gone, &empty);
        }
        Some(stripped)
    }

    /// Returns the fields of `options`, a message of the type `name`, that are kept, and the
    /// numbers of the removed ones. None if all are kept.
    fn strip(&self, name: &str, options: &[u8]) -> Option<(Vec<u8>, Vec<i32>)> {
        let is_dropped = |record: &Record<'_>| self.drops(name, record.number);
        let (gone, kept): (Vec<_>, Vec<_>) = wire::records(options).partition(is_dropped);
        let kept = kept.iter().flat_map(|record| record.bytes).copied().collect();
        let gone: Vec<i32> = gone.iter().map(|record| record.number.cast_signed()).collect();
        (!gone.is_empty()).then_some((kept, gone))
    }
}

fn is_for_sources(field: &FieldDescriptorProto) -> bool {
    let options = field.options.as_deref().unwrap_or_default();
    let options = FieldOptions::decode(options).unwrap_or_default();
    options.retention == Some(OptionRetention::RetentionSource as i32)
}

/// Returns `info`, a `SourceCodeInfo`, without the locations of removed options (`gone`) and of
/// options messages that became empty (`empty`).
fn without_places(info: &[u8], gone: &[Vec<i32>], empty: &[Vec<i32>]) -> Vec<u8> {
    let Ok(mut info) = SourceCodeInfo::decode(info) else { return info.to_vec() };
    let is_gone = |path: &[i32]| {
        gone.iter().any(|gone| path.starts_with(gone)) || empty.iter().any(|empty| path == &**empty)
    };
    info.location.retain(|place| !is_gone(&place.path));
    info.encode_to_vec()
}
