//! `types` and `exclude_types`: what a plugin is asked is what buf asks it, for every case of a
//! table and for names by chance; and what buf refuses we refuse.

use std::path::Path;

use serde_json::Value;
use wireproof::schema::descriptor::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::requests::{Request, ask};
use super::types_cases::{CASES, Random, TREE};
use crate::oracle::{Files, Oracle, Tree, by_path, differences_of_parts};
use crate::parity::pair;
use crate::parity::programs::scale;
use crate::parity::programs::tools;

/// A tree, and what it compiles to.
pub(super) struct Compiled {
    tree: Tree,
    files: Files,
}

impl Compiled {
    pub(super) fn new(tree: Tree) -> Option<Self> {
        let files = by_path(tree.compiled()?);
        Some(Compiled { tree, files })
    }

    /// The full names of everything that can be named, those of packages among them.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for file in self.files.values() {
            let package = file.package().to_owned();
            let within = |name: &str| join(&package, name);
            names.extend(file.enum_type.iter().map(|item| within(item.name())));
            names.extend(file.extension.iter().map(|item| within(item.name())));
            for service in &file.service {
                let service_name = within(service.name());
                names.extend(service.method.iter().map(|item| join(&service_name, item.name())));
                names.push(service_name);
            }
            file.message_type.iter().for_each(|message| messages(&package, message, &mut names));
            names.push(package);
        }
        names.sort();
        names.dedup();
        names
    }

    /// Whether a method needs what is left out. buf leaves out the type of its requests then, too,
    /// wherever else it is needed, and fails over the method itself if it comes to it.
    fn costs_a_method(&self, excluded: &[String]) -> bool {
        let services = self.files.values().flat_map(|file| &file.service);
        let methods = services.flat_map(|service| &service.method);
        let mut types = methods.flat_map(|method| [method.input_type(), method.output_type()]);
        types.any(|name| {
            let name = name.trim_start_matches('.');
            excluded.iter().map(|other| other.trim_end_matches(".**")).any(|excluded| {
                let rest = name.strip_prefix(excluded);
                excluded.is_empty()
                    || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn messages(scope: &str, message: &DescriptorProto, names: &mut Vec<String>) {
    let name = join(scope, message.name());
    names.extend(message.enum_type.iter().map(|item| join(&name, item.name())));
    names.extend(message.extension.iter().map(|item| join(&name, item.name())));
    message.nested_type.iter().for_each(|nested| messages(&name, nested, names));
    names.push(name);
}

/// What is asked: a template without the program of its plugin, and flags.
pub(super) struct Question {
    pub(super) template: Value,
    pub(super) flags: Vec<String>,
}

impl Question {
    /// What it leaves out, wherever it says so.
    fn excluded(&self) -> Vec<String> {
        let places = [&self.template["plugins"][0], &self.template["inputs"][0]];
        let lists = places.into_iter().filter_map(|place| place["exclude_types"].as_array());
        let named = lists.flatten().filter_map(|name| name.as_str().map(str::to_owned));
        let flags = self.flags.iter().filter_map(|flag| flag.strip_prefix("--exclude-type="));
        named.chain(flags.map(str::to_owned)).collect()
    }

    fn shown(&self) -> String {
        format!("{} {}", self.template, self.flags.join(" "))
    }
}

/// How what we do differs from what buf does; `Ok(true)` if both asked their plugin.
fn judge(
    buf: &Path,
    python: &Path,
    compiled: &Compiled,
    question: &Question,
) -> Result<bool, String> {
    let Question { template, flags } = question;
    let folder = &compiled.tree.root;
    let (our_answer, ours) = ask(tools::wireproof(), python, folder, template, flags);
    let told = |why: String| Err(format!("{}\n{why}", question.shown()));
    if ![0, 1].contains(&our_answer.code) {
        return told(format!("we end with {}: {}", our_answer.code, our_answer.stderr));
    }
    for file in ours.values().flat_map(|request| &request.proto_file) {
        file.message_type.iter().try_for_each(sound)?;
    }
    if compiled.costs_a_method(&question.excluded()) {
        return Ok(false);
    }
    let (their_answer, theirs) = ask(buf, python, folder, template, flags);
    // Where nothing is left buf makes all of it, and what else it is told then is about all of it.
    let excluded = question.excluded();
    let targets = theirs.iter().flat_map(|(targets, request)| {
        request.proto_file.iter().filter(|file| targets.contains(&file.name().to_owned()))
    });
    let nothing = our_answer.code == 0 && ours.is_empty() && !theirs.is_empty();
    let no_type = our_answer.stderr.contains("there is no such type or package");
    if nothing && all_left_out(targets, &excluded)
        || no_type && all_left_out(compiled.files.values(), &excluded)
    {
        return Ok(false);
    }
    // A second filter of buf refuses the numbers that the first one left behind, see `one_oneof`.
    if our_answer.code == 0 && their_answer.stderr.contains("invalid oneof index") {
        return Ok(false);
    }
    if our_answer.code != their_answer.code {
        return told(format!("buf: {}\nwe: {}", their_answer.stderr, our_answer.stderr));
    }
    let names =
        |request: &Request| -> Vec<String> { request.proto_file.iter().map(outline).collect() };
    let [our_outlines, their_outlines] = [&ours, &theirs].map(|requests| {
        let outlines = requests.iter().map(|(files, request)| (files.clone(), names(request)));
        outlines.collect::<Vec<_>>()
    });
    if our_outlines != their_outlines {
        return told(format!("ours {our_outlines:#?}\ntheirs {their_outlines:#?}"));
    }
    let mut found = Vec::new();
    for (ours, theirs) in ours.into_values().zip(theirs.into_values()) {
        for (ours, theirs) in [
            (ours.proto_file, theirs.proto_file),
            (ours.source_file_descriptors, theirs.source_file_descriptors),
        ] {
            let part = compiled.tree.part(|path| ours.iter().any(|file| file.name() == path));
            let [ours, theirs] = [ours, theirs].map(|mut files| {
                files.iter_mut().flat_map(|file| &mut file.message_type).for_each(one_oneof);
                FileDescriptorSet { file: files }
            });
            let ours = by_path(ours);
            let whole = &compiled.files;
            found.extend(differences_of_parts(&part, whole, &ours, theirs, Oracle::Buf));
        }
    }
    if found.is_empty() { Ok(our_answer.code == 0) } else { told(found.join("\n")) }
}

/// Whether `excluded` names everything that stands in `files`.
fn all_left_out<'f>(
    files: impl IntoIterator<Item = &'f FileDescriptorProto>,
    excluded: &[String],
) -> bool {
    let is_out = |package: &str, name: &str| {
        let name = join(package, name);
        excluded.iter().any(|excluded| match excluded.strip_suffix(".**") {
            // It names the types of all packages.
            Some("") => true,
            Some(above) => {
                let rest = name.strip_prefix(above);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            None => *excluded == name || excluded == package,
        })
    };
    files.into_iter().all(|file| {
        let messages = file.message_type.iter().map(|item| item.name());
        let enums = file.enum_type.iter().map(|item| item.name());
        let services = file.service.iter().map(|item| item.name());
        let extensions = file.extension.iter().map(|item| item.name());
        let mut names = messages.chain(enums).chain(services).chain(extensions);
        names.all(|name| is_out(file.package(), name))
    })
}

/// Where oneofs are gone, buf leaves the fields of others the old numbers of theirs; which are
/// right is not compared.
fn one_oneof(message: &mut DescriptorProto) {
    let fields = message.field.iter_mut();
    fields.filter_map(|field| field.oneof_index.as_mut()).for_each(|index| *index = 0);
    message.nested_type.iter_mut().for_each(one_oneof);
}

/// Fails where a field names a oneof that is not there, or a oneof has no field.
fn sound(message: &DescriptorProto) -> Result<(), String> {
    let mut used = vec![false; message.oneof_decl.len()];
    for index in message.field.iter().filter_map(|field| field.oneof_index) {
        match used.get_mut(index as usize) {
            Some(used) => *used = true,
            None => return Err(format!("{} has no oneof {index}", message.name())),
        }
    }
    if used.contains(&false) {
        return Err(format!("{} has a oneof without fields", message.name()));
    }
    message.nested_type.iter().try_for_each(sound)
}

/// A file by the names of what is in it.
fn outline(file: &FileDescriptorProto) -> String {
    fn message(message: &DescriptorProto) -> String {
        let fields: Vec<&str> = message.field.iter().map(|field| field.name()).collect();
        let enums: Vec<&str> = message.enum_type.iter().map(|item| item.name()).collect();
        let nested: Vec<String> = message.nested_type.iter().map(self::outline_of).collect();
        let extensions: Vec<&str> = message.extension.iter().map(|item| item.name()).collect();
        format!("{} {fields:?} {enums:?} {extensions:?} {nested:?}", message.name())
    }
    let messages: Vec<String> = file.message_type.iter().map(message).collect();
    let enums: Vec<&str> = file.enum_type.iter().map(|item| item.name()).collect();
    let extensions: Vec<&str> = file.extension.iter().map(|item| item.name()).collect();
    let services: Vec<Vec<&str>> = file
        .service
        .iter()
        .map(|service| service.method.iter().map(|method| method.name()).collect())
        .collect();
    let (dependency, path) = (&file.dependency, file.name());
    format!("{path} {dependency:?} {messages:?} {enums:?} {extensions:?} {services:?}")
}

fn outline_of(message: &DescriptorProto) -> String {
    let fields: Vec<&str> = message.field.iter().map(|field| field.name()).collect();
    let nested: Vec<String> = message.nested_type.iter().map(outline_of).collect();
    format!("{} {fields:?} {nested:?}", message.name())
}

#[test]
fn plugins_get_the_types_of_buf() {
    let Some(buf) = tools::buf() else { return };
    let Some(python) = super::python() else { return };
    let folder = tools::temporary();
    let files = TREE.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    tools::write(folder.path(), &files.collect());
    let tree = Compiled::new(Tree::within("made", folder)).expect("it compiles");
    let failures = scale::parallel(CASES, |case| {
        judge(buf, &python, &tree, &super::types_cases::question(case)).err()
    });
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n"));
}

/// What buf gets wrong: the numbers of oneofs behind one that is gone, and what a method needs
/// that is gone.
#[test]
fn what_is_left_of_a_message_and_of_a_service_makes_sense() {
    let Some(python) = super::python() else { return };
    let folder = tools::temporary();
    let files = TREE.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    tools::write(folder.path(), &files.collect());
    let asked = |case: &str| {
        let Question { template, flags } = super::types_cases::question(case);
        let (answer, requests) = ask(tools::wireproof(), &python, folder.path(), &template, &flags);
        assert_eq!(answer.code, 0, "{case}: {}", answer.stderr);
        let files = requests.into_values().flat_map(|request| request.proto_file);
        files.into_iter().find(|file| file.name() == "a/v1/a.proto")
    };
    let file = asked("exclude_types: [a.v1.N]").expect("it is kept");
    let message = &file.message_type[0];
    let oneofs: Vec<(&str, &str)> = message
        .field
        .iter()
        .filter_map(|field| Some((field.name(), field.oneof_index?)))
        .map(|(field, index)| (field, message.oneof_decl[index as usize].name()))
        .collect();
    assert_eq!(oneofs, [("s", "y"), ("o", "y")]);
    let methods: Vec<&str> = file.service[0].method.iter().map(|method| method.name()).collect();
    assert_eq!(methods, ["H"], "{message:?}");
    assert!(message.field.iter().any(|field| field.name() == "b"), "the request of G stays");
    assert_eq!(asked("exclude_types: ['.**']"), None);
}

#[test]
fn plugins_get_the_types_of_buf_on_generated_trees() {
    let Some(buf) = tools::buf() else { return };
    let Some(python) = super::python() else { return };
    let mut asked = Vec::new();
    for seed in scale::seeds() {
        let trees = pair::trees(seed, scale::pairs(4, 20)).into_iter().map(|sources| {
            let folder = tools::temporary();
            tools::write(folder.path(), &sources);
            let tree = Tree::within(&format!("seed {seed}"), folder).with_comments_anywhere(true);
            Compiled::new(tree)
        });
        let mut chance = Random::new(seed);
        for tree in trees.flatten() {
            let names = tree.names();
            let count = if scale::long() { 8 } else { 4 };
            let questions = (0..count).map(|_| chance.question(&names)).collect::<Vec<_>>();
            asked.push((seed, tree, questions));
        }
    }
    let alike = std::sync::atomic::AtomicUsize::new(0);
    let failures = scale::parallel(&asked, |(seed, tree, questions)| {
        let answers = questions.iter().map(|question| judge(buf, &python, tree, question));
        let mut failures = Vec::new();
        for answer in answers {
            match answer {
                Ok(both) => _ = alike.fetch_add(both.into(), std::sync::atomic::Ordering::Relaxed),
                Err(why) => failures.push(format!("seed {seed}: {why}")),
            }
        }
        Some(failures.join("\n")).filter(|said| !said.is_empty())
    });
    let (alike, all) = (alike.into_inner(), asked.iter().map(|asked| asked.2.len()).sum::<usize>());
    tools::say(&format!("generate: {alike} of {all} choices of types give buf's requests"));
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n"));
    assert!(alike * 4 > all, "only {alike} of {all} choices of types were compared");
}
