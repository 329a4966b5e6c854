//! Steps that delete, rename, renumber, retype and move.

use crate::parity::generator::action::{
    Action, Op, enumeration, field, home, kind, label, message, nth, own_field,
};
use crate::parity::generator::add::{enum_number, number};
use crate::parity::generator::model::{Home, Id, Kind, Label, Reserved, Tree};
use crate::parity::generator::names::{self, pick};

/// Does the step if it is one of these; none if it is not, or has nothing to be done to.
pub(crate) fn apply(action: &Action, tree: &mut Tree) -> Option<()> {
    let &Action { op, at, pick, value } = action;
    match op {
        Op::DeleteField => delete_field(tree, at, pick)?,
        Op::RenameField => field(tree, at)?.name = names::field(value),
        Op::RenumberField => field(tree, at)?.number = number(value),
        Op::RetypeField => retype_field(tree, at, pick, value)?,
        Op::RelabelField => relabel_field(tree, at, pick)?,
        Op::MoveFieldOneof => move_field_oneof(tree, at, pick, value)?,
        Op::SwapFields => swap_fields(tree, at, pick)?,
        Op::MoveFieldMessage => move_field_message(tree, at, pick)?,
        Op::RenameOneof => nth(&mut message(tree, at)?.oneofs, pick)?.1 = names::oneof(value),
        Op::DeleteOneof => delete_oneof(tree, at, pick)?,
        Op::DeleteReserved => delete_reserved(reserved(tree, at, value)?, pick),
        Op::ChangeReserved => {
            change_range(nth(&mut reserved(tree, at, value)?.ranges, pick)?, value)
        }
        Op::DeleteRange => drop(remove(&mut message(tree, at)?.ranges, pick)?),
        Op::ChangeRange => change_range(nth(&mut message(tree, at)?.ranges, pick)?, value),
        Op::DropFieldOption => drop(remove(&mut field(tree, at)?.options, pick)?),
        Op::DropDefault => field(tree, at)?.default = None,
        Op::DropJsonName => field(tree, at)?.json = None,
        Op::DeleteMessage => drop(remove(&mut tree.messages, at)?),
        Op::RenameMessage => message(tree, at)?.name = names::message(value),
        Op::MoveMessage => {
            let to = home(tree, pick)?;
            message(tree, at)?.home = to
        }
        Op::ReorderMessages => swap(&mut tree.messages, at, pick)?,
        _ => return apply_elsewhere(action, tree),
    }
    Some(())
}

/// The same for enums, files, services and extensions.
fn apply_elsewhere(action: &Action, tree: &mut Tree) -> Option<()> {
    let &Action { op, at, pick, value } = action;
    match op {
        Op::DeleteEnum => drop(remove(&mut tree.enums, at)?),
        Op::RenameEnum => enumeration(tree, at)?.name = names::enumeration(value),
        Op::MoveEnum => {
            let to = home(tree, pick)?;
            enumeration(tree, at)?.home = to
        }
        Op::DeleteEnumValue => delete_enum_value(tree, at, pick, value)?,
        Op::RenameEnumValue => rename_enum_value(tree, at, pick, value)?,
        Op::RenumberEnumValue => {
            nth(&mut enumeration(tree, at)?.values, pick)?.number = enum_number(value)
        }
        Op::ReorderEnumValues => swap(&mut enumeration(tree, at)?.values, pick, value)?,
        Op::DeleteFile => delete_file(tree, at)?,
        Op::RenameFile => nth(&mut tree.files, at)?.path = names::path(value),
        Op::ChangePackage => {
            names::package(value).clone_into(&mut nth(&mut tree.files, at)?.package)
        }
        Op::ChangeSyntax => {
            let file = nth(&mut tree.files, at)?;
            file.proto3 = !file.proto3
        }
        Op::DropFileOption => drop(remove(&mut nth(&mut tree.files, at)?.options, pick)?),
        Op::DeleteService => drop(remove(&mut tree.services, at)?),
        Op::RenameService => nth(&mut tree.services, at)?.name = names::service(value),
        Op::MoveService => {
            let to = nth(&mut tree.files, pick)?.id;
            nth(&mut tree.services, at)?.file = to
        }
        Op::DeleteMethod => drop(remove(&mut nth(&mut tree.services, at)?.methods, pick)?),
        Op::RenameMethod => {
            nth(&mut nth(&mut tree.services, at)?.methods, pick)?.name = names::method(value)
        }
        Op::ChangeMethodTypes => change_method_types(tree, at, pick, value)?,
        Op::ChangeMethodStreams => change_method_streams(tree, at, pick, value)?,
        Op::DeleteExtension => drop(remove(&mut tree.extensions, at)?),
        Op::RenumberExtension => {
            nth(&mut tree.extensions, at)?.field.number = 100 + i32::from(value % 40)
        }
        Op::RenameExtension => nth(&mut tree.extensions, at)?.field.name = names::extension(value),
        Op::MoveExtension => {
            let to = home(tree, pick)?;
            nth(&mut tree.extensions, at)?.home = to
        }
        _ => return None,
    }
    Some(())
}

