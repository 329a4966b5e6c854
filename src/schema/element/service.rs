//! Services and their methods.

use super::{File, options, tag};
use crate::schema::descriptor::{
    MethodDescriptorProto, MethodOptions, ServiceDescriptorProto, ServiceOptions,
};
use crate::schema::{ElementPath, Node, Schema};

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Service<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s ServiceDescriptorProto,
}

described!(Service, ServiceDescriptorProto, ServiceOptions);
named!(Service, services);

impl<'s> Service<'s> {
    pub(in crate::schema) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.services[id as usize];
        let proto = &node.file(schema).proto().service[node.index as usize];
        Service { schema, id, proto }
    }

    /// Returns its methods in the order of declaration.
    pub fn methods(self) -> impl ExactSizeIterator<Item = Method<'s>> {
        let methods = self.proto.method.iter().enumerate();
        methods.map(move |(index, proto)| Method { service: self, index: index as u32, proto })
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        self.file().element_path().part(&[tag::file::SERVICE, self.node().index as i32])
    }
}

/// A method of a service.
#[derive(Clone, Copy, Debug)]
pub struct Method<'s> {
    service: Service<'s>,
    index: u32,
    proto: &'s MethodDescriptorProto,
}

described!(Method, MethodDescriptorProto, MethodOptions);

impl<'s> Method<'s> {
    /// Returns the full name: `pkg.Service.Method`.
    pub fn full_name(self) -> String {
        format!("{}.{}", self.service.full_name(), self.name())
    }

    /// Returns the service it belongs to.
    pub fn service(self) -> Service<'s> {
        self.service
    }

    /// Returns the full name of the request type, without a leading dot.
    pub fn request_type(self) -> &'s str {
        self.proto.input_type().trim_start_matches('.')
    }

    /// Returns the full name of the response type, without a leading dot.
    pub fn response_type(self) -> &'s str {
        self.proto.output_type().trim_start_matches('.')
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        self.service.element_path().part(&[tag::service::METHOD, self.index as i32])
    }
}
