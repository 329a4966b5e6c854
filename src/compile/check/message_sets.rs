//! Checks messages in the message set format: they have extensions only, and exist in proto2 only.

use super::{Problem, problem};
use crate::schema::descriptor::Edition;
use crate::schema::tag;
use crate::schema::{Field, FieldKind, Message};

/// Whether `message` has the message set format.
pub(super) fn is_message_set(message: Message<'_>) -> bool {
    message.proto().options.is_some() && message.options().message_set_wire_format()
}

pub(super) fn check(message: Message<'_>, problems: &mut Vec<Problem>) {
    if !is_message_set(message) {
        return;
    }
    let mut refuse = |text: &str| {
        let option = [tag::message::OPTIONS, tag::message_options::MESSAGE_SET_WIRE_FORMAT];
        problems.push(problem(
            message.element_path(),
            &option,
            format!("message set `{}` {text}", message.name()),
        ));
    };
    if message.file().edition() == Edition::Proto3 {
        refuse("stands in a proto3 file: message sets exist in proto2 only");
    } else if message.fields().len() > 0 {
        refuse("has fields: a message set has extensions only");
    } else if message.proto().extension_range.is_empty() {
        refuse("has no `extensions` statement, so that nothing could ever be in it");
    }
}

/// Reports an extension of a message set that is not an optional message.
pub(super) fn check_extension(extension: Field<'_>, problems: &mut Vec<Problem>) {
    let set = extension.extendee();
    if extension.is_repeated() {
        let message =
            format!("extension `{}` of message set `{set}` is repeated", extension.name());
        problems.push(problem(extension.element_path(), &[tag::field::LABEL], message));
    }
    if matches!(extension.kind(), FieldKind::Scalar(_) | FieldKind::Enum(_)) {
        let message =
            format!("extension `{}` of message set `{set}` is no message", extension.name());
        problems.push(problem(extension.element_path(), &[tag::field::TYPE], message));
    }
}
