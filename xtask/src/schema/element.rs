//! Handles to the elements of a schema: borrowed, cheap to copy, each knowing its parents. They
//! answer by meaning (`has_presence`, `is_closed`), so that a rule need not know in which syntax
//! a file was written; what a syntax says itself is there raw (`proto()`).

use super::descriptor::{
    self, DescriptorProto, Edition, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto,
    EnumValueOptions, FeatureSet, FieldDescriptorProto, FieldOptions, FieldType,
    FileDescriptorProto, FileOptions, Label, MessageOptions, MethodDescriptorProto, MethodOptions,
    OneofDescriptorProto, OneofOptions, ServiceDescriptorProto, ServiceOptions,
};
use super::{Features, Node, Schema, SchemaFile, Spot};

/// Field numbers of descriptor.proto, as they stand in source paths.
mod tag {
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_ENUM: i32 = 5;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const FILE_EXTENSION: i32 = 7;
    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_NESTED: i32 = 3;
    pub(super) const MESSAGE_ENUM: i32 = 4;
    pub(super) const MESSAGE_EXTENSION: i32 = 6;
    pub(super) const MESSAGE_ONEOF: i32 = 8;
    pub(super) const ENUM_VALUE: i32 = 2;
    pub(super) const SERVICE_METHOD: i32 = 2;
}

/// Decodes an `options` field. What does not decode (only an image could hold it) reads as empty.
fn options<O: prost::Message + Default>(bytes: Option<&[u8]>) -> O {
    bytes.and_then(|bytes| O::decode(bytes).ok()).unwrap_or_default()
}

/// The features of an element: those of its parent, with what its own options set. Only files
/// with an edition can set any, so nothing is decoded for the others.
fn inherit(
    parent: Features,
    file: File<'_>,
    bytes: Option<&[u8]>,
    set: impl Fn(&[u8]) -> Option<FeatureSet>,
) -> Features {
    match bytes {
        Some(bytes) if file.has_edition() => match set(bytes) {
            Some(set) => parent.overridden_by(&set),
            None => parent,
        },
        _ => parent,
    }
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct File<'s> {
    schema: &'s Schema,
    id: u32,
}

impl<'s> File<'s> {
    pub(super) fn new(schema: &'s Schema, id: u32) -> Self {
        File { schema, id }
    }

    fn data(self) -> &'s SchemaFile {
        &self.schema.files[self.id as usize]
    }

    /// The schema that it is part of.
    pub fn schema(self) -> &'s Schema {
        self.schema
    }

    /// Its position in [`Schema::files`].
    pub fn index(self) -> usize {
        self.id as usize
    }

    /// The raw descriptor.
    pub fn proto(self) -> &'s FileDescriptorProto {
        &self.data().descriptor
    }

    /// The import path.
    pub fn path(self) -> &'s str {
        self.proto().name()
    }

    /// The path as the user sees it.
    pub fn external(self) -> &'s str {
        &self.data().external
    }

    /// The index of the configured module that the file belongs to.
    pub fn module(self) -> usize {
        self.data().module
    }

    /// Whether it is here only because another file imports it.
    pub fn is_import(self) -> bool {
        self.data().is_import
    }

    /// Whether its source says nothing of its syntax.
    pub fn is_syntax_unspecified(self) -> bool {
        self.data().is_syntax_unspecified
    }

    /// The imports that it does not use, by their index in the descriptor's `dependency`; where
    /// nobody found that out (in an image that is not buf's), none.
    pub fn unused_imports(self) -> &'s [i32] {
        &self.data().unused_imports
    }

    /// The package, empty where none is declared.
    pub fn package(self) -> &'s str {
        self.proto().package()
    }

    /// The edition; `proto2` and `proto3` count as one each.
    pub fn edition(self) -> Edition {
        match self.proto().syntax() {
            "editions" => self.proto().edition(),
            "proto3" => Edition::Proto3,
            _ => Edition::Proto2,
        }
    }

    /// Whether the file is written in an edition, not in proto2 or proto3.
    pub fn has_edition(self) -> bool {
        self.proto().syntax() == "editions"
    }

    /// The decoded options.
    pub fn options(self) -> FileOptions {
        options(self.proto().options.as_deref())
    }

    /// The features of the file.
    pub fn features(self) -> Features {
        let bytes = self.proto().options.as_deref();
        inherit(Features::of_edition(self.edition()), self, bytes, |b| {
            options::<FileOptions>(Some(b)).features
        })
    }

    /// Where the file stands as a whole.
    pub fn spot(self) -> Spot {
        Spot { file: self.id, path: Vec::new() }
    }

    /// The messages declared in it, nested ones included, parents before children.
    pub fn all_messages(self) -> impl ExactSizeIterator<Item = Message<'s>> {
        self.range(0).map(move |id| Message::new(self.schema, id))
    }

    /// The enums declared in it, nested ones included.
    pub fn all_enums(self) -> impl ExactSizeIterator<Item = Enum<'s>> {
        self.range(1).map(move |id| Enum::new(self.schema, id))
    }

    /// The services declared in it.
    pub fn services(self) -> impl ExactSizeIterator<Item = Service<'s>> {
        self.range(2).map(move |id| Service::new(self.schema, id))
    }

    /// The extensions declared in it, nested ones included.
    pub fn all_extensions(self) -> impl ExactSizeIterator<Item = Field<'s>> {
        self.range(3).map(move |id| Field::extension(self.schema, id))
    }

    fn range(self, kind: usize) -> std::ops::Range<u32> {
        let starts = &self.schema.starts;
        starts[self.id as usize][kind]..starts[self.id as usize + 1][kind]
    }
}