fn remove<T>(list: &mut Vec<T>, n: u16) -> Option<T> {
    let len = list.len();
    (len > 0).then(|| list.remove(usize::from(n) % len))
}

fn swap<T>(list: &mut [T], a: u16, b: u16) -> Option<()> {
    let len = list.len();
    (len > 0).then(|| list.swap(usize::from(a) % len, usize::from(b) % len))
}

/// Deletes a field and reserves nothing, its number, its name, or both.
fn delete_field(tree: &mut Tree, at: u16, how: u16) -> Option<()> {
    let (m, f) = own_field(tree, at)?;
    let gone = tree.messages[m].fields.remove(f);
    let reserved = &mut tree.messages[m].reserved;
    if how & 1 != 0 {
        reserved.ranges.push((gone.number, gone.number));
    }
    if how & 2 != 0 {
        reserved.names.push(gone.name);
    }
    Some(())
}

/// Another scalar, another message or enum, into a map or out of it; a near type more often.
fn retype_field(tree: &mut Tree, at: u16, choice: u16, value: u16) -> Option<()> {
    let other = kind(tree, choice, value);
    let field = field(tree, at)?;
    field.kind = match (&field.kind, choice % 4) {
        (Kind::Scalar(_), 0 | 1) => {
            Kind::Scalar(usize::from(value) % crate::parity::generator::model::SCALARS.len())
        }
        (Kind::Map(_, inner), 0) => {
            Kind::Map(usize::from(value) % crate::parity::generator::model::MAP_KEYS, inner.clone())
        }
        (Kind::Map(key, _), 1) => Kind::Map(*key, Box::new(other)),
        (_, 2) if value.is_multiple_of(5) => Kind::Map(
            usize::from(value) % crate::parity::generator::model::MAP_KEYS,
            Box::new(other),
        ),
        _ => other,
    };
    Some(())
}

fn relabel_field(tree: &mut Tree, at: u16, choice: u16) -> Option<()> {
    let field = field(tree, at)?;
    field.label = match (field.label, choice % 3) {
        (Label::Required, 0) => Label::Optional,
        (_, 0) => Label::Required,
        (Label::Repeated, _) => label(choice),
        (_, 1) => Label::Repeated,
        (Label::Optional, _) => Label::None,
        _ => Label::Optional,
    };
    Some(())
}

/// Out of its oneof, or into one: an old one or a new one.
fn move_field_oneof(tree: &mut Tree, at: u16, choice: u16, value: u16) -> Option<()> {
    let (m, f) = own_field(tree, at)?;
    let fresh = tree.fresh();
    let message = &mut tree.messages[m];
    if message.fields[f].oneof.is_some() && !choice.is_multiple_of(3) {
        message.fields[f].oneof = None;
        return Some(());
    }
    if message.oneofs.is_empty() || choice.is_multiple_of(2) {
        message.oneofs.push((fresh, names::oneof(value)));
    }
    let oneof = nth(&mut message.oneofs, value)?.0;
    message.fields[f].oneof = Some(oneof);
    Some(())
}

/// Two fields change places, numbers or names.
fn swap_fields(tree: &mut Tree, at: u16, choice: u16) -> Option<()> {
    let (m, f) = own_field(tree, at)?;
    let fields = &mut tree.messages[m].fields;
    let g = usize::from(choice) % fields.len();
    fields.swap(f, g);
    if f == g || choice.is_multiple_of(3) {
        return Some(());
    }
    let (low, high) = (f.min(g), f.max(g));
    let (left, right) = fields.split_at_mut(high);
    if choice % 3 == 1 {
        std::mem::swap(&mut left[low].number, &mut right[0].number);
    } else {
        std::mem::swap(&mut left[low].name, &mut right[0].name);
    }
    Some(())
}

