//! Managed mode: the files that a plugin of the real buf is handed are those that ours makes, to
//! the last place, for every configuration of a table and for configurations by chance; and what
//! buf refuses we refuse.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost::Message;
use wireproof::config::Template;
use wireproof::generate::managed::apply;
use wireproof::schema::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    SourceCodeInfo,
};
use wireproof::schema::image::{self, BufFile, Format};

use crate::fixture;
use crate::oracle::is_custom_or_inside;
use crate::parity::cases;
use crate::parity::generator::print::Sources;
use crate::parity::generator::random_managed::Random;
use crate::parity::managed_cases::{ACCEPTED, CASES, FOR_IMAGES, REFUSED, TREE, template};
use crate::parity::programs::scale;
use crate::parity::programs::tools::{
    Answer, answer, buf, command, run, say, temporary, wireproof, write,
};

/// What buf asks a plugin, as far as it matters here.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "15")]
    files: Vec<FileDescriptorProto>,
    /// Those of them that stubs are made of, with the options that only sources keep.
    #[prost(message, repeated, tag = "17")]
    sources: Vec<FileDescriptorProto>,
}

/// A plugin that keeps what it is asked, and answers that it knows every feature and the editions
/// from 900 to 1002.
const PLUGIN: &str =
    "#!/bin/sh\ncat > \"$REQUEST\"\nprintf '\\020\\003\\030\\204\\007\\040\\352\\007'\n";

/// Files that were compiled, and what they lie in.
struct Tree {
    folder: tempfile::TempDir,
    /// What buf is asked to make stubs of.
    input: &'static str,
    /// The files, each with the name of its module.
    files: Vec<(std::sync::Arc<FileDescriptorProto>, Option<String>)>,
}

impl Tree {
    /// The tree of this test: modules with and without a name, and none that buf has to ask for.
    fn made() -> Self {
        let folder = temporary();
        let files = TREE.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        write(folder.path(), &files.collect());
        Tree::compiled(folder)
    }

    /// The contract of this repository.
    fn contract() -> Self {
        let folder = temporary();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        cases::copy_folder(&root.join("proto"), folder.path());
        cases::copy_folder(&root.join("third_party"), folder.path());
        let config = Sources::from([("buf.yaml".to_owned(), "version: v2\n".to_owned())]);
        write(folder.path(), &config);
        Tree::compiled(folder)
    }

    fn compiled(folder: tempfile::TempDir) -> Self {
        let config = std::fs::read_to_string(folder.path().join("buf.yaml")).expect("it is there");
        let (schema, workspace) = fixture::read(folder.path(), &config);
        let named = |file: wireproof::schema::SchemaFile| {
            let module = &workspace.modules[file.module];
            (file.descriptor, module.name.clone())
        };
        let files = schema.into_files().into_iter().map(named).collect();
        Tree { folder, input: ".", files }.with_plugin()
    }

    /// The first tree and more as an image of buf, which records the names of modules.
    fn image(buf: &Path) -> Self {
        let folder = temporary();
        let files = TREE.iter().chain(FOR_IMAGES);
        let files = files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        write(folder.path(), &files.collect());
        let built = run(buf, folder.path(), &["build", "-o", "image.binpb"]);
        assert_eq!(built.code, 0, "{}", built.stderr);
        let bytes = std::fs::read(folder.path().join("image.binpb")).expect("buf wrote it");
        let set = image::decode(&bytes, Format::Binary).expect("it is an image");
        let named = |file: FileDescriptorProto| {
            let record = BufFile::of(&file).expect("buf's records are read");
            (file.into(), record.and_then(|record| record.module_name()))
        };
        let files = set.file.into_iter().map(named).collect();
        Tree { folder, input: "image.binpb", files }.with_plugin()
    }

    fn with_plugin(self) -> Self {
        let plugin = Sources::from([("plugin.sh".to_owned(), PLUGIN.to_owned())]);
        write(self.folder.path(), &plugin);
        let path = self.folder.path().join("plugin.sh");
        let mut rights = path.metadata().expect("it is there").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
        std::fs::set_permissions(path, rights).expect("it can be run");
        self
    }

    fn ask(&self, program: &Path, template: &str, request: &Path) -> Answer {
        let mut command = command(program, self.folder.path());
        command.env("BUF_CACHE_DIR", self.folder.path()).env("REQUEST", request);
        answer(command.args(["generate", self.input, "--template", template]))
    }

