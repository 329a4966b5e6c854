//! One operation: the request and the responses of a method over HTTP.

use super::annotation::behavior;
use super::binding::{Binding, Body, name_of};
use super::comments::summary;
use super::json::Object;
use super::options::{Errors, Options, Streams};
use super::paths::Route;
use super::query::Query;
use super::template::Segment;
use super::types::Types;
use super::well_known::{scalar, typed};
use crate::schema::{Field, FieldKind, Message};

/// The key for the parts that are left out of an operation or a document.
pub(super) const OMITTED_KEY: &str = "x-not-over-http";

/// The message that stands for an arbitrary body.
const RAW_BODY: &str = "google.api.HttpBody";

/// Returns the operation of `route`. `names` are the names of its path parameters.
pub(super) fn operation<'s>(
    route: &Route<'s>,
    names: &[String],
    options: &Options,
    types: &mut Types<'s>,
) -> Object {
    let binding = &*route.binding;
    let query = Query::of(binding);
    let mut parameters = path_parameters(binding, names, types);
    parameters.extend(query.fields.iter().map(|path| query_parameter(path, types)));
    let comment = types.comments.at(&binding.method.element_path());
    let short = comment.as_deref().map(summary);
    let long = comment.filter(|comment| short.as_deref() != Some(comment.trim_end_matches('.')));
    let id = match route.number {
        0 => binding.method.full_name(),
        number => format!("{}.{}", binding.method.full_name(), number + 1),
    };
    Object::new()
        .with("tags", [binding.method.service().full_name()])
        .maybe("summary", short)
        .maybe("description", long)
        .with("operationId", id)
        .filled("parameters", parameters)
        .maybe("requestBody", request_body(binding, types))
        .with("responses", responses(binding, options, types))
        .filled("deprecated", is_deprecated(binding))
        .filled(OMITTED_KEY, query.omitted)
}

fn is_deprecated(binding: &Binding<'_>) -> bool {
    let of_service = binding.method.service().options().deprecated;
    binding.method.options().deprecated.or(of_service).unwrap_or_default()
}

fn path_parameters<'s>(
    binding: &Binding<'s>,
    names: &[String],
    types: &mut Types<'s>,
) -> Vec<Object> {
    let segments = binding.template.segments.iter().enumerate();
    let wildcards = segments.filter(|(_, segment)| !matches!(segment, Segment::Literal(_)));
    let parameters = wildcards.zip(names).map(|((index, segment), name)| {
        let variables = binding.template.variables.iter().zip(&binding.variables);
        let owner = variables.into_iter().find(|(variable, _)| variable.segments.contains(&index));
        let field = owner.and_then(|(_, path)| path.last().copied());
        let is_whole = owner.is_some_and(|(variable, _)| variable.segments.len() == 1);
        let (schema, description) = match field {
            Some(field) if is_whole => {
                (value(field, types), types.comments.at(&field.element_path()))
            }
            _ => (typed("string"), None),
        };
        let part = owner.filter(|_| !is_whole).map(|(variable, path)| {
            let whole = pieces(binding, variable.segments.clone(), names);
            format!("A part of `{}`, which is `{whole}`.", name_of(path))
        });
        let many = (*segment == Segment::Many)
            .then(|| "Any number of segments: a `/` in it stands as it is.".to_owned());
        let description: Vec<String> = description.into_iter().chain(part).chain(many).collect();
        let is_deprecated = field.and_then(|field| field.options().deprecated).unwrap_or_default();
        Object::new()
            .with("name", name.as_str())
            .with("in", "path")
            .filled("description", description.join("\n\n"))
            .with("required", true)
            .filled("deprecated", is_deprecated)
            .with("schema", schema)
    });
    parameters.collect()
}

/// Returns the segments of a variable: `shelves/{shelvesId}`.
fn pieces(binding: &Binding<'_>, range: std::ops::Range<usize>, names: &[String]) -> String {
    let mut names = names.iter();
    let pieces = binding.template.segments.iter().map(|segment| match segment {
        Segment::Literal(literal) => literal.clone(),
        _ => format!("{{{}}}", names.next().map_or("", String::as_str)),
    });
    let pieces: Vec<String> = pieces.collect();
    pieces[range].join("/")
}