fn move_field_message(tree: &mut Tree, at: u16, to: u16) -> Option<()> {
    let (m, f) = own_field(tree, at)?;
    let mut moved = tree.messages[m].fields.remove(f);
    moved.oneof = None;
    message(tree, to)?.fields.push(moved);
    Some(())
}

/// The oneof goes; its fields go with it or stay outside.
fn delete_oneof(tree: &mut Tree, at: u16, choice: u16) -> Option<()> {
    let message = message(tree, at)?;
    let (gone, _) = remove(&mut message.oneofs, choice)?;
    if choice.is_multiple_of(2) {
        message.fields.retain(|f| f.oneof != Some(gone));
    }
    Some(())
}

/// What a message or an enum reserves.
fn reserved(tree: &mut Tree, at: u16, which: u16) -> Option<&mut Reserved> {
    if which.is_multiple_of(3) {
        return Some(&mut enumeration(tree, at)?.reserved);
    }
    Some(&mut message(tree, at)?.reserved)
}

fn delete_reserved(reserved: &mut Reserved, choice: u16) {
    if choice.is_multiple_of(2) {
        remove(&mut reserved.names, choice / 2);
    } else {
        remove(&mut reserved.ranges, choice / 2);
    }
}

/// Longer or shorter at either end.
fn change_range(range: &mut (i32, i32), choice: u16) {
    let step = i32::from(choice / 4 % 5) + 1;
    match choice % 4 {
        0 => range.0 = range.0.saturating_sub(step),
        1 => range.0 = range.0.saturating_add(step),
        2 => range.1 = range.1.saturating_sub(step),
        _ => range.1 = range.1.saturating_add(step),
    }
}

fn delete_enum_value(tree: &mut Tree, at: u16, choice: u16, how: u16) -> Option<()> {
    let chosen = enumeration(tree, at)?;
    let gone = remove(&mut chosen.values, choice)?;
    if how & 1 != 0 {
        chosen.reserved.ranges.push((gone.number, gone.number));
    }
    if how & 2 != 0 {
        chosen.reserved.names.push(gone.name);
    }
    Some(())
}

fn rename_enum_value(tree: &mut Tree, at: u16, choice: u16, value: u16) -> Option<()> {
    let chosen = enumeration(tree, at)?;
    let name = names::value(&chosen.name, value);
    nth(&mut chosen.values, choice)?.name = name;
    Some(())
}

/// Deletes a file with all that is in it; what it held moves out first, now and then.
fn delete_file(tree: &mut Tree, at: u16) -> Option<()> {
    let gone = remove(&mut tree.files, at)?.id;
    let refuge = tree.files.first().map(|f| Home::File(f.id));
    if let (0, Some(refuge)) = (at % 3, refuge) {
        let messages = tree.messages.iter_mut().map(|m| &mut m.home);
        for home in messages.chain(tree.enums.iter_mut().map(|e| &mut e.home)) {
            if *home == Home::File(gone) {
                *home = refuge;
            }
        }
    }
    Some(())
}

fn change_method_types(tree: &mut Tree, at: u16, choice: u16, value: u16) -> Option<()> {
    let ids: Vec<Id> = tree.messages.iter().map(|m| m.id).collect();
    let method = nth(&mut nth(&mut tree.services, at)?.methods, choice)?;
    let other = *ids.get(usize::from(value) % ids.len().max(1))?;
    *pick_mut(value, &mut method.input, &mut method.output) = other;
    Some(())
}

fn change_method_streams(tree: &mut Tree, at: u16, choice: u16, value: u16) -> Option<()> {
    let method = nth(&mut nth(&mut tree.services, at)?.methods, choice)?;
    let side = pick_mut(value, &mut method.client_streams, &mut method.server_streams);
    *side = !*side;
    Some(())
}

fn pick_mut<'a, T>(n: u16, first: &'a mut T, second: &'a mut T) -> &'a mut T {
    if pick(&[true, false], n) { first } else { second }
}