/// Where an element is declared.
#[derive(Clone, Copy, Debug)]
pub enum Container<'s> {
    /// At the top level of a file.
    File(File<'s>),
    /// Inside a message.
    Message(Message<'s>),
}

impl Container<'_> {
    fn features(self) -> Features {
        match self {
            Container::File(file) => file.features(),
            Container::Message(message) => message.features(),
        }
    }

    /// The spot of a child, whose list has another number in a file than in a message.
    fn child_spot(self, in_file: i32, in_message: i32, index: u32) -> Spot {
        match self {
            Container::File(file) => file.spot().part(&[in_file, index as i32]),
            Container::Message(message) => message.spot().part(&[in_message, index as i32]),
        }
    }
}

impl Node {
    fn file<'s>(&self, schema: &'s Schema) -> File<'s> {
        File::new(schema, self.file)
    }

    fn container<'s>(&self, schema: &'s Schema) -> Container<'s> {
        match self.parent {
            Some(id) => Container::Message(Message::new(schema, id)),
            None => Container::File(self.file(schema)),
        }
    }
}

/// What a full name says without its package: `Outer.Inner`.
fn nested_name<'s>(full_name: &'s str, file: File<'s>) -> &'s str {
    match file.package() {
        "" => full_name,
        package => &full_name[package.len() + 1..],
    }
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s DescriptorProto,
}

impl<'s> Message<'s> {
    pub(super) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.messages[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().message_type[node.index as usize],
            Container::Message(parent) => &parent.proto.nested_type[node.index as usize],
        };
        Message { schema, id, proto }
    }

    fn node(self) -> &'s Node {
        &self.schema.messages[self.id as usize]
    }

    /// The raw descriptor.
    pub fn proto(self) -> &'s DescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The full name, without a leading dot.
    pub fn full_name(self) -> &'s str {
        &self.node().full_name
    }

    /// The name within its file: `Outer.Inner`.
    pub fn nested_name(self) -> &'s str {
        nested_name(self.full_name(), self.file())
    }

    /// The file that declares it.
    pub fn file(self) -> File<'s> {
        self.node().file(self.schema)
    }

    /// Where it is declared.
    pub fn container(self) -> Container<'s> {
        self.node().container(self.schema)
    }

    /// The decoded options.
    pub fn options(self) -> MessageOptions {
        options(self.proto.options.as_deref())
    }

    /// The features that hold for it.
    pub fn features(self) -> Features {
        let parent = self.container().features();
        inherit(parent, self.file(), self.proto.options.as_deref(), |b| {
            options::<MessageOptions>(Some(b)).features
        })
    }

    /// Whether it is the entry of a map field, which nobody wrote.
    pub fn is_map_entry(self) -> bool {
        self.proto.options.is_some() && self.options().map_entry()
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        let index = self.node().index;
        self.container().child_spot(tag::FILE_MESSAGE, tag::MESSAGE_NESTED, index)
    }

    /// Its fields in the order of declaration, without extensions.
    pub fn fields(self) -> impl ExactSizeIterator<Item = Field<'s>> {
        (0..self.proto.field.len()).map(move |index| Field {
            schema: self.schema,
            owner: Owner::Message(self.id, index as u32),
            proto: &self.proto.field[index],
        })
    }

    /// The field with the number `number`, the first if there are several.
    pub fn field(self, number: i32) -> Option<Field<'s>> {
        self.fields().find(|field| field.number() == number)
    }

    /// Its oneofs, those of proto3 `optional` fields included.
    pub fn oneofs(self) -> impl ExactSizeIterator<Item = Oneof<'s>> {
        let oneofs = self.proto.oneof_decl.iter().enumerate();
        oneofs.map(move |(index, proto)| Oneof { message: self, index: index as u32, proto })
    }
}

