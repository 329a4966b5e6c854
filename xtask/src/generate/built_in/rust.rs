//! Rust: messages by prost-build, services by tonic-prost-build, fed with the descriptors of the
//! request. A package becomes one file, `agent.v2.rs`; code refers to other packages by `super`,
//! so the modules that include the files are nested as the packages are.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message as _;
use prost_build::{Config, Module};
use prost_types::FileDescriptorProto;

use super::super::protocol::{Request, Response, ResponseFile, feature};
use crate::schema::descriptor;

const HEAD: &str = "// Made by `wireproof generate` (plugin rust). Do not edit: change the schema, or the template.\n";

/// What the plugin can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Options {
    client: bool,
    server: bool,
    /// The name of a file for the descriptors of everything that was made.
    descriptors: Option<String>,
}

impl Options {
    fn parse(parameter: Option<&str>) -> Result<Self, String> {
        let mut options = Options { client: true, server: true, descriptors: None };
        for option in parameter.unwrap_or_default().split(',').filter(|option| !option.is_empty()) {
            let flag = |value: &str| value.parse::<bool>().map_err(|_| refused(option));
            match option.split_once('=').unwrap_or((option, "true")) {
                ("client", value) => options.client = flag(value)?,
                ("server", value) => options.server = flag(value)?,
                ("descriptors", "true") => return Err(refused(option)),
                ("descriptors", name) => options.descriptors = Some(name.to_owned()),
                _ => return Err(refused(option)),
            }
        }
        Ok(options)
    }
}

fn refused(option: &str) -> String {
    format!("unknown option {option:?}; there are client=BOOL, server=BOOL, descriptors=FILE")
}

pub(super) fn make(request: &Request<'_>) -> Result<Response, String> {
    let options = Options::parse(request.parameter)?;
    if let Some(file) = request.files.iter().find(|file| file.edition.is_some()) {
        return Err(format!("{}: files with an edition are not generated yet", file.name()));
    }
    let files = request.files.iter().map(|file| theirs(file)).collect::<Result<Vec<_>, _>>()?;
    let targets: BTreeSet<&str> = request.targets.iter().copied().collect();
    let is_target = |file: &&FileDescriptorProto| targets.contains(file.name());
    let wanted: BTreeSet<Module> = files.iter().filter(is_target).map(module).collect();
    let descriptors = options.descriptors.clone().map(|name| descriptors(name, &request.files));
    let made = generate(files, &options)?;
    let mut file = Vec::new();
    for (module, text) in made.into_iter().filter(|(module, _)| wanted.contains(module)) {
        // A package with nothing to be made of has no file.
        if !text.trim().is_empty() {
            file.push(made_file(module.to_file_name_or("_"), &text));
        }
    }
    file.extend(descriptors);
    let supported_features = Some(feature::PROTO3_OPTIONAL);
    Ok(Response { file, supported_features, ..Response::default() })
}

/// A descriptor in the types of prost-build, which looks into options.
fn theirs(file: &descriptor::FileDescriptorProto) -> Result<FileDescriptorProto, String> {
    let bytes = file.encode_to_vec();
    FileDescriptorProto::decode(&*bytes).map_err(|error| format!("{}: {error}", file.name()))
}

fn module(file: &FileDescriptorProto) -> Module {
    Module::from_protobuf_package_name(file.package())
}

/// The text of every module. prost-build panics on schemas that it cannot express (two names that
/// are one in Rust): what it says then is the error.
fn generate(
    files: Vec<FileDescriptorProto>,
    options: &Options,
) -> Result<BTreeMap<Module, String>, String> {
    let services = tonic_prost_build::configure()
        .build_client(options.client)
        .build_server(options.server)
        .service_generator();
    let mut config = Config::new();
    // Maps in an order, so that what is sent is the same every time.
    config.btree_map(["."]).service_generator(services);
    let requests = files.into_iter().map(|file| (module(&file), file)).collect();
    let made = catch_unwind(AssertUnwindSafe(|| config.generate(requests)));
    match made {
        Ok(Ok(made)) => Ok(made.into_iter().collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!(
                "prost-build cannot express this schema: {}",
                text.unwrap_or("it panicked")
            ))
        }
    }
}

fn made_file(name: String, text: &str) -> ResponseFile {
    let content = Some([HEAD, text].concat());
    ResponseFile { name: Some(name), insertion_point: None, content }
}

/// The descriptors of `files`, for reflection, as a file that is included: an expression of the
/// type `&[u8]`. Places and comments are left out.
fn descriptors(name: String, files: &[&descriptor::FileDescriptorProto]) -> ResponseFile {
    let without_places = |file: &&descriptor::FileDescriptorProto| {
        let file = (*file).clone();
        descriptor::FileDescriptorProto { source_code_info: None, buf_image_file: None, ..file }
    };
    let file = files.iter().map(without_places).collect();
    let bytes = descriptor::FileDescriptorSet { file }.encode_to_vec();
    let mut text = String::from("b\"");
    for line in bytes.chunks(64) {
        text.push_str("\\\n    ");
        line.iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text.push_str("\"\n");
    made_file(name, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_keep_what_only_their_owner_understands() {
        let options = Some(b"\x8a\xb5\x18\x01x".to_vec());
        let file = descriptor::FileDescriptorProto { options, ..Default::default() };
        let text = descriptors("d.rs".to_owned(), &[&file]).content.expect("it has content");
        assert!(text.contains(r"\x8a\xb5\x18\x01\x78"), "{text}");
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let parse = |parameter| Options::parse(Some(parameter));
        let descriptors = Some("d.rs".to_owned());
        let options = Options { client: true, server: false, descriptors };
        assert_eq!(parse("server=false,descriptors=d.rs"), Ok(options));
        for bad in ["servers", "client=maybe", "descriptors"] {
            assert!(parse(bad).is_err_and(|error| error.contains(bad)), "{bad}");
        }
    }
}
