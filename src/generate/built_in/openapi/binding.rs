//! Rules put together with the messages that they speak of: which field of a request comes from
//! where, and whether the rule can be right.

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
    /// The fields of the variables of the template, each with the fields that lead to it.
    pub(super) variables: Vec<Vec<Field<'s>>>,
    pub(super) body: Body<'s>,
    /// The field that is the whole of an answer.
    pub(super) answer: Option<Field<'s>>,
}

/// A method of HTTP that OpenAPI knows, in its order.
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

    /// Its name in a path item.
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

/// What a request's body holds.
#[derive(Debug)]
pub(super) enum Body<'s> {
    /// There is none.
    None,
    /// All that the path does not hold.
    Rest,
    /// One field.
    Field(Field<'s>),
}

/// What a rule comes to.
#[derive(Debug)]
pub(super) enum Bound<'s> {
    Binding(Box<Binding<'s>>),
    /// It has a method that OpenAPI has no word for.
    Unknown(String),
}

/// The ways to call `method` that `rule` describes.
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

/// The rule of a method that has none: `POST /package.Service/Method`.
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
    let answer = match rule.response_body.as_str() {
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
            answer,
        })),
    })
}

/// The method called `kind`. `*` leaves it open: then it is the usual one.
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

/// The field of `request` that `names` lead to, which has to be a single value.
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

/// A field as it is called in URLs: the names in JSON that lead to it.
pub(super) fn name_of(path: &[Field<'_>]) -> String {
    path.iter().map(|field| json_name(*field)).collect::<Vec<_>>().join(".")
}
