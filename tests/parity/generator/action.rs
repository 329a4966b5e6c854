//! The steps by which a tree is built and changed. A step says what it does and, by three numbers,
//! to what; numbers are taken modulo what there is, so every list of steps means something and
//! can be shortened.

use proptest::prelude::*;
use proptest::sample::select;

use crate::parity::generator::add;
use crate::parity::generator::change;
use crate::parity::generator::model::{Enum, Field, Home, Id, Kind, Label, Message, Tree};

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub op: Op,
    /// Which element.
    pub at: u16,
    /// A second choice: another element, a variant.
    pub pick: u16,
    /// A third: a name, a number, a value.
    pub value: u16,
}

/// What a step does. Those that add come first: a counterexample shrinks towards them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    AddFile,
    AddMessage,
    AddField,
    AddOneofField,
    AddMapField,
    AddGroup,
    AddEnum,
    AddEnumValue,
    AddService,
    AddMethod,
    AddExtension,
    AddOptionExtension,
    AddReserved,
    AddEnumReserved,
    AddRange,
    AddImport,
    SetFileOption,
    SetMessageOption,
    SetFieldOption,
    SetEnumOption,
    SetServiceOption,
    SetDefault,
    SetJsonName,
    UseCustomOption,
    DeleteField,
    RenameField,
    RenumberField,
    RetypeField,
    RelabelField,
    MoveFieldOneof,
    SwapFields,
    MoveFieldMessage,
    DeleteMessage,
    RenameMessage,
    MoveMessage,
    DeleteEnum,
    RenameEnum,
    MoveEnum,
    DeleteEnumValue,
    RenameEnumValue,
    RenumberEnumValue,
    ReorderEnumValues,
    RenameOneof,
    DeleteOneof,
    DeleteReserved,
    ChangeReserved,
    DeleteRange,
    ChangeRange,
    DeleteFile,
    RenameFile,
    ChangePackage,
    ChangeSyntax,
    DeleteService,
    RenameService,
    MoveService,
    DeleteMethod,
    RenameMethod,
    ChangeMethodTypes,
    ChangeMethodStreams,
    DeleteExtension,
    RenumberExtension,
    RenameExtension,
    MoveExtension,
    DropFieldOption,
    DropFileOption,
    DropDefault,
    DropJsonName,
    ReorderMessages,
}

use Op::*;

/// What a tree is built of, the frequent several times.
const BUILD: &[Op] = &[
    AddField,
    AddField,
    AddField,
    AddField,
    AddField,
    AddField,
    AddField,
    AddMessage,
    AddMessage,
    AddMessage,
    AddFile,
    AddOneofField,
    AddOneofField,
    AddMapField,
    AddGroup,
    AddEnum,
    AddEnum,
    AddEnumValue,
    AddEnumValue,
    AddEnumValue,
    AddService,
    AddMethod,
    AddMethod,
    AddExtension,
    AddOptionExtension,
    AddReserved,
    AddReserved,
    AddEnumReserved,
    AddRange,
    AddImport,
    SetFileOption,
    SetFileOption,
    SetMessageOption,
    SetFieldOption,
    SetFieldOption,
    SetEnumOption,
    SetServiceOption,
    SetDefault,
    SetDefault,
    SetJsonName,
    UseCustomOption,
    UseCustomOption,
    MoveMessage,
    MoveEnum,
];

/// What changes a tree: everything.
const CHANGE: &[Op] = &[
    AddMessage,
    AddField,
    AddOneofField,
    AddMapField,
    AddGroup,
    AddEnum,
    AddEnumValue,
    AddService,
    AddMethod,
    AddExtension,
    AddReserved,
    AddEnumReserved,
    AddRange,
    AddImport,
    AddFile,
    SetFileOption,
    SetFileOption,
    SetFileOption,
    SetFileOption,
    SetFileOption,
    SetFileOption,
    SetMessageOption,
    SetFieldOption,
    SetFieldOption,
    SetEnumOption,
    SetServiceOption,
    SetDefault,
    SetJsonName,
    UseCustomOption,
    DeleteField,
    DeleteField,
    RenameField,
    RenumberField,
    RetypeField,
    RetypeField,
    RetypeField,
    RelabelField,
    RelabelField,
    MoveFieldOneof,
    MoveFieldOneof,
    SwapFields,
    MoveFieldMessage,
    DeleteMessage,
    RenameMessage,
    MoveMessage,
    DeleteEnum,
    RenameEnum,
    MoveEnum,
    DeleteEnumValue,
    DeleteEnumValue,
    RenameEnumValue,
    RenumberEnumValue,
    ReorderEnumValues,
    RenameOneof,
    DeleteOneof,
    DeleteReserved,
    DeleteReserved,
    ChangeReserved,
    DeleteRange,
    ChangeRange,
    DeleteFile,
    RenameFile,
    ChangePackage,
    ChangeSyntax,
    DeleteService,
    RenameService,
    MoveService,
    DeleteMethod,
    RenameMethod,
    ChangeMethodTypes,
    ChangeMethodStreams,
    DeleteExtension,
    RenumberExtension,
    RenameExtension,
    MoveExtension,
    DropFieldOption,
    DropFileOption,
    DropFileOption,
    DropDefault,
    DropJsonName,
    ReorderMessages,
];

