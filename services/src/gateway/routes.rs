//! The routes: which gRPC method a path and a verb call. They are those of `openapi.json`, which
//! comes from the `google.api.http` annotations of the schema.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tonic::Code;

use super::problem::{Problem, ToProblem as _};

/// The description of all routes.
pub(super) const DOCUMENT: &str = include_str!("../../../generated/openapi/openapi.json");

/// All routes, the most specific ones first.
pub(super) struct Routes(Vec<Route>);

struct Route {
    template: Template,
    operations: Vec<Operation>,
}

/// One verb of a route.
pub(super) struct Operation {
    verb: Method,
    /// The path with its variables.
    pub(super) route: String,
    /// The method that it calls.
    pub(super) method: MethodDescriptor,
    /// The path of the method in gRPC.
    pub(super) path: PathAndQuery,
    /// The names of its query parameters.
    pub(super) query: Vec<String>,
    /// Whether it has a body: a message without the fields that are path parameters.
    pub(super) has_body: bool,
}

/// A path parameter and its value.
pub(super) type Parameter = (String, String);

#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Described>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    operation_id: String,
    #[serde(default)]
    parameters: Vec<DescribedParameter>,
    request_body: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct DescribedParameter {
    name: String,
    r#in: String,
}

impl Routes {
    /// Reads the routes of an OpenAPI document. The pool has their methods.
    ///
    /// # Errors
    ///
    /// The document is malformed, or names a method that the pool does not have.
    pub(super) fn read(document: &str, pool: &DescriptorPool) -> Result<Self, String> {
        let document: Document =
            serde_json::from_str(document).map_err(|error| error.to_string())?;
        let mut routes = Vec::new();
        for (path, verbs) in document.paths {
            let operations =
                verbs.into_iter().map(|(verb, it)| Operation::new(&verb, &path, it, pool));
            let operations = operations.collect::<Result<_, _>>()?;
            routes.push(Route { template: Template::parse(&path), operations });
        }
        routes.sort_by_cached_key(|route| route.template.ranks());
        Ok(Routes(routes))
    }

    /// Returns the operation of a request, and its path parameters.
    ///
    /// # Errors
    ///
    /// 404: no route has this path. 405: its route has other verbs.
    pub(super) fn find(
        &self,
        verb: &Method,
        path: &str,
    ) -> Result<(&Operation, Vec<Parameter>), Problem> {
        let mut allowed = BTreeSet::new();
        for route in &self.0 {
            let Some(parameters) = route.template.matches(path) else { continue };
            if let Some(operation) = route.operations.iter().find(|it| it.answers(verb)) {
                return Ok((operation, parameters));
            }
            allowed.extend(route.operations.iter().flat_map(Operation::verbs));
        }
        if allowed.is_empty() {
            return Err(Code::NotFound.problem(format!("there is no resource {path}")));
        }
        let allowed = Vec::from_iter(allowed).join(", ");
        Err(wrong_verb(verb, path).header(header::ALLOW, HeaderValue::from_str(&allowed).ok()))
    }

    /// Returns an operation that calls the method with this path in gRPC.
    pub(super) fn of_method(&self, path: &str) -> Option<&Operation> {
        self.operations().find(|operation| operation.path.path() == path)
    }

    /// Returns all operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.0.iter().flat_map(|route| &route.operations)
    }
}

/// Returns the error of a resource that does not have a verb.
pub(super) fn wrong_verb(verb: &Method, path: &str) -> Problem {
    let detail = format!("{path} has no method {verb}");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, detail)
}

