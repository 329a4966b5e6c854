//! The gateway over real HTTP, with all roles in this process.

mod calls;
mod client;
mod refusals;
mod web;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tonic::codegen::http;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use super::{KEEP_ALIVE, build};
use crate::config::{Config, GatewayConfig};
use crate::links::{Link, Links};
use crate::states::States;
use crate::system::System;
use crate::telemetry::Recent;

/// Starts the system and its gateway.
async fn start(clients: &GatewayConfig) -> (SocketAddr, States) {
    let System { links, states, .. } = system().await;
    (serve(&links, clients, KEEP_ALIVE).await, states)
}

async fn system() -> System {
    System::new(&Config::default()).await.expect("the system starts")
}

/// Serves a gateway to `links`.
async fn serve(links: &Links, clients: &GatewayConfig, keep_alive: Duration) -> SocketAddr {
    let router = build(links, clients, &Recent::default(), keep_alive);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("the listener has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Settings with the keys of Anna and Ben.
fn keys() -> GatewayConfig {
    let keys = [("key-of-anna", "anna"), ("key-of-ben", "ben")];
    let keys = keys.map(|(key, principal)| (key.to_owned(), principal.to_owned()));
    GatewayConfig { keys: keys.into(), ..GatewayConfig::default() }
}

/// The calls that roles get: path and headers.
type Calls = Arc<Mutex<Vec<(&'static str, String, http::HeaderMap)>>>;

/// Returns links that note the role, the path and the headers of each call.
fn watched(links: &Links) -> (Links, Calls) {
    let calls = Calls::default();
    let watch = |role: &'static str, link: &Link| {
        let calls = calls.clone();
        let link = link.clone().map_request(move |request: http::Request<tonic::body::Body>| {
            let call = (role, request.uri().path().to_owned(), request.headers().clone());
            calls.lock().expect("no test panics with the lock").push(call);
            request
        });
        BoxCloneSyncService::new(link)
    };
    let watched = Links {
        conversation: watch("conversation", &links.conversation),
        memory: watch("memory", &links.memory),
        permission: watch("permission", &links.permission),
        rag: watch("rag", &links.rag),
        tools: watch("tools", &links.tools),
    };
    (watched, calls)
}