    /// How what buf hands over differs from what ours makes of the files.
    fn judge(&self, buf: &Path, template: &str) -> Result<(), String> {
        let folder = temporary();
        let request: PathBuf = folder.path().join("request.binpb");
        let answer = self.ask(buf, template, &request);
        if answer.code != 0 {
            return Err(format!("buf does not: {}", answer.stderr));
        }
        let decoded = Template::decode(template.as_bytes(), "--template");
        let template = decoded.map_err(|error| format!("we refuse it: {error}"))?;
        let warns = answer.stderr.contains("managed mode configs are set but are not enabled");
        if warns == template.warnings.is_empty() {
            return Err(format!("buf warns: {warns}; we: {:?}", template.warnings));
        }
        let bytes = std::fs::read(request).expect("the plugin wrote it");
        let theirs = Request::decode(&bytes[..]).expect("it is a request");
        for file in &theirs.files {
            let path = file.name();
            let source = theirs.sources.iter().find(|source| source.name() == path);
            let (ours, module) =
                self.files.iter().find(|(file, _)| file.name() == path).ok_or(path)?;
            let mut ours = std::sync::Arc::clone(ours);
            apply(&mut ours, module.as_deref(), &template.managed);
            compare(&ours, source.unwrap_or(file))?;
        }
        Ok(())
    }
}

/// How two files differ, in words.
fn compare(ours: &FileDescriptorProto, theirs: &FileDescriptorProto) -> Result<(), String> {
    let [our_places, their_places] = [ours, theirs].map(places);
    let [ours, theirs] = [ours, theirs].map(normal);
    let mut said = String::new();
    if ours.options != theirs.options {
        let [ours, theirs] = [&ours, &theirs].map(|file| shown(file.options()));
        writeln!(said, "options: buf has {theirs:?}, we {ours:?}").expect("a string takes it");
    }
    let [our_fields, their_fields] = [&ours, &theirs].map(fields);
    for (ours, theirs) in
        our_fields.iter().zip(&their_fields).filter(|(ours, theirs)| ours != theirs)
    {
        writeln!(said, "fields: buf has {theirs:?}, we {ours:?}").expect("a string takes it");
    }
    for place in their_places.iter().filter(|place| !our_places.contains(place)) {
        writeln!(said, "places: only buf has {place:?}").expect("a string takes it");
    }
    for place in our_places.iter().filter(|place| !their_places.contains(place)) {
        writeln!(said, "places: only we have {place:?}").expect("a string takes it");
    }
    if our_places.len() != their_places.len() {
        let [ours, theirs] = [&our_places, &their_places].map(Vec::len);
        writeln!(said, "places: buf has {theirs}, we {ours}").expect("a string takes it");
    }
    if said.is_empty() && ours != theirs {
        said = format!("something else differs: buf has {theirs:?}, we {ours:?}");
    }
    if said.is_empty() { Ok(()) } else { Err(format!("{}:\n{said}", theirs.name())) }
}

/// A file with the options of itself and of its fields in the order of their numbers, and without
/// its places and what only images have.
fn normal(file: &FileDescriptorProto) -> FileDescriptorProto {
    let mut file = file.clone();
    file.buf_image_file = None;
    file.source_code_info = None;
    file.options = file.options.map(|options| sorted(&options));
    file.extension.iter_mut().for_each(normal_field);
    file.message_type.iter_mut().for_each(normal_message);
    file.service.iter_mut().flat_map(|service| &mut service.method).for_each(normal_method);
    file
}

/// Managed mode sets no option of a method. In what there is, each compiler has an order of its
/// own; that they mean the same is for `tests/oracle` to say.
fn normal_method(method: &mut MethodDescriptorProto) {
    method.options.iter_mut().for_each(|options| options.sort_unstable());
}

fn normal_message(message: &mut DescriptorProto) {
    message.field.iter_mut().chain(&mut message.extension).for_each(normal_field);
    message.nested_type.iter_mut().for_each(normal_message);
}

fn normal_field(field: &mut FieldDescriptorProto) {
    field.options = field.options.take().map(|options| sorted(&options));
}

/// The bytes of a message with its fields in the order of their numbers.
fn sorted(message: &[u8]) -> Vec<u8> {
    let mut parts: Vec<(u32, &[u8])> = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let start = rest;
        let (tag, kind) = prost::encoding::decode_key(&mut rest).expect("buf writes fields");
        prost::encoding::skip_field(kind, tag, &mut rest, Default::default()).expect("a whole one");
        parts.push((tag, &start[..start.len() - rest.len()]));
    }
    parts.sort_by_key(|(tag, _)| *tag);
    parts.into_iter().flat_map(|(_, bytes)| bytes).copied().collect()
}

fn shown(options: &[u8]) -> String {
    String::from_utf8_lossy(options).into_owned()
}

