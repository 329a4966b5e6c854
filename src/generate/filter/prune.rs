//! Removes the elements of a file that are not kept.

use std::collections::BTreeSet;

use super::closure::{Closure, Mode};
use super::index::Id;
use super::path_changes::Moves;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};
use crate::schema::options::{Kind, each_options};
use crate::schema::tag::{self, UNINTERPRETED_OPTION};
use crate::schema::wire;

/// Returns `file`, whose number is `id`, reduced to the elements that `closure` keeps. Its imports
/// become the paths `needed`.
pub(super) fn pruned(
    closure: &Closure<'_, '_>,
    id: Id,
    file: &FileDescriptorProto,
    needed: &BTreeSet<&str>,
) -> FileDescriptorProto {
    let mut pruned = file.clone();
    let mut prune = Prune { closure, moves: Moves::default(), path: Vec::new() };
    prune.options(&mut pruned);
    prune.dependencies(&mut pruned, needed);
    prune.file(id, &mut pruned);
    if let Some(info) = &mut pruned.source_code_info {
        *info = prune.moves.apply(info);
    }
    pruned
}

struct Prune<'c, 'i, 's> {
    closure: &'c Closure<'i, 's>,
    moves: Moves,
    /// The original path of the current element.
    path: Vec<i32>,
}

