//! The requests that plugins get, beside those that they get from buf.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use prost::Message;
use wireproof::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};

use crate::oracle::{Oracle, Tree, by_path, differences};
use crate::parity::pair;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// `google.protobuf.compiler.CodeGeneratorRequest`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(string, repeated, tag = "1")]
    pub(super) file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    compiler_version: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "15")]
    pub(super) proto_file: Vec<FileDescriptorProto>,
    #[prost(message, repeated, tag = "17")]
    pub(super) source_file_descriptors: Vec<FileDescriptorProto>,
}

/// What `program` asks the plugin about the tree in `folder`, by the files that it is to make.
fn asked(
    program: &Path,
    python: &Path,
    folder: &Path,
    plugin: &serde_json::Value,
) -> BTreeMap<Vec<String>, Request> {
    let template = serde_json::json!({ "version": "v2", "plugins": [plugin] });
    let (answer, requests) = ask(program, python, folder, &template, &[]);
    assert_eq!(answer.code, 0, "{}: {}", program.display(), answer.stderr);
    requests
}

/// What `program` answers to `generate` with the flags, and what it asks the one plugin of
/// `template`.
pub(super) fn ask(
    program: &Path,
    python: &Path,
    folder: &Path,
    template: &serde_json::Value,
    flags: &[String],
) -> (tools::Answer, BTreeMap<Vec<String>, Request>) {
    let dump = tools::temporary();
    let mut template = template.clone();
    let words = ["dump=".to_owned() + &dump.path().display().to_string()];
    let words = super::plugin(python, &words.each_ref().map(String::as_str));
    let key = if template["version"] == "v2" { "local" } else { "path" };
    template["plugins"][0][key] = words;
    let template = template.to_string();
    let mut args = vec!["generate", "--template", &template];
    args.extend(flags.iter().map(String::as_str));
    let answer = tools::run(program, folder, &args);
    let requests = fs::read_dir(dump.path()).expect("it was written to");
    let requests = requests.map(|entry| {
        let bytes = fs::read(entry.expect("it can be listed").path()).expect("it can be read");
        let request = Request::decode(&*bytes).expect("it is a request");
        (request.file_to_generate.clone(), request)
    });
    (answer, requests.collect())
}

/// Where the requests about `tree` differ.
fn compare(buf: &Path, python: &Path, tree: &Tree, plugin: &serde_json::Value) -> Vec<String> {
    let folder = &tree.root;
    let theirs = asked(buf, python, folder, plugin);
    let ours = asked(tools::wireproof(), python, folder, plugin);
    let order = |requests: &BTreeMap<Vec<String>, Request>| -> Vec<_> {
        let names = |files: &[FileDescriptorProto]| -> Vec<String> {
            files.iter().map(|file| file.name().to_owned()).collect()
        };
        let parts = |request: &Request| {
            let Request { parameter, compiler_version, .. } = request.clone();
            let sources = names(&request.source_file_descriptors);
            (names(&request.proto_file), sources, parameter, compiler_version)
        };
        requests.iter().map(|(files, request)| (files.clone(), parts(request))).collect()
    };
    let (our_order, their_order) = (order(&ours), order(&theirs));
    if our_order != their_order {
        return vec![format!("{}: ours {our_order:#?}\ntheirs {their_order:#?}", tree.name)];
    }
    assert!(!ours.is_empty(), "{}: nothing was asked", tree.name);
    let mut found = Vec::new();
    for (ours, theirs) in ours.into_values().zip(theirs.into_values()) {
        for (ours, theirs) in [
            (ours.proto_file, theirs.proto_file),
            (ours.source_file_descriptors, theirs.source_file_descriptors),
        ] {
            let part = tree.part(|path| ours.iter().any(|file| file.name() == path));
            let ours = by_path(FileDescriptorSet { file: ours });
            let theirs = FileDescriptorSet { file: theirs };
            found.extend(differences(&part, &ours, theirs, Oracle::Buf));
        }
    }
    found
}

