//! Random schemas whose names are unusual in Rust: keywords, names of the prelude, of prost's and
//! tonic's code, underscores, names that differ only in case, types and services beside packages.

use crate::parity::generator::print::Sources;
use crate::parity::generator::random_managed::Random;

const WORDS: &str = "
    a1 a_1 A1 _1 __1 _ __ _a a_ ab aB Ab AB a_b abstract alloc any Arc as async await B Body
    bool Box BoxFuture become Bytes call child clear client Clone Code CompressionEncoding
    connect Context Copy core crate D Debug Default Drop dyn encode Enum
    EnabledCompressionEncodings encoded_len Enumeration Eq Err Error extern F f32 fn Foo
    from_arc From Future gen GrpcMethod Hash http i32 impl in Inner insert_kind
    InterceptedService Into is_valid Iterator KeyWrapper kind macro MapWrapper match
    max_decoding_message_size max_encoding_message_size Message mod move Name new Node
    NodeClient NodeServer NodeSvc None Ok Oneof Option PartialEq Pin Poll poll_ready prost
    push_kind raw Ready ref Result ScalarWrapper self Self send_compressed accept_compressed
    Send Service SERVICE_NAME set_kind get_kind Sized Some std StdError str Stream String
    STRUCT_NAME super Sync T tonic ToString try type u8 union unsafe Uri use v1 value Value
    ValueWrapper Vec where with_interceptor with_origin yield
";

const SCALARS: &[&str] = &["string", "bytes", "int32", "uint64", "bool", "double"];

/// Wrappers and other types that prost maps to types of Rust.
const KNOWN: &[&str] =
    &["BoolValue", "Int64Value", "StringValue", "BytesValue", "Empty", "Duration"];

/// A schema in the making.
pub(super) struct Schema<'a> {
    random: &'a mut Random,
    /// The words of this schema, few, so that they meet.
    words: Vec<&'static str>,
    messages: Vec<String>,
    enums: Vec<String>,
    is_proto3: bool,
    text: String,
    number: usize,
}

/// Returns the files of a random schema. It is not always valid.
pub(super) fn schema(random: &mut Random) -> Sources {
    let all: Vec<&str> = WORDS.split_whitespace().collect();
    let words = (0..6).map(|_| random.pick(&all)).collect();
    let (messages, enums) = (Vec::new(), Vec::new());
    let mut schema =
        Schema { random, words, messages, enums, is_proto3: true, text: String::new(), number: 0 };
    let mut files = Sources::new();
    for index in 0..1 + schema.random.below(3) {
        let text = schema.file(index);
        files.insert(format!("f{index}.proto"), text);
    }
    files
}

impl Schema<'_> {
    fn chance(&mut self, of: usize) -> bool {
        self.random.below(of) == 0
    }

    /// A word of the schema, as it is or in another case.
    fn name(&mut self) -> String {
        let index = self.random.below(self.words.len());
        let word = self.words[index];
        match self.random.below(8) {
            0 => word.to_uppercase(),
            1 => word.to_lowercase(),
            2 => word[..1].to_uppercase() + &word[1..],
            3 => format!("{word}{}", self.random.pick(&["Client", "Server", "Svc", "_", "1"])),
            _ => word.to_owned(),
        }
    }

    fn file(&mut self, index: usize) -> String {
        self.is_proto3 = !self.chance(3);
        let syntax = if self.is_proto3 { "proto3" } else { "proto2" };
        self.text = format!("syntax = \"{syntax}\";\n");
        let parts: Vec<String> = (0..self.random.below(4)).map(|_| self.name()).collect();
        let package = parts.join(".");
        if !package.is_empty() {
            self.text += &format!("package {package};\n");
        }
        (0..index).for_each(|index| self.text += &format!("import \"f{index}.proto\";\n"));
        for file in ["wrappers", "empty", "duration"] {
            self.text += &format!("import \"google/protobuf/{file}.proto\";\n");
        }
        let scope = if package.is_empty() { String::new() } else { format!(".{package}") };
        (0..self.random.below(3)).for_each(|_| self.enumeration(&scope));
        (0..1 + self.random.below(3)).for_each(|_| self.message(&scope, 0));
        (0..self.random.below(3)).for_each(|_| self.service());
        std::mem::take(&mut self.text)
    }

    fn enumeration(&mut self, scope: &str) {
        let name = self.name();
        self.text += &format!("enum {name} {{\n");
        for number in 0..1 + self.random.below(3) {
            let value = self.name();
            let value = if self.chance(2) { format!("{name}_{value}") } else { value };
            self.text += &format!("  {value} = {number};\n");
        }
        self.text += "}\n";
        self.enums.push(format!("{scope}.{name}"));
    }

    fn message(&mut self, scope: &str, depth: usize) {
        let name = self.name();
        let full = format!("{scope}.{name}");
        self.text += &format!("message {name} {{\n");
        if depth < 2 && self.chance(2) {
            self.message(&full, depth + 1);
        }
        if self.chance(3) {
            self.enumeration(&full);
        }
        self.messages.push(full);
        self.number = 0;
        for _ in 0..self.random.below(4) {
            self.field();
        }
        if self.chance(4) {
            let name = self.name();
            self.text += &format!("oneof {name} {{\n");
            for _ in 0..1 + self.random.below(2) {
                let (of, name) = (self.r#type(), self.name());
                self.number += 1;
                self.text += &format!("  {of} {name} = {};\n", self.number);
            }
            self.text += "}\n";
        }
        self.text += "}\n";
    }

    fn field(&mut self) {
        let (of, name) = (self.r#type(), self.name());
        self.number += 1;
        let label = match self.random.below(4) {
            0 => "repeated ",
            1 => "optional ",
            _ if self.is_proto3 => "",
            _ => "optional ",
        };
        let of = if self.chance(6) { format!("map<string, {of}>") } else { format!("{label}{of}") };
        self.text += &format!("  {of} {name} = {};\n", self.number);
    }

    fn r#type(&mut self) -> String {
        let list = match self.random.below(4) {
            0 => &self.messages,
            1 | 2 => &self.enums,
            _ => return self.random.pick(SCALARS).to_owned(),
        };
        match list.len() {
            0 => self.random.pick(SCALARS).to_owned(),
            length => list[self.random.below(length)].clone(),
        }
    }

    fn service(&mut self) {
        let name = self.name();
        self.text += &format!("service {name} {{\n");
        for _ in 0..1 + self.random.below(3) {
            let (name, input, output) = (self.name(), self.message_type(), self.message_type());
            self.text += &format!("  rpc {name}({input}) returns ({output});\n");
        }
        self.text += "}\n";
    }

    fn message_type(&mut self) -> String {
        let stream = if self.chance(3) { "stream " } else { "" };
        let index = self.random.below(self.messages.len() + 1);
        match self.messages.get(index) {
            Some(name) => format!("{stream}{name}"),
            None => format!("{stream}.google.protobuf.{}", self.random.pick(KNOWN)),
        }
    }
}