impl Prune<'_, '_, '_> {
    /// Removes the options that are not kept, and options messages that become empty. This comes
    /// first, while the paths of all elements are still the original ones.
    fn options(&mut self, file: &mut FileDescriptorProto) {
        let (closure, moves) = (self.closure, &mut self.moves);
        each_options(file, &mut |kind: Kind, path, options| {
            let mut stays = false;
            let mut kept = Vec::with_capacity(options.len());
            for record in wire::records(options) {
                match closure.index.extension(kind.options_type(), record.number) {
                    Some(id) if closure.is_excluded(id) => {
                        moves.delete(&[path, &[record.number as i32]].concat());
                        continue;
                    }
                    // Greater numbers belong to custom options.
                    extension => {
                        stays |= extension.is_some() || record.number <= UNINTERPRETED_OPTION as u32
                    }
                }
                kept.extend_from_slice(record.bytes);
            }
            *options = kept;
            if !stays {
                moves.delete(path);
            }
            stays
        });
    }

    /// Replaces the imports by the needed ones. None of them is public any more: files that were
    /// visible through a public import are imported directly.
    fn dependencies(&mut self, file: &mut FileDescriptorProto, needed: &BTreeSet<&str>) {
        let old = std::mem::take(&mut file.dependency);
        let is_needed = |path: &String| needed.contains(path.as_str());
        if old.iter().all(is_needed)
            && old.len() == needed.len()
            && file.public_dependency.is_empty()
        {
            file.dependency = old;
            return;
        }
        let mut new_indexes = Vec::with_capacity(old.len());
        for (index, path) in old.iter().enumerate() {
            let stays = is_needed(path).then_some(file.dependency.len());
            match stays {
                Some(new_index) => {
                    self.moves.shift(&[tag::file::DEPENDENCY, index as i32], new_index);
                    file.dependency.push(path.clone());
                }
                None => self.moves.delete(&[tag::file::DEPENDENCY, index as i32]),
            }
            new_indexes.push(stays);
        }
        let others = needed.iter().filter(|path| !old.iter().any(|old| old == *path));
        file.dependency.extend(others.map(|path| (*path).to_owned()));
        file.public_dependency.clear();
        self.moves.delete(&[tag::file::PUBLIC_DEPENDENCY]);
        file.weak_dependency.retain_mut(|index| {
            let stays = new_indexes.get(*index as usize).copied().flatten();
            match stays {
                Some(new_index) => {
                    self.moves.shift(&[tag::file::WEAK_DEPENDENCY, *index], new_index)
                }
                None => self.moves.delete(&[tag::file::WEAK_DEPENDENCY, *index]),
            }
            *index = stays.map_or(*index, |new_index| new_index as i32);
            stays.is_some()
        });
    }

    fn file(&mut self, id: Id, file: &mut FileDescriptorProto) {
        let mut next = id + 1;
        self.elements(tag::file::MESSAGE_TYPE, &mut next, &mut file.message_type, Prune::message);
        self.elements(tag::file::ENUM_TYPE, &mut next, &mut file.enum_type, Prune::enumeration);
        self.elements(tag::file::EXTENSION, &mut next, &mut file.extension, Prune::extension);
        self.elements(tag::file::SERVICE, &mut next, &mut file.service, Prune::service);
    }

    fn message(&mut self, id: Id, message: &mut DescriptorProto) -> bool {
        use tag::message::{ENUM_TYPE, EXTENSION, EXTENSION_RANGE, FIELD, NESTED_TYPE};
        use tag::message::{ONEOF_DECL, RESERVED_NAME, RESERVED_RANGE};
        if !self.closure.keeps(id) {
            return false;
        }
        if self.closure.mode(id) == Mode::Enclosing {
            self.empty(message);
            for list in [FIELD, EXTENSION_RANGE, ONEOF_DECL, RESERVED_RANGE, RESERVED_NAME] {
                self.delete(list);
            }
        } else {
            self.list(FIELD, &mut message.field, |prune, _, field| prune.keeps_type(field));
            let mut left = Vec::with_capacity(message.oneof_decl.len());
            self.list(ONEOF_DECL, &mut message.oneof_decl, |prune, index, _| {
                let stays = prune.closure.keeps_oneof(id, index);
                left.push(stays);
                stays
            });
            renumber(&mut message.field, &left);
        }
        let mut next = id + 1;
        self.elements(NESTED_TYPE, &mut next, &mut message.nested_type, Prune::message);
        self.elements(ENUM_TYPE, &mut next, &mut message.enum_type, Prune::enumeration);
        self.elements(EXTENSION, &mut next, &mut message.extension, Prune::extension);
        true
    }

    /// Reduces a message to the elements declared in it.
    fn empty(&mut self, message: &mut DescriptorProto) {
        let had = !message.field.is_empty()
            || !message.oneof_decl.is_empty()
            || !message.extension_range.is_empty()
            || !message.reserved_range.is_empty()
            || !message.reserved_name.is_empty();
        if had {
            self.moves.drop_comments(&self.path);
        }
        message.field.clear();
        message.oneof_decl.clear();
        message.extension_range.clear();
        message.reserved_range.clear();
        message.reserved_name.clear();
    }

    fn enumeration(&mut self, id: Id, _: &mut EnumDescriptorProto) -> bool {
        self.closure.keeps(id)
    }

    fn extension(&mut self, id: Id, extension: &mut FieldDescriptorProto) -> bool {
        self.closure.keeps(id) && self.keeps_type(extension)
    }

    fn service(&mut self, id: Id, service: &mut ServiceDescriptorProto) -> bool {
        if !self.closure.keeps(id) {
            return false;
        }
        let mut next = id + 1;
        self.elements(tag::service::METHOD, &mut next, &mut service.method, |prune, id, _| {
            prune.closure.keeps(id)
        });
        true
    }

    fn keeps_type(&self, field: &FieldDescriptorProto) -> bool {
        self.closure.index.type_of(field).is_none_or(|id| self.closure.keeps(id))
    }

    /// Prunes a list of elements. `next` is the number of the first one, and is advanced to the
    /// number after the last one.
    fn elements<T>(
        &mut self,
        tag: i32,
        next: &mut Id,
        items: &mut Vec<T>,
        mut keep: impl FnMut(&mut Self, Id, &mut T) -> bool,
    ) {
        self.list(tag, items, |prune, _, item| {
            let id = *next;
            *next = prune.closure.index.get(id).end;
            keep(prune, id, item)
        });
    }

    /// Keeps the items of a list for which `keep` returns true, and records the new indices.
    fn list<T>(
        &mut self,
        tag: i32,
        items: &mut Vec<T>,
        mut keep: impl FnMut(&mut Self, usize, &mut T) -> bool,
    ) {
        let (mut index, mut new_index) = (0, 0);
        items.retain_mut(|item| {
            self.path.extend([tag, index as i32]);
            let stays = keep(self, index, item);
            if stays {
                self.moves.shift(&self.path, new_index);
            } else {
                self.moves.delete(&self.path);
            }
            self.path.truncate(self.path.len() - 2);
            index += 1;
            new_index += usize::from(stays);
            stays
        });
        if items.is_empty() {
            self.delete(tag);
        }
    }

    /// Records that the list `tag` of the current element is deleted.
    fn delete(&mut self, tag: i32) {
        self.path.push(tag);
        self.moves.delete(&self.path);
        self.path.pop();
    }
}

/// Updates the oneof indices of `fields`. `stays` tells which oneofs are kept. (buf leaves the old
/// indices, which then refer to other oneofs, or to none.)
fn renumber(fields: &mut [FieldDescriptorProto], stays: &[bool]) {
    for index in fields.iter_mut().filter_map(|field| field.oneof_index.as_mut()) {
        let before = usize::try_from(*index).ok().and_then(|index| stays.get(..index));
        let gone = before.map_or(0, |before| before.iter().filter(|stays| !**stays).count());
        *index -= gone as i32;
    }
}