/// Every field by its name and its options.
fn fields(file: &FileDescriptorProto) -> Vec<(String, Vec<u8>)> {
    fn walk(above: &str, message: &DescriptorProto, found: &mut Vec<(String, Vec<u8>)>) {
        let name = format!("{above}.{}", message.name());
        let fields = message.field.iter().chain(&message.extension);
        found.extend(fields.map(|f| (format!("{name}.{}", f.name()), f.options().to_vec())));
        message.nested_type.iter().for_each(|nested| walk(&name, nested, found));
    }
    let mut found = Vec::new();
    file.message_type.iter().for_each(|message| walk("", message, &mut found));
    let extensions = file.extension.iter();
    found.extend(extensions.map(|f| (f.name().to_owned(), f.options().to_vec())));
    found
}

/// The places of a file but those of custom options, of which buf has more: managed mode does
/// not touch them, and `tests/oracle` says what is different.
fn places(file: &FileDescriptorProto) -> Vec<wireproof::schema::descriptor::Location> {
    let info = SourceCodeInfo::decode(file.source_code_info()).expect("it is source code info");
    info.location.into_iter().filter(|place| !is_custom_or_inside(&place.path)).collect()
}

#[test]
fn files_of_managed_mode_are_bufs() {
    let Some(buf) = buf() else { return };
    let made = Tree::made();
    let contract = Tree::contract();
    let mut random = Vec::new();
    let count = if scale::long() { 200 } else { 20 };
    for seed in scale::seeds() {
        let mut chance = Random::new(seed);
        random.extend((0..count).map(|n| (format!("seed {seed}, {n}"), chance.template())));
    }
    let table = CASES.iter().map(|case| ((*case).to_owned(), template(case)));
    let all: Vec<(String, String)> = table.chain(random).collect();
    // The contract is what users have; what is particular stands in the tree that was made.
    let every = if scale::long() { 1 } else { 8 };
    let asked: Vec<(&Tree, &(String, String))> = all
        .iter()
        .map(|case| (&made, case))
        .chain(all.iter().step_by(every).map(|case| (&contract, case)))
        .collect();
    let failures = scale::parallel(&asked, |(tree, (name, template))| {
        let error = tree.judge(buf, template).err()?;
        Some(format!("{name}: {template}\n{error}"))
    });
    say(&format!("parity: {} managed configurations alike", asked.len() - failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn files_of_images_and_of_editions_are_bufs() {
    let Some(buf) = buf() else { return };
    let tree = Tree::image(buf);
    let step = if scale::long() { 1 } else { 2 };
    let asked: Vec<String> = CASES.iter().step_by(step).map(|case| template(case)).collect();
    let failures = scale::parallel(&asked, |template| {
        let error = tree.judge(buf, template).err()?;
        Some(format!("{template}\n{error}"))
    });
    say(&format!(
        "parity: {} managed configurations of an image alike",
        asked.len() - failures.len()
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn generate_sends_the_requests_of_buf() {
    let Some(buf) = buf() else { return };
    for tree in [Tree::made(), Tree::image(buf)] {
        let asked: Vec<String> = CASES.iter().step_by(9).map(|case| template(case)).collect();
        let failures = scale::parallel(&asked, |template| {
            let requests = [buf, wireproof()].map(|program| {
                let folder = temporary();
                let path = folder.path().join("request.binpb");
                let answer = tree.ask(program, template, &path);
                assert_eq!(answer.code, 0, "{template}: {}", answer.stderr);
                let bytes = std::fs::read(path).expect("the plugin wrote it");
                Request::decode(&bytes[..]).expect("it is a request").sources
            });
            let [theirs, ours] = requests;
            let pairs = theirs.iter().zip(&ours);
            let error = pairs.map(|(theirs, ours)| compare(ours, theirs)).find_map(Result::err);
            (theirs.len() != ours.len() || error.is_some())
                .then(|| format!("{template}\n{error:?}"))
        });
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }
}

#[test]
fn managed_mode_refuses_what_buf_refuses() {
    let Some(buf) = buf() else { return };
    let files = Sources::from([
        ("buf.yaml".to_owned(), "version: v2\n".to_owned()),
        ("a.proto".to_owned(), "syntax = \"proto3\";\n".to_owned()),
    ]);
    let folder = temporary();
    write(folder.path(), &files);
    let tree = Tree { folder, input: ".", files: Vec::new() }.with_plugin();
    let refused = REFUSED.iter().map(|case| (*case, true));
    let asked: Vec<(&str, bool)> = refused.chain(ACCEPTED.iter().map(|c| (*c, false))).collect();
    let failures = scale::parallel(&asked, |(case, refused)| {
        let (template, request) = (template(case), temporary());
        let theirs = tree.ask(buf, &template, &request.path().join("request.binpb"));
        let ours = Template::decode(template.as_bytes(), "--template");
        let alike = (theirs.code == 1) == *refused && ours.is_err() == *refused;
        (!alike)
            .then(|| format!("{template}\n  buf: {} {}  we: {ours:?}", theirs.code, theirs.stderr))
    });
    say(&format!("parity: {} templates refused or taken alike", asked.len() - failures.len()));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