/// Where a field is listed.
#[derive(Clone, Copy, Debug)]
enum Owner {
    /// Message and position in it.
    Message(u32, u32),
    /// Position in [`Schema::extensions`].
    Extension(u32),
}

/// What a field holds, by meaning.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind<'s> {
    /// A number, bool, string or bytes.
    Scalar(FieldType),
    /// A message; also a group, and the entry of a map.
    Message(Message<'s>),
    /// An enum.
    Enum(Enum<'s>),
    /// A type that the schema does not hold (only an image can be incomplete).
    Missing,
}

/// A type that has a name.
pub type TypeRef<'s> = FieldKind<'s>;

/// A field of a message, or an extension.
#[derive(Clone, Copy, Debug)]
pub struct Field<'s> {
    schema: &'s Schema,
    owner: Owner,
    proto: &'s FieldDescriptorProto,
}

impl<'s> Field<'s> {
    pub(super) fn extension(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.extensions[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().extension[node.index as usize],
            Container::Message(parent) => &parent.proto.extension[node.index as usize],
        };
        Field { schema, owner: Owner::Extension(id), proto }
    }

    /// The raw descriptor.
    pub fn proto(self) -> &'s FieldDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The full name, without a leading dot: made when it is asked for.
    pub fn full_name(self) -> String {
        match self.owner {
            Owner::Message(id, _) => {
                format!("{}.{}", self.schema.messages[id as usize].full_name, self.name())
            }
            Owner::Extension(id) => self.schema.extensions[id as usize].full_name.to_string(),
        }
    }

    /// The name within its file, as [`Message::nested_name`].
    pub fn nested_name(self) -> String {
        nested_name(&self.full_name(), self.file()).to_owned()
    }

    /// The number.
    pub fn number(self) -> i32 {
        self.proto.number()
    }

