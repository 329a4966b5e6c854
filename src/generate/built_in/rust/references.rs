//! Types of packages that a run does not generate. The tree of `modules=FILE` has no modules for
//! them, so code that uses them would not compile.

use std::collections::{BTreeMap, BTreeSet};

use prost_build::Module;
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::options::Options;

/// Checks that the code of the modules in `wanted` uses no type of another module, except types whose
/// code exists elsewhere.
pub(super) fn check(
    files: &[FileDescriptorProto],
    wanted: &BTreeSet<Module>,
    options: &Options,
) -> Result<(), String> {
    let module = |file: &FileDescriptorProto| Module::from_protobuf_package_name(file.package());
    let (own, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| wanted.contains(&module(file)));
    let mut missing = BTreeMap::new();
    for file in others {
        let types = file.message_type.iter().flat_map(|it| names(file.package(), it));
        let enums = file.enum_type.iter().map(|it| full_name(file.package(), it.name()));
        missing.extend(types.chain(enums).map(|name| (name, file)));
    }
    for file in own {
        for (user, used) in uses(file) {
            let used = used.trim_start_matches('.');
            let Some(from) = missing.get(used).filter(|_| !options.is_extern(used)) else {
                continue;
            };
            let (place, other, package) = (file.name(), from.name(), from.package());
            return Err(format!(
                "`{user}` ({place}) uses `{used}` ({other}), which this run does not generate: set \
                 `include_imports: true`, or say where its code is with \
                 `extern_path=.{package}=RUST_PATH`"
            ));
        }
    }
    Ok(())
}

fn full_name(around: &str, name: &str) -> String {
    if around.is_empty() { name.to_owned() } else { format!("{around}.{name}") }
}

/// Returns the full names of a message and of the types in it.
fn names(around: &str, message: &DescriptorProto) -> Vec<String> {
    let own = full_name(around, message.name());
    let enums = message.enum_type.iter().map(|it| full_name(&own, it.name()));
    let nested = message.nested_type.iter().flat_map(|it| names(&own, it));
    let inside: Vec<String> = enums.chain(nested).collect();
    [vec![own], inside].concat()
}

/// Returns the types that the fields and methods of a file use, each after its user.
fn uses(file: &FileDescriptorProto) -> Vec<(String, &str)> {
    let mut uses = Vec::new();
    file.message_type.iter().for_each(|message| of_message(file.package(), message, &mut uses));
    for service in &file.service {
        let name = full_name(file.package(), service.name());
        for method in &service.method {
            let user = full_name(&name, method.name());
            uses.push((user.clone(), method.input_type()));
            uses.push((user, method.output_type()));
        }
    }
    uses
}

fn of_message<'a>(around: &str, message: &'a DescriptorProto, uses: &mut Vec<(String, &'a str)>) {
    let own = full_name(around, message.name());
    for field in message.field.iter().filter(|field| field.type_name.is_some()) {
        uses.push((full_name(&own, field.name()), field.type_name()));
    }
    message.nested_type.iter().for_each(|nested| of_message(&own, nested, uses));
}