/// Returns the schema of `field` without a default, since a path parameter is always present.
fn value<'s>(field: Field<'s>, types: &mut Types<'s>) -> Object {
    match field.kind() {
        FieldKind::Scalar(kind) => scalar(kind),
        _ => types.element(field),
    }
}

fn query_parameter<'s>(path: &[Field<'s>], types: &mut Types<'s>) -> Object {
    let (field, around) = path.split_last().expect("a path leads to a field");
    let is_required = |field: &Field<'_>| field.is_required() || behavior(*field).is_required;
    Object::new()
        .with("name", name_of(path))
        .with("in", "query")
        .maybe("description", types.comments.at(&field.element_path()))
        .filled("required", is_required(field) && around.iter().all(is_required))
        .filled("deprecated", field.options().deprecated.unwrap_or_default())
        .with("schema", types.content(*field))
}

fn request_body<'s>(binding: &Binding<'s>, types: &mut Types<'s>) -> Option<Object> {
    let without: Vec<&[Field<'s>]> = binding.variables.iter().map(Vec::as_slice).collect();
    let (message, schema, description) = match &binding.body {
        Body::None => return None,
        Body::Rest => {
            let description = types.comments.at(&binding.request.element_path());
            (Some(binding.request), reduced(binding.request, &without, types), description)
        }
        Body::Field(field) => {
            let inside = super::types::inside(&without, *field).unwrap_or_default();
            let description = types.comments.at(&field.element_path());
            match field.kind() {
                FieldKind::Message(message) if !field.is_repeated() => {
                    (Some(message), reduced(message, &inside, types), description)
                }
                _ => (None, types.content(*field), description),
            }
        }
    };
    let content = content(message, schema, "application/json");
    Some(
        Object::new()
            .maybe("description", description)
            .with("required", true)
            .with("content", content),
    )
}

/// Returns the schema of `message` without the fields at the paths `without`.
fn reduced<'s>(message: Message<'s>, without: &[&[Field<'s>]], types: &mut Types<'s>) -> Object {
    match without {
        [] => types.reference(message.full_name()),
        _ => types.message(message, without),
    }
}

/// Returns the content object for `schema`, the schema of `message`.
fn content(message: Option<Message<'_>>, schema: Object, media_type: &str) -> Object {
    match message {
        Some(message) if message.full_name() == RAW_BODY => {
            Object::new().with("*/*", Object::new().with("schema", Object::new()))
        }
        _ => Object::new().with(media_type, Object::new().with("schema", schema)),
    }
}

fn responses<'s>(binding: &Binding<'s>, options: &Options, types: &mut Types<'s>) -> Object {
    let (message, schema) = match binding.response_field {
        Some(field) => {
            let message = match field.kind() {
                FieldKind::Message(message) if !field.is_repeated() => Some(message),
                _ => None,
            };
            (message, types.content(field))
        }
        None => (Some(binding.response), types.reference(binding.response.full_name())),
    };
    let description = match binding.response_field {
        Some(field) => types.comments.at(&field.element_path()),
        None => types.comments.at(&binding.response.element_path()),
    };
    let description = description.unwrap_or_else(|| "The answer.".to_owned());
    let is_stream = binding.method.proto().server_streaming();
    let error = match options.errors {
        Errors::Status => "a `google.rpc.Status`",
        Errors::Problem => "problem details",
    };
    let (description, media_type) = match options.streams {
        _ if !is_stream => (description, "application/json"),
        Streams::Sse => {
            let last = format!("An event named `error` holds {error} instead, and is the last.");
            (format!("{description}\n\n{SSE} {last}"), "text/event-stream")
        }
        Streams::Lines => (format!("{description}\n\n{LINES}"), "application/x-ndjson"),
    };
    let response = Object::new()
        .with("description", description)
        .with("content", content(message, schema, media_type));
    Object::new()
        .with("200", response)
        .with("default", Object::new().with("$ref", "#/components/responses/Error"))
}

const SSE: &str = "A stream of server-sent events: the `data` of each is one message in JSON, as the \
                   schema has it.";
const LINES: &str = "A stream: each line is one message in JSON, as the schema has it.";
