//! HTTP rules bound to request and response messages: the source of each request field. Invalid
//! rules are errors.

use super::annotation::{CustomPattern, HttpRule, Pattern};
use super::template::Template;
use super::types::json_name;
use crate::schema::{Field, FieldKind, Message, Method, Schema};

/// One way to call a method over HTTP.
#[derive(Debug)]
pub(super) struct Binding<'s> {
    pub(super) method: Method<'s>,
    pub(super) request: Message<'s>,
    pub(super) response: Message<'s>,
    pub(super) verb: Verb,
    pub(super) template: Template,
    /// The paths of fields of the template's variables, each from the request to the field.
    pub(super) variables: Vec<Vec<Field<'s>>>,
    pub(super) body: Body<'s>,
    /// The field that is the whole response body.
    pub(super) response_field: Option<Field<'s>>,
}

/// An HTTP method that OpenAPI supports, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
}

impl Verb {
    const ALL: [Verb; 8] = [
        Verb::Get,
        Verb::Put,
        Verb::Post,
        Verb::Delete,
        Verb::Options,
        Verb::Head,
        Verb::Patch,
        Verb::Trace,
    ];

    /// Returns its name in a path item.
    pub(super) fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Put => "put",
            Verb::Post => "post",
            Verb::Delete => "delete",
            Verb::Options => "options",
            Verb::Head => "head",
            Verb::Patch => "patch",
            Verb::Trace => "trace",
        }
    }
}

/// The content of a request body.
#[derive(Debug)]
pub(super) enum Body<'s> {
    /// No body.
    None,
    /// All fields that are not in the path.
    Rest,
    /// One field.
    Field(Field<'s>),
}

/// The result of binding a rule.
#[derive(Debug)]
pub(super) enum Bound<'s> {
    Binding(Box<Binding<'s>>),
    /// The HTTP method is not supported by OpenAPI.
    Unknown(String),
}

/// Returns the bindings of `method` that `rule` declares.
pub(super) fn bind<'s>(
    schema: &'s Schema,
    method: Method<'s>,
    rule: &HttpRule,
) -> Result<Vec<Bound<'s>>, String> {
    let deeper = rule.additional_bindings.iter().any(|more| !more.additional_bindings.is_empty());
    if deeper {
        return Err("its additional bindings have additional bindings".to_owned());
    }
    let rules = std::iter::once(rule).chain(&rule.additional_bindings);
    rules.map(|rule| bind_one(schema, method, rule)).collect()
}

/// Returns the rule of a method without an annotation: `POST /package.Service/Method`.
pub(super) fn unannotated(method: Method<'_>) -> HttpRule {
    let path = format!("/{}/{}", method.service().full_name(), method.name());
    HttpRule { pattern: Some(Pattern::Post(path)), body: "*".to_owned(), ..HttpRule::default() }
}

fn bind_one<'s>(
    schema: &'s Schema,
    method: Method<'s>,
    rule: &HttpRule,
) -> Result<Bound<'s>, String> {
    let find = |name: &str| schema.message(name).ok_or(format!("there is no message {name}"));
    let (request, response) = (find(method.request_type())?, find(method.response_type())?);
    let (verb, path) = match rule.pattern.as_ref().ok_or("its google.api.http has no path")? {
        Pattern::Get(path) => (Ok(Verb::Get), path),
        Pattern::Put(path) => (Ok(Verb::Put), path),
        Pattern::Post(path) => (Ok(Verb::Post), path),
        Pattern::Delete(path) => (Ok(Verb::Delete), path),
        Pattern::Patch(path) => (Ok(Verb::Patch), path),
        Pattern::Custom(CustomPattern { kind, path }) => {
            (custom(kind, !rule.body.is_empty()), path)
        }
    };
    let template = Template::parse(path)?;
    let variables = template.variables.iter().map(|variable| field_at(request, &variable.field));
    let variables = variables.collect::<Result<_, _>>()?;
    let body = match rule.body.as_str() {
        "" => Body::None,
        "*" => Body::Rest,
        name => Body::Field(field_of(request, name).ok_or_else(|| missing("body", name, request))?),
    };
    let response_field = match rule.response_body.as_str() {
        "" => None,
        name => {
            let field = field_of(response, name);
            Some(field.ok_or_else(|| missing("response_body", name, response))?)
        }
    };
    Ok(match verb {
        Err(kind) => Bound::Unknown(format!("OpenAPI has no method {kind:?} ({path})")),
        Ok(verb) => Bound::Binding(Box::new(Binding {
            method,
            request,
            response,
            verb,
            template,
            variables,
            body,
            response_field,
        })),
    })
}

/// Returns the HTTP method `kind`. `*` stands for any method; then it is the usual one, POST with a
/// body and GET without.
fn custom(kind: &str, has_body: bool) -> Result<Verb, String> {
    match kind {
        "*" if has_body => Ok(Verb::Post),
        "*" => Ok(Verb::Get),
        kind => {
            let known = Verb::ALL.into_iter().find(|verb| verb.name().eq_ignore_ascii_case(kind));
            known.ok_or_else(|| kind.to_owned())
        }
    }
}

fn field_of<'s>(message: Message<'s>, name: &str) -> Option<Field<'s>> {
    message.fields().find(|field| field.name() == name)
}

fn missing(what: &str, name: &str, message: Message<'_>) -> String {
    format!("its {what} is {name:?}, which is no field of {}", message.full_name())
}

/// Returns the path of fields from `request` along `names`. The last one must be a single value.
fn field_at<'s>(request: Message<'s>, names: &[String]) -> Result<Vec<Field<'s>>, String> {
    let variable = names.join(".");
    let (mut message, mut path) = (request, Vec::new());
    for (index, name) in names.iter().enumerate() {
        let field = field_of(message, name).ok_or_else(|| {
            let message = message.full_name();
            format!("its path has the variable {variable:?}: {name:?} is no field of {message}")
        })?;
        path.push(field);
        let is_last = index + 1 == names.len();
        match field.kind() {
            _ if field.is_repeated() => {
                return Err(format!(
                    "its path has the variable {variable:?}: {name:?} is repeated"
                ));
            }
            FieldKind::Message(next) if !is_last => message = next,
            FieldKind::Message(_) => {
                return Err(format!(
                    "its path has the variable {variable:?}: {name:?} is a message"
                ));
            }
            _ if is_last => {}
            _ => {
                return Err(format!(
                    "its path has the variable {variable:?}: {name:?} has no fields"
                ));
            }
        }
    }
    Ok(path)
}

/// Returns the name of a field in URLs: the JSON names on its path.
pub(super) fn name_of(path: &[Field<'_>]) -> String {
    path.iter().map(|field| json_name(*field)).collect::<Vec<_>>().join(".")
}
