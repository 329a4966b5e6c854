//! A tree of schema files as data that is easy to build, to change and to mend: everything has an
//! id that survives renaming and moving, and says itself where it lives.

/// Names an element for as long as it exists, whatever it is called.
pub(crate) type Id = u32;

/// A standard option and its value as it is written: `("deprecated", "true")`.
pub(crate) type Setting = (&'static str, String);

/// A use of a custom option: the extension and what chooses its value.
pub(crate) type Custom = (Id, u16);

/// All files of one version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// In the order in which they may import each other: only earlier ones.
    pub files: Vec<File>,
    pub messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub extensions: Vec<Extension>,
    pub services: Vec<Service>,
    last: Id,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub id: Id,
    pub path: String,
    pub proto3: bool,
    pub package: String,
    /// Imports beside the necessary ones, with the modifier of each.
    pub imports: Vec<(Id, &'static str)>,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

/// What a message, an enum or an extension stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    File(Id),
    Message(Id),
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub id: Id,
    pub home: Home,
    pub name: String,
    pub fields: Vec<Field>,
    pub oneofs: Vec<(Id, String)>,
    pub reserved: Reserved,
    pub ranges: Vec<(i32, i32)>,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reserved {
    /// Both ends included.
    pub ranges: Vec<(i32, i32)>,
    pub names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    None,
    Optional,
    Required,
    Repeated,
}

/// A type; scalars are indices into [`SCALARS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar(usize),
    Message(Id),
    Enum(Id),
    Group(Id),
    Map(usize, Box<Kind>),
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub id: Id,
    pub name: String,
    pub number: i32,
    pub label: Label,
    pub kind: Kind,
    pub oneof: Option<Id>,
    /// What chooses the default, where one is allowed.
    pub default: Option<u16>,
    pub json: Option<String>,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub id: Id,
    pub home: Home,
    pub name: String,
    pub values: Vec<Value>,
    pub reserved: Reserved,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub name: String,
    pub number: i32,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extendee {
    Message(Id),
    /// One of [`OPTION_MESSAGES`].
    Options(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Extension {
    pub home: Home,
    pub of: Extendee,
    pub field: Field,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub file: Id,
    pub name: String,
    pub methods: Vec<Method>,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub name: String,
    pub input: Id,
    pub output: Id,
    pub client_streams: bool,
    pub server_streams: bool,
    pub options: Vec<Setting>,
    pub customs: Vec<Custom>,
}

/// The scalar types; the first [`MAP_KEYS`] may be keys of a map, [`STRING`] is the last of them.
pub(crate) const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes", "float", "double",
];
pub(crate) const MAP_KEYS: usize = 12;
pub(crate) const BOOL: usize = 10;
pub(crate) const STRING: usize = 11;
pub(crate) const BYTES: usize = 12;

/// The messages whose extensions are custom options, as far as the generator uses them.
pub(crate) const OPTION_MESSAGES: [&str; 8] = [
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "OneofOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
];
pub(crate) const FILE_OPTIONS: usize = 0;
pub(crate) const MESSAGE_OPTIONS: usize = 1;
pub(crate) const FIELD_OPTIONS: usize = 2;
pub(crate) const ENUM_OPTIONS: usize = 4;
pub(crate) const VALUE_OPTIONS: usize = 5;
pub(crate) const SERVICE_OPTIONS: usize = 6;
pub(crate) const METHOD_OPTIONS: usize = 7;

impl Tree {
    /// An id that nothing has yet.
    pub(crate) fn fresh(&mut self) -> Id {
        self.last += 1;
        self.last
    }

    /// Where `file` stands among the files: it may import those before it.
    pub(crate) fn rank(&self, file: Id) -> Option<usize> {
        self.files.iter().position(|f| f.id == file)
    }

    pub(crate) fn file(&self, id: Id) -> Option<&File> {
        self.files.iter().find(|f| f.id == id)
    }

    pub(crate) fn message(&self, id: Id) -> Option<&Message> {
        self.messages.iter().find(|m| m.id == id)
    }

    pub(crate) fn enumeration(&self, id: Id) -> Option<&Enum> {
        self.enums.iter().find(|e| e.id == id)
    }

    pub(crate) fn extension(&self, id: Id) -> Option<&Extension> {
        self.extensions.iter().find(|e| e.field.id == id)
    }

    /// The file that `home` is in; none when it hangs in the air or in itself.
    pub(crate) fn file_of(&self, mut home: Home) -> Option<Id> {
        for _ in 0..=self.messages.len() {
            match home {
                Home::File(id) => return self.file(id).map(|f| f.id),
                Home::Message(id) => home = self.message(id)?.home,
            }
        }
        None
    }

    /// How many messages `home` is inside of.
    pub(crate) fn depth(&self, mut home: Home) -> usize {
        let mut depth = 0;
        while let Home::Message(id) = home {
            let Some(message) = self.message(id) else { break };
            home = message.home;
            depth += 1;
            if depth > self.messages.len() {
                break;
            }
        }
        depth
    }

    /// The full name of what is called `name` in `home`, without a leading dot.
    pub(crate) fn full_name(&self, home: Home, name: &str) -> String {
        let scope = self.scope(home);
        if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
    }

    /// The full name of `home` itself: a package or a message.
    pub(crate) fn scope(&self, home: Home) -> String {
        match home {
            Home::File(id) => self.file(id).map(|f| f.package.clone()).unwrap_or_default(),
            Home::Message(id) => match self.message(id) {
                Some(message) => self.full_name(message.home, &message.name),
                None => String::new(),
            },
        }
    }

    /// Whether the file of `home` is proto3.
    pub(crate) fn is_proto3(&self, home: Home) -> bool {
        self.file_of(home).and_then(|id| self.file(id)).is_some_and(|f| f.proto3)
    }

    /// Whether the message is the body of a group, which its field prints.
    pub(crate) fn is_group_body(&self, id: Id) -> bool {
        let mut fields = self.messages.iter().flat_map(|m| &m.fields);
        fields.any(|field| field.kind == Kind::Group(id))
    }

    /// Whether what is in `from` may name what is in `to`: same file or an earlier one.
    pub(crate) fn sees(&self, from: Home, to: Home) -> bool {
        let rank = |home| self.file_of(home).and_then(|id| self.rank(id));
        matches!((rank(from), rank(to)), (Some(from), Some(to)) if to <= from)
    }
}

impl Enum {
    /// Whether two values share a number.
    pub(crate) fn has_aliases(&self) -> bool {
        let numbers = self.values.iter().map(|v| v.number);
        let distinct: std::collections::BTreeSet<_> = numbers.collect();
        distinct.len() < self.values.len()
    }
}