impl Operation {
    fn new(
        verb: &str,
        route: &str,
        described: Described,
        pool: &DescriptorPool,
    ) -> Result<Self, String> {
        let id = described.operation_id;
        let unknown = || format!("there is no method {id}");
        let (service, name) = id.rsplit_once('.').ok_or_else(unknown)?;
        let service = pool.get_service_by_name(service).ok_or_else(unknown)?;
        let method = service.methods().find(|it| it.name() == name).ok_or_else(unknown)?;
        let path = format!("/{}/{name}", service.full_name());
        let queried = described.parameters.into_iter().filter(|it| it.r#in == "query");
        Ok(Operation {
            verb: verb.to_ascii_uppercase().parse().map_err(|_| format!("{id}: {verb}?"))?,
            route: route.to_owned(),
            method,
            path: path.parse().map_err(|error| format!("{path}: {error}"))?,
            query: queried.map(|it| it.name).collect(),
            has_body: described.request_body.is_some(),
        })
    }

    /// Returns its verbs: HEAD is GET without the body.
    fn verbs(&self) -> impl Iterator<Item = &str> {
        let head = (self.verb == Method::GET).then_some("HEAD");
        [self.verb.as_str()].into_iter().chain(head)
    }

    fn answers(&self, verb: &Method) -> bool {
        self.verbs().any(|own| own == verb.as_str())
    }
}

/// A path with variables: `/v1/tools/{toolName}:execute`.
struct Template(Vec<Segment>);

enum Segment {
    Literal(String),
    /// A variable, and the custom verb after it: empty, or `:execute`.
    Variable(String, String),
}

impl Template {
    fn parse(path: &str) -> Self {
        let segments = path.split('/').skip(1).map(|segment| {
            match segment.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((name, verb)) => Segment::Variable(name.to_owned(), verb.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            }
        });
        Template(segments.collect())
    }

    /// Returns the order among templates: a literal comes before a variable, and a variable with a
    /// custom verb before one without.
    fn ranks(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Variable(_, verb) if !verb.is_empty() => 1,
            Segment::Variable(..) => 2,
        };
        self.0.iter().map(rank).collect()
    }

    /// Returns the values of the variables, or none if the path does not match.
    fn matches(&self, path: &str) -> Option<Vec<Parameter>> {
        let given = Vec::from_iter(path.strip_prefix('/')?.split('/'));
        if given.len() != self.0.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, given) in self.0.iter().zip(given) {
            match segment {
                Segment::Literal(literal) if decoded(given)? == *literal => {}
                Segment::Literal(_) => return None,
                Segment::Variable(name, verb) => {
                    let value = given.strip_suffix(&**verb).filter(|value| !value.is_empty())?;
                    parameters.push((name.clone(), decoded(value)?));
                }
            }
        }
        Some(parameters)
    }
}

/// Returns the text of a percent-encoded one, or none if it is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the values, in one text.
    fn values(template: &str, path: &str) -> Option<String> {
        let parameters = Template::parse(template).matches(path)?;
        let texts = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        Some(Vec::from_iter(texts).join(" "))
    }

    #[test]
    fn a_template_matches_its_paths() {
        for (template, path, expected) in [
            ("/v1/tools", "/v1/tools", Some("")),
            ("/v1/tools", "/v1/t%6Fols", Some("")),
            ("/v1/tools", "/v1/tools/", None),
            ("/v1/tools", "/v1", None),
            ("/v1/tools", "v1/tools", None),
            ("/v1/documents:retrieve", "/v1/documents:retrieve", Some("")),
            ("/v1/documents:retrieve", "/v1/documents", None),
            ("/v1/tools/{toolName}:execute", "/v1/tools/add:execute", Some("toolName=add")),
            ("/v1/tools/{toolName}:execute", "/v1/tools/a:b:execute", Some("toolName=a:b")),
            ("/v1/tools/{toolName}:execute", "/v1/tools/add", None),
            ("/v1/tools/{toolName}:execute", "/v1/tools/:execute", None),
            ("/{a}/documents/{b.value}", "/x/documents/y", Some("a=x b.value=y")),
            ("/{a}/documents/{b.value}", "/x/documents/", None),
            ("/{a}", "/x%2Fy%20z", Some("a=x/y z")),
            ("/{a}", "/x/y", None),
            ("/{a}", "/%FF", None),
        ] {
            assert_eq!(values(template, path).as_deref(), expected, "{template} {path}");
        }
    }

    #[test]
    fn the_most_specific_template_comes_first() {
        let ranks = |path| Template::parse(path).ranks();
        assert!(ranks("/a/b") < ranks("/a/{x}:b"));
        assert!(ranks("/a/{x}:b") < ranks("/a/{x}"));
        assert!(ranks("/a/b") < ranks("/{x}/b"));
    }
}
