//! The standard services of gRPC, for clients that have no schema: health (grpc.health.v1) and
//! server reflection (grpc.reflection.v1 and v1alpha).
//!
//! `standard.binpb` has their files as grpc-go has them. They are by the
//! gRPC Authors, under the Apache License 2.0. The numbers of the health messages are those of
//! `grpc/health/v1/health.proto`.

use std::sync::Arc;

use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::reflection::Reflection;
use super::server::{Ended, Requests, Responder};
use crate::schema::descriptor::FileDescriptorSet;
use crate::schema::wire::{encode_bytes, records};
use crate::schema::{Schema, SchemaFile};

/// The statuses of health.
const SERVING: u64 = 1;
const SERVICE_UNKNOWN: u64 = 3;

/// The codes of gRPC.
pub(super) const INVALID_ARGUMENT: i32 = 3;
pub(super) const NOT_FOUND: i32 = 5;

/// Returns the files of the standard services.
pub(super) fn schema() -> Schema {
    let set = FileDescriptorSet::decode(&include_bytes!("standard.binpb")[..])
        .expect("a test decodes the embedded files");
    Schema::new(set.file.into_iter().map(|file| SchemaFile::new(Arc::new(file))).collect())
}

/// A method of the standard services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Reflection,
    HealthCheck,
    HealthList,
    HealthWatch,
}

impl Known {
    /// Returns the method at `path`, if it is one of them.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
            | "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => {
                Some(Known::Reflection)
            }
            "/grpc.health.v1.Health/Check" => Some(Known::HealthCheck),
            "/grpc.health.v1.Health/List" => Some(Known::HealthList),
            "/grpc.health.v1.Health/Watch" => Some(Known::HealthWatch),
            _ => None,
        }
    }

    pub(super) async fn run(
        self,
        reflection: &Reflection,
        mut requests: Requests,
        responder: &Responder,
    ) -> Ended {
        while let Some(request) = requests.next().await {
            let response = match self {
                Known::Reflection => reflection.answer(&request),
                Known::HealthList => list(reflection),
                Known::HealthCheck | Known::HealthWatch => {
                    let service = service(&request);
                    let is_known = service.is_empty() || reflection.has_service(&service);
                    if !is_known && self == Known::HealthCheck {
                        return Ended::new(NOT_FOUND, format!("{service:?} is not served"));
                    }
                    health(if is_known { SERVING } else { SERVICE_UNKNOWN })
                }
            };
            if !responder.send(&response).await {
                break;
            }
            if self == Known::HealthWatch {
                // The health of a mock never changes.
                responder.closed().await;
                break;
            }
        }
        Ended::default()
    }
}

/// Returns the service that a `HealthCheckRequest` names; empty is the whole server.
fn service(request: &[u8]) -> String {
    let named = records(request).filter(|record| record.number == 1).last();
    let named = named.and_then(|record| record.value.bytes()).unwrap_or_default();
    String::from_utf8_lossy(named).into_owned()
}

/// Returns a `HealthCheckResponse`.
fn health(status: u64) -> Vec<u8> {
    let mut response = Vec::new();
    encode_key(1, WireType::Varint, &mut response);
    encode_varint(status, &mut response);
    response
}

/// Returns a `HealthListResponse`: the whole server, and each service.
fn list(reflection: &Reflection) -> Vec<u8> {
    let mut response = Vec::new();
    for service in std::iter::once("").chain(reflection.services()) {
        let mut entry = Vec::new();
        encode_bytes(1, service.as_bytes(), &mut entry);
        encode_bytes(2, &health(SERVING), &mut entry);
        encode_bytes(1, &entry, &mut response);
    }
    response
}
