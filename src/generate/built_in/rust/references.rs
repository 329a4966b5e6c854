//! Types of packages that a run does not generate. The tree of `modules=FILE` has no modules for
//! them, so code that uses them would not compile.

use std::collections::{BTreeMap, BTreeSet};

use prost_build::Module;
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::names::{full_name, place};
use super::options::Options;
use crate::schema::tag::{file, message, service};

/// Checks that the code of the modules in `wanted` uses no type of another module, except types whose
/// code exists elsewhere.
pub(super) fn check(
    files: &[FileDescriptorProto],
    wanted: &BTreeSet<Module>,
    options: &Options,
) -> Result<(), String> {
    let is_wanted = |file: &&FileDescriptorProto| {
        wanted.contains(&Module::from_protobuf_package_name(file.package()))
    };
    let (own, others): (Vec<_>, Vec<_>) = files.iter().partition(is_wanted);
    let mut missing = BTreeMap::new();
    for file in others {
        let types = declared(file).types.into_iter();
        missing.extend(types.map(|(name, path)| (name, (file, path))));
    }
    for file in own {
        for Use { user, path, used } in declared(file).uses {
            let used = used.trim_start_matches('.');
            let Some((from, at)) = missing.get(used).filter(|_| !options.is_extern(used)) else {
                continue;
            };
            let (own, other, package) = (place(file, &path), place(from, at), from.package());
            return Err(format!(
                "`{user}` ({own}) uses `{used}` ({other}), which this run does not generate: set \
                 `include_imports: true`, or say where its code is with \
                 `extern_path=.{package}=RUST_PATH`"
            ));
        }
    }
    Ok(())
}

/// A field or a method, and a type that it uses.
struct Use<'a> {
    user: String,
    /// The descriptor path of the user.
    path: Vec<i32>,
    used: &'a str,
}

/// What a file declares: its types by full name, each with its descriptor path, and the uses of types.
#[derive(Default)]
struct Declared<'a> {
    types: Vec<(String, Vec<i32>)>,
    uses: Vec<Use<'a>>,
}

fn declared(file: &FileDescriptorProto) -> Declared<'_> {
    let mut declared = Declared::default();
    let package = file.package();
    for (index, found) in (0..).zip(&file.enum_type) {
        let path = vec![file::ENUM_TYPE, index];
        declared.types.push((full_name(package, found.name()), path));
    }
    for (index, found) in (0..).zip(&file.message_type) {
        declared.message(package, found, vec![file::MESSAGE_TYPE, index]);
    }
    for (index, found) in (0..).zip(&file.service) {
        let name = full_name(package, found.name());
        for (number, method) in (0..).zip(&found.method) {
            for used in [method.input_type(), method.output_type()] {
                let path = vec![file::SERVICE, index, service::METHOD, number];
                let user = full_name(&name, method.name());
                declared.uses.push(Use { user, path, used });
            }
        }
    }
    declared
}

impl<'a> Declared<'a> {
    fn message(&mut self, scope: &str, found: &'a DescriptorProto, path: Vec<i32>) {
        let name = full_name(scope, found.name());
        let at = |list: i32, index: i32| [&*path, &[list, index]].concat();
        for (index, field) in (0..).zip(&found.field) {
            if let Some(used) = &field.type_name {
                let user = full_name(&name, field.name());
                self.uses.push(Use { user, path: at(message::FIELD, index), used });
            }
        }
        for (index, nested) in (0..).zip(&found.enum_type) {
            let path = at(message::ENUM_TYPE, index);
            self.types.push((full_name(&name, nested.name()), path));
        }
        for (index, nested) in (0..).zip(&found.nested_type) {
            self.message(&name, nested, at(message::NESTED_TYPE, index));
        }
        self.types.push((name, path));
    }
}
