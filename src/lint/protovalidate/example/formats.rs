//! String formats, such as `uuid` and `email`.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::lint::protovalidate::kind::Rules;

/// A format: its rule, and its test.
type Format = (&'static str, fn(&str) -> bool);

/// The formats that are checked; IP prefixes and URIs are not.
const FORMATS: [Format; 9] = [
    ("uuid", is_uuid),
    ("tuuid", |text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
    ("ulid", is_ulid),
    ("ip", |text| is_ipv4(text) || is_ipv6(text)),
    ("ipv4", is_ipv4),
    ("ipv6", is_ipv6),
    ("hostname", is_hostname),
    ("address", |text| is_hostname(text) || is_ipv4(text) || is_ipv6(text)),
    ("email", is_email),
];

/// Returns the required format if `text` does not have it.
pub(super) fn violated(rules: &Rules<'_>, text: &str) -> Option<&'static str> {
    let is_set = |name| rules.uint(name).is_some_and(|(_, set)| set != 0);
    let (name, has) = FORMATS.into_iter().find(|(name, _)| is_set(name))?;
    (!has(text)).then_some(name)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hex = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(is_hex)
}

fn is_ulid(text: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_alphanumeric() && !b"ILOU".contains(&byte.to_ascii_uppercase());
    text.len() == 26 && matches!(text.as_bytes()[0], b'0'..=b'7') && text.bytes().all(is_letter)
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// Whether `text` is an address, with or without a zone.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').map_or((text, None), |(a, zone)| (a, Some(zone)));
    zone.is_none_or(|zone| !zone.is_empty() && !zone.contains('\0'))
        && address.parse::<Ipv6Addr>().is_ok()
}

fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 253
        && text.split('.').all(is_label)
        && !text.rsplit('.').next().is_some_and(is_digits)
}

fn is_label(label: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(is_letter)
}

/// Whether `text` is an address as in HTML forms.
fn is_email(text: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && name.bytes().all(is_letter) && host.split('.').all(is_label)
    })
}
