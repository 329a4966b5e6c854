//! Options that only sources keep (`retention = RETENTION_SOURCE`): plugins see them in
//! `source_file_descriptors`, and in `proto_file` they are gone, with their places. As in buf,
//! whole options go, and what stands inside the value of another stays.

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

/// The fields of options that only sources keep.
#[derive(Debug)]
pub(super) struct Retention {
    extensions: FxHashSet<Field>,
}

/// Those of descriptor.proto itself.
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
    /// What the options of `schema` say of themselves.
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

    /// `file` without what only sources keep; none if there is nothing to leave out.
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

    /// The fields of `options`, a message of the type `name`, that stay, and the numbers of the
    /// others. None where all stay.
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

/// Source code info without the places of what is `gone`, and of options that are `empty`.
fn without_places(info: &[u8], gone: &[Vec<i32>], empty: &[Vec<i32>]) -> Vec<u8> {
    let Ok(mut info) = SourceCodeInfo::decode(info) else { return info.to_vec() };
    let is_gone = |path: &[i32]| {
        gone.iter().any(|gone| path.starts_with(gone)) || empty.iter().any(|empty| path == &**empty)
    };
    info.location.retain(|place| !is_gone(&place.path));
    info.encode_to_vec()
}
