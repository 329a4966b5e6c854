//! Writes JSON as the YAML that people write.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Writes JSON as a YAML block, indented by `indent` spaces.
pub fn yaml(json: &Json, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match json {
        Json::Object(object) if !object.is_empty() => {
            for (key, value) in object {
                let key = plain(key);
                if is_block(value) {
                    let _ = writeln!(text, "{margin}{key}:");
                    yaml(value, indent + 2, text);
                } else {
                    let _ = writeln!(text, "{margin}{key}: {}", flow(value));
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                let start = text.len();
                if is_block(item) {
                    yaml(item, indent + 2, text);
                    text.replace_range(start + indent..start + indent + 1, "-");
                } else {
                    let _ = writeln!(text, "{margin}- {}", flow(item));
                }
            }
        }
        other => {
            let _ = writeln!(text, "{margin}{}", flow(other));
        }
    }
}

/// Returns JSON on one line, with quotes where YAML needs them.
fn flow(json: &Json) -> String {
    match json {
        Json::Object(object) => {
            let entries: Vec<String> = object
                .iter()
                .map(|(key, value)| format!("{}: {}", plain(key), flow(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => plain(text),
        other => other.to_string(),
    }
}

/// Whether a value is written on lines of its own: a list or object that has something, but no
/// matcher.
fn is_block(json: &Json) -> bool {
    match json {
        Json::Object(object) => {
            !object.is_empty() && !object.keys().any(|key| key.starts_with('$'))
        }
        Json::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// Returns a text, in quotes where YAML could read something else.
fn plain(text: &str) -> String {
    let bare = text.strip_prefix('$').unwrap_or(text);
    let is_plain = bare.starts_with(|c: char| c.is_ascii_alphabetic())
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
        && !bare.ends_with(' ');
    let is_other = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if is_plain && !is_other.contains(&&*bare.to_lowercase()) {
        text.to_owned()
    } else {
        Json::from(text).to_string()
    }
}