#[test]
fn options_that_only_sources_keep_are_told_apart_as_in_buf() {
    let Some(buf) = tools::buf() else { return };
    let Some(python) = super::python() else { return };
    let options = "syntax = \"proto2\";
package o.v1;
import \"google/protobuf/descriptor.proto\";
message Tree {
  optional int32 kept = 1;
  optional int32 gone = 2 [retention = RETENTION_SOURCE];
  repeated Tree trees = 3;
}
extend google.protobuf.FieldOptions {
  optional int32 kept = 50001;
  optional int32 gone = 50002 [retention = RETENTION_SOURCE];
  optional Tree tree = 50003;
}
extend google.protobuf.MessageOptions { optional string only = 50001 [retention = RETENTION_SOURCE]; }
";
    let user = "syntax = \"proto2\";
package u.v1;
import \"o/v1/o.proto\";
message M {
  option (o.v1.only) = \"x\";
  extensions 100 to 200 [verification = UNVERIFIED];
  extensions 300 [declaration = { number: 300, full_name: \".u.v1.x\", type: \".u.v1.M\" }];
  optional int32 a = 1 [(o.v1.kept) = 1, (o.v1.gone) = 2, deprecated = true];
  optional int32 b = 2 [(o.v1.tree) = { kept: 1 gone: 2 trees: { gone: 3 } }];
  optional int32 c = 3 [(o.v1.tree).gone = 1, (o.v1.tree).kept = 2];
}
";
    let importer = "syntax = \"proto3\";\npackage i.v1;\nimport \"u/v1/u.proto\";\n\
                    message I { u.v1.M m = 1; }\n";
    let files = [("o/v1/o.proto", options), ("u/v1/u.proto", user), ("i/v1/i.proto", importer)];
    let folder = tools::temporary();
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    tools::write(folder.path(), &files.into());
    let tree = Tree::within("retention", folder);
    for plugin in [
        serde_json::json!({ "out": "gen" }),
        serde_json::json!({ "out": "gen", "strategy": "all" }),
    ] {
        let found = compare(buf, &python, &tree, &plugin);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// buf's managed mode looks for the statement of an option before the option.
#[test]
fn managed_mode_of_buf_takes_images_of_ours() {
    let Some(buf) = tools::buf() else { return };
    let folder = tools::temporary();
    let file = "syntax = \"proto3\";\npackage a.v1;\noption java_package = \"x\";\n\
                message M {}\noption optimize_for = CODE_SIZE;\noption go_package = \"y\";\n";
    tools::write(folder.path(), &[("a/v1/a.proto".to_owned(), file.to_owned())].into());
    let built = tools::run(tools::wireproof(), folder.path(), &["build", "-o", "image.binpb"]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    let template =
        r#"{"version":"v2","managed":{"enabled":true},"plugins":[{"local":"true","out":"gen"}]}"#;
    let answer =
        tools::run(buf, folder.path(), &["generate", "image.binpb", "--template", template]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
}

#[test]
fn plugins_get_the_requests_of_buf() {
    let Some(buf) = tools::buf() else { return };
    let Some(python) = super::python() else { return };
    let seed = *scale::seeds().last().expect("there is a seed");
    let trees: Vec<Tree> = pair::trees(seed, scale::pairs(6, 60))
        .into_iter()
        .map(|sources| {
            let folder = tools::temporary();
            tools::write(folder.path(), &sources);
            Tree::within(&format!("seed {seed}"), folder).with_comments_anywhere(true)
        })
        .collect();
    let trees: Vec<(usize, &Tree)> = trees.iter().enumerate().collect();
    let plugins = [
        serde_json::json!({ "out": "gen" }),
        serde_json::json!({ "out": "gen", "strategy": "all", "opt": ["a=b", " c "] }),
        serde_json::json!({ "out": "gen", "include_imports": true, "include_wkt": true }),
    ];
    let compared = std::sync::atomic::AtomicUsize::new(0);
    let found = scale::parallel(&trees, |(number, tree)| {
        tree.compiled()?;
        compared.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Some(compare(buf, &python, tree, &plugins[number % plugins.len()]))
            .filter(|found| !found.is_empty())
    });
    let found: Vec<String> = found.into_iter().flatten().collect();
    let compared = compared.into_inner();
    tools::say(&format!("generate: seed {seed}: plugins are asked alike about {compared} trees"));
    assert!(compared * 2 > trees.len(), "{compared} of {} trees compile", trees.len());
    assert!(found.is_empty(), "{} differ\n{}", found.len(), found.join("\n"));
}