    /// The file that declares it.
    pub fn file(self) -> File<'s> {
        match self.owner {
            Owner::Message(id, _) => self.schema.messages[id as usize].file(self.schema),
            Owner::Extension(id) => self.schema.extensions[id as usize].file(self.schema),
        }
    }

    /// Where it is declared: its message, or for an extension the scope of its `extend`.
    pub fn container(self) -> Container<'s> {
        match self.owner {
            Owner::Message(id, _) => Container::Message(Message::new(self.schema, id)),
            Owner::Extension(id) => self.schema.extensions[id as usize].container(self.schema),
        }
    }

    /// Whether it is an extension.
    pub fn is_extension(self) -> bool {
        matches!(self.owner, Owner::Extension(_))
    }

    /// The full name of the message that an extension extends, without a leading dot.
    pub fn extendee(self) -> &'s str {
        self.proto.extendee().trim_start_matches('.')
    }

    /// The decoded options.
    pub fn options(self) -> FieldOptions {
        options(self.proto.options.as_deref())
    }

    /// The features that hold for it.
    pub fn features(self) -> Features {
        let parent = self.container().features();
        inherit(parent, self.file(), self.proto.options.as_deref(), |b| {
            options::<FieldOptions>(Some(b)).features
        })
    }

    /// The declared type. Ask [`Field::kind`] for its meaning.
    pub fn field_type(self) -> FieldType {
        self.proto.r#type()
    }

    /// The full name of its message or enum type, without a leading dot; empty for scalars.
    pub fn type_name(self) -> &'s str {
        self.proto.type_name().trim_start_matches('.')
    }

    /// What it holds.
    pub fn kind(self) -> FieldKind<'s> {
        match self.field_type() {
            FieldType::Message | FieldType::Group => {
                self.schema.message(self.type_name()).map_or(FieldKind::Missing, FieldKind::Message)
            }
            FieldType::Enum => self
                .schema
                .enumeration(self.type_name())
                .map_or(FieldKind::Missing, FieldKind::Enum),
            scalar => FieldKind::Scalar(scalar),
        }
    }

    /// Whether it holds a list (a map included).
    pub fn is_repeated(self) -> bool {
        self.proto.label() == Label::Repeated
    }

    /// Whether it is a map.
    pub fn is_map(self) -> bool {
        self.is_repeated() && matches!(self.kind(), FieldKind::Message(m) if m.is_map_entry())
    }

    /// Whether a message without it is refused by readers that check.
    pub fn is_required(self) -> bool {
        match self.file().has_edition() {
            true => {
                !self.is_repeated()
                    && self.features().field_presence == descriptor::FieldPresence::LegacyRequired
            }
            false => self.proto.label() == Label::Required,
        }
    }

    /// Whether it can be told from unset when it holds its default.
    pub fn has_presence(self) -> bool {
        if self.is_repeated() {
            return false;
        }
        self.is_extension()
            || self.proto.oneof_index.is_some()
            || self.proto.proto3_optional()
            || matches!(self.field_type(), FieldType::Message | FieldType::Group)
            || self.features().field_presence != descriptor::FieldPresence::Implicit
    }

    /// Whether its elements are written under one length.
    pub fn is_packed(self) -> bool {
        let packable = self.is_repeated()
            && !matches!(
                self.field_type(),
                FieldType::String | FieldType::Bytes | FieldType::Message | FieldType::Group
            );
        if !packable {
            return false;
        }
        let written = if self.file().has_edition() { None } else { self.options().packed };
        let packed = descriptor::RepeatedFieldEncoding::Packed;
        written.unwrap_or_else(|| self.features().repeated_field_encoding == packed)
    }

    /// Whether its message is written between group tags.
    pub fn is_delimited(self) -> bool {
        let delimited = descriptor::MessageEncoding::Delimited;
        match self.field_type() {
            FieldType::Group => true,
            FieldType::Message if self.file().has_edition() => {
                self.features().message_encoding == delimited && !self.is_map()
            }
            _ => false,
        }
    }

    /// The oneof it belongs to; none for a proto3 `optional` field, whose oneof nobody wrote.
    pub fn oneof(self) -> Option<Oneof<'s>> {
        let (index, Owner::Message(id, _)) = (self.proto.oneof_index?, self.owner) else {
            return None;
        };
        let index = usize::try_from(index).ok().filter(|_| !self.proto.proto3_optional())?;
        let message = Message::new(self.schema, id);
        let proto = message.proto.oneof_decl.get(index)?;
        Some(Oneof { message, index: index as u32, proto })
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        match (self.owner, self.container()) {
            (Owner::Message(_, index), Container::Message(message)) => {
                message.spot().part(&[tag::MESSAGE_FIELD, index as i32])
            }
            (Owner::Message(_, index), container) => {
                container.child_spot(tag::FILE_EXTENSION, tag::MESSAGE_FIELD, index)
            }
            (Owner::Extension(id), container) => {
                let index = self.schema.extensions[id as usize].index;
                container.child_spot(tag::FILE_EXTENSION, tag::MESSAGE_EXTENSION, index)
            }
        }
    }
}

/// A oneof.
#[derive(Clone, Copy, Debug)]
pub struct Oneof<'s> {
    message: Message<'s>,
    index: u32,
    proto: &'s OneofDescriptorProto,
}

impl<'s> Oneof<'s> {
    /// The raw descriptor.
    pub fn proto(self) -> &'s OneofDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The message it belongs to.
    pub fn message(self) -> Message<'s> {
        self.message
    }

    /// The decoded options.
    pub fn options(self) -> OneofOptions {
        options(self.proto.options.as_deref())
    }

    /// Its fields.
    pub fn fields(self) -> impl Iterator<Item = Field<'s>> {
        let index = Some(self.index as i32);
        self.message.fields().filter(move |field| field.proto.oneof_index == index)
    }

    /// Whether it stands for one proto3 `optional` field and nobody wrote it.
    pub fn is_synthetic(self) -> bool {
        self.fields().any(|field| field.proto.proto3_optional())
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        self.message.spot().part(&[tag::MESSAGE_ONEOF, self.index as i32])
    }
}

/// An enum.
#[derive(Clone, Copy, Debug)]
pub struct Enum<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s EnumDescriptorProto,
}

