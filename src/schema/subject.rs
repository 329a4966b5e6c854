//! The subjects of findings: the names and the location of an element.

use super::tag;
use super::{
    Container, ElementPath, Enum, EnumValue, Field, File, Message, Method, Oneof, Service,
};

/// An element that a finding can be about.
pub trait Subject: Copy {
    /// Returns the file that declares it.
    fn file(&self) -> File<'_>;
    /// Returns its full name; the path of a file.
    fn element(&self) -> String;
    /// Returns a short name that does not change when its scope is renamed.
    fn label(&self) -> String;
    /// Returns its kind and name, as the beginning of a sentence.
    fn describe(&self) -> String;
    /// Returns its [`ElementPath`].
    fn element_path(&self) -> ElementPath;
    /// Returns the candidates for the location of the whole element, best first; none stands for
    /// the first line of its file.
    fn element_paths(&self) -> Vec<ElementPath> {
        vec![self.element_path()]
    }
}

impl Subject for File<'_> {
    fn file(&self) -> File<'_> {
        *self
    }

    fn element(&self) -> String {
        self.path().to_owned()
    }

    fn label(&self) -> String {
        self.path().to_owned()
    }

    fn describe(&self) -> String {
        format!("File `{}`", self.path())
    }

    fn element_path(&self) -> ElementPath {
        File::element_path(*self)
    }

    fn element_paths(&self) -> Vec<ElementPath> {
        Vec::new()
    }
}

impl Subject for Message<'_> {
    fn file(&self) -> File<'_> {
        Message::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn describe(&self) -> String {
        format!("{} `{}`", message_word(*self), self.full_name())
    }

    fn element_path(&self) -> ElementPath {
        Message::element_path(*self)
    }

    fn element_paths(&self) -> Vec<ElementPath> {
        std::iter::once(Message::element_path(*self)).chain(map_type_path(*self)).collect()
    }
}

impl Subject for Field<'_> {
    fn file(&self) -> File<'_> {
        Field::file(*self)
    }

    fn element(&self) -> String {
        self.full_name()
    }

    fn label(&self) -> String {
        match self.container() {
            _ if self.is_extension() => {
                format!("{} = {} of {}", self.full_name(), self.number(), self.extendee())
            }
            Container::Message(message) => {
                format!("{}.{} = {}", message.name(), self.name(), self.number())
            }
            Container::File(_) => self.full_name(),
        }
    }

    fn describe(&self) -> String {
        match self.container() {
            Container::Message(message) if !self.is_extension() => {
                let (name, number) = (self.name(), self.number());
                let kind = message_word(message).to_lowercase();
                format!("Field `{name}` ({number}) of {kind} `{}`", message.full_name())
            }
            _ => {
                let (name, number) = (self.full_name(), self.number());
                format!("Extension `{name}` ({number}) of message `{}`", self.extendee())
            }
        }
    }

    fn element_path(&self) -> ElementPath {
        Field::element_path(*self)
    }

    fn element_paths(&self) -> Vec<ElementPath> {
        let map = match self.container() {
            Container::Message(message) if !self.is_extension() => map_type_path(message),
            _ => None,
        };
        std::iter::once(Field::element_path(*self)).chain(map).collect()
    }
}

impl Subject for Enum<'_> {
    fn file(&self) -> File<'_> {
        Enum::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn describe(&self) -> String {
        format!("Enum `{}`", self.full_name())
    }

    fn element_path(&self) -> ElementPath {
        Enum::element_path(*self)
    }
}

impl Subject for Service<'_> {
    fn file(&self) -> File<'_> {
        Service::file(*self)
    }

    fn element(&self) -> String {
        self.full_name().to_owned()
    }

    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn describe(&self) -> String {
        format!("Service `{}`", self.full_name())
    }

    fn element_path(&self) -> ElementPath {
        Service::element_path(*self)
    }
}

impl Subject for Method<'_> {
    fn file(&self) -> File<'_> {
        self.service().file()
    }

    fn element(&self) -> String {
        self.full_name()
    }

    fn label(&self) -> String {
        format!("{}.{}", self.service().name(), self.name())
    }

    fn describe(&self) -> String {
        format!("RPC `{}` of service `{}`", self.name(), self.service().full_name())
    }

    fn element_path(&self) -> ElementPath {
        Method::element_path(*self)
    }
}

impl Subject for EnumValue<'_> {
    fn file(&self) -> File<'_> {
        self.parent().file()
    }

    fn element(&self) -> String {
        format!("{}.{}", self.parent().full_name(), self.name())
    }

    fn label(&self) -> String {
        format!("{}.{} = {}", self.parent().name(), self.name(), self.number())
    }

    fn describe(&self) -> String {
        let (name, number) = (self.name(), self.number());
        format!("Value `{name}` ({number}) of enum `{}`", self.parent().full_name())
    }

    fn element_path(&self) -> ElementPath {
        EnumValue::element_path(*self)
    }
}

impl Subject for Oneof<'_> {
    fn file(&self) -> File<'_> {
        self.message().file()
    }

    fn element(&self) -> String {
        format!("{}.{}", self.message().full_name(), self.name())
    }

    fn label(&self) -> String {
        format!("{}.{}", self.message().name(), self.name())
    }

    fn describe(&self) -> String {
        format!("Oneof `{}` of message `{}`", self.name(), self.message().full_name())
    }

    fn element_path(&self) -> ElementPath {
        Oneof::element_path(*self)
    }
}

impl Subject for Container<'_> {
    fn file(&self) -> File<'_> {
        match self {
            Container::File(file) => *file,
            Container::Message(message) => message.file(),
        }
    }

    fn element(&self) -> String {
        match self {
            Container::File(file) => file.element(),
            Container::Message(message) => message.element(),
        }
    }

    fn label(&self) -> String {
        match self {
            Container::File(file) => file.label(),
            Container::Message(message) => message.label(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Container::File(file) => file.describe(),
            Container::Message(message) => message.describe(),
        }
    }

    fn element_path(&self) -> ElementPath {
        match self {
            Container::File(file) => File::element_path(*file),
            Container::Message(message) => Message::element_path(*message),
        }
    }

    fn element_paths(&self) -> Vec<ElementPath> {
        match self {
            Container::File(file) => file.element_paths(),
            Container::Message(message) => message.element_paths(),
        }
    }
}

fn message_word(message: Message<'_>) -> &'static str {
    if message.is_map_entry() { "Map entry" } else { "Message" }
}

/// Returns the location of the type of the map field to which a map entry belongs: the entry has no
/// location of its own.
fn map_type_path(message: Message<'_>) -> Option<ElementPath> {
    let Container::Message(parent) = message.container() else { return None };
    if !message.is_map_entry() {
        return None;
    }
    let mut fields = parent.fields();
    let map = fields.find(|field| field.is_repeated() && field.type_name() == message.full_name());
    map.map(|map| map.element_path().part(&[tag::field::TYPE_NAME]))
}