fn actions(of: &'static [Op], size: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Action>> {
    let action = (select(of), any::<u16>(), any::<u16>(), any::<u16>());
    let action = action.prop_map(|(op, at, pick, value)| Action { op, at, pick, value });
    proptest::collection::vec(action, size)
}

/// Steps that build a tree.
pub(crate) fn build() -> impl Strategy<Value = Vec<Action>> {
    actions(BUILD, 5..90)
}

/// Steps that change one.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Action>> {
    actions(CHANGE, 1..9)
}

/// What can be done to change a tree.
pub(crate) fn changing() -> &'static [Op] {
    CHANGE
}

impl Action {
    /// Does it. What the step cannot be done to (there is no service to rename) stays as it is.
    pub(crate) fn apply(&self, tree: &mut Tree) {
        let _ = add::apply(self, tree).or_else(|| change::apply(self, tree));
    }
}

/// The element of a list that `n` means, modulo its length.
pub(crate) fn nth<T>(list: &mut [T], n: u16) -> Option<&mut T> {
    let len = list.len();
    (len > 0).then(|| &mut list[usize::from(n) % len])
}

/// A message of the tree.
pub(crate) fn message(tree: &mut Tree, n: u16) -> Option<&mut Message> {
    nth(&mut tree.messages, n)
}

/// A field of any message or an extension.
pub(crate) fn field(tree: &mut Tree, n: u16) -> Option<&mut Field> {
    let own = tree.messages.iter_mut().flat_map(|m| &mut m.fields);
    let mut all: Vec<_> = own.chain(tree.extensions.iter_mut().map(|e| &mut e.field)).collect();
    let len = all.len();
    (len > 0).then(|| all.swap_remove(usize::from(n) % len))
}

/// A message with one of its fields, by their indices.
pub(crate) fn own_field(tree: &Tree, n: u16) -> Option<(usize, usize)> {
    let each = |(m, message): (usize, &Message)| {
        (0..message.fields.len()).map(move |f| (m, f)).collect::<Vec<_>>()
    };
    let all: Vec<_> = tree.messages.iter().enumerate().flat_map(each).collect();
    (!all.is_empty()).then(|| all[usize::from(n) % all.len()])
}

/// An enum of the tree.
pub(crate) fn enumeration(tree: &mut Tree, n: u16) -> Option<&mut Enum> {
    nth(&mut tree.enums, n)
}

/// A file or a message: somewhere to put something.
pub(crate) fn home(tree: &Tree, n: u16) -> Option<Home> {
    let mut homes: Vec<Home> = tree.files.iter().map(|f| Home::File(f.id)).collect();
    homes.extend(tree.messages.iter().map(|m| Home::Message(m.id)));
    (!homes.is_empty()).then(|| homes[usize::from(n) % homes.len()])
}

/// The type of a new field: a scalar, or a message or an enum that there is.
pub(crate) fn kind(tree: &Tree, n: u16, value: u16) -> Kind {
    let id = |ids: Vec<Id>| (!ids.is_empty()).then(|| ids[usize::from(value) % ids.len()]);
    let found = match n % 5 {
        3 => id(tree.messages.iter().map(|m| m.id).collect()).map(Kind::Message),
        4 => id(tree.enums.iter().map(|e| e.id).collect()).map(Kind::Enum),
        _ => None,
    };
    found.unwrap_or(Kind::Scalar(
        usize::from(value) % crate::parity::generator::model::SCALARS.len(),
    ))
}

/// The label of a new field.
pub(crate) fn label(n: u16) -> Label {
    crate::parity::generator::names::pick(
        &[
            Label::None,
            Label::Optional,
            Label::Repeated,
            Label::None,
            Label::Required,
            Label::Optional,
            Label::Repeated,
        ],
        n,
    )
}
