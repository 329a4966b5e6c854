//! The paths of a document. A path parameter of OpenAPI is a single segment, so a variable with
//! several segments is replaced by its segments: `/v1/shelves/{shelvesId}` for
//! `/v1/{name=shelves/*}`. Paths that differ only in the names of their parameters are the same
//! path.

use std::collections::BTreeMap;

use super::binding::{Binding, Verb, name_of};
use super::json::Object;
use super::template::Segment;

/// The routes, by the shape of their path (with empty braces) and their HTTP method.
#[derive(Debug, Default)]
pub(super) struct Paths<'s>(BTreeMap<String, BTreeMap<Verb, Route<'s>>>);

/// A route: one of the bindings of a method.
#[derive(Debug)]
pub(super) struct Route<'s> {
    pub(super) binding: Box<Binding<'s>>,
    /// The index of the binding among those of its method.
    pub(super) number: usize,
}

impl<'s> Paths<'s> {
    /// Adds `route`; an error if another method has the same one.
    pub(super) fn add(&mut self, route: Route<'s>) -> Result<(), String> {
        let shape = shape(&route.binding);
        let verb = route.binding.verb;
        let routes = self.0.entry(shape.clone()).or_default();
        match routes.get(&verb) {
            Some(other) => {
                let path = spelled(&shape, &parameter_names(&other.binding));
                let (verb, other) = (verb.name().to_uppercase(), other.binding.method.full_name());
                Err(format!("{verb} {path} is the route of {other}, too"))
            }
            None => {
                routes.insert(verb, route);
                Ok(())
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the path items. `make` returns the operation of a route; its second argument is the
    /// names of the path parameters, which come from the first route with that path.
    pub(super) fn items(&self, mut make: impl FnMut(&Route<'s>, &[String]) -> Object) -> Object {
        let items = self.0.iter().filter_map(|(shape, routes)| {
            let (_, first) = routes.first_key_value()?;
            let names = parameter_names(&first.binding);
            let operations = routes.iter();
            let operations =
                operations.map(|(verb, route)| (verb.name().to_owned(), make(route, &names)));
            Some((spelled(shape, &names), operations.collect()))
        });
        items.collect()
    }
}

fn shape(binding: &Binding<'_>) -> String {
    let mut shape = String::new();
    for segment in &binding.template.segments {
        shape.push('/');
        shape.push_str(match segment {
            Segment::Literal(literal) => literal,
            Segment::One | Segment::Many => "{}",
        });
    }
    if shape.is_empty() {
        shape.push('/');
    }
    if let Some(verb) = &binding.template.verb {
        shape.push(':');
        shape.push_str(verb);
    }
    shape
}

/// Returns `shape` with `names` inside its braces.
fn spelled(shape: &str, names: &[String]) -> String {
    let mut names = names.iter();
    let mut path = String::new();
    for c in shape.chars() {
        if c == '}' {
            path.push_str(names.next().map_or("", String::as_str));
        }
        path.push(c);
    }
    path
}

/// Returns a name for each wildcard of a path: the name of the literal before it plus `Id` or
/// `Path`, as in Google's discovery documents. A wildcard without a literal before it gets the name
/// of its field.
fn parameter_names(binding: &Binding<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let segments = &binding.template.segments;
    for (index, segment) in segments.iter().enumerate() {
        if matches!(segment, Segment::Literal(_)) {
            continue;
        }
        let variables = binding.template.variables.iter().zip(&binding.variables);
        let owner = variables.into_iter().find(|(variable, _)| variable.segments.contains(&index));
        let before = match owner {
            Some((variable, _)) => &segments[variable.segments.start..index],
            None => &segments[..index],
        };
        let name = match (before.last(), owner) {
            (Some(Segment::Literal(literal)), _) if *segment == Segment::Many => {
                format!("{literal}Path")
            }
            (Some(Segment::Literal(literal)), _) => format!("{literal}Id"),
            (_, Some((_, field))) => name_of(field),
            (_, None) => "segment".to_owned(),
        };
        names.push(unused(&names, name));
    }
    names
}

fn unused(names: &[String], name: String) -> String {
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let mut candidates = std::iter::once(name.clone()).chain(numbered);
    candidates.find(|candidate| !names.contains(candidate)).unwrap_or(name)
}
