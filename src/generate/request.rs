//! What a plugin is asked: a schema divided into requests, as buf divides it.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::protocol::Request;
use super::retention::Retention;
use crate::config::{Plugin, Strategy};
use crate::parallel;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::{File, Schema, well_known};

/// A schema as plugins are asked about it.
pub(super) struct Asked<'s> {
    schema: &'s Schema,
    /// Of each file what a plugin sees that makes something of it, where that is less than the
    /// whole.
    stripped: Vec<Option<FileDescriptorProto>>,
}

impl<'s> Asked<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        let retention = Retention::of(schema);
        let stripped =
            parallel::map(schema.files().collect(), |file| retention.stripped(file.proto()));
        Asked { schema, stripped }
    }
}

/// The requests to `plugin` for the files of `schema` that are meant. Whoever asks for nothing is
/// not asked.
pub(super) fn requests<'s>(asked: &'s Asked<'_>, plugin: &'s Plugin) -> Vec<Request<'s>> {
    let schema = asked.schema;
    let is_target = |file: &File<'_>| match file.is_import() {
        false => true,
        true if well_known::is_path(file.path()) => plugin.include_imports && plugin.include_wkt,
        true => plugin.include_imports,
    };
    let mut groups = BTreeMap::<&str, Vec<File<'s>>>::new();
    for file in schema.files().filter(is_target) {
        let group = match plugin.strategy {
            Strategy::Directory => folder(file.path()),
            Strategy::All => "",
        };
        groups.entry(group).or_default().push(file);
    }
    groups.into_values().map(|targets| request(asked, plugin, &targets)).collect()
}

/// The folder that a path lies in.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn request<'s>(asked: &'s Asked<'_>, plugin: &'s Plugin, targets: &[File<'s>]) -> Request<'s> {
    let mut roots = targets.to_vec();
    roots.sort_by_key(|file| file.path());
    let mut order = imports_first(asked.schema, roots);
    if plugin.strategy == Strategy::All && is_imports_first(asked.schema) {
        // A schema of which types were left out keeps the order that it had with them.
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
            .map(|file| match &asked.stripped[file.index()] {
                Some(stripped) if wanted.contains(&file.index()) => stripped,
                _ => file.proto(),
            })
            .collect(),
        sources: own.iter().map(|file| file.proto()).collect(),
    }
}

/// `schema` with its files in the order of buf's images. Where types are left out of it, and
/// imports with them, that order stays.
#[must_use]
pub fn in_order(schema: Schema) -> Schema {
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

/// Whether every file of `schema` stands behind its imports.
fn is_imports_first(schema: &Schema) -> bool {
    schema.files().all(|file| {
        let imports = file.proto().dependency.iter().filter_map(|path| schema.file(path));
        imports.into_iter().all(|import| import.index() < file.index())
    })
}

/// `roots` and all that they import, each after its imports, in the order in which a walk from
/// root to root along the imports leaves them.
fn imports_first<'s>(schema: &'s Schema, roots: Vec<File<'s>>) -> Vec<File<'s>> {
    let mut entered = vec![false; schema.files().len()];
    let mut order = Vec::new();
    let mut open: Vec<(File<'s>, usize)> = Vec::new();
    for root in roots {
        open.extend((!std::mem::replace(&mut entered[root.index()], true)).then_some((root, 0)));
        while let Some((file, next)) = open.last_mut() {
            let import = file.proto().dependency.get(*next);
            *next += 1;
            match import.map(|path| schema.file(path)) {
                None => order.extend(open.pop().map(|(file, _)| file)),
                Some(Some(import)) if !std::mem::replace(&mut entered[import.index()], true) => {
                    open.push((import, 0));
                }
                Some(_) => {}
            }
        }
    }
    order
}
