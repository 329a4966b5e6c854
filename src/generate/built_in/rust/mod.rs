//! Rust: messages by prost-build, services by tonic-prost-build, generated from the descriptors of
//! the request. A package becomes one file, `agent.v2.rs`. Code refers to other packages by
//! `super`, so the modules that include the files are nested like the packages.

mod defaults;
mod docs;
mod groups;
mod json;
mod markdown;
mod modules;
mod names;
mod options;
mod panic_guard;
mod references;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_build::{Config, Module};
use prost_types::FileDescriptorProto;

use self::docs::Docs;
use self::options::Options;
use super::super::protocol::{Request, Response, ResponseFile, feature};
use crate::parallel;
use crate::schema::descriptor::{self, Edition};
use crate::schema::runtime::as_proto3;

const HEAD: &str = "// Made by `wireproof generate` (plugin rust). Do not edit: change the schema, or the template.\n";

pub(super) fn make(request: &Request<'_>) -> Result<Response, String> {
    let options = Options::parse(request.parameter)?;
    let (generated, docs) = code(request, &options)?;
    let tree = options.modules.as_ref().map(|name| {
        let modules = generated.keys().cloned().collect();
        generated_file(name.clone(), &modules::tree(name, &modules))
    });
    let generated = parallel::map(generated.into_iter().collect(), |(module, text)| {
        let name = modules::file_name(&module);
        formatted(&text).map(|text| generated_file(name, &docs.put(&text)))
    });
    let mut file = generated.into_iter().collect::<Result<Vec<_>, _>>()?;
    file.extend(tree);
    if let Some(name) = options.descriptors {
        file.push(generated_file(name, &[&*descriptors(&request.files), "\n"].concat()));
    }
    if let Some(name) = options.json {
        file.push(generated_file(name, &json::text(&request.files)?));
    }
    check_file_names(&file)?;
    Ok(Response {
        file,
        supported_features: Some(feature::PROTO3_OPTIONAL | feature::EDITIONS),
        minimum_edition: Some(Edition::Proto2 as i32),
        maximum_edition: Some(Edition::E2024 as i32),
        ..Response::default()
    })
}

/// Returns the text of every module that `request` is for, with marks for the comments.
fn code(
    request: &Request<'_>,
    options: &Options,
) -> Result<(BTreeMap<Module, String>, Docs), String> {
    let files = parallel::map(request.files.clone(), to_prost_types);
    let mut files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    let targets: BTreeSet<&str> = request.targets.iter().copied().collect();
    let is_target = |file: &&FileDescriptorProto| targets.contains(file.name());
    let wanted: BTreeSet<Module> = files.iter().filter(is_target).map(module).collect();
    names::check(&files, &wanted, options)?;
    if options.modules.is_some() {
        references::check(&files, &wanted, options)?;
    }
    defaults::use_first_names(&mut files);
    let mut docs = Docs::default();
    files.iter_mut().for_each(|file| docs.mark(file));
    let mut generated = generate(files, options)?;
    // A package without code has no file.
    generated.retain(|module, text| wanted.contains(module) && !text.trim().is_empty());
    modules::merge(&mut generated)?;
    Ok((generated, docs))
}

/// Returns a descriptor in the types of prost-build, lowered to proto3, since prost-build does not
/// support editions.
fn to_prost_types(file: &descriptor::FileDescriptorProto) -> Result<FileDescriptorProto, String> {
    let bytes = as_proto3(file).as_ref().unwrap_or(file).encode_to_vec();
    let mut converted = FileDescriptorProto::decode(&*bytes)
        .map_err(|error| format!("{}: {error}", file.name()))?;
    // It treats a missing package and an empty one as different packages.
    converted.package = converted.package.filter(|package| !package.is_empty());
    Ok(converted)
}

fn module(file: &FileDescriptorProto) -> Module {
    Module::from_protobuf_package_name(file.package())
}

/// Returns the text of every module. prost-build panics on schemas that it cannot express (two
/// names that are equal in Rust); the message of the panic becomes the error.
fn generate(
    files: Vec<FileDescriptorProto>,
    options: &Options,
) -> Result<BTreeMap<Module, String>, String> {
    let mut config = Config::new();
    config.service_generator(services::generator(options)).format(false);
    options.configure(&mut config);
    if options.json.is_some() {
        config.enable_type_names().type_name_domain(["."], "type.googleapis.com");
    }
    groups::recursive(&files).iter().for_each(|path| _ = config.boxed(path));
    let requests = files.into_iter().map(|file| (module(&file), file)).collect();
    match panic_guard::catch_panic(|| config.generate(requests)) {
        Ok(Ok(generated)) => Ok(generated.into_iter().map(not_shadowed).collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(format!("prost-build cannot express this schema: {panic}")),
    }
}

/// Qualifies the enums whose names the code of prost's derive macros has for types of its own.
fn not_shadowed((module, mut text): (Module, String)) -> (Module, String) {
    for name in ["Inner", "KeyWrapper", "MapWrapper", "ScalarWrapper", "ValueWrapper"] {
        for (before, after) in [("enumeration = \"", "\""), ("enumeration(", ")")] {
            let from = [before, name, after].concat();
            if text.contains(&from) {
                text = text.replace(&from, &[before, "self::", name, after].concat());
            }
        }
    }
    (module, text)
}

/// Returns `text` formatted as by prost-build, which formats one module after the other.
fn formatted(text: &str) -> Result<String, String> {
    match syn::parse_file(text) {
        Ok(file) => Ok([modules::first_comment(text), &prettyplease::unparse(&file)].concat()),
        Err(error) => Err(format!("prost-build cannot express this schema: {error}")),
    }
}

/// Checks that no two files have one name: that of an option can be that of a package.
fn check_file_names(files: &[ResponseFile]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    match files.iter().filter_map(|file| file.name.as_ref()).find(|name| !names.insert(*name)) {
        Some(name) => {
            Err(format!("{name:?} is the file of a package, or of two options: rename it in `opt`"))
        }
        None => Ok(()),
    }
}

fn generated_file(name: String, text: &str) -> ResponseFile {
    let content = Some([HEAD, text].concat());
    ResponseFile { name: Some(name), insertion_point: None, content }
}

/// Returns a file with the descriptors of `files`, for reflection: an expression of the type
/// `&[u8]` for `include!`. Source info is left out.
fn descriptors(files: &[&descriptor::FileDescriptorProto]) -> String {
    let without_source_info = |file: &&descriptor::FileDescriptorProto| {
        let file = (*file).clone();
        descriptor::FileDescriptorProto { source_code_info: None, buf_image_file: None, ..file }
    };
    let file = files.iter().map(without_source_info).collect();
    literal(&descriptor::FileDescriptorSet { file }.encode_to_vec())
}

/// Returns `bytes` as a Rust literal.
fn literal(bytes: &[u8]) -> String {
    let mut text = String::from("b\"");
    for line in bytes.chunks(64) {
        text.push_str("\\\n    ");
        line.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_keep_what_only_their_owner_understands() {
        let options = Some(b"\x8a\xb5\x18\x01x".to_vec());
        let file = descriptor::FileDescriptorProto { options, ..Default::default() };
        let text = descriptors(&[&file]);
        assert!(text.contains(r"\x8a\xb5\x18\x01\x78"), "{text}");
    }
}
