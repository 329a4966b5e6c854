//! The stubs of 50 packages of the corpus. That these have what makes stubs hard is counted in
//! their descriptors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::json;
use wireproof::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto,
    Label,
};

use super::Crate;
use crate::corpus;
use crate::oracle::Tree;
use crate::parity::programs::tools;

const KEYWORDS: [&str; 12] = [
    "type", "match", "in", "for", "use", "where", "self", "ref", "enum", "async", "static", "move",
];

/// How often something is to be found at least.
const WANTED: [(&str, usize); 11] = [
    ("maps", 100),
    ("oneofs", 500),
    ("recursive messages", 50),
    ("fields called as keywords", 100),
    ("packages called as keywords", 5),
    ("values of enums called as keywords", 10),
    ("messages five deep", 10),
    ("names longer than 120", 5),
    ("services", 100),
    ("streams", 30),
    ("extensions", 10),
];

/// What has been counted.
#[derive(Default)]
struct Counts {
    found: BTreeMap<&'static str, usize>,
    /// The messages that a message holds.
    holds: BTreeMap<String, Vec<String>>,
}

impl Counts {
    fn add(&mut self, what: &'static str, count: usize) {
        *self.found.entry(what).or_default() += count;
    }

    fn file(&mut self, file: &FileDescriptorProto) {
        let is_keyword = |name: &str| KEYWORDS.contains(&name);
        self.add("packages called as keywords", file.package().split('.').any(is_keyword).into());
        self.add("extensions", file.extension.len());
        self.add("services", file.service.len());
        let methods = file.service.iter().flat_map(|service| &service.method);
        let streams = methods.filter(|it| it.client_streaming() || it.server_streaming());
        self.add("streams", streams.count());
        let scope = format!(".{}", file.package());
        file.message_type.iter().for_each(|message| self.message(message, &scope, 1));
        file.enum_type.iter().for_each(|it| self.enumeration(it));
    }

    fn message(&mut self, message: &DescriptorProto, scope: &str, depth: usize) {
        let name = format!("{scope}.{}", message.name());
        self.add("messages five deep", (depth >= 5).into());
        self.add("names longer than 120", (name.len() > 120).into());
        let is_map = message.options.as_ref().is_some_and(|options| options == b"\x38\x01");
        self.add("maps", is_map.into());
        let real = |index| {
            let own = |field: &&FieldDescriptorProto| field.oneof_index == Some(index);
            message.field.iter().filter(own).any(|field| !field.proto3_optional())
        };
        self.add(
            "oneofs",
            (0..).zip(&message.oneof_decl).filter(|(index, _)| real(*index)).count(),
        );
        let keywords = message.field.iter().filter(|field| KEYWORDS.contains(&field.name()));
        self.add("fields called as keywords", keywords.count());
        let held = message.field.iter().filter(|field| {
            field.r#type() == FieldType::Message && field.label() != Label::Repeated
        });
        self.holds.insert(name.clone(), held.map(|field| field.type_name().to_owned()).collect());
        message.nested_type.iter().for_each(|nested| self.message(nested, &name, depth + 1));
        message.enum_type.iter().for_each(|it| self.enumeration(it));
    }

    fn enumeration(&mut self, enumeration: &EnumDescriptorProto) {
        let is_keyword = |name: String| KEYWORDS.contains(&&*name);
        let values = enumeration.value.iter().filter(|it| is_keyword(it.name().to_lowercase()));
        self.add("values of enums called as keywords", values.count());
    }

    /// The messages that can hold themselves, without a list between.
    fn recursive(&self) -> usize {
        let holds_itself = |name: &&String| {
            let (mut seen, mut open) = (BTreeSet::new(), self.holds[*name].clone());
            while let Some(next) = open.pop() {
                if next == **name {
                    return true;
                }
                if seen.insert(next.clone()) {
                    open.extend(self.holds.get(&next).into_iter().flatten().cloned());
                }
            }
            false
        };
        self.holds.keys().filter(holds_itself).count()
    }
}

#[test]
fn the_stubs_of_fifty_packages_compile() {
    let Some(corpus) = corpus::corpus("the_stubs_of_fifty_packages_compile") else { return };
    let new = corpus.join("new");
    let list = fs::read_to_string(super::file("packages.txt")).expect("it is committed");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let packages: BTreeSet<&str> = lines.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(packages.len(), 50);
    let compiled = Tree::of("new", &new).compiled().expect("the corpus compiles");
    let is_meant = |file: &&FileDescriptorProto| packages.contains(file.package());
    let files: Vec<&FileDescriptorProto> = compiled.file.iter().filter(is_meant).collect();
    let there: BTreeSet<&str> = files.iter().map(|file| file.package()).collect();
    assert_eq!(there, packages, "packages without files");
    let mut counts = Counts::default();
    files.iter().for_each(|file| counts.file(file));
    let recursive = counts.recursive();
    counts.add("recursive messages", recursive);
    for (what, least) in WANTED {
        let found = counts.found.get(what).copied().unwrap_or_default();
        assert!(found >= least, "{what}: {found} of {least}");
    }
    let paths: Vec<_> = files.iter().map(|file| new.join(Path::new(file.name()))).collect();
    let made = Crate::generate(&json!({ "directory": new, "paths": paths }));
    made.cargo(&["check"], "");
    made.check_comments();
    tools::say(&format!("corpus: the Rust stubs of 50 packages: {:?}", counts.found));
}
