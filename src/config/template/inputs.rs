//! `inputs` of a template. Each is converted to a reference in the syntax of the command line.

use super::super::raw::Flag;
use super::{Input, raw};
use crate::error::{Error, Result};

/// A kind of input: its key, its format in a reference, and its options.
struct Kind {
    key: &'static str,
    format: &'static str,
    options: &'static [&'static str],
}

const GIT: &[&str] = &["branch", "commit", "tag", "ref", "depth", "recurse_submodules", "subdir"];
const TAR: &[&str] = &["compression", "strip_components", "subdir"];
const IMAGE: &[&str] = &["compression"];

const KINDS: [Kind; 9] = [
    Kind { key: "directory", format: "dir", options: &[] },
    Kind { key: "proto_file", format: "protofile", options: &["include_package_files"] },
    Kind { key: "git_repo", format: "git", options: GIT },
    Kind { key: "tarball", format: "tar", options: TAR },
    Kind { key: "zip_archive", format: "zip", options: &["strip_components", "subdir"] },
    Kind { key: "binary_image", format: "binpb", options: IMAGE },
    Kind { key: "json_image", format: "json", options: IMAGE },
    Kind { key: "text_image", format: "txtpb", options: IMAGE },
    Kind { key: "yaml_image", format: "yaml", options: IMAGE },
];

pub(super) fn input(raw: raw::InputV2, name: &str) -> Result<Input> {
    let kinds = KINDS.iter().zip(paths(&raw));
    let kinds: Vec<_> = kinds.filter_map(|(kind, path)| Some((kind, path.as_ref()?))).collect();
    let (&[(kind, path)], None) = (&kinds[..], &raw.module) else {
        let keys: Vec<&str> = KINDS.iter().map(|kind| kind.key).collect();
        let problem = format!("an input needs exactly one of {}", keys.join(", "));
        return Err(Error::new(problem).at(name));
    };
    let mut reference = format!("{path}#format={}", kind.format);
    for (key, value) in options(&raw) {
        if !kind.options.contains(&key) {
            let problem = format!("a `{}` input does not support `{key}`", kind.key);
            return Err(Error::new(problem).at(name));
        }
        reference.extend([",", key, "=", &value]);
    }
    Ok(Input {
        reference,
        paths: raw.paths.unwrap_or_default(),
        exclude_paths: raw.exclude_paths.unwrap_or_default(),
        types: raw.types.unwrap_or_default(),
        exclude_types: raw.exclude_types.unwrap_or_default(),
    })
}

/// Returns the values of the keys of [`KINDS`], in the same order.
fn paths(raw: &raw::InputV2) -> [&Option<String>; 9] {
    [
        &raw.directory,
        &raw.proto_file,
        &raw.git_repo,
        &raw.tarball,
        &raw.zip_archive,
        &raw.binary_image,
        &raw.json_image,
        &raw.text_image,
        &raw.yaml_image,
    ]
}

/// Whether the input is a module of a registry.
pub(super) fn is_remote(raw: &raw::InputV2) -> bool {
    raw.module.is_some() && paths(raw).iter().all(|path| path.is_none())
}

/// Returns the options of an input that are set.
fn options(raw: &raw::InputV2) -> impl Iterator<Item = (&'static str, String)> {
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let flag = |flag: Option<Flag>| flag.map(|flag| flag.0.to_string());
    [
        ("compression", raw.compression.clone()),
        ("strip_components", number(raw.strip_components)),
        ("subdir", raw.subdir.clone()),
        ("branch", raw.branch.clone()),
        ("commit", raw.commit.clone()),
        ("tag", raw.tag.clone()),
        ("ref", raw.r#ref.clone()),
        ("depth", number(raw.depth)),
        ("recurse_submodules", flag(raw.recurse_submodules)),
        ("include_package_files", flag(raw.include_package_files)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
}
