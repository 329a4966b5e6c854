//! The generators that are built into protoc, run by protoc itself. It gets descriptors, never
//! sources.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use prost::Message as _;

use super::environment::{Environment, RunError};
use super::protocol::{Request, Response, ResponseFile, feature};
use crate::files;
use crate::process::{self, Ended, Failure};
use crate::schema::descriptor::{Edition, FileDescriptorSet};

/// The generators that are built into protoc 35.
pub(crate) const BUILT_IN: [&str; 11] =
    ["cpp", "csharp", "java", "js", "kotlin", "objc", "php", "pyi", "python", "ruby", "rust"];

/// Runs the generator `name` of `protoc`, a program and its arguments, on `request`.
pub(super) fn run(
    name: &str,
    protoc: &[String],
    request: &Request<'_>,
    environment: &Environment,
) -> Result<Response, RunError> {
    let folder = tempfile::tempdir().map_err(Failure::Files)?;
    let (set, out) = (folder.path().join("set.binpb"), folder.path().join("out"));
    let file = request.sources_or_files();
    let written = files::create_new(&set, &FileDescriptorSet { file }.encode_to_vec());
    written.and_then(|()| fs::create_dir(&out)).map_err(Failure::Files)?;
    let parameter = request.parameter.map(|parameter| [parameter, ":"].concat());
    let mut command = environment.command(protoc);
    command
        .arg(format!("--descriptor_set_in={}", set.display()))
        .arg(format!("--{name}_out={}{}", parameter.unwrap_or_default(), out.display()))
        .args(&request.targets);
    let Ended { code, stderr, .. } = process::run(&mut command, Vec::new(), environment.limit)?;
    if code != Some(0) {
        let stderr = String::from_utf8_lossy(&stderr);
        if is_module_missing(protoc, &stderr) {
            return Err(Failure::NotFound(protoc.join(" ")).into());
        }
        let how = code.map_or("by a signal".to_owned(), |code| format!("with exit code {code}"));
        return Err(RunError::Refused(format!("protoc ended {how}\n{}", stderr.trim_end())));
    }
    let mut file = Vec::new();
    collect(&out, &out, &mut file).map_err(Failure::Files)?;
    file.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Response {
        file,
        supported_features: Some(feature::PROTO3_OPTIONAL | feature::EDITIONS),
        minimum_edition: Some(Edition::Proto2 as i32),
        maximum_edition: Some(Edition::Max as i32),
        ..Response::default()
    })
}

/// Whether `stderr` is the complaint of a Python without the module that `protoc` runs.
fn is_module_missing(protoc: &[String], stderr: &str) -> bool {
    let module = protoc.iter().skip_while(|word| *word != "-m").nth(1);
    let package = module.and_then(|module| module.split('.').next());
    package.is_some_and(|package| {
        [format!("No module named {package}"), format!("No module named '{package}'")]
            .iter()
            .any(|line| stderr.contains(line))
    })
}

/// Collects the files below `folder`, named by their paths below `root`.
fn collect(root: &Path, folder: &Path, found: &mut Vec<ResponseFile>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(root).expect("it is below");
        let content = files::read(&path, files::SCHEMAS)?;
        found.push(ResponseFile {
            name: Some(name.to_string_lossy().replace('\\', "/")),
            insertion_point: None,
            content: Some(String::from_utf8_lossy(&content).into_owned()),
        });
    }
    Ok(())
}
