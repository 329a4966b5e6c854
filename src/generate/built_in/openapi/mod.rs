//! OpenAPI 3.1: one document of all methods of a request that have a route by `google.api.http`. It
//! describes a gateway that follows google/api/http.proto and the JSON mapping of protobuf.

mod annotation;
mod binding;
mod comments;
mod json;
mod operation;
mod options;
mod paths;
mod query;
mod template;
mod types;
mod well_known;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::binding::{Bound, bind, unannotated};
use self::json::{Json, Object};
use self::operation::{OMITTED_KEY, operation};
use self::options::{Errors, Format, Options};
use self::paths::{Paths, Route};
use self::types::Types;
use super::super::protocol::{Request, Response, ResponseFile, feature};
use crate::schema::descriptor::Edition;
use crate::schema::{Method, Schema, SchemaFile, Service};

pub(super) fn make(request: &Request<'_>) -> Result<Response, String> {
    let options = Options::parse(request.parameter)?;
    let files = request.files.iter().map(|file| SchemaFile::new(Arc::new((*file).clone())));
    let schema = Schema::new(files.collect());
    let targets = request.targets.iter().filter_map(|path| schema.file(path));
    let services: BTreeMap<&str, Service<'_>> = targets
        .flat_map(|file| file.services())
        .map(|service| (service.full_name(), service))
        .collect();
    let mut document = Document::new(&schema, options);
    for service in services.into_values() {
        for method in service.methods() {
            let added = document.add(method);
            added.map_err(|error| format!("{}: {error}", method.full_name()))?;
        }
    }
    Ok(Response {
        file: document.into_file()?.into_iter().collect(),
        supported_features: Some(feature::PROTO3_OPTIONAL | feature::EDITIONS),
        minimum_edition: Some(Edition::Proto2 as i32),
        maximum_edition: Some(Edition::E2024 as i32),
        ..Response::default()
    })
}

/// A document under construction.
struct Document<'s> {
    schema: &'s Schema,
    options: Options,
    types: Types<'s>,
    paths: Paths<'s>,
    /// The services that have operations, in order.
    services: Vec<Service<'s>>,
    /// The methods with a route that OpenAPI cannot express, each with the reason.
    omitted: Object,
}

impl<'s> Document<'s> {
    fn new(schema: &'s Schema, options: Options) -> Self {
        Document {
            schema,
            options,
            types: Types::of(schema),
            paths: Paths::default(),
            services: Vec::new(),
            omitted: Object::new(),
        }
    }

    fn add(&mut self, method: Method<'s>) -> Result<(), String> {
        let rule = annotation::http_rule(method)?;
        let Some(rule) = rule.or_else(|| self.options.all.then(|| unannotated(method))) else {
            return Ok(());
        };
        let bound = bind(self.schema, method, &rule)?;
        if method.proto().client_streaming() {
            self.omitted.set(&method.full_name(), "its request is a stream");
            return Ok(());
        }
        for (number, bound) in bound.into_iter().enumerate() {
            let binding = match bound {
                Bound::Binding(binding) => binding,
                Bound::Unknown(why) => {
                    self.omitted.set(&method.full_name(), why);
                    continue;
                }
            };
            self.paths.add(Route { binding, number })?;
            let service = method.service();
            if self.services.last().map(|last| last.full_name()) != Some(service.full_name()) {
                self.services.push(service);
            }
        }
        Ok(())
    }

    /// Returns the document as a file; none if it has no paths.
    fn into_file(self) -> Result<Option<ResponseFile>, String> {
        if self.paths.is_empty() {
            return Ok(None);
        }
        let (format, name) = (self.options.format, self.options.file().to_owned());
        let document = self.into_object();
        let content = match format {
            Format::Json => {
                serde_json::to_string_pretty(&document).map_err(|error| error.to_string())
            }
            Format::Yaml => {
                let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
                let yaml = serde_saphyr::to_string_with_options(&document, options);
                yaml.map_err(|error| error.to_string())
            }
        }?;
        let content = Some(content.trim_end().to_owned() + "\n");
        Ok(Some(ResponseFile { name: Some(name), insertion_point: None, content }))
    }

    fn into_object(mut self) -> Object {
        let (options, types) = (&self.options, &mut self.types);
        let paths = self.paths.items(|route, names| operation(route, names, options, types));
        let packages = self.services.iter().map(|service| service.file().package());
        let packages: Vec<&str> = packages.collect::<BTreeSet<_>>().into_iter().collect();
        let title = self.options.title.clone().unwrap_or_else(|| packages.join(", "));
        let title = if title.is_empty() { "API".to_owned() } else { title };
        let info = Object::new().with("title", title).with("version", &*self.options.version);
        let tags = self.services.iter().map(|service| {
            Object::new()
                .with("name", service.full_name())
                .maybe("description", self.types.comments.at(&service.element_path()))
        });
        let tags: Vec<Json> = tags.map(Json::from).collect();
        let (media_type, schema) = match self.options.errors {
            Errors::Status => ("application/json", self.types.reference(well_known::STATUS)),
            Errors::Problem => ("application/problem+json", well_known::problem()),
        };
        let content = Object::new().with(media_type, Object::new().with("schema", schema));
        let error = Object::new().with("description", "The call failed.").with("content", content);
        let components = Object::new()
            .with("schemas", self.types.components())
            .with("responses", Object::new().with("Error", error));
        Object::new()
            .with("openapi", "3.1.0")
            .with("info", info)
            .with("tags", tags)
            .with("paths", paths)
            .with("components", components)
            .filled(OMITTED_KEY, self.omitted)
    }
}
