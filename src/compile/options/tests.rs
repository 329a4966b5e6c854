//! Accepted texts with their meaning, and refused texts. Each was given to the real buf and to
//! protoc when it was written.

use prost::Message as _;
use protox::file::FileResolver as _;

use super::{Interpretation, Pool, interpret};
use crate::compile::public_imports::PublicImports;
use crate::compile::symbols::Symbols;
use crate::compile::view::View;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::options::each_options;
use crate::schema::{Schema, SchemaFile};

const GOOGLE: [&str; 2] = ["google/protobuf/descriptor.proto", "google/protobuf/any.proto"];

/// Linked files whose options are not interpreted.
struct Sources(Vec<FileDescriptorProto>);

impl Sources {
    fn new(sources: &[(&str, &str)]) -> Self {
        let google = |path| {
            let resolver = protox::file::GoogleFileResolver::new();
            resolver.open_file(path).unwrap().file_descriptor_proto().clone()
        };
        let mut files: Vec<_> = GOOGLE.map(google).into();
        files.extend(sources.iter().map(|(path, text)| protox_parse::parse(path, text).unwrap()));
        let mut pool = prost_reflect::DescriptorPool::new();
        Sources(files.iter().map(|file| resolved(&mut pool, file)).collect())
    }

    fn pool(&self) -> Pool {
        let files = self.0.iter().map(|file| SchemaFile::new(file.clone().into()));
        Pool::new(Schema::new(files.collect()))
    }

    /// Interprets the last file, which sees all files but Google's.
    fn interpret(mut self) -> (FileDescriptorProto, Interpretation) {
        let mut symbols = Symbols::default();
        for (id, file) in (0..).zip(&self.0) {
            assert_eq!(symbols.declare(id, file, |_| ""), []);
        }
        let packages: Vec<String> = self.0.iter().map(|it| it.package().to_owned()).collect();
        let near: Vec<_> = (GOOGLE.len() as u32..self.0.len() as u32 - 1).zip(0..).collect();
        let pool = self.pool();
        let mut file = self.0.pop().unwrap();
        let id = self.0.len() as u32;
        let nothing = PublicImports::default();
        let view = View::new(&symbols, &packages, id, &near, &nothing);
        let found = interpret(&pool, &mut file, &view, &[]);
        (file, found)
    }
}

/// Resolves the type names of `parsed` with prost-reflect, which sees no options.
fn resolved(
    pool: &mut prost_reflect::DescriptorPool,
    parsed: &prost_types::FileDescriptorProto,
) -> FileDescriptorProto {
    let ours = |file: &prost_types::FileDescriptorProto| {
        FileDescriptorProto::decode(file.encode_to_vec().as_slice()).unwrap()
    };
    let mut options = Vec::new();
    let mut stripped = ours(parsed);
    each_options(&mut stripped, &mut |_, path, bytes| {
        options.push((path.to_vec(), bytes.clone()));
        bytes.truncate(if bytes.as_slice() == [56, 1] { 2 } else { 0 });
        true
    });
    let stripped = prost_types::FileDescriptorProto::decode(stripped.encode_to_vec().as_slice());
    pool.add_file_descriptor_proto(stripped.unwrap()).unwrap();
    let mut file = ours(pool.get_file_by_name(parsed.name()).unwrap().file_descriptor_proto());
    let mut options = options.into_iter();
    each_options(&mut file, &mut |_, path, bytes| {
        let (wanted, option) = options.next().unwrap();
        assert_eq!(path, wanted);
        *bytes = option;
        true
    });
    file
}

const OPTIONS: &str = include_str!("tests/o.proto");
const OPTIONS3: &str = include_str!("tests/o3.proto");
const IMPORTS: &str = "import 'o.proto'; import 'o3.proto';";

/// Interprets a file that sees all option declarations.
fn run(text: &str) -> Option<(FileDescriptorProto, Interpretation)> {
    let text = format!("syntax = \"proto3\"; package z; {IMPORTS}\n{text}");
    protox_parse::parse("z.proto", &text).ok()?;
    let files = [("o.proto", OPTIONS), ("o3.proto", OPTIONS3), ("z.proto", &text)];
    Some(Sources::new(&files).interpret())
}

#[test]
fn accepts_and_refuses_what_buf_does() {
    let mut wrong = Vec::new();
    for line in include_str!("tests/table.txt").lines().filter(|it| !it.starts_with('#')) {
        let (expected, case) = line.split_at(2);
        let (option, declarations) = case.split_once(" @@ ").unwrap_or((case, ""));
        let problems = match run(&format!("{}{declarations}", option.trim_start_matches('-'))) {
            Some((_, found)) => found.problems,
            None => vec![super::Problem::at(vec![], "syntax")],
        };
        if problems.is_empty() != matches!(expected, "+ " | "> ") {
            wrong.push(format!("{line}  {:?}", problems.first().map(|it| &it.message)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_zero_keeps_its_sign_where_the_type_has_one() {
    let bits = |text: &str| run(text).and_then(|(file, _)| file.options).unwrap();
    assert!(bits("option (o.f) = -0;").ends_with(&(-0.0_f32).to_bits().to_le_bytes()));
    assert!(bits("option (o.f) = 0;").ends_with(&0.0_f32.to_bits().to_le_bytes()));
    assert!(bits("option (o.i) = -0;").ends_with(&[0]));
}
