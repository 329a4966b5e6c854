//! `contract new`: writes an example interaction of a method.

use std::fmt::Write as _;

use super::{Context, INTERACTIONS};
use crate::cli::selection::{create_folder, folder_of};
use crate::cli::{Outcome, print, releases};
use crate::contract::yaml;
use crate::error::{Error, Result};
use crate::files;
use crate::printable;
use crate::report::Format;
use crate::schema::{Method, Schema};
use crate::value::Types;

/// Write an example interaction for a method, to be edited
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// The method: package.Service.Method
    method: String,
    /// The consumer that writes the interaction
    #[arg(long, value_name = "NAME")]
    consumer: String,
}

pub(crate) fn run(args: &NewArgs) -> Result<Outcome> {
    let (context, loaded) = match Context::load(Format::Text)? {
        Ok(loaded) => loaded,
        Err(outcome) => return Ok(outcome),
    };
    check_consumer(&args.consumer)?;
    let full = args.method.trim_start_matches('/').replace('/', ".");
    let loader = &context.loader;
    // The newest release if it has the method, otherwise the working tree.
    let newest = releases::all(&context.settings, loader.here())?.pop();
    let released = match newest {
        Some(release) => Some((release.to_string(), release.schema(loader)?)),
        None => None,
    };
    let in_release = released
        .as_ref()
        .and_then(|(name, schema)| Some((name.as_str(), schema, method(schema, &full)?)));
    let in_tree = || Some(("unreleased", &loaded.schema, method(&loaded.schema, &full)?));
    let (release, schema, found) = in_release.or_else(in_tree).ok_or_else(|| {
        Error::new(format!("there is no method {full:?}"))
            .help("write package.Service.Method, as the schema has it")
    })?;
    let text = example(&args.consumer, release, &Types::new(schema), found)?;
    let name = format!("{}.yaml", found.name());
    let folder = folder_of(loader, &context.settings, INTERACTIONS).join(&args.consumer);
    let path = folder.join(name);
    if path.exists() {
        return Err(Error::new("the file exists")
            .at(path.display().to_string())
            .help("add an interaction to it, or delete it"));
    }
    create_folder(loader, &context.settings, &folder)?;
    files::write(&path, text.as_bytes())?;
    let shown = path.display().to_string();
    print(&format!("wrote {}\n", printable::line(&shown)))?;
    Ok(Outcome::Clean)
}

/// Checks that a consumer's name can be that of a folder.
pub(super) fn check_consumer(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        return Err(Error::new(format!("{name:?} is not a valid consumer name"))
            .help("write letters, digits, `-`, `_` and `.`"));
    }
    Ok(())
}

fn method<'s>(schema: &'s Schema, full: &str) -> Option<Method<'s>> {
    let (service, name) = full.rsplit_once('.')?;
    schema.service(service)?.methods().find(|method| method.name() == name)
}

/// Returns a file with one interaction: a request with every field, and a response of which every
/// field is set.
fn example(consumer: &str, release: &str, types: &Types, method: Method<'_>) -> Result<String> {
    let type_of = |name: &str| {
        types.message(name).ok_or_else(|| Error::new(format!("the schema has no message {name}")))
    };
    let (request, response) = (type_of(method.request_type())?, type_of(method.response_type())?);
    let json = request.to_json(&request.all()).map_err(|error| Error::new(error.to_string()))?;
    let json = positive(json);
    let pattern = response.example_pattern();
    let (client_streaming, server_streaming) =
        (method.proto().client_streaming(), method.proto().server_streaming());
    let mut text = format!(
        "# An example of a call, for you to edit: docs/contracts.md describes the format.\n\
         consumer: {}\nrelease: {release}\ninteractions:\n  \
         - name: {} answers\n    method: {}\n    request:\n",
        serde_json::Value::from(consumer),
        method.name(),
        method.full_name(),
    );
    let block = |text: &mut String, key: &str, json: &serde_json::Value, is_stream: bool| {
        if is_stream {
            let _ = writeln!(text, "      {key}s:");
            yaml(&serde_json::Value::from(vec![json.clone()]), 8, text);
        } else {
            let _ = writeln!(text, "      {key}:");
            yaml(json, 8, text);
        }
    };
    block(&mut text, "message", &json, client_streaming);
    text.push_str("    response:\n      status: OK\n");
    if server_streaming {
        text.push_str("      stream:\n        count: [1, null]\n");
        if pattern.as_object().is_some_and(|fields| !fields.is_empty()) {
            text.push_str("        each:\n");
            yaml(&pattern, 10, &mut text);
        }
    } else {
        block(&mut text, "message", &pattern, false);
    }
    Ok(text)
}

/// Replaces negative numbers by positive ones: few requests have any.
fn positive(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match json {
        Value::Number(number) => {
            let text = number.to_string();
            serde_json::from_str(text.trim_start_matches('-')).unwrap_or(Value::Number(number))
        }
        Value::String(text) => match text.strip_prefix('-') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.into(),
            _ => text.into(),
        },
        Value::Array(items) => items.into_iter().map(positive).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, positive(value))).collect()
        }
        other => other,
    }
}
