//! The editions in which an option can be set: `feature_support` of a field or of an enum value.

use super::fault::Fault;
use super::types::Support;
use crate::schema::descriptor::{Edition, FileDescriptorProto};

/// Returns the edition of a file, by number; proto2 and proto3 have numbers, too.
pub(super) fn edition_of(file: &FileDescriptorProto) -> i32 {
    match file.syntax() {
        "editions" => file.edition.unwrap_or_default(),
        "proto3" => Edition::Proto3 as i32,
        _ => Edition::Proto2 as i32,
    }
}

/// Reports `name` in a file of an edition in which it does not exist yet or any more.
pub(super) fn check(name: &str, support: &Support, edition: i32) -> Result<(), Fault> {
    let Some(support) = support else { return Ok(()) };
    if let Some(first) = support.edition_introduced.filter(|first| edition < *first) {
        let message = format!("`{name}` does not exist before {}", describe(first));
        return Err(Fault::new(message));
    }
    if let Some(end) = support.edition_removed.filter(|end| edition >= *end) {
        let fault = Fault::new(format!("`{name}` does not exist since {}", describe(end)));
        return Err(match support.removal_error() {
            "" => fault,
            reason => fault.help(reason),
        });
    }
    Ok(())
}

fn describe(edition: i32) -> String {
    match Edition::try_from(edition) {
        Ok(Edition::Proto2) => "proto2".to_owned(),
        Ok(Edition::Proto3) => "proto3".to_owned(),
        Ok(Edition::E2023) => "edition 2023".to_owned(),
        Ok(Edition::E2024) => "edition 2024".to_owned(),
        Ok(Edition::E2026) => "edition 2026".to_owned(),
        _ => format!("the edition with the number {edition}"),
    }
}