impl<'s> Enum<'s> {
    pub(super) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.enums[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().enum_type[node.index as usize],
            Container::Message(parent) => &parent.proto.enum_type[node.index as usize],
        };
        Enum { schema, id, proto }
    }

    fn node(self) -> &'s Node {
        &self.schema.enums[self.id as usize]
    }

    /// The raw descriptor.
    pub fn proto(self) -> &'s EnumDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The full name, without a leading dot.
    pub fn full_name(self) -> &'s str {
        &self.node().full_name
    }

    /// The name within its file, as [`Message::nested_name`].
    pub fn nested_name(self) -> &'s str {
        nested_name(self.full_name(), self.file())
    }

    /// The file that declares it.
    pub fn file(self) -> File<'s> {
        self.node().file(self.schema)
    }

    /// Where it is declared.
    pub fn container(self) -> Container<'s> {
        self.node().container(self.schema)
    }

    /// The decoded options.
    pub fn options(self) -> EnumOptions {
        options(self.proto.options.as_deref())
    }

    /// The features that hold for it.
    pub fn features(self) -> Features {
        let parent = self.container().features();
        inherit(parent, self.file(), self.proto.options.as_deref(), |b| {
            options::<EnumOptions>(Some(b)).features
        })
    }

    /// Whether a number that it does not list is kept as an unknown field.
    pub fn is_closed(self) -> bool {
        self.features().enum_type == descriptor::EnumType::Closed
    }

    /// Its values in the order of declaration.
    pub fn values(self) -> impl ExactSizeIterator<Item = EnumValue<'s>> {
        let values = self.proto.value.iter().enumerate();
        values.map(move |(index, proto)| EnumValue { parent: self, index: index as u32, proto })
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        let index = self.node().index;
        self.container().child_spot(tag::FILE_ENUM, tag::MESSAGE_ENUM, index)
    }
}

/// A value of an enum.
#[derive(Clone, Copy, Debug)]
pub struct EnumValue<'s> {
    parent: Enum<'s>,
    index: u32,
    proto: &'s EnumValueDescriptorProto,
}

impl<'s> EnumValue<'s> {
    /// The raw descriptor.
    pub fn proto(self) -> &'s EnumValueDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The number.
    pub fn number(self) -> i32 {
        self.proto.number()
    }

    /// The enum it belongs to.
    pub fn parent(self) -> Enum<'s> {
        self.parent
    }

    /// The decoded options.
    pub fn options(self) -> EnumValueOptions {
        options(self.proto.options.as_deref())
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        self.parent.spot().part(&[tag::ENUM_VALUE, self.index as i32])
    }
}

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Service<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s ServiceDescriptorProto,
}

impl<'s> Service<'s> {
    pub(super) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.services[id as usize];
        let proto = &node.file(schema).proto().service[node.index as usize];
        Service { schema, id, proto }
    }

    fn node(self) -> &'s Node {
        &self.schema.services[self.id as usize]
    }

    /// The raw descriptor.
    pub fn proto(self) -> &'s ServiceDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The full name, without a leading dot.
    pub fn full_name(self) -> &'s str {
        &self.node().full_name
    }

    /// The file that declares it.
    pub fn file(self) -> File<'s> {
        self.node().file(self.schema)
    }

    /// The decoded options.
    pub fn options(self) -> ServiceOptions {
        options(self.proto.options.as_deref())
    }

    /// Its methods in the order of declaration.
    pub fn methods(self) -> impl ExactSizeIterator<Item = Method<'s>> {
        let methods = self.proto.method.iter().enumerate();
        methods.map(move |(index, proto)| Method { service: self, index: index as u32, proto })
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        self.file().spot().part(&[tag::FILE_SERVICE, self.node().index as i32])
    }
}

/// A method of a service.
#[derive(Clone, Copy, Debug)]
pub struct Method<'s> {
    service: Service<'s>,
    index: u32,
    proto: &'s MethodDescriptorProto,
}

impl<'s> Method<'s> {
    /// The raw descriptor.
    pub fn proto(self) -> &'s MethodDescriptorProto {
        self.proto
    }

    /// The name without scope.
    pub fn name(self) -> &'s str {
        self.proto.name()
    }

    /// The full name: `pkg.Service.Method`.
    pub fn full_name(self) -> String {
        format!("{}.{}", self.service.full_name(), self.name())
    }

    /// The service it belongs to.
    pub fn service(self) -> Service<'s> {
        self.service
    }

    /// The full name of the request type, without a leading dot.
    pub fn request_type(self) -> &'s str {
        self.proto.input_type().trim_start_matches('.')
    }

    /// The full name of the response type, without a leading dot.
    pub fn response_type(self) -> &'s str {
        self.proto.output_type().trim_start_matches('.')
    }

    /// The decoded options.
    pub fn options(self) -> MethodOptions {
        options(self.proto.options.as_deref())
    }

    /// Its spot.
    pub fn spot(self) -> Spot {
        self.service.spot().part(&[tag::SERVICE_METHOD, self.index as i32])
    }
}
