//! Splits a schema into plugin requests, as buf does.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::protocol::Request;
use super::retention::Retention;
use crate::config::{Plugin, Strategy};
use crate::parallel;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::{File, Schema, well_known};

/// A schema that requests are made from.
pub(super) struct RequestSource<'s> {
    schema: &'s Schema,
    /// Each file without its options of source retention; none if it has none of them. Plugins get
    /// target files in this form.
    stripped: Vec<Option<FileDescriptorProto>>,
}

impl<'s> RequestSource<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        let retention = Retention::of(schema);
        let stripped =
            parallel::map(schema.files().collect(), |file| retention.stripped(file.proto()));
        RequestSource { schema, stripped }
    }
}

/// Returns the requests to `plugin` for its target files; an empty list without target files.
pub(super) fn requests<'s>(source: &'s RequestSource<'_>, plugin: &'s Plugin) -> Vec<Request<'s>> {
    let schema = source.schema;
    let is_target = |file: &File<'_>| {
        let includes_wkt = || plugin.include_wkt || !well_known::is_path(file.path());
        !file.is_import() || plugin.include_imports && includes_wkt()
    };
    let mut groups = BTreeMap::<&str, Vec<File<'s>>>::new();
    for file in schema.files().filter(is_target) {
        let group = match plugin.strategy {
            Strategy::Directory => folder(file.path()),
            Strategy::All => "",
        };
        groups.entry(group).or_default().push(file);
    }
    groups.into_values().map(|targets| request(source, plugin, &targets)).collect()
}

/// Returns the folder of a path.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn request<'s>(
    source: &'s RequestSource<'_>,
    plugin: &'s Plugin,
    targets: &[File<'s>],
) -> Request<'s> {
    let mut roots = targets.to_vec();
    roots.sort_by_key(|file| file.path());
    if plugin.strategy == Strategy::All {
        // All files, also those that no file imports: a filter or an image can have them.
        roots.extend(source.schema.files());
    }
    let mut order = imports_first(source.schema, roots);
    if plugin.strategy == Strategy::All && is_imports_first(source.schema) {
        // A filtered schema keeps the order of the whole one.
        order.sort_by_key(|file| file.index());
    }
    let wanted: FxHashSet<usize> = targets.iter().map(|file| file.index()).collect();
    let own = order.iter().filter(|file| wanted.contains(&file.index()));
    let own: Vec<&File<'s>> = own.collect();
    Request {
        targets: own.iter().map(|file| file.path()).collect(),
        parameter: plugin.parameter.as_deref(),
        files: order
            .iter()
            .map(|file| match &source.stripped[file.index()] {
                Some(stripped) if wanted.contains(&file.index()) => stripped,
                _ => file.proto(),
            })
            .collect(),
        sources: own.iter().map(|file| file.proto()).collect(),
    }
}

/// Returns `schema` with its files in the order of buf's images. A later filter removes imports, and
/// keeps this order.
pub(super) fn in_order(schema: Schema) -> Schema {
    let mut roots: Vec<File<'_>> = schema.files().filter(|file| !file.is_import()).collect();
    roots.sort_by_key(|file| file.path());
    let mut place = vec![usize::MAX; schema.files().len()];
    for (at, file) in imports_first(&schema, roots).into_iter().enumerate() {
        place[file.index()] = at;
    }
    let mut files: Vec<_> = schema.into_files().into_iter().zip(place).collect();
    files.sort_by_key(|(_, place)| *place);
    Schema::new(files.into_iter().map(|(file, _)| file).collect())
}

/// Whether every file of `schema` comes after its imports.
fn is_imports_first(schema: &Schema) -> bool {
    schema.files().all(|file| {
        let imports = file.proto().dependency.iter().filter_map(|path| schema.file(path));
        imports.into_iter().all(|import| import.index() < file.index())
    })
}

/// Returns `roots` and all their imports, each file after its own imports: the post-order of a
/// depth-first walk from root to root.
fn imports_first<'s>(schema: &'s Schema, roots: Vec<File<'s>>) -> Vec<File<'s>> {
    let mut visited = vec![false; schema.files().len()];
    let mut order = Vec::new();
    // The files on the way from the root, each with the index of its next import.
    let mut stack: Vec<(File<'s>, usize)> = Vec::new();
    for root in roots {
        // `replace` marks a file and returns whether it was marked before: each is visited once.
        stack.extend((!std::mem::replace(&mut visited[root.index()], true)).then_some((root, 0)));
        while let Some((file, next)) = stack.last_mut() {
            let import = file.proto().dependency.get(*next);
            *next += 1;
            match import.map(|path| schema.file(path)) {
                None => order.extend(stack.pop().map(|(file, _)| file)),
                Some(Some(import)) if !std::mem::replace(&mut visited[import.index()], true) => {
                    stack.push((import, 0));
                }
                Some(_) => {}
            }
        }
    }
    order
}
